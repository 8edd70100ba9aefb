"""`recipes.cross_validate`: a run for each fold, and the spread of their scores."""

import dataclasses
import inspect
import os
import pathlib
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from custom.arguments import integer
from recipes.data.options import checks_arguments
from recipes.sources.options import Path
from recipes.training.fit import fit
from zoo.atomic_writes import write_json
from zoo.errors import InputError, printable
from zoo.names import nearest

if TYPE_CHECKING:
    import keras

    from recipes.data.dataset import Dataset
    from recipes.sources.tables.frames import Indexed

MOST = 100
Folds = Annotated[int, lambda name, value: integer(name, value, 2, MOST)]
RECORD, ANSWERS, PICTURE, REPORT = (
    "folds.json",
    "predictions.csv",
    "folds.png",
    "report.html",
)


@dataclasses.dataclass(frozen=True)
class Spread:
    """A score over the folds.

    Attributes:
        values: The score of each fold.
    """

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float:
        """The standard deviation between folds, of which one is the least freedom."""
        return float(np.std(self.values, ddof=1))


@dataclasses.dataclass(frozen=True)
class CrossValidation:
    """The result of a cross-validation.

    Attributes:
        folder: The folder with a run folder for each fold, `folds.json`,
            `predictions.csv`, `folds.png` and `report.html`.
        runs: The run folder of each fold.
        examples: Number of examples that each fold was tested on.
        scores: Each score over the folds, by name.
        predictions: The answers to all examples, each by the model that was not
            trained on it: columns of equal length, with the `fold` and the `input`,
            which is the line, the file or the index of the example.
    """

    folder: pathlib.Path
    runs: tuple[pathlib.Path, ...]
    examples: tuple[int, ...]
    scores: dict[str, Spread]
    predictions: dict[str, np.ndarray] = dataclasses.field(repr=False)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table with a row for each score."""
        folds = [f"fold {number}" for number in range(1, len(self.runs) + 1)]
        rows = [
            [
                name,
                f"{spread.mean:.4g}",
                f"{spread.deviation:.2g}",
                *(f"{value:.4g}" for value in spread.values),
            ]
            for name, spread in self.scores.items()
        ]
        return ["score", "mean", "spread", *folds], rows

    def summary(self) -> str:
        """The first score in one line."""
        name, spread = next(iter(self.scores.items()))
        return (
            f"{name} {spread.mean:.4g} ± {spread.deviation:.2g} in {len(self.runs)} "
            "folds (mean and standard deviation between folds)"
        )

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        return {
            "folder": str(self.folder),
            "folds": [
                {"run": run.name, "examples": count}
                for run, count in zip(self.runs, self.examples, strict=True)
            ],
            "scores": {
                name: {
                    "mean": spread.mean,
                    "deviation": spread.deviation,
                    "values": list(spread.values),
                }
                for name, spread in self.scores.items()
            },
        }


@checks_arguments
def cross_validate(
    model: "str | keras.Model | None" = None,
    data: "str | os.PathLike[str] | Dataset | Indexed" = "digits",
    folds: Folds = 5,
    *,
    out: Path | None = None,
    progress: bool = True,
    **arguments: Any,
) -> CrossValidation:
    """Trains a model for each fold of the data, and tests it on that fold.

    Folds are stratified by class. With `group` and `keep_duplicates_together`, groups
    and copies of examples stay in one fold. Forecasts, and rows with
    `split="time:COLUMN"`, are tested in the order of time, after what was trained on.
    Scaling, vocabulary and categories are learnt anew from each training part.

    A cross-validation that was cut off goes on if it is called again with the same
    arguments and its `out`: finished folds are read, and the one that was cut off is
    resumed.

    Args:
        model: As `recipes.fit` takes it. The weights of your own Keras model are the
            first ones in each fold; the model itself stays as it is. Default: `"cnn"`,
            unless there is a `preset`, which is refined anew in each fold.
        data: As `recipes.load` takes it; of a `Dataset`, what it was loaded from.
        folds: Number of folds, in [2, 100].
        out: Folder of the results. Default: the first free `runs/MODEL-DATA-folds-N`.
        progress: Show progress on standard error.
        arguments: Arguments of `recipes.fit` and `recipes.load` by name.

    Raises:
        InputError: If an argument cannot be used, there are too few examples for so
            many folds, or `out` holds something else.

    >>> import tempfile
    >>> import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = recipes.cross_validate(
    ...         "mlp", "xor", 3, out=f"{folder}/xor", epochs=2, progress=False
    ...     )
    >>> len(found.scores["accuracy"].values), len(found.predictions["input"])
    (3, 1000)
    """
    from recipes.experiments.experiment_folder import removed_if_refused
    from recipes.experiments.fold_runs import FoldRuns

    training, options = _sorted_arguments(arguments)
    runs = FoldRuns(model, data, folds, training, options)
    folder = runs.folder(out)
    tell = _Told(folds, progress)
    tell("\n  ".join(runs.told))
    done: list[Any] = []
    try:
        for number in range(1, folds + 1):
            tell.begin(number)
            with removed_if_refused(folder, RECORD):
                done.append(runs.trained(number, folder, progress))
    except BaseException:
        if folder.exists():
            tell(f"To go on: the same again, with --out {folder}")
        raise
    names = [
        name
        for name, value in done[0].scores.items()
        if all(name in each.scores for each in done)
    ]
    result = CrossValidation(
        folder,
        tuple(each.run for each in done),
        tuple(each.examples for each in done),
        {name: Spread(tuple(each.scores[name] for each in done)) for name in names},
        _joined([each.predictions for each in done]),
    )
    _write(result, runs.record)
    return result


class _Told:
    """What is told on standard error while the folds are trained."""

    def __init__(self, folds: int, progress: bool) -> None:
        self._folds, self._progress = folds, progress
        self._begun = time.monotonic()

    def __call__(self, text: str) -> None:
        if self._progress:
            print("\n".join(map(printable, text.splitlines())), file=sys.stderr)

    def begin(self, number: int) -> None:
        """Tells which fold begins, and the time that is left by those before."""
        done = number - 1
        left = (time.monotonic() - self._begun) / max(1, done) * (self._folds - done)
        time_left = f", about {left / 60:.1f} min left" if done else ""
        self(f"fold {number} of {self._folds}{time_left}")


def _sorted_arguments(arguments: Mapping[str, Any]) -> tuple[dict, dict]:
    """The arguments of `recipes.fit`, and those of `recipes.load`."""
    from recipes.sources import OPTIONS

    known = inspect.signature(fit).parameters
    training, options = {}, {}
    for name, value in arguments.items():
        if name in ("test", "fold"):
            raise InputError(
                f"`{name}` chooses the test part, and each fold is one: leave it out."
            )
        if name in OPTIONS:
            options[name] = value
        elif name in known:
            training[name] = value
        else:
            raise InputError(
                f"There is no argument {name!r}; {nearest(name, [*known, *OPTIONS])}"
            )
    return training, options


def _joined(columns: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    return {
        name: np.concatenate([np.asarray(each[name]) for each in columns])
        for name in columns[0]
    }


def _write(result: CrossValidation, record: dict[str, Any]) -> None:
    """Writes the scores, the answers, the picture and the page."""
    from recipes.experiments.fold_pages import draw_folds, page
    from recipes.prediction.answer_files import answer_file
    from zoo.atomic_writes import atomic_write

    with answer_file(result.folder / ANSWERS) as file:
        file.write(result.predictions)
    draw_folds(result, result.folder / PICTURE)
    with atomic_write(result.folder / REPORT) as draft:
        draft.write_text(page(result, record), encoding="utf-8")
    write_json(result.folder / RECORD, {**record, **result.as_json()})
