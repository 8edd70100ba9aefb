"""Fitted estimators as `.keras` files, which hold no code."""

import json
import pathlib
import zipfile
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from zoo.atomic_writes import checked_atomic_write
from zoo.errors import InputError
from zoo.json_files import parse_json
from zoo.keras_file import load_keras_file

if TYPE_CHECKING:
    from recipes.estimators.estimator import Estimator

MEMBER = "estimator.json"
Fitted = TypeVar("Fitted", bound="Estimator")


def write(estimator: "Estimator", path: pathlib.Path) -> None:
    """Writes a fitted estimator; see `Estimator.save`."""
    if path.suffix != ".keras":
        raise InputError(f"The file of an estimator must end in .keras, got {path}.")
    learned = {
        name: _described(value)
        for name, value in vars(estimator).items()
        if name.endswith("_") and name != "model_"
    }
    try:
        text = json.dumps(
            {
                "estimator": type(estimator).__name__,
                "parameters": estimator.get_params(deep=False),
                "learned": learned,
            }
        )
    except TypeError as error:
        raise InputError(
            f"The estimator has a parameter or a class that a file cannot hold: "
            f"{error}. Give numbers, strings and lists of them."
        ) from error
    with checked_atomic_write(path) as draft:
        estimator.model_.save(draft)
        with zipfile.ZipFile(draft, "a") as archive:
            archive.writestr(MEMBER, text)


def read(cls: type[Fitted], path: pathlib.Path) -> Fitted:
    """Reads a fitted estimator; see `Estimator.load`."""
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    model = load_keras_file(path)
    with zipfile.ZipFile(path) as archive:
        if MEMBER not in archive.namelist():
            raise InputError(
                f"{path} holds a model and no estimator: read it with zoo.load_model."
            )
        record = parse_json(archive.read(MEMBER))
    if record["estimator"] != cls.__name__:
        raise InputError(
            f"{path} holds a {record['estimator']}: read it with "
            f"recipes.{record['estimator']}.load."
        )
    estimator = cls(**record["parameters"])
    for name, value in record["learned"].items():
        setattr(estimator, name, _restored(value))
    estimator._keep(model, estimator.metrics_, estimator.n_epochs_)
    return estimator


def _described(value: Any) -> Any:
    """An attribute as JSON holds it."""
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.str, "array": value.tolist()}
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return np.array(value["array"], value["dtype"])
    return value
