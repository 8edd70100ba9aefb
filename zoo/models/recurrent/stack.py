"""A stack of Keras's recurrent layers."""

import dataclasses
from typing import Any

import keras

from custom.types import Tensor
from zoo.models.real_steps import RealSteps
from zoo.models.recurrent.attention import Attention
from zoo.models.recurrent.chrono_initializer import ChronoInitializer
from zoo.models.recurrent.inputs import InputLayers, ShiftedTargets
from zoo.models.recurrent.padding import SequencePooling
from zoo.models.recurrent.stateful import StatefulRNN

CELLS = {
    "simple": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}


@dataclasses.dataclass(frozen=True)
class RecurrentStack:
    """The recurrent layers of a network, with the arguments that all of them share.

    `graph` connects them; each other method builds the layers for one mode.
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
    attention: str | None = None

    def graph(
        self,
        entry: InputLayers,
        mode: str,
        pooling: str,
        shifted_targets: ShiftedTargets | None,
    ) -> tuple[list[Tensor], Tensor, list[Tensor]]:
        """The graph of a network: its inputs, its features, what its decoder reads.

        The last are the states of the encoder and, for the attention, its outputs and
        which of them are real.
        """
        x = inputs = keras.Input(
            entry.shape, batch_size=self.batch_size, dtype=entry.dtype, name="inputs"
        )
        for layer in entry.layers:
            x = layer(x)
        if self.batch_size is not None:
            starts = keras.Input(
                (), batch_size=self.batch_size, dtype="bool", name="starts"
            )
            return [inputs, starts], self.stateful(x, starts, self.batch_size), []
        if shifted_targets is not None:
            targets = keras.Input((None,), dtype="int32", name="targets")
            outputs, states = self.encoded(x)
            x = self.decoded(shifted_targets(targets), states)
            encoded = keras.tree.flatten(states)
            if self.attention is not None:
                attended = [outputs, RealSteps(name="real_steps")(outputs)]
                encoded += attended
                x = Attention(
                    self.attention,
                    kernel_regularizer=self.kernel_regularizer,
                    dtype=self.policy,
                    name="attention",
                )([x, *attended])
            return [inputs, targets], x, encoded
        if mode == "many_to_one":
            return [inputs], self.pooled(x, pooling), []
        return [inputs], self.sequences(x), []

    def sequences(self, x: Tensor, return_sequences: bool = True) -> Tensor:
        """The outputs at each step, or only the last layer's final output."""
        for index in range(len(self.units)):
            top = index == len(self.units) - 1
            x = self._layer(index, return_sequences=return_sequences or not top)(x)
        return x

    def pooled(self, x: Tensor, pooling: str) -> Tensor:
        """One vector per sequence."""
        if pooling == "last":
            return self.sequences(x, return_sequences=False)
        x = self.sequences(x)
        return SequencePooling(pooling, dtype=self.policy, name="pooling")(x)

    def stateful(self, x: Tensor, starts: Tensor, batch_size: int) -> Tensor:
        """The outputs at each step, starting from the state of the previous batch."""
        for index in range(len(self.units)):
            layer = self._layer(index, return_sequences=True, return_state=True)
            stateful = StatefulRNN(
                layer, batch_size, dtype=self.policy, name=layer.name
            )
            x = stateful([x, starts])
        return x

    def encoded(self, x: Tensor) -> tuple[Tensor, list[list[Tensor]]]:
        """The outputs at each step, and the states of each layer at the end."""
        states = []
        for index in range(len(self.units)):
            layer = self._layer(index, return_sequences=True, return_state=True)
            x, *state = layer(x)
            if self.bidirectional:
                half = len(state) // 2
                concatenate = keras.layers.Concatenate(dtype=self.policy)
                state = [
                    concatenate(pair)
                    for pair in zip(state[:half], state[half:], strict=True)
                ]
            states.append(state)
        return x, states

    def decoded(self, x: Tensor, states: list[list[Tensor]]) -> Tensor:
        """The outputs at each step of a decoder that starts from these states."""
        for index, state in enumerate(states):
            width = self.units[index] * (2 if self.bidirectional else 1)
            layer = self._one_way(f"decoder_{index}", width, return_sequences=True)
            x = layer(x, initial_state=state)
        return x

    def dropped_out(self, x: Tensor) -> Tensor:
        """The inputs of the head after dropout, which is the same at each step."""
        shape = (None, 1, None) if len(x.shape) == 3 else None
        return keras.layers.Dropout(
            self.dropout, noise_shape=shape, dtype=self.policy, name="dropout"
        )(x)

    def _layer(self, index: int, **options: Any) -> keras.layers.Layer:
        name = f"recurrent_{index}"
        if not self.bidirectional:
            return self._one_way(name, self.units[index], **options)
        one_way = self._one_way("layer", self.units[index], **options)
        return keras.layers.Bidirectional(one_way, dtype=self.policy, name=name)

    def _one_way(self, name: str, units: int, **options: Any) -> keras.layers.RNN:
        if self.cell != "simple":
            options["use_cudnn"] = self.use_cudnn
        if self.memory_length is not None:
            bias = ChronoInitializer(self.cell, self.memory_length)
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


def without_state(layer: keras.layers.Layer) -> keras.layers.Layer:
    """The recurrent layer inside a `StatefulRNN`; any other layer as it is."""
    return layer.layer if isinstance(layer, StatefulRNN) else layer
