"""The record of a run in `config.json`: enough to repeat it."""

import dataclasses
import datetime
import importlib.metadata
import os
import pathlib
import platform
from collections.abc import Callable, Sequence
from typing import Any

import keras

from recipes.data.dataset import Dataset
from recipes.data.fingerprint import fingerprint
from recipes.training.given import users_own
from recipes.training.settings import Settings
from zoo.errors import InputError
from zoo.json_files import read_json

# What `resume` needs of the record, with its type.
NEEDED: dict[tuple[str, ...], Any] = {
    ("versions",): dict,
    ("resolved",): dict,
    ("data", "origin"): dict | None,
    ("data", "fingerprint"): str,
    ("training", "settings"): dict,
    ("training", "augmentation"): dict | None,
    ("training", "rebalancing"): dict | None,
}


def describe_run(
    model: keras.Model,
    dataset: Dataset,
    settings: Settings,
    augment: Callable[..., Any] | None = None,
    rebalancing: dict[str, Any] | None = None,
    strategy: dict[str, Any] | None = None,
    soft_targets: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    scores_only: bool = False,
    untested: bool = False,
) -> dict[str, Any]:
    """Describes the model, the data, the settings, what was resolved, and versions."""
    return {
        "model": {
            "class": type(model).__name__,
            "parameters": model.count_params(),
            "configuration": model.get_config(),
        },
        "data": {
            "name": dataset.name,
            "kind": dataset.kind,
            "task": dataset.task,
            "input_shape": list(dataset.input_shape),
            "class_names": list(dataset.class_names),
            "value_names": list(dataset.value_names),
            "label_names": list(dataset.label_names),
            "class_names_given": dataset.names_given,
            "feature_names": list(dataset.feature_names),
            "sample_rate": dataset.sample_rate,
            "bit_depth": dataset.bit_depth,
            "examples": {
                "train": len(dataset.train),
                "validation": len(dataset.validation),
                "test": len(dataset.test),
            },
            "notes": list(dataset.notes),
            "origin": dataset.origin,
            "fingerprint": fingerprint(dataset),
        },
        "training": {
            "settings": dataclasses.asdict(settings),
            "augmentation": _augmentation(augment),
            "rebalancing": rebalancing,
            "soft_targets": soft_targets,
            "callbacks": [type(each).__qualname__ for each in users_own(callbacks)],
            "scores_only": scores_only,
            "untested": untested,
            **_compilation(model),
        },
        "resolved": {
            "backend": keras.backend.backend(),
            "precision": precision_of(model),
            "jit_compile": bool(model.jit_compile),
            "strategy": strategy,
            "devices": _devices(),
            "cores": os.cpu_count(),
        },
        "versions": versions(),
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def read_run(file: pathlib.Path) -> dict[str, Any]:
    """The record of a run.

    Raises:
        InputError: If the file is damaged, or lacks what `resume` needs.
    """
    config = read_json(file)
    for keys, needed in NEEDED.items():
        value: Any = config
        for key in keys:
            value = value.get(key, ...) if isinstance(value, dict) else ...
        if not isinstance(value, needed):
            raise wrong_record(file, f"{'.'.join(keys)} is missing or of another type")
    return config


def wrong_record(file: pathlib.Path, reason: str) -> InputError:
    """The error for a `config.json` that a run did not write."""
    return InputError(
        f"{file} is not the record of a run: {reason}. Bring the file of the run back, "
        "or start a new run."
    )


def _compilation(model: keras.Model) -> dict[str, Any]:
    """The optimizer and the loss; for a DCGAN, both optimizers."""
    if model.optimizer is None:
        return {"game": model.get_compile_config()}
    return {
        "optimizer": keras.saving.serialize_keras_object(model.optimizer),
        "loss": loss_name(model.loss),
    }


def versions() -> dict[str, str]:
    """Versions of the packages that the numbers depend on."""
    packages = ("keras", "tensorflow", "numpy")
    return {
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in packages},
    }


def loss_name(loss: Any) -> str:
    """The name of a loss given as an object, a function or a string."""
    return getattr(loss, "name", None) or getattr(loss, "__name__", None) or str(loss)


def precision_of(model: keras.Model) -> str:
    """The precision policy of its layers.

    Float32 is left out if there is another policy: layers that need more precision use
    it in every model.
    """
    layers = model._flatten_layers()
    policies = {layer.dtype_policy.name for layer in layers if layer.weights}
    return " and ".join(sorted(policies - {"float32"})) or "float32"


def _augmentation(augment: Callable[..., Any] | None) -> dict[str, Any] | None:
    """What `augmentation.from_config` takes; for any other function its name."""
    if augment is None:
        return None
    if hasattr(augment, "get_config"):
        return augment.get_config()
    return {"function": getattr(augment, "__qualname__", repr(augment))}


def _devices() -> list[str]:
    import tensorflow as tf

    return [device.name for device in tf.config.list_physical_devices()]
