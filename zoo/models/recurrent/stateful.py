"""Truncated backpropagation through time: layers and data that carry a state over."""

from typing import Any

import keras
import numpy as np
from keras import ops

from custom.arguments import positive_integer
from custom.types import Shape, Tensor


# Registered under the name that files of version 0.1.0 hold.
@keras.saving.register_keras_serializable(package="zoo", name="Carried")
class StatefulRNN(keras.layers.Layer):
    """A recurrent layer that starts each batch from the state of the previous one.

    The state is a weight that is not trained: gradients stop at the start of the
    batch. A row that starts a new sequence starts from a state of zeros.

    Compared with Keras: with `stateful=True`, `fit` does not carry the state over
    on JAX and fails on PyTorch (Keras 3.15).

    Args:
        layer: A recurrent layer of Keras with `return_state=True`.
        batch_size: Number of sequences in every batch.
        **kwargs: `name`, `dtype` and other arguments of every Keras layer.
    """

    def __init__(self, layer: keras.layers.RNN, batch_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer
        self.batch_size = batch_size
        self.supports_masking = True

    def build(self, input_shape: list[Shape]) -> None:
        sequences, _ = input_shape
        self.layer.build(sequences)
        self.states = [
            self.add_weight(
                (self.batch_size, size), "zeros", trainable=False, name=f"state_{n}"
            )
            for n, size in enumerate(self.layer.state_size)
        ]
        self.built = True

    def call(
        self,
        inputs: list[Tensor],
        mask: list[Tensor | None] | None = None,
        training: bool | None = None,
    ) -> Tensor:
        sequences, starts = inputs
        continues = ops.expand_dims(ops.logical_not(ops.cast(starts, "bool")), -1)
        initial = [ops.where(continues, state.value, 0.0) for state in self.states]
        initial = [ops.cast(ops.stop_gradient(s), self.compute_dtype) for s in initial]
        outputs, *states = self.layer(
            sequences,
            initial_state=initial,
            mask=None if mask is None else mask[0],
            training=training,
        )
        for state, new in zip(self.states, states, strict=True):
            state.assign(ops.cast(ops.stop_gradient(new), state.dtype))
        return outputs

    def compute_mask(
        self, inputs: list[Tensor], previous_mask: list[Tensor | None] | None = None
    ) -> Tensor | None:
        return None if previous_mask is None else previous_mask[0]

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        return self.layer.compute_output_shape(input_shape[0])[0]

    def reset_state(self) -> None:
        """Sets the state to zeros."""
        for state in self.states:
            state.assign(ops.zeros_like(state))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "layer": keras.saving.serialize_keras_object(self.layer),
            "batch_size": self.batch_size,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "StatefulRNN":
        config = dict(config)
        layer = keras.saving.deserialize_keras_object(config.pop("layer"))
        return cls(layer, **config)


class Segments(keras.utils.PyDataset):
    """Long sequences cut into segments, for a stateful `RecurrentNetwork`.

    The segments of the first `batch_size` sequences come in order, one segment of each
    sequence in a batch; then those of the next `batch_size` sequences. Each batch is
    `((inputs, starts), targets, weights)`. `starts` is true where a sequence starts.
    `weights` are 0 for padding: the steps that fill the last segment, and the rows
    that fill the last batch.

    Args:
        inputs: `(sequences, time)` or `(sequences, time, features)`.
        targets: One target for each step: `(sequences, time)` or `(sequences, time,
            units)`.
        length: Number of steps in a segment, through which gradients flow.
        batch_size: Number of sequences in a batch: the `stateful_batch_size` of the
            model.

    Raises:
        ValueError: If the shapes do not fit together, or a dimension is 0.

    >>> import numpy as np
    >>> numbers = np.arange(10).reshape(2, 5)
    >>> segments = Segments(numbers, numbers + 1, length=3, batch_size=2)
    >>> (inputs, starts), targets, weights = segments[1]
    >>> inputs.tolist(), starts.tolist(), weights.tolist()
    ([[3, 4, 0], [8, 9, 0]], [False, False], [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])

    Source: Williams and Peng 1990, "An efficient gradient-based algorithm for on-line
    training of recurrent network trajectories"; notes, "Backpropagation through time".
    """

    def __init__(
        self, inputs: Any, targets: Any, *, length: int, batch_size: int
    ) -> None:
        super().__init__()
        self.inputs, self.targets = np.asarray(inputs), np.asarray(targets)
        self.length = positive_integer("length", length)
        self.batch_size = positive_integer("batch_size", batch_size)
        shape = self.inputs.shape
        if len(shape) < 2 or 0 in shape or self.targets.shape[:2] != shape[:2]:
            raise ValueError(
                "`inputs` must have shape (sequences, time, …) without a 0, and "
                "`targets` must have the same number of sequences and steps, got "
                f"{shape} and {self.targets.shape}."
            )

    @property
    def segments_per_sequence(self) -> int:
        return -(-self.inputs.shape[1] // self.length)

    def __len__(self) -> int:
        return -(-len(self.inputs) // self.batch_size) * self.segments_per_sequence

    def __getitem__(self, index: int) -> tuple:
        group, segment = divmod(index, self.segments_per_sequence)
        rows = slice(group * self.batch_size, (group + 1) * self.batch_size)
        steps = slice(segment * self.length, (segment + 1) * self.length)
        inputs = self._padded(self.inputs[rows, steps])
        targets = self._padded(self.targets[rows, steps])
        weights = np.ones(self.inputs[rows, steps].shape[:2], "float32")
        starts = np.full(self.batch_size, segment == 0)
        return (inputs, starts), targets, self._padded(weights)

    def _padded(self, part: np.ndarray) -> np.ndarray:
        """Pads with zeros to the full batch size and segment length."""
        missing = [self.batch_size - part.shape[0], self.length - part.shape[1]]
        padding = [(0, n) for n in missing] + [(0, 0)] * (part.ndim - 2)
        return np.pad(part, padding)


def side_by_side(sequence: Any, number: int) -> np.ndarray:
    """Cuts one very long sequence into `number` rows of equal length, in order.

    The steps that do not fill a row, at most `number - 1` at the end, are left out.

    >>> side_by_side([1, 2, 3, 4, 5, 6, 7], 2).tolist()
    [[1, 2, 3], [4, 5, 6]]
    """
    sequence = np.asarray(sequence)
    number = positive_integer("number", number)
    length = len(sequence) // number
    if length == 0:
        raise ValueError(
            f"`sequence` has {len(sequence)} steps, too few for {number} rows."
        )
    return sequence[: number * length].reshape(number, length, *sequence.shape[1:])
