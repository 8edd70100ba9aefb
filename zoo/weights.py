"""Copies weights from one model to another."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np


def copy_state(
    source: keras.layers.Layer,
    target: keras.layers.Layer,
    fitted: Callable[[np.ndarray, tuple[int, ...]], np.ndarray] | None = None,
) -> None:
    """Copies the variables of a layer or model into another of the same structure.

    It works as saving and loading do: a layer that computes something from its
    variables, such as `Normalization`, computes it again. Optimizers and metrics are
    not copied. `fitted` may change an array to the shape that it has in the target.
    """
    pairs = zip(source._flatten_layers(), target._flatten_layers(), strict=True)
    for old, new in pairs:
        state: dict[str, Any] = {}
        old.save_own_variables(state)
        if not state:
            continue
        # JAX would let both models own the same memory, which `fit` of one frees.
        arrays = {k: np.array(keras.ops.convert_to_numpy(state[k])) for k in state}
        if fitted is not None:
            own: dict[str, Any] = {}
            new.save_own_variables(own)
            arrays = {k: fitted(arrays[k], tuple(own[k].shape)) for k in arrays}
        new.load_own_variables(arrays)
