"""Writing sequences: one compiled loop that keeps the state of the network."""

import keras
import numpy as np
from keras import ops

from zoo.models.recurrent.vocabulary import PADDING, RESERVED


class Writer:
    """Embedding, recurrent layers and head of a network, as one step at a time.

    Args:
        embedding: Gives the vector of each token through `vectors(tokens)`.
        layers: Keras's recurrent layers, in order.
        head: The dense layer over the tokens.
        stops: Whether token 0 ends a sequence. Otherwise neither it nor the token of
            what is unknown is ever written.

    Attributes:
        encoder: The model that gives the states of a decoder, if there is one.
    """

    def __init__(self, embedding, layers, head, *, stops):
        self._embedding = embedding
        self.layers = layers
        self._head = head
        self._stops = stops
        self.encoder = None
        variables = [v for part in (embedding, *layers, head) for v in part.variables]
        self._write = _compiled(self._with_noise, variables)

    @property
    def units(self) -> int:
        """How many tokens there are."""
        return self._head.units

    def by_layer(self, states: list) -> list[list]:
        """States one after the other, as the layers have them."""
        states = iter(states)
        return [[next(states) for _ in layer.state_size] for layer in self.layers]

    def write(self, prompt, length, states=None, *, temperature=0.0, seed=None):
        """The prompt's tokens and `length` more.

        Args:
            prompt: Tokens `(count, at least one)` to read first.
            length: How many to write.
            states: State of each layer before the prompt; zeros by default.
            temperature: 0 writes the most probable token; 1 draws from the network's
                distribution p; between and above, from $p^{1/T}$, scaled to sum to 1.
            seed: Of the draws.

        Returns:
            int32 tokens `(count, length of the prompt + length)`.
        """
        prompt = np.asarray(prompt, "int32")
        count, given = prompt.shape
        total = given + length
        # Lengths up to the same power of two share one compiled loop.
        capacity = 2 ** (total - 1).bit_length()
        tokens = np.zeros((count, capacity), "int32")
        tokens[:, :given] = prompt
        noise = np.zeros((capacity, 1, 1), "float32")
        if temperature > 0:
            # max(log p / T + Gumbel noise) is a draw from p^(1/T). Drawn by NumPy, it
            # is the same on every backend.
            noise = np.zeros((capacity, count, self._head.units), "float32")
            drawn = (length, *noise.shape[1:])
            noise[given - 1 : total - 1] = np.random.default_rng(seed).gumbel(
                size=drawn
            )
        if states is None:
            states = [layer.get_initial_state(count) for layer in self.layers]
        # Sharper than that it is the most probable token, and float32 has an end.
        sharpness = np.float32(1 / max(temperature, 1e-6) if temperature > 0 else 1)
        written = self._write(
            ops.convert_to_tensor(tokens),
            ops.convert_to_tensor(noise),
            states,
            ops.convert_to_tensor(sharpness),
            ops.convert_to_tensor(given, "int32"),
            ops.convert_to_tensor(total, "int32"),
        )
        return ops.convert_to_numpy(written)[:, :total]

    def _with_noise(self, tokens, noise, *rest):
        return self.written(tokens, lambda step: ops.take(noise, step, axis=0), *rest)

    def written(self, tokens, noise, states, sharpness, given, total):
        """Writes one token a turn, behind those that are given, as operations.

        Args:
            tokens: int32 `(count, at least total)`, of which `given` are read.
            noise: From a step to what is added to its scores.
            states: Of each layer before the first token.
            sharpness: What scores are multiplied with first.
            given: How many tokens are given.
            total: How many there are in the end.

        Returns:
            The tokens.
        """

        def more(step, tokens, states):
            return ops.less(step, total - 1)

        def turn(step, tokens, states):
            last = ops.take(tokens, step, axis=1)
            scores, states = self._step(last, states)
            scores = scores * sharpness + noise(step)
            chosen = ops.cast(ops.argmax(scores, axis=-1), "int32")
            if self._stops:
                ended = ops.logical_and(ops.equal(last, PADDING), step > 0)
                chosen = ops.where(ended, PADDING, chosen)
            there = ops.take(tokens, step + 1, axis=1)
            chosen = ops.where(step + 1 < given, there, chosen)
            at = ops.equal(ops.arange(ops.shape(tokens)[1]), step + 1)
            return step + 1, ops.where(at, chosen[:, None], tokens), states

        start = (ops.zeros((), "int32"), tokens, states)
        return ops.while_loop(more, turn, start)[1]

    def _step(self, last, states):
        """Log-probabilities of what follows the last tokens, and the new states."""
        x = self._embedding.vectors(last)
        news = []
        for layer, state in zip(self.layers, states, strict=True):
            x, new = layer.cell(x, state, training=False)
            news.append(list(new))
        scores = self._head(x)
        if self._head.activation is not keras.activations.linear:
            scores = ops.log(ops.maximum(scores, 1e-37))
        if not self._stops:
            never = ops.arange(self._head.units) < RESERVED
            scores = ops.where(never, -1e30, scores)
        return scores, news


def _compiled(function, variables):
    """The function, compiled over the present values of the variables."""

    def with_values(values, *arguments):
        pairs = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=pairs):
            return function(*arguments)

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        run = tf.function(with_values, jit_compile=True)
    elif backend == "jax":
        import jax

        run = jax.jit(with_values)
    else:
        import torch

        run = torch.no_grad()(with_values)
    return lambda *arguments: run([v.value for v in variables], *arguments)
