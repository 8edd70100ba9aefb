"""A stack of Keras's recurrent layers."""

import dataclasses
from typing import Any

import keras

from custom.formula import Section, declare
from custom.types import Tensor
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

    def graph(
        self,
        entry: InputLayers,
        mode: str,
        pooling: str,
        shifted_targets: ShiftedTargets | None,
    ) -> tuple[list[Tensor], Tensor, list[list[Tensor]]]:
        """The graph of a network: its inputs, its features, the encoder's states."""
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
            states = self.final_states(x)
            x = self.decoded(shifted_targets(targets), states)
            return [inputs, targets], x, states
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

    def final_states(self, x: Tensor) -> list[list[Tensor]]:
        """The states of each layer at the end of a sequence."""
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
        return states

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


declare(
    "Recurrent networks",
    Section.NETWORKS,
    "keras.layers.SimpleRNN",
    text=r"""
    The hidden layer sees the input and its own state one step ago.

    $$h_t = \tanh(W x_t + U h_{t-1} + b), \qquad h_0 = 0$$

    $W^T$ is `kernel`, $U^T$ is `recurrent_kernel`.

    Compared with Keras: the same object.

    Source: notes, "Recurrent neural networks"; Elman 1990, "Finding structure in time".
    """,
)
declare(
    "Back-propagation through time",
    Section.NETWORKS,
    "keras.layers.SimpleRNN",
    text=r"""
    The chain rule from the last step to the first.

    $$\delta_t = \bigl(1 - h_t^2\bigr) \odot \Bigl(U^T \delta_{t+1} +
    \frac{\partial E}{\partial y_t}\Bigr), \qquad \delta_{T+1} = 0$$
    $$\frac{\partial E}{\partial U} = \sum_{t=1}^T \delta_t\, h_{t-1}^T, \qquad
    \frac{\partial E}{\partial W} = \sum_{t=1}^T \delta_t\, x_t^T, \qquad
    \frac{\partial E}{\partial b} = \sum_{t=1}^T \delta_t$$

    $y_t = h_t$ is the output at step $t$ of $T$. Each step back multiplies by $U^T$ and
    by slopes of at most 1. Unless $U$ amplifies, the gradient shrinks with distance.

    Compared with Keras: the same. `fit` differentiates with the backend.

    Source: notes, "Back-propagation through time"; Werbos 1990, "Backpropagation
    through time: what it does and how to do it".
    """,
)
declare(
    "Long short-term memory",
    Section.NETWORKS,
    "keras.layers.LSTM",
    text=r"""
    A memory cell protected by gates, which decide what it keeps.

    $$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i), \qquad
    f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f), \qquad
    o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$$
    $$\tilde c_t = \tanh(W_c x_t + U_c h_{t-1} + b_c), \qquad
    c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t, \qquad
    h_t = o_t \odot \tanh(c_t)$$

    $h_0 = c_0 = 0$; $i$ is the input gate, $f$ the forget gate, $o$ the output gate.

    Compared with Keras: the same object. Its forget gate is open at the start:
    $b_f = 1$.

    Source: notes, "Long short-term memory"; Hochreiter and Schmidhuber 1997, "Long
    short-term memory"; the forget gate: Gers, Schmidhuber and Cummins 2000, "Learning
    to forget".
    """,
)
declare(
    "Gated recurrent unit",
    Section.NETWORKS,
    "keras.layers.GRU",
    text=r"""
    Two gates, and the output itself is the memory.

    $$z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z), \qquad
    r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r)$$
    $$\tilde h_t = \tanh\bigl(W_h x_t + U_h (r_t \odot h_{t-1}) + b_h\bigr), \qquad
    h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t$$

    $h_0 = 0$; $z$ is the update gate, $r$ the reset gate.

    Compared with Keras: the same object with `reset_after=False`. Keras's default, the
    form that cuDNN computes, resets after the multiplication,
    $r_t \odot (U_h h_{t-1} + b'_h)$, with one more bias; prefer it for speed on a GPU.
    `zoo.RecurrentNetwork` uses that default.

    Source: notes, "Gated recurrent unit"; Cho et al. 2014, "Learning phrase
    representations using RNN encoder–decoder for statistical machine translation",
    §2.3.
    """,
)
