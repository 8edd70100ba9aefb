"""The variables that a step of training reads and changes."""

from typing import Any

import keras
import ml_dtypes  # noqa: F401  It teaches NumPy bfloat16 and float8.
import numpy as np

from zoo.errors import InputError


def variables_of(model: keras.Model) -> list[keras.Variable]:
    """Weights, statistics, random states, metrics and optimizer variables, each once.

    They are in the order in which the model created them, which is the same for every
    model of the same configuration after its first step.
    """
    found = [
        *model.variables,
        *model.metrics_variables,
        *(variable for each in optimizers_of(model) for variable in each.variables),
    ]
    return list({id(variable): variable for variable in found}.values())


def optimizers_of(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """The optimizer of a compiled model, or both optimizers of a DCGAN."""
    return [
        value
        for _, value in sorted(vars(model).items())
        if isinstance(value, keras.optimizers.Optimizer)
    ]


def inner_optimizer(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """The optimizer inside a `LossScaleOptimizer`, or the optimizer itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def captured(variables: Any) -> tuple[dict[str, np.ndarray], list[list]]:
    """The values of variables by index, with a description of each.

    Returns:
        The arrays; and for each one its path, type and shape.
    """
    arrays, entries = {}, []
    for number, variable in enumerate(variables):
        value = keras.ops.convert_to_numpy(variable)
        # NumPy can only store its own types; others are stored as bytes.
        arrays[str(number)] = value if value.dtype.isbuiltin == 1 else _bytes(value)
        entries.append([variable.path, value.dtype.name, list(value.shape)])
    return arrays, entries


def restore(variables: Any, arrays: dict[str, np.ndarray], entries: list) -> None:
    """Restores the values of variables."""
    if len(variables) != len(entries):
        raise InputError(
            f"The checkpoint holds {len(entries)} variables, the model has "
            f"{len(variables)}: it belongs to another model."
        )
    for number, (variable, entry) in enumerate(zip(variables, entries, strict=True)):
        try:
            path, dtype, shape = entry
            value = arrays[str(number)]
            if value.dtype.name != dtype:
                value = value.view(dtype).reshape(shape)
            if list(value.shape) != shape:
                raise ValueError(f"{path} has the shape {value.shape}")
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The checkpoint is damaged: variable {number} cannot be read "
                f"({error})."
            ) from error
        if list(variable.shape) != shape:
            raise InputError(
                f"The checkpoint's {path} has the shape {tuple(shape)}, the model's "
                f"{variable.path} {tuple(variable.shape)}: it belongs to another model."
            )
        variable.assign(value)


def _bytes(value: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(value).reshape(-1).view("uint8")
