"""Builds models from presets, without unpickling and without running code in a file."""

import os
import warnings
from collections.abc import Sequence
from typing import Any

import keras

from zoo.errors import InputError, first_line
from zoo.names import check_arguments
from zoo.presets.folder import PresetFolder
from zoo.presets.references import located
from zoo.registered import REMEDY, refuse_tools, register_ours, unknown_names


def from_preset(
    preset: str | os.PathLike,
    *,
    num_classes: int | None = None,
    class_names: Sequence[str] | None = None,
    freeze_body: bool = False,
    load_weights: bool = True,
    model_class: type = keras.Model,
    **arguments: Any,
) -> Any:
    """Builds the model of a preset, of any class.

    Args:
        preset: A name of `zoo.list_presets()`, the path of a folder that
            `save_to_preset` wrote, the address of such a folder in a `.zip` file, or
            `hf://user/name`.
        num_classes: Number of classes of a new, untrained head; see `with_head`.
            Default: the preset's own head.
        class_names: Names of the new classes; without `num_classes`, other names
            for the preset's own classes.
        freeze_body: Whether to train only the new head.
        load_weights: Whether to load the trained weights. Without them the preset
            is a configuration to train from the start.
        model_class: The class that the model must have.
        **arguments: Constructor arguments to change, such as `dtype` or `dropout`.

    Returns:
        The model, not compiled.

    Raises:
        InputError: If the preset does not exist, is damaged or of another class, or
            an argument does not fit it.

    >>> from_preset("mlp_digits").num_classes
    10
    >>> from_preset("mlp_digits", num_classes=2, class_names=["even", "odd"]).layers[-1]
    <Dense name=classifier, built=True>
    """
    folder = PresetFolder.at(located(preset, name="preset"))
    if not folder.path.is_dir():
        raise InputError(
            f"The preset {str(preset)!r} must be a folder, not a file: read other "
            "models with zoo.load_model."
        )
    folder.check_format()
    config = folder.read(folder.config)
    found = _class_of(config, folder)
    if not issubclass(found, model_class):
        raise InputError(
            f"The preset {str(preset)!r} is of class {found.__name__}, not "
            f"{model_class.__name__}: use {found.__name__}.from_preset, or "
            "zoo.from_preset, which takes any."
        )
    check_arguments(found.__name__, found, arguments)
    if freeze_body and num_classes is None:
        raise InputError("`freeze_body` goes with a new head: give `num_classes`.")
    if class_names is not None and num_classes is None:
        _check_names(class_names, config["config"], preset)
        arguments["class_names"] = class_names
    model = _build({**config, "config": {**config["config"], **arguments}}, folder)
    if load_weights:
        _load_weights(model, folder, arguments)
    if num_classes is None:
        return model
    try:
        return model.with_head(num_classes, class_names, freeze_body=freeze_body)
    except ValueError as error:
        raise InputError(str(error)) from error


def _class_of(config, folder):
    """The class of the model, which must be a family of the zoo or built like one."""
    refuse_tools(config, folder.config)
    register_ours(config)
    unknown = unknown_names(config)
    if unknown:
        raise InputError(f"{folder.config} uses {unknown}, {REMEDY}")
    found = keras.saving.get_registered_object(config.get("registered_name"))
    is_family = isinstance(found, type) and hasattr(found, "save_to_preset")
    if not is_family or not isinstance(config.get("config"), dict):
        raise InputError(
            f"{folder.config} does not describe a model of the zoo; it names "
            f"{config.get('registered_name')!r}."
        )
    return found


def _check_names(class_names, config, preset):
    classes = config.get("num_classes")
    if len(class_names) != classes:
        raise InputError(
            f"The preset {str(preset)!r} knows {classes} classes, but `class_names` "
            f"has {len(class_names)}; for a new head give "
            f"num_classes={len(class_names)} too."
        )


def _build(config, folder):
    try:
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception as error:  # Keras raises many kinds.
        if "lambda" in str(error):
            raise InputError(
                f"{folder.config} holds a Python lambda: code from a file is not run."
            ) from error
        raise InputError(
            f"{folder.config} cannot be built: {first_line(error)}."
        ) from error


def _load_weights(model, folder: PresetFolder, arguments):
    folder.check_weights()
    try:
        # Keras would also load a part of the file into a smaller model.
        stored = folder.read(folder.metadata).get("parameters")
        if model.count_params() != stored:
            raise ValueError(f"{model.count_params():,} weights instead of {stored:,}.")
        with warnings.catch_warnings(action="ignore"):  # The error is enough.
            model.load_weights(folder.weights)
    except Exception as error:  # Keras and HDF5 raise many kinds.
        changed = " and ".join(f"`{name}`" for name in arguments)
        remedy = (
            f"leave {changed} as it is in the preset, or give load_weights=False."
            if arguments
            else "save the preset again."
        )
        raise InputError(
            f"{folder.weights} does not fit the model; {remedy} {first_line(error)}."
        ) from error
