"""Truncated backpropagation through time, with the state carried along."""

import keras
import numpy as np
from keras import ops

from custom.arguments import positive_integer


@keras.saving.register_keras_serializable(package="zoo")
class Carried(keras.layers.Layer):
    """A recurrent layer that goes on where it stopped in the batch before.

    The state is a weight that is not trained: gradients end at the beginning of the
    batch. A row that starts a new sequence starts from zero.

    Against Keras: `stateful=True` carries no state through `fit` on JAX and fails on
    PyTorch (Keras 3.15).

    Args:
        layer: Keras's recurrent layer, with `return_state=True`.
        batch_size: Number of sequences in every batch.
        **kwargs: `name`, `dtype` and what else any Keras layer takes.
    """

    def __init__(self, layer, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer
        self.batch_size = batch_size
        self.supports_masking = True

    def build(self, input_shape):
        sequences, _ = input_shape
        self.layer.build(sequences)
        self.states = [
            self.add_weight(
                (self.batch_size, size), "zeros", trainable=False, name=f"state_{n}"
            )
            for n, size in enumerate(self.layer.state_size)
        ]
        self.built = True

    def call(self, inputs, mask=None, training=None):
        sequences, starts = inputs
        goes_on = ops.expand_dims(ops.logical_not(ops.cast(starts, "bool")), -1)
        carried = [ops.where(goes_on, state.value, 0.0) for state in self.states]
        carried = [ops.cast(ops.stop_gradient(s), self.compute_dtype) for s in carried]
        outputs, *states = self.layer(
            sequences,
            initial_state=carried,
            mask=None if mask is None else mask[0],
            training=training,
        )
        for state, new in zip(self.states, states, strict=True):
            state.assign(ops.cast(ops.stop_gradient(new), state.dtype))
        return outputs

    def compute_mask(self, inputs, previous_mask=None):
        return None if previous_mask is None else previous_mask[0]

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape[0])[0]

    def reset_state(self):
        """Forgets what was carried."""
        for state in self.states:
            state.assign(ops.zeros_like(state))

    def get_config(self):
        return {
            **super().get_config(),
            "layer": keras.saving.serialize_keras_object(self.layer),
            "batch_size": self.batch_size,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        layer = keras.saving.deserialize_keras_object(config.pop("layer"))
        return cls(layer, **config)


class Segments(keras.utils.PyDataset):
    """Long sequences, cut for a `RecurrentNetwork` that carries its state.

    Batches of `batch_size` sequences come one segment after the other, then the next
    `batch_size` sequences. Each batch is `((inputs, starts), targets, weights)`:
    `starts` is true where a sequence begins, and `weights` are 0 behind the end of the
    sequences, where the last segment is filled up, and for rows that fill up the last
    batch.

    Args:
        inputs: `(sequences, time)` or `(sequences, time, features)`.
        targets: One target for each step: `(sequences, time)` or `(sequences, time,
            units)`.
        length: Steps in a segment, over which gradients flow.
        batch_size: Sequences side by side: the model's `stateful_batch_size`.

    Raises:
        ValueError: If shapes do not fit together or there is nothing to cut.

    >>> import numpy as np
    >>> numbers = np.arange(10).reshape(2, 5)
    >>> segments = Segments(numbers, numbers + 1, length=3, batch_size=2)
    >>> (inputs, starts), targets, weights = segments[1]
    >>> inputs.tolist(), starts.tolist(), weights.tolist()
    ([[3, 4, 0], [8, 9, 0]], [False, False], [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])

    Source: Williams and Peng 1990, "An efficient gradient-based algorithm for on-line
    training of recurrent network trajectories"; notes, "Backpropagation through time".
    """

    def __init__(self, inputs, targets, *, length: int, batch_size: int):
        super().__init__()
        self.inputs, self.targets = np.asarray(inputs), np.asarray(targets)
        self.length = positive_integer("length", length)
        self.batch_size = positive_integer("batch_size", batch_size)
        shape = self.inputs.shape
        if len(shape) < 2 or 0 in shape or self.targets.shape[:2] != shape[:2]:
            raise ValueError(
                "`inputs` must have shape (sequences, time, …), none of them 0, and "
                f"`targets` the same sequences and time, got {shape} and "
                f"{self.targets.shape}."
            )

    @property
    def segments_per_sequence(self) -> int:
        return -(-self.inputs.shape[1] // self.length)

    def __len__(self):
        return -(-len(self.inputs) // self.batch_size) * self.segments_per_sequence

    def __getitem__(self, index):
        group, segment = divmod(index, self.segments_per_sequence)
        rows = slice(group * self.batch_size, (group + 1) * self.batch_size)
        steps = slice(segment * self.length, (segment + 1) * self.length)
        inputs = self._filled(self.inputs[rows, steps])
        targets = self._filled(self.targets[rows, steps])
        real = np.ones(self.inputs[rows, steps].shape[:2], "float32")
        starts = np.full(self.batch_size, segment == 0)
        return (inputs, starts), targets, self._filled(real)

    def _filled(self, part):
        """With zeros up to the full batch and length."""
        missing = [self.batch_size - part.shape[0], self.length - part.shape[1]]
        spare = [(0, n) for n in missing] + [(0, 0)] * (part.ndim - 2)
        return np.pad(part, spare)


def side_by_side(sequence, number: int) -> np.ndarray:
    """One very long sequence as `number` rows of equal length, in order.

    What does not fill a row, at most `number - 1` steps at the end, is left out.

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
