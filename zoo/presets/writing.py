"""Presets from models: a folder that appears as a whole or not at all."""

import os
import pathlib
from typing import Any

import h5py
import keras
import numpy as np

from custom.arguments import one_of, path as checked_path
from zoo.atomic_writes import checked_atomic_write, json_text
from zoo.digest import sha256
from zoo.errors import InputError, checked
from zoo.presets.card import make_card
from zoo.presets.folder import FORMAT, PresetFolder
from zoo.weights import copy_state


def save_to_preset(
    model: keras.Model,
    path: str | os.PathLike,
    *,
    card: dict | None = None,
    examples: Any = None,
    record: dict | None = None,
    weights_dtype: str = "float32",
    overwrite: bool = False,
) -> pathlib.Path:
    """Writes a model of the zoo as a preset.

    The model is first built again from its configuration, which proves that the preset
    can be loaded; optimizer and loss are left out. The folder appears as a whole; a
    preset that it replaces stays if anything fails.

    Args:
        model: A model of the zoo.
        path: The folder to make.
        card: Facts that the model does not hold, with keys of `zoo.presets.card.KEYS`.
        examples: A few inputs, kept with the model's outputs, for
            `zoo.testing.check_preset`.
        record: Facts about the training, kept as `run.json`.
        weights_dtype: `"float32"`, or `"float16"` to store matrices and kernels in half
            the space; vectors stay in float32.
        overwrite: Whether to replace an existing preset.

    Raises:
        InputError: If the folder exists or cannot be written, the card has an unknown
            key, or the weights do not fit into float16.
        OSError: If the disk is full.

    >>> import tempfile, zoo
    >>> model = zoo.MLP((4,), num_classes=3, hidden_units=(8,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = model.save_to_preset(f"{folder}/mine", card={"task": "iris"})
    ...     print(sorted(file.name for file in written.iterdir()))
    ...     zoo.MLP.from_preset(written).output_shape
    ['card.json', 'config.json', 'metadata.json', 'model.weights.h5']
    (None, 3)
    """
    path = checked(checked_path, "path", path)
    one_of("weights_dtype", weights_dtype, ("float32", "float16"))
    card = make_card(model, card)
    _check_target(path, overwrite)
    with checked_atomic_write(path) as draft:
        draft.mkdir()
        folder = PresetFolder(draft)
        config = keras.saving.serialize_keras_object(model)
        config = {
            key: config[key]
            for key in ("module", "class_name", "config", "registered_name")
        }
        _write_json(folder.config, config)
        # Without an optimizer, whose state would be saved with the weights.
        fresh = type(model).from_config(model.get_config())
        copy_state(model, fresh)
        fresh.save_weights(folder.weights)
        if weights_dtype == "float16":
            _halve(folder.weights)
        if examples is not None:
            _write_examples(folder.examples, model, np.asarray(examples))
        _write_json(folder.card, card)
        if record is not None:
            _write_json(folder.run, record)
        _write_json(
            folder.metadata,
            {
                "format": FORMAT,
                "sha256": sha256(folder.weights),
                "weights_dtype": weights_dtype,
                "parameters": model.count_params(),
            },
        )
    return path


def _write_json(file, content):
    file.write_text(json_text(content), encoding="utf-8")


def _write_examples(file, model, inputs):
    outputs = model.predict(inputs, verbose=0)
    if inputs.dtype == object:  # Python's strings, which NumPy would pickle
        inputs = inputs.astype(str)
    np.savez_compressed(file, inputs=inputs, outputs=outputs)


def _check_target(path, overwrite):
    if not path.exists() and not path.is_symlink():
        return
    if not overwrite:
        raise InputError(
            f"{path} exists already; choose another, or give overwrite=True."
        )
    if not PresetFolder(path).metadata.is_file():
        raise InputError(f"{path} is not a preset, and is not overwritten.")


def _halve(file):
    """Stores matrices and kernels in float16."""
    whole = file.with_name("whole.h5")
    file.rename(whole)
    with h5py.File(whole) as source, h5py.File(file, "w") as target:

        def copy(name, node):
            if isinstance(node, h5py.Group):
                made = target.require_group(name)
            else:
                values = node[()]
                if values.dtype == "float32" and values.ndim > 1:
                    values = _as_float16(values, name)
                made = target.create_dataset(name, data=values)
            for key, value in node.attrs.items():
                made.attrs[key] = value

        for key, value in source.attrs.items():
            target.attrs[key] = value
        source.visititems(copy)
    whole.unlink()


def _as_float16(values, name):
    if np.abs(values).max(initial=0) > np.finfo("float16").max:
        raise InputError(
            f"The weights {name} do not fit into float16; give weights_dtype='float32'."
        )
    return values.astype("float16")
