"""What would fail at the end of a run is tried before its first step.

The file that `resume` needs is read back and compared with the model. The model that
was read then goes with a few examples through loss, answers, scores and the graph of
the export, so that the model of the run stays as it is.
"""

import json
import pathlib
import tempfile

import keras

from recipes.data.dataset import Dataset
from recipes.pipeline import ordered_batches
from recipes.reports.run_folder import RunFolder
from recipes.training.settings import Settings
from recipes.training.setup import load_untrained
from recipes.training.tasks import task_of
from zoo.errors import InputError
from zoo.models.layer_changes import described, layers_by_path, unchanged_randomness

EXAMPLES = 4


def save_untrained(model: keras.Model, folder: RunFolder) -> None:
    """Writes the model of a run before its first step."""
    try:
        model.save(folder.untrained)
    except (InputError, OSError):
        raise
    except Exception as error:  # Keras raises many types of exceptions.
        raise InputError(
            f"The model {model.name!r} cannot be saved, so the run could not be "
            f"resumed: {_first_line(error)}"
        ) from error


def check_run(
    model: keras.Model,
    dataset: Dataset,
    settings: Settings,
    folder: RunFolder,
    *,
    soft_targets: bool,
) -> None:
    """Refuses a run whose file cannot be read back, or that would fail at its end.

    Raises:
        InputError: If so, with the reason.
    """
    with unchanged_randomness():
        try:
            read = load_untrained(folder, settings)
        except (InputError, TypeError, ValueError) as error:
            raise InputError(
                "The run could not be resumed, because its file cannot be read back: "
                f"{_first_line(error)} Register your own layers, optimizer, loss, "
                "penalty and metrics with "
                "`keras.saving.register_keras_serializable`."
            ) from error
        difference = _difference(model, read)
        if difference is not None:
            raise InputError(
                f"The run could not be resumed exactly: {difference}. Give it to the "
                "constructor of a layer, whose `get_config` returns it."
            )
        batches = ordered_batches(
            dataset.validation.take(slice(EXAMPLES)),
            batch_size=EXAMPLES,
            num_classes=dataset.num_classes if soft_targets else None,
        )
        inputs, targets, *_ = next(batches.as_numpy_iterator())
        task = task_of(read, dataset)
        try:
            with tempfile.TemporaryDirectory() as scratch:
                task.rehearse(read, dataset, inputs, targets, pathlib.Path(scratch))
        except (InputError, OSError):
            raise
        except Exception as error:  # A user's model raises any type of exception.
            raise InputError(
                f"The model {model.name!r} would fail at the end of the run: "
                f"{_first_line(error)}"
            ) from error


def _difference(model: keras.Model, read: keras.Model) -> str | None:
    """What the file of a model does not hold, as a clause."""
    before, after = (json.loads(described(each)) for each in (model, read))
    if before.keys() != after.keys():
        return "its file holds other layers"
    layers = layers_by_path(model)
    for path, description in before.items():
        lost = [n for n, value in description.items() if after[path].get(n) != value]
        if lost:
            name = layers[path].name
            return f"its file does not hold the {' and '.join(lost)} of {name!r}"
    for own, other in zip(model.weights, read.weights, strict=True):
        values = [keras.ops.convert_to_numpy(each).tobytes() for each in (own, other)]
        if values[0] != values[1]:
            return f"its file does not hold the values of {own.path!r}"
    return None


def _first_line(error: Exception) -> str:
    """The beginning of an error, without where Keras met it."""
    lines = [line.strip() for line in str(error).splitlines()]
    meant = [line for line in lines if line and "Exception encountered" not in line]
    first = (meant or [type(error).__name__])[0]
    return first.replace("\x1b[1m", "").replace("\x1b[0m", "")[:300]
