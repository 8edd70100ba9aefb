"""Beam search by one compiled loop that keeps the states of a decoder."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from custom.types import Tensor
from zoo.models.recurrent.attention import Attention
from zoo.models.recurrent.generation_loop import States, compiled, log_probabilities
from zoo.models.recurrent.inputs import TokenVectors
from zoo.tokens import PADDING, UNKNOWN

IMPOSSIBLE = -1e30  # the logarithm of a probability of 0


@dataclasses.dataclass(frozen=True)
class Decoder:
    """The layers of a network that generate its outputs, step by step.

    Attributes:
        encoder: The model that returns the decoder's first states, flat, followed by
            the outputs of the encoder and which of them are real, for the attention.
        embedding: The layer that returns the vector of each token.
        layers: Recurrent layers of Keras, in order.
        attention: The attention over the outputs of the encoder, or `None`.
        head: The dense layer over the tokens.
        knows_words: Whether the tokens are those of a vocabulary, so that the token
            for unknown words is never generated.
    """

    encoder: keras.Model
    embedding: TokenVectors
    layers: list[keras.layers.RNN]
    attention: Attention | None
    head: keras.layers.Dense
    knows_words: bool

    def parts(self, encoded: Any) -> tuple[States, list[Tensor]]:
        """The states of each layer, and what the attention reads."""
        remaining = iter(keras.tree.flatten(encoded))
        states = [[next(remaining) for _ in each.state_size] for each in self.layers]
        return states, [*remaining]

    def step(
        self, last: Tensor, states: States, attended: list[Tensor]
    ) -> tuple[Tensor, States]:
        """Log-probabilities `(batch, beams, tokens)` of what follows, and new states.

        Args:
            last: The last tokens `(batch, beams)`.
            states: States of each layer, one row for each beam of each example.
            attended: What the attention reads; empty without one.
        """
        batch, beams = ops.shape(last)
        x = self.embedding.vectors(ops.reshape(last, (-1,)))
        new_states = []
        for layer, state in zip(self.layers, states, strict=True):
            x, new = layer.cell(x, state, training=False)
            new_states.append(list(new))
        x = ops.reshape(x, (batch, beams, x.shape[-1]))
        if self.attention is not None:
            x = self.attention([x, *attended])
        scores = log_probabilities(self.head, x)
        if self.knows_words:
            is_unknown = ops.equal(ops.arange(self.head.units), UNKNOWN)
            scores = ops.where(is_unknown, IMPOSSIBLE, scores)
        return scores, new_states


class DecodingLoop:
    r"""Generates the outputs of a decoder by beam search.

    After each step it keeps the `beam_width` beginnings with the greatest

    $$\frac{\log p(y_1, \dots, y_n)}{n^\lambda}$$

    where $n$ counts the tokens up to the end, and $\lambda$ is the `length_penalty`. A
    beam of 1 takes the most probable token at each step.

    Args:
        decoder: The layers.
    """

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        layers = [decoder.embedding, *decoder.layers, decoder.attention, decoder.head]
        variables = [v for layer in layers if layer for v in layer.variables]
        self._encode = as_function(decoder.encoder)
        self._run = compiled(self.search, variables, static=("beam_width", "capacity"))

    def generate(
        self, inputs: Any, length: int, beam_width: int, length_penalty: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best outputs, int32 `(batch, length)`, and their log-probabilities.

        Args:
            inputs: A batch of inputs of the encoder.
            length: Number of steps after which an output ends in any case.
            beam_width: Number of beginnings that are kept.
            length_penalty: The exponent $\\lambda$.
        """
        states, attended = self.decoder.parts(self._encode(inputs))
        # Lengths up to the same power of two share one compiled loop.
        if attended:
            missing = _rounded_up(attended[1].shape[1]) - attended[1].shape[1]
            pads = [(0, 0), (0, missing), (0, 0)]
            attended = [
                np.pad(np.asarray(each), pads[: each.ndim]) for each in attended
            ]
        tokens, scores = self._run(
            [[ops.convert_to_tensor(each) for each in layer] for layer in states],
            [ops.convert_to_tensor(each) for each in attended],
            ops.convert_to_tensor(length, "int32"),
            ops.convert_to_tensor(length_penalty, "float32"),
            beam_width=beam_width,
            capacity=_rounded_up(length),
        )
        return ops.convert_to_numpy(tokens)[:, :length], ops.convert_to_numpy(scores)

    def search(
        self,
        states: States,
        attended: list[Tensor],
        length: Tensor,
        length_penalty: Tensor,
        *,
        beam_width: int,
        capacity: Any,
    ) -> tuple[Tensor, Tensor]:
        """`generate`, as operations of a graph; returns `(batch, capacity)` tokens."""
        batch, size = ops.shape(states[0][0])[0], self.decoder.head.units
        none = ops.zeros((batch, beam_width), "int32")
        is_first = ops.equal(ops.arange(beam_width), 0)
        # All beams are equal at the start: only one of them continues.
        totals = ops.where(is_first, 0.0, IMPOSSIBLE) + ops.cast(none, "float32")
        positions = ops.arange(capacity)

        def is_unfinished(
            step: Tensor, tokens: Tensor, last: Tensor, *rest: Any
        ) -> Any:
            running = ops.logical_or(ops.equal(step, 0), ops.any(last != PADDING))
            return ops.logical_and(step < length, running)

        def next_step(
            step: Tensor,
            tokens: Tensor,
            last: Tensor,
            totals: Tensor,
            lengths: Tensor,
            states: States,
        ) -> tuple:
            scores, states = self.decoder.step(last, states, attended)
            ended = ops.logical_and(ops.equal(last, PADDING), step > 0)
            stays = ops.where(ops.equal(ops.arange(size), PADDING), 0.0, IMPOSSIBLE)
            scores = ops.where(ops.expand_dims(ended, -1), stays, scores)
            sums = ops.expand_dims(totals, -1) + scores
            lengths = ops.where(ended, lengths, lengths + 1)
            norms = ops.power(ops.cast(lengths, "float32"), length_penalty)
            ranks = ops.reshape(sums / ops.expand_dims(norms, -1), (batch, -1))
            if beam_width == 1:
                best = ops.expand_dims(ops.argmax(ranks, axis=-1), -1)
            else:
                best = ops.top_k(ranks, beam_width)[1]
            best = ops.cast(best, "int32")
            parents, last = best // size, best % size

            def of_parents(values: Tensor) -> Tensor:
                """The rows `(batch, beams, …)` that the new beams continue."""
                if beam_width == 1:
                    return values
                flat = ops.reshape(values, (batch, beam_width, -1))
                taken = ops.take_along_axis(flat, ops.expand_dims(parents, -1), axis=1)
                return ops.reshape(taken, ops.shape(values))

            is_next = ops.equal(positions, step)
            tokens = ops.where(is_next, ops.expand_dims(last, -1), of_parents(tokens))
            return (
                step + 1,
                tokens,
                last,
                ops.take_along_axis(ops.reshape(sums, (batch, -1)), best, axis=1),
                of_parents(lengths),
                [[of_parents(each) for each in layer] for layer in states],
            )

        start = (
            ops.zeros((), "int32"),
            ops.zeros((batch, beam_width, capacity), "int32"),
            none,
            totals,
            none,
            [[ops.repeat(each, beam_width, axis=0) for each in s] for s in states],
        )
        _, tokens, _, totals, *_ = ops.while_loop(is_unfinished, next_step, start)
        return tokens[:, 0], totals[:, 0]


def as_function(model: keras.Model) -> Callable[..., Any]:
    """A function from batches of arrays to the outputs of a model in inference."""
    if keras.backend.backend() != "tensorflow":
        return lambda *inputs: model.predict_on_batch(
            [*inputs] if len(inputs) > 1 else inputs[0]
        )
    import tensorflow as tf

    # Traced once for all shapes; Keras's `predict` traces again and again.
    @tf.function(
        input_signature=[tf.TensorSpec(x.shape, x.dtype) for x in model.inputs],
        autograph=False,
    )
    def outputs(*inputs: Tensor) -> Any:
        return model([*inputs] if len(inputs) > 1 else inputs[0], training=False)

    return outputs


def _rounded_up(length: int) -> int:
    """The next power of two."""
    return 2 ** (length - 1).bit_length()
