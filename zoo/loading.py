"""Reads trained classifiers, for evaluation, prediction and export."""

import abc
import dataclasses
import os
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.columns import Columns
from zoo.errors import InputError
from zoo.exporting.answers import Answers
from zoo.exporting.saved_model import DESCRIPTION, FORMAT
from zoo.exporting.table_inputs import TableInputs
from zoo.graph_safety import refuse_unsafe_graph
from zoo.json_files import read_json
from zoo.keras_file import first_line, load_keras_file
from zoo.kinds import Kind, kind_named, kind_of_input
from zoo.targets import Multiclass

EXPECTED = (
    "give a .keras file, a run folder (with config.json and model.keras), or a "
    "SavedModel (a folder with saved_model.pb, or the folder of its versions)"
)


@dataclasses.dataclass(frozen=True)
class Classifier(abc.ABC):
    """A trained classifier from a model, a file or a SavedModel.

    Attributes:
        source: The `.keras` file or the version folder of the SavedModel.
        kind: The kind of its inputs.
        input_shape: Shape of one example; `()` for text, `(None,)` for audio and
            tokens, `(time, features)` for sequences, `time` often `None`.
        target: What the classifier answers.
        feature_names: Name of each column of a table, or None if they are unknown.
        columns: The columns of a table with words or missing numbers, otherwise None.
            Examples are then rows as `columns.rows` gives them.
        model: The Keras model, or None for a SavedModel.
        sample_rate: Samples per second of audio; None for other kinds.
    """

    source: pathlib.Path | None
    kind: Kind
    input_shape: tuple[int, ...]
    target: Multiclass
    feature_names: tuple[str, ...] | None
    model: keras.Model | None = dataclasses.field(repr=False)
    sample_rate: int | None
    columns: Columns | None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class, in the order of the probabilities."""
        return self.target.names

    def probabilities(self, inputs: Any, batch_size: int = 128) -> np.ndarray:
        """Class probabilities of every example.

        Args:
            inputs: Array of shape `(n, *input_shape)`; a memory-mapped array is read
                batch by batch.
            batch_size: Number of examples computed at once; it limits the memory.

        Returns:
            float32 array of shape `(n, classes)`.

        Raises:
            InputError: If the examples have another shape, or values that the
                model's input type cannot hold, that are not finite, or that the model
                refuses, such as an unknown token.
        """
        shape = np.shape(inputs)
        if len(shape) != 1 + len(self.input_shape) or any(
            size not in (None, found)
            for size, found in zip(self.input_shape, shape[1:], strict=True)
        ):
            raise InputError(
                f"The model takes examples of shape {self.input_shape}, got "
                f"{shape[1:]}."
            )
        answers = np.empty((shape[0], self.target.num_classes), "float32")
        for start in range(0, shape[0], batch_size):
            batch = np.asarray(inputs[start : start + batch_size])
            if batch.dtype.kind == "f" and not np.isfinite(batch).all():
                raise InputError("The inputs must be finite, but hold NaN or infinity.")
            try:
                answered = self._answer(batch)["probabilities"]
                answers[start : start + batch_size] = answered
            except tf.errors.OpError as error:
                reason = _reason(str(error))
                raise InputError(
                    f"The model refuses the inputs: {reason.rstrip('.')}."
                ) from error
        return answers

    @abc.abstractmethod
    def _answer(self, batch: np.ndarray) -> dict[str, Any]:
        """The answers to one batch, by name."""


@dataclasses.dataclass(frozen=True)
class _KerasClassifier(Classifier):
    _answers: Answers = dataclasses.field(repr=False)

    def _answer(self, batch):
        if self.kind is Kind.TEXT:
            batch = tf.constant(batch, tf.string)
        else:
            batch = _as_type(batch, self.model.inputs[0].dtype)
        return self._answers.in_numpy(self.model.predict_on_batch(batch))


@dataclasses.dataclass(frozen=True)
class _ServedClassifier(Classifier):
    _signature: object = dataclasses.field(repr=False)
    _input: tf.TensorSpec | TableInputs = dataclasses.field(repr=False)
    # The loaded object owns the signature's variables.
    _loaded: object = dataclasses.field(repr=False)

    def _answer(self, batch):
        return self._signature(**self._request(batch))

    def _request(self, batch):
        if isinstance(self._input, TableInputs):
            request = self._input.request(batch)
            return {name: tf.constant(values) for name, values in request.items()}
        if self.kind is not Kind.TEXT:
            batch = _as_type(batch, self._input.dtype.as_numpy_dtype)
        return {self._input.name: tf.constant(batch, self._input.dtype)}


def load_classifier(path: str | os.PathLike, *, trusted: bool = False) -> Classifier:
    """Reads a trained classifier.

    Files are not trusted: a `.keras` file with Python code is refused, and so is a
    SavedModel whose graph could do anything but compute.

    Args:
        path: A `.keras` file; a run folder; a SavedModel; or the folder of its
            versions, of which the highest is read.
        trusted: Whether the graph of a SavedModel may read and write files and run
            other code; see docs/serving.md.

    Raises:
        InputError: If it does not exist, is damaged, has another format, uses
            objects that are not registered, or could do more than compute.

    >>> import pathlib, tempfile, zoo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "model.keras"
    ...     zoo.create("mlp", input_shape=(4,), num_classes=3).save(file)
    ...     load_classifier(file).class_names
    ('0', '1', '2')
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise InputError(f"There is no {path}; {EXPECTED}.")
    if path.name == "saved_model.pb":
        raise InputError(f"{path} is part of a SavedModel; give its folder.")
    is_run = (path / "model.keras").is_file() and (path / "config.json").is_file()
    if trusted and (is_run or path.is_file()):
        raise InputError(
            f"trusted=True (--trust) is for SavedModels; {path} holds a .keras file, "
            "whose code is never run."
        )
    if path.is_file():
        return as_classifier(load_keras_file(path), source=path)
    if is_run:
        return _from_run_folder(path)
    versions = [
        folder
        for folder in path.iterdir()
        if folder.name.isascii()
        and folder.name.isdecimal()
        and (folder / "saved_model.pb").is_file()
    ]
    if (path / "saved_model.pb").is_file():
        return _from_saved_model(path, trusted)
    if versions:
        newest = max(versions, key=lambda folder: int(folder.name))
        return _from_saved_model(newest, trusted)
    raise InputError(f"The folder {path} does not hold a model; {EXPECTED}.")


