"""Bias initialization that sets how long the units of an LSTM or GRU remember."""

from typing import Any

import keras

from custom.arguments import one_of, positive_integer
from custom.types import Tensor


# Registered under the name that files of version 0.1.0 hold.
@keras.saving.register_keras_serializable(package="zoo", name="RememberingBias")
class ChronoInitializer(keras.initializers.Initializer):
    r"""Biases with which the units of an LSTM or GRU forget after 2 to `length` steps.

    $$b_f = \ln u, \qquad b_i = -b_f, \qquad u \sim U(1, T - 1)$$

    for the forget and the input gate of an LSTM; $b_z = \ln u$ for the update gate of
    a GRU, which keeps the state; all other biases are 0. A gate of bias $b$ keeps
    $\sigma(b)$ of the state in each step, and so forgets after
    $1 / (1 - \sigma(b)) = 1 + u$ steps. With Keras's default biases this is 3.7 steps
    for an LSTM and 2 for a GRU.

    Args:
        cell: `"lstm"` or `"gru"`.
        length: $T$, at least 3: the number of steps that a dependency may span.

    Raises:
        ValueError: If the cell has no such gate, or the length is below 3.

    >>> bias = ChronoInitializer("lstm", 100)((8,))  # input, forget, cell, output
    >>> bool((bias[2:4] > 0).numpy().all())
    True

    Source: Tallec and Ollivier 2018, "Can recurrent neural networks warp time?", §2.
    """

    def __init__(self, cell: str, length: int) -> None:
        if cell == "simple":
            raise ValueError(
                "`memory_length` needs a cell with gates: use cell='lstm' or 'gru', "
                "not 'simple'."
            )
        self.cell = one_of("cell", cell, ("lstm", "gru"))
        self.length = positive_integer("memory_length", length)
        if self.length < 3:
            raise ValueError(
                f"`memory_length` must be at least 3 steps, got {length!r}."
            )
        self._uniform = keras.initializers.RandomUniform(1, self.length - 1)

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        gates = 4 if self.cell == "lstm" else 3
        units = shape[-1] // gates
        keep = keras.ops.log(self._uniform((units,), dtype))
        zeros = keras.ops.zeros_like(keep)
        if self.cell == "lstm":
            return keras.ops.concatenate([-keep, keep, zeros, zeros])
        bias = keras.ops.concatenate([keep, zeros, zeros])
        # A GRU adds its two rows of biases in the update gate; one of them is enough.
        return keras.ops.stack([bias, keras.ops.zeros_like(bias)])

    def get_config(self) -> dict[str, Any]:
        return {"cell": self.cell, "length": self.length}
