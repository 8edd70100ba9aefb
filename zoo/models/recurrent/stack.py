"""Keras's recurrent layers on top of each other."""

import dataclasses

import keras

from zoo.models.recurrent.carrying import Carried
from zoo.models.recurrent.memory import RememberingBias
from zoo.models.recurrent.padding import SequencePooling

CELLS = {
    "simple": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}


@dataclasses.dataclass(frozen=True)
class Stack:
    """The recurrent layers of a network, with what all of them have in common.

    Each method builds the layers for one way of answering.
    """

    cell: str
    units: tuple[int, ...]
    bidirectional: bool
    dropout: float
    recurrent_dropout: float
    kernel_regularizer: keras.regularizers.Regularizer | None
    memory_length: int | None
    batch_size: int | None
    use_cudnn: bool | str
    policy: keras.DTypePolicy

    def sequences(self, x, last=True):
        """An answer at each step; with `last=False` the last layer's at the end."""
        for number in range(len(self.units)):
            top = number == len(self.units) - 1
            x = self._layer(number, return_sequences=last or not top)(x)
        return x

    def pooled(self, x, pooling):
        """One vector for a sequence."""
        if pooling == "last":
            return self.sequences(x, last=False)
        x = self.sequences(x)
        return SequencePooling(pooling, dtype=self.policy, name="pooling")(x)

    def carried(self, x, starts):
        """An answer at each step, going on from the batch before."""
        for number in range(len(self.units)):
            layer = self._layer(number, return_sequences=True, return_state=True)
            carried = Carried(
                layer, self.batch_size, dtype=self.policy, name=layer.name
            )
            x = carried([x, starts])
        return x

    def last_states(self, x):
        """What each layer knows at the end of a sequence: a list for each."""
        states = []
        for number in range(len(self.units)):
            layer = self._layer(number, return_sequences=True, return_state=True)
            x, *state = layer(x)
            if self.bidirectional:
                half = len(state) // 2
                joined = keras.layers.Concatenate(dtype=self.policy)
                state = [
                    joined(pair)
                    for pair in zip(state[:half], state[half:], strict=True)
                ]
            states.append(state)
        return states

    def decoded(self, x, states):
        """An answer at each step, each layer starting from the encoder's state."""
        for number, state in enumerate(states):
            width = self.units[number] * (2 if self.bidirectional else 1)
            layer = self._one_way(f"decoder_{number}", width, return_sequences=True)
            x = layer(x, initial_state=state)
        return x

    def dropped(self, x):
        """What the head reads."""
        shape = (None, 1, None) if len(x.shape) == 3 else None
        return keras.layers.Dropout(
            self.dropout, noise_shape=shape, dtype=self.policy, name="dropout"
        )(x)

    def _layer(self, number, **options):
        name = f"recurrent_{number}"
        if not self.bidirectional:
            return self._one_way(name, self.units[number], **options)
        one_way = self._one_way("layer", self.units[number], **options)
        return keras.layers.Bidirectional(one_way, dtype=self.policy, name=name)

    def _one_way(self, name, units, **options):
        if self.cell != "simple":
            options["use_cudnn"] = self.use_cudnn
        if self.memory_length is not None:
            bias = RememberingBias(self.cell, self.memory_length)
            options["bias_initializer"] = bias
            if self.cell == "lstm":
                options["unit_forget_bias"] = False
        return CELLS[self.cell](
            units,
            dropout=self.dropout,
            recurrent_dropout=self.recurrent_dropout,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.policy,
            name=name,
            **options,
        )


def bare(layer):
    """The layer itself, without what carries its state."""
    return layer.layer if isinstance(layer, Carried) else layer
