"""Copies weights from one model to another."""

import keras
import numpy as np


def copy_state(source: keras.layers.Layer, target: keras.layers.Layer) -> None:
    """Copies the variables of a layer or model into another of the same structure.

    It works as saving and loading do: a layer that computes something from its
    variables, such as `Normalization`, computes it again. Optimizers and metrics are
    not copied.
    """
    pairs = zip(source._flatten_layers(), target._flatten_layers(), strict=True)
    for old, new in pairs:
        state: dict = {}
        old.save_own_variables(state)
        if state:
            # JAX would let both models own the same memory, which `fit` of one frees.
            arrays = {k: np.array(keras.ops.convert_to_numpy(state[k])) for k in state}
            new.load_own_variables(arrays)