def as_classifier(
    model: Any,
    *,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    source: pathlib.Path | None = None,
    trusted: bool = False,
) -> Classifier:
    """Makes a `Classifier` of a Keras model, or of what `load_classifier` reads.

    Args:
        model: A Keras model, a `Classifier` (which is returned), or a path.
        class_names: Names of a Keras model's classes. Default: its own.
        feature_names: Names of a Keras model's columns.
        source: The file that a Keras model was read from.
        trusted: For a path, as in `load_classifier`.

    Raises:
        InputError: If the model is not a classifier, or cannot be read.

    >>> import numpy as np, zoo
    >>> model = zoo.create("mlp", input_shape=(4,), num_classes=3)
    >>> as_classifier(model).probabilities(np.zeros((2, 4))).shape
    (2, 3)
    """
    if isinstance(model, Classifier):
        return model
    if isinstance(model, str | os.PathLike):
        return load_classifier(model, trusted=trusted)
    answers = Answers(model, class_names=class_names, feature_names=feature_names)
    if not isinstance(answers.target, Multiclass):
        raise InputError(f"The model {model.name!r} is not a classifier.")
    return _KerasClassifier(
        source=source,
        kind=answers.kind,
        input_shape=answers.input_shape,
        target=answers.target,
        feature_names=answers.feature_names,
        model=model,
        sample_rate=answers.sample_rate,
        columns=answers.columns,
        _answers=answers,
    )


def _from_run_folder(folder):
    config = folder / "config.json"
    try:
        data = read_json(config)["data"]
        names = data["class_names"], data.get("feature_names")
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            f"{config} is not the record of a run: it lacks data.class_names."
        ) from None
    source = folder / "model.keras"
    return as_classifier(
        load_keras_file(source),
        class_names=names[0],
        feature_names=names[1],
        source=source,
    )


