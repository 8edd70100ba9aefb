"""Reads trained models, for evaluation, prediction and export."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.columns import Columns
from zoo.errors import InputError, first_line
from zoo.exporting.answers import Answers
from zoo.exporting.saved_model import DESCRIPTION, FORMAT
from zoo.exporting.table_inputs import TableInputs
from zoo.graph_safety import refuse_unsafe_graph
from zoo.images import DEPTH
from zoo.json_files import read_json
from zoo.keras_file import load_keras_file
from zoo.kinds import Kind, kind_named, kind_of_input
from zoo.presets.folder import PresetFolder
from zoo.presets.reading import from_preset
from zoo.presets.references import EXPECTED, located
from zoo.targets import Images, Translation, served_target
from zoo.trained_model import TrainedKerasModel, TrainedModel, Translator, as_type


@dataclasses.dataclass(frozen=True)
class _ServedModel(TrainedModel):
    _signature: object = dataclasses.field(repr=False)
    _input: tf.TensorSpec | TableInputs = dataclasses.field(repr=False)
    # The loaded object owns the signature's variables.
    _loaded: object = dataclasses.field(repr=False)

    def _answer(self, batch):
        answers = self._signature(**self._request(batch))
        if isinstance(self.target, Translation):
            texts = [text.decode() for text in answers["texts"].numpy().tolist()]
            answers["texts"] = np.array([*texts, ""], object)[:-1]
        return answers

    def _request(self, batch):
        if isinstance(self._input, TableInputs):
            request = self._input.request(batch)
            return {name: tf.constant(values) for name, values in request.items()}
        if self.kind is not Kind.TEXT:
            batch = as_type(batch, self._input.dtype.as_numpy_dtype)
        return {self._input.name: tf.constant(batch, self._input.dtype)}


def load_classifier(path: str | os.PathLike, **options: Any) -> TrainedModel:
    """Reads a trained classifier: `load_model`, which refuses other models.

    >>> import pathlib, tempfile, zoo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "model.keras"
    ...     zoo.create("mlp", input_shape=(4,), num_classes=3).save(file)
    ...     load_classifier(file).class_names
    ('0', '1', '2')
    """
    return _checked_classifier(load_model(path, **options))


def load_model(path: str | os.PathLike, *, trusted: bool = False) -> TrainedModel:
    """Reads a trained model of any target.

    Files are not trusted: a `.keras` file with Python code is refused, and so is a
    SavedModel whose graph could do anything but compute.

    Args:
        path: A `.keras` file; a run folder; the name or the folder of a preset; a
            SavedModel; or the folder of its versions, of which the highest is read. Or
            the address of a `.keras` or `.zip` file, or `hf://user/name`.
        trusted: Whether the graph of a SavedModel may read and write files and run
            other code; see docs/serving.md.

    Raises:
        InputError: If it does not exist, is damaged, has another format, uses
            objects that are not registered, or could do more than compute.

    >>> import pathlib, tempfile, zoo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "model.keras"
    ...     zoo.create("mlp", input_shape=(4,), num_classes=3).save(file)
    ...     load_model(file).target.names
    ('0', '1', '2')
    """
    path = located(path, name="path")
    if PresetFolder(path).is_preset:
        return as_trained_model(from_preset(path))
    if path.name == "saved_model.pb":
        raise InputError(f"{path} is part of a SavedModel; give its folder.")
    is_run = (path / "model.keras").is_file() and (path / "config.json").is_file()
    if trusted and (is_run or path.is_file()):
        raise InputError(
            f"trusted=True (--trust) is for SavedModels; {path} holds a .keras file, "
            "whose code is never run."
        )
    if path.is_file():
        return as_trained_model(load_keras_file(path), source=path)
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


def load_network(path: str | os.PathLike) -> keras.Model:
    """Reads the Keras model of any kind that a preset, a run or a file holds.

    Args:
        path: As in `load_model`, but not a SavedModel.

    Raises:
        InputError: As in `load_model`; or if it is a SavedModel, which is a graph.

    >>> load_network("dcgan_mnist").image_shape
    (32, 32, 1)
    """
    path = located(path, name="path")
    if PresetFolder(path).is_preset:
        return from_preset(path)
    file = path / "model.keras" if path.is_dir() else path
    if file.is_file():
        return load_keras_file(file)
    raise InputError(
        f"{load_model(path).source} is already a SavedModel; give the .keras file or "
        "the run folder that it was exported from."
    )


def as_classifier(model: Any, **options: Any) -> TrainedModel:
    """`as_trained_model`, which refuses models that are not classifiers."""
    return _checked_classifier(as_trained_model(model, **options))


def _checked_classifier(trained: TrainedModel) -> TrainedModel:
    trained.classes()
    return trained


def as_trained_model(
    model: Any,
    *,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    source: pathlib.Path | None = None,
    trusted: bool = False,
) -> TrainedModel:
    """Makes a `TrainedModel` of a Keras model, or of what `load_model` reads.

    Args:
        model: A Keras model, a `TrainedModel` (which is returned), or a path.
        class_names: Names of a Keras model's classes. Default: its own.
        feature_names: Names of a Keras model's columns.
        source: The file that a Keras model was read from.
        trusted: For a path, as in `load_model`.

    Raises:
        InputError: If the model has no target, or cannot be read.

    >>> import numpy as np, zoo
    >>> model = zoo.create("mlp", input_shape=(4,), num_classes=3)
    >>> as_trained_model(model).probabilities(np.zeros((2, 4))).shape
    (2, 3)
    """
    if isinstance(model, TrainedModel):
        return model
    if isinstance(model, str | os.PathLike):
        return load_model(model, trusted=trusted)
    if isinstance(getattr(model, "target", None), Images):
        raise InputError(
            f"The model {model.name!r} generates images and does not make predictions: "
            "call its `generate`, or export it."
        )
    if isinstance(getattr(model, "target", None), Translation):
        return Translator(
            source=source,
            kind=model.kind,
            input_shape=tuple(model.inputs[0].shape[1:]),
            target=model.target,
            feature_names=None,
            model=model,
            sample_rate=model.get_config()["sample_rate"],
            columns=None,
        )
    answers = Answers(model, class_names=class_names, feature_names=feature_names)
    return TrainedKerasModel(
        source=source,
        kind=answers.kind,
        input_shape=answers.input_shape,
        target=answers.target,
        feature_names=answers.feature_names,
        model=model,
        sample_rate=answers.sample_rate,
        columns=answers.columns,
        bit_depth=answers.bit_depth,
        _answers=answers,
    )


def _from_run_folder(folder):
    config = folder / "config.json"
    try:
        data = read_json(config)["data"]
        names = data["class_names"] or None, data.get("feature_names")
        if data.get("class_names_given") is False:  # Not in version 0.1.0.
            names = None, names[1]
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            f"{config} is not the record of a run: it lacks data.class_names."
        ) from None
    source = folder / "model.keras"
    model = load_keras_file(source)
    if data.get("bit_depth", DEPTH) != DEPTH:  # A user's own model does not keep it.
        model.bit_depth = data["bit_depth"]
    return as_trained_model(
        model,
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
            "`probabilities` (batch, classes) or `values` (batch, numbers); it has "
            f"{_describe(loaded.signatures)}."
        )
    shape = tuple(specification.shape[1:])
    if description.get("input_shape", list(shape)) != [*shape]:
        raise _foreign_description(folder)
    features = description.get("feature_names")
    return _ServedModel(
        source=folder,
        kind=kind,
        input_shape=shape,
        target=target,
        feature_names=features and tuple(features),
        model=None,
        sample_rate=description.get("sample_rate"),
        columns=None,
        bit_depth=description.get("bit_depth", DEPTH),
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
    return _ServedModel(
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
    return served_target(signature.structured_outputs, description)


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
