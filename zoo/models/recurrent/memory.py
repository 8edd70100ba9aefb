"""Gates that remember from the start."""

import keras

from custom.arguments import one_of, positive_integer


@keras.saving.register_keras_serializable(package="zoo")
class RememberingBias(keras.initializers.Initializer):
    r"""Biases with which the units of an LSTM or GRU forget after 2 to `length` steps.

    $$b_f = \ln u, \qquad b_i = -b_f, \qquad u \sim U(1, T - 1)$$

    for the forget and the input gate of an LSTM; $b_z = \ln u$ for the gate of a GRU
    that keeps the state; all other biases are 0. A gate of bias $b$ keeps $\sigma(b)$
    of the state in each step, and so forgets after $1 / (1 - \sigma(b)) = 1 + u$ steps.
    With Keras's own biases these are 3.7 steps for an LSTM and 2 for a GRU.

    Args:
        cell: `"lstm"` or `"gru"`.
        length: $T$, at least 3: steps that a dependence may span.

    Raises:
        ValueError: If the cell has no such gate, or the length is below 3.

    >>> bias = RememberingBias("lstm", 100)((8,))  # input, forget, cell, output
    >>> bool((bias[2:4] > 0).numpy().all())
    True

    Source: Tallec and Ollivier 2018, "Can recurrent neural networks warp time?", §2.
    """

    def __init__(self, cell, length):
        if cell == "simple":
            raise ValueError(
                "`memory_length` needs gates: take cell='lstm' or 'gru', not 'simple'."
            )
        self.cell = one_of("cell", cell, ("lstm", "gru"))
        self.length = positive_integer("memory_length", length)
        if self.length < 3:
            raise ValueError(
                f"`memory_length` must be at least 3 steps, got {length!r}."
            )
        self._draw = keras.initializers.RandomUniform(1, self.length - 1)

    def __call__(self, shape, dtype=None):
        gates = 4 if self.cell == "lstm" else 3
        units = shape[-1] // gates
        keeping = keras.ops.log(self._draw((units,), dtype))
        none = keras.ops.zeros_like(keeping)
        if self.cell == "lstm":
            return keras.ops.concatenate([-keeping, keeping, none, none])
        bias = keras.ops.concatenate([keeping, none, none])
        # Of a GRU the second row is added to the state's part; one of both is enough.
        return keras.ops.stack([bias, keras.ops.zeros_like(bias)])

    def get_config(self):
        return {"cell": self.cell, "length": self.length}
