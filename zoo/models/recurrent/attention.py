"""Attention: each step of a decoder looks at all steps of the input."""

import functools
from typing import Any

import keras
from keras import ops

from custom.arguments import one_of
from custom.precision import at_least_float32
from custom.types import Shape, Tensor

SCORES = ("luong", "bahdanau")


@keras.saving.register_keras_serializable(package="zoo")
class Attention(keras.layers.Layer):
    r"""Joins each state of a decoder with the input steps that it attends to.

    With the states $h_t$ of the decoder and the outputs $e_s$ of the encoder:

    $$a_{ts} = \operatorname{softmax}_s\big(\operatorname{score}(h_t, e_s)\big), \qquad
    c_t = \sum_s a_{ts} e_s, \qquad
    \tilde h_t = \tanh\big(W_c [c_t; h_t]\big)$$

    | `score` | $\operatorname{score}(h, e)$ |
    | --- | --- |
    | `"luong"` | $h^\top W e$ |
    | `"bahdanau"` | $v^\top \tanh(W h + U e)$ |

    Padding has the weight 0, exactly. Bahdanau et al. feed $c_t$ to the next step of
    the decoder; here, as in Luong et al., it follows the decoder, so that all steps
    are computed at once in training.

    Compared with Keras: its `Attention` and `AdditiveAttention` have no $W$, $U$ and
    $W_c$.

    Inputs are the states `(batch, steps, units)`, the outputs of the encoder `(batch,
    time, width)`, and which of them are real: `(batch, time)`, with at least one true
    in each row. The output has the shape of the states. The weights are computed in at
    least float32.

    Args:
        score: `"luong"` or `"bahdanau"`.
        kernel_regularizer: Penalty on the kernels.
        **kwargs: `name`, `dtype` and other arguments of every Keras layer.

    Raises:
        ValueError: If `score` is neither of these.

    >>> import numpy as np
    >>> layer = Attention("luong")
    >>> states, outputs = np.ones((2, 3, 4)), np.ones((2, 5, 6))
    >>> layer([states, outputs, np.ones((2, 5), bool)]).shape
    TensorShape([2, 3, 4])

    Source: Luong, Pham and Manning 2015, "Effective approaches to attention-based
    neural machine translation", §3.1; Bahdanau, Cho and Bengio 2015, "Neural machine
    translation by jointly learning to align and translate".
    """

    def __init__(
        self,
        score: str = "luong",
        kernel_regularizer: keras.regularizers.Regularizer | str | dict | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.score = one_of("score", score, SCORES)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.supports_masking = True

    def build(self, input_shape: list[tuple[Any, ...]]) -> None:
        units, width = input_shape[0][-1], input_shape[1][-1]
        kernel = functools.partial(
            self.add_weight,
            initializer="glorot_uniform",
            regularizer=self.kernel_regularizer,
        )
        if self.score == "luong":
            self.score_kernel = kernel((units, width), name="score_kernel")
        else:
            self.state_kernel = kernel((units, units), name="state_kernel")
            self.output_kernel = kernel((width, units), name="output_kernel")
            self.score_vector = kernel((units, 1), name="score_vector")
        self.joint_kernel = kernel((width + units, units), name="joint_kernel")
        self.built = True

    def call(self, inputs: list[Tensor]) -> Tensor:
        states, outputs, _ = inputs
        weights = ops.cast(self.weights_at(*inputs), outputs.dtype)
        context = ops.matmul(weights, outputs)
        joint = ops.concatenate([context, states], axis=-1)
        return ops.tanh(ops.matmul(joint, self.joint_kernel))

    def weights_at(self, states: Tensor, outputs: Tensor, real: Tensor) -> Tensor:
        """The weights $a$, `(batch, steps, time)`, which sum to 1 over the time."""
        if self.score == "luong":
            scores = ops.matmul(
                ops.matmul(states, self.score_kernel),
                ops.transpose(outputs, (0, 2, 1)),
            )
        else:
            from_states = ops.expand_dims(ops.matmul(states, self.state_kernel), 2)
            from_outputs = ops.expand_dims(ops.matmul(outputs, self.output_kernel), 1)
            hidden = ops.tanh(from_states + from_outputs)
            scores = ops.squeeze(ops.matmul(hidden, self.score_vector), -1)
        scores = ops.cast(scores, at_least_float32(scores.dtype))
        # exp(-1e30 - x) is 0 for every score x.
        scores = ops.where(ops.expand_dims(real, 1), scores, -1e30)
        # Keras's softmax warns if the input has a single step.
        largest = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
        powers = ops.exp(scores - largest)
        return powers / ops.sum(powers, axis=-1, keepdims=True)

    def compute_mask(self, inputs: list[Tensor], previous_mask: Any = None) -> Any:
        return None if previous_mask is None else previous_mask[0]

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        penalty = keras.regularizers.serialize(self.kernel_regularizer)
        return {
            **super().get_config(),
            "score": self.score,
            "kernel_regularizer": penalty,
        }
