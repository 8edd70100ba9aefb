"""Generation of tokens by one compiled loop that keeps the state of the network."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from custom.types import Tensor
from zoo.models.recurrent.inputs import TokenVectors
from zoo.models.recurrent.token_choice import LEAST, TokenChoice, limited
from zoo.models.recurrent.vocabulary import RESERVED

States = list[list[Tensor]]  # the states of each layer


class GenerationLoop:
    """Runs the embedding, the recurrent layers and the head of a network step by step.

    Args:
        embedding: The layer that returns the vector of each token.
        layers: Recurrent layers of Keras, in order.
        head: The dense layer over the tokens. Those for padding and for unknown words
            are never generated.
    """

    def __init__(
        self,
        embedding: TokenVectors,
        layers: list[keras.layers.RNN],
        head: keras.layers.Dense,
    ) -> None:
        self._embedding = embedding
        self.layers = layers
        self._head = head
        variables = [v for part in (embedding, *layers, head) for v in part.variables]
        self._run = compiled(self._with_noise, variables)

    @property
    def token_count(self) -> int:
        """The number of tokens."""
        return self._head.units

    def generate(
        self,
        prompt: Any,
        length: int,
        states: States | None = None,
        choice: TokenChoice = TokenChoice(),  # noqa: B008  It is frozen.
    ) -> np.ndarray:
        """Continues a prompt `(count, at least one)`, as `Generation.generate` does.

        `states` are those of each layer before the prompt; zeros by default. Returns
        int32 `(count, length of the prompt + length)`.
        """
        (generated,) = self.pieces(prompt, length, length, states, choice)
        return np.concatenate([np.asarray(prompt, "int32"), generated], axis=1)

    def pieces(
        self,
        prompt: Any,
        length: int,
        size: int,
        states: States | None = None,
        choice: TokenChoice = TokenChoice(),  # noqa: B008
    ) -> Iterator[np.ndarray]:
        """What follows a prompt, `(count, size)` at a time: the same for every `size`.

        Fewer tokens than `size` are in the last piece.
        """
        prompt = np.asarray(prompt, "int32")
        random = np.random.default_rng(choice.seed)
        if states is None:
            states = [layer.get_initial_state(len(prompt)) for layer in self.layers]
        while length > 0:
            number = min(size, length)
            tokens, states = self._continued(prompt, number, states, choice, random)
            yield tokens[:, prompt.shape[1] :]
            prompt, length = tokens[:, -1:], length - number

    def _continued(
        self,
        prompt: np.ndarray,
        length: int,
        states: States,
        choice: TokenChoice,
        random: np.random.Generator,
    ) -> tuple[np.ndarray, States]:
        """The prompt with `length` more tokens, and the states before the last one."""
        count, given = prompt.shape
        total = given + length
        # Lengths up to the same power of two share one compiled loop.
        capacity = 2 ** (total - 1).bit_length()
        tokens = np.zeros((count, capacity), "int32")
        tokens[:, :given] = prompt
        noise = np.zeros((capacity, 1, 1), "float32")
        temperature = choice.temperature
        if temperature > 0:
            # The argmax of log p / T + Gumbel noise is a draw from p^(1/T). NumPy draws
            # the noise, so that it is the same on every backend.
            noise = np.zeros((capacity, count, self.token_count), "float32")
            noise[given - 1 : total - 1] = random.gumbel(
                size=(length, *noise.shape[1:])
            )
        # A lower temperature takes the most probable token anyway, and its inverse
        # would overflow float32.
        scale = np.float32(1 / max(temperature, 1e-6) if temperature > 0 else 1)
        limits = choice.limits(self.token_count)
        if limits is not None:
            limits = (
                ops.convert_to_tensor(limits[0], "int32"),
                ops.convert_to_tensor(limits[1], "float32"),
            )
        generated, states = self._run(
            ops.convert_to_tensor(tokens),
            ops.convert_to_tensor(noise),
            states,
            ops.convert_to_tensor(scale),
            ops.convert_to_tensor(given, "int32"),
            ops.convert_to_tensor(total, "int32"),
            limits,
        )
        return ops.convert_to_numpy(generated)[:, :total], states

    def _with_noise(
        self, tokens: Tensor, noise: Tensor, *rest: Any
    ) -> tuple[Tensor, States]:
        return self.loop_and_states(
            tokens, lambda step: ops.take(noise, step, axis=0), *rest
        )

    def loop(self, *arguments: Any) -> Tensor:
        """The tokens of `loop_and_states`."""
        return self.loop_and_states(*arguments)[0]

    def loop_and_states(
        self,
        tokens: Tensor,
        noise: Callable[[Tensor], Tensor],
        states: States,
        scale: Tensor,
        given: Tensor,
        total: Tensor,
        limits: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, States]:
        """Generates one token per step after the given ones, as operations of a graph.

        Args:
            tokens: int32 `(count, at least total)`, of which the first `given` are
                read.
            noise: Returns the noise that is added to the scores of a step.
            states: States of each layer before the first token.
            scale: Factor of the scores, before the noise is added.
            given: Number of tokens that are given.
            total: Number of tokens at the end.
            limits: `top_k` and `top_p` as `TokenChoice.limits` gives them.

        Returns:
            The tokens, and the states before the last one.
        """

        def is_unfinished(step: Tensor, tokens: Tensor, states: States) -> Tensor:
            return ops.less(step, total - 1)

        def next_step(step: Tensor, tokens: Tensor, states: States) -> tuple:
            last = ops.take(tokens, step, axis=1)
            scores, states = self._step(last, states)
            scores = scores * scale
            if limits is not None:
                scores = limited(scores, *limits)
            scores = scores + noise(step)
            chosen = ops.cast(ops.argmax(scores, axis=-1), "int32")
            prompt = ops.take(tokens, step + 1, axis=1)
            chosen = ops.where(step + 1 < given, prompt, chosen)
            is_next = ops.equal(ops.arange(ops.shape(tokens)[1]), step + 1)
            return step + 1, ops.where(is_next, chosen[:, None], tokens), states

        start = (ops.zeros((), "int32"), tokens, states)
        return ops.while_loop(is_unfinished, next_step, start)[1:]

    def _step(self, last: Tensor, states: States) -> tuple[Tensor, States]:
        """Log-probabilities of the tokens that follow, and the new states."""
        x = self._embedding.vectors(last)
        new_states = []
        for layer, state in zip(self.layers, states, strict=True):
            x, new = layer.cell(x, state, training=False)
            new_states.append(list(new))
        scores = log_probabilities(self._head, x)
        reserved = ops.arange(self.token_count) < RESERVED
        return ops.where(reserved, LEAST, scores), new_states


def log_probabilities(head: keras.layers.Dense, x: Tensor) -> Tensor:
    """The logarithms of the probabilities of all tokens."""
    scores = head(x)
    if head.activation is keras.activations.linear:
        return ops.log_softmax(scores)
    return ops.log(ops.maximum(scores, 1e-37))


def compiled(
    function: Callable[..., Any],
    variables: list[keras.Variable],
    static: tuple[str, ...] = (),
) -> Callable[..., Any]:
    """The function, compiled so that each call uses the variables' current values.

    Args:
        function: The function.
        variables: The variables that it reads.
        static: Its keyword arguments, each value of which is compiled by itself.
    """

    def with_values(values: list[Tensor], *arguments: Any, **options: Any) -> Any:
        pairs = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=pairs):
            return function(*arguments, **options)

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        functions: dict[Any, Any] = {}

        def run(*arguments: Any, **options: Any) -> Any:
            # A function for each shape: one for all would warn of being traced again.
            shapes = [getattr(x, "shape", None) for x in tf.nest.flatten(arguments)]
            key = (*map(str, shapes), *options.items())
            if key not in functions:
                traced = functools.partial(with_values)
                functions[key] = tf.function(traced, jit_compile=True)
            return functions[key](*arguments, **options)
    elif backend == "jax":
        import jax

        run = jax.jit(with_values, static_argnames=static)
    else:
        import torch

        run = torch.no_grad()(with_values)
    return lambda *arguments, **options: run(
        [v.value for v in variables], *arguments, **options
    )