def _from_saved_model(folder, trusted):
    try:
        if not trusted:
            refuse_unsafe_graph(folder)
        loaded = tf.saved_model.load(folder)
    except InputError:
        raise
    except Exception as error:  # It raises many types of exceptions.
        raise InputError(
            f"The SavedModel {folder} cannot be read: {first_line(error)}"
        ) from error
    signature = loaded.signatures.get("serving_default")
    description = _read_description(folder)
    if description.get("columns"):
        return _from_table(folder, loaded, signature, description)
    specification = _single_input(signature)
    kind = specification and kind_of_input(
        specification.shape[1:].as_list(), specification.dtype.name
    )
    try:
        target = kind and _target(signature, description)
        kind = kind and kind_named(description.get("kind") or kind)
    except (TypeError, ValueError) as error:
        raise _foreign_description(folder) from error
    if target is None:
        raise InputError(
            f"The SavedModel {folder} has no signature serving_default with one input, "
            "batches of any size of examples of fixed shape, and an output "
            "`probabilities` (batch, classes); it has "
            f"{_describe(loaded.signatures)}."
        )
    shape = tuple(specification.shape[1:])
    if description.get("input_shape", list(shape)) != [*shape]:
        raise _foreign_description(folder)
    features = description.get("feature_names")
    return _ServedClassifier(
        source=folder,
        kind=kind,
        input_shape=shape,
        target=target,
        feature_names=features and tuple(features),
        model=None,
        sample_rate=description.get("sample_rate"),
        columns=None,
        _signature=signature,
        _input=specification,
        _loaded=loaded,
    )


def _from_table(folder, loaded, signature, description):
    """A SavedModel with an input for each column."""
    try:
        columns = Columns.from_config(description["columns"])
        inputs = TableInputs(columns)
        taken = signature.structured_input_signature[1]
        fits = {name: specification.dtype for name, specification in taken.items()} == {
            specification.name: specification.dtype
            for specification in inputs.specifications
        }
        target = _target(signature, description)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _foreign_description(folder) from error
    if not fits or target is None:
        raise _foreign_description(folder)
    return _ServedClassifier(
        source=folder,
        kind=Kind.TABLE,
        input_shape=(len(columns.sizes),),
        target=target,
        feature_names=columns.row_names,
        model=None,
        sample_rate=None,
        columns=columns,
        _signature=signature,
        _input=inputs,
        _loaded=loaded,
    )


def _foreign_description(folder):
    return InputError(f"{folder / DESCRIPTION} does not belong to its SavedModel.")


def _single_input(signature):
    """The one input of a signature, if it takes batches of any size."""
    if signature is None:
        return None
    inputs = list(signature.structured_input_signature[1].values())
    if len(inputs) != 1:
        return None
    shape = inputs[0].shape
    return inputs[0] if shape.rank and shape[0] is None else None


def _target(signature, description):
    return Multiclass.from_served(signature.structured_outputs, description)


def _describe(signatures):
    """Every signature with its inputs and outputs, in one line."""
    found = [
        f"{name}({', '.join(signature.structured_input_signature[1])}) → "
        f"{', '.join(signature.structured_outputs)}"
        for name, signature in signatures.items()
    ]
    return "; ".join(found) or "no signatures"


def _read_description(folder):
    """The description that the export wrote; empty for a SavedModel from elsewhere."""
    file = folder / DESCRIPTION
    if not file.exists():
        return {}
    description = read_json(file)
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise InputError(
            f"{file} has another format than {FORMAT}, which this version reads."
        )
    return description


def _reason(message: str) -> str:
    """The message of an error in TensorFlow's graph, without its position there."""
    asserted = re.search(r"assertion failed: \[(.*?)[\s.]*\](?: \[(.*?)\])?", message)
    if asserted is None:
        last = message.partition("\n\t [[")[0].rpartition("\n")[2]
        return re.sub(r"\{\{.*?\}\} ?", "", last).rstrip(".")
    said, values = asserted.groups()
    return f"{said} {values}".rstrip(".") if said.endswith("got") else said


def _as_type(batch, dtype):
    """The batch in the model's input type, if that keeps the values."""
    with np.errstate(invalid="ignore", over="ignore"):
        cast = batch.astype(dtype)
    if cast.dtype.kind in "iu" and not np.array_equal(cast, batch):
        raise InputError(
            f"The model takes {cast.dtype} inputs, but the examples hold other values."
        )
    return cast
