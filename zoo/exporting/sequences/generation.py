"""Export of a network that continues a prompt of text or tokens."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from custom.types import Tensor
from zoo.exporting.requests import checked, in_range, positive_or_zero
from zoo.exporting.sequences.base import SequenceExport, SequenceQuestion
from zoo.models.recurrent.inputs import token_count
from zoo.models.recurrent.network import RecurrentNetwork
from zoo.models.recurrent.vocabulary import PADDING, TextToTokens, texts_in_graph

LARGEST_SEED = 2**63 - 1
TEST_LENGTH = 6  # of the outputs that test the export


class GenerationExport(SequenceExport):
    """`RecurrentNetwork.generate` with the random numbers of TensorFlow."""

    kind = "writer"

    def __init__(
        self, model: RecurrentNetwork, max_length: int, max_count: int
    ) -> None:
        super().__init__(model)
        self._max_length, self._max_count = max_length, max_count
        self._loop = model.generation_loop()
        self._default_prompt = model.default_prompt()
        self._vocabulary = self.config["vocabulary"]
        prompt = tf.TensorSpec([None], tf.int32, name="prompt")
        if self._vocabulary is not None:
            prompt = tf.TensorSpec([], tf.string, name="prompt")
            self._lookup = TextToTokens(self._vocabulary, self.config["split"])
            self._lookup(tf.constant([""]))  # Keras only tracks layers that are built.
        self.specifications = [
            prompt,
            tf.TensorSpec([], tf.int64, name="length"),
            tf.TensorSpec([], tf.int64, name="count"),
            tf.TensorSpec([], tf.float32, name="temperature"),
            tf.TensorSpec([], tf.int64, name="seed"),
        ]

    def lookup_layers(self) -> list[TextToTokens]:
        return [] if self._vocabulary is None else [self._lookup]

    def answer(
        self,
        prompt: Tensor,
        length: Tensor,
        count: Tensor,
        temperature: Tensor,
        seed: Tensor,
    ) -> dict[str, Tensor]:
        _, *specifications = self.specifications
        length = in_range(length, specifications[0], 1, self._max_length)
        count = in_range(count, specifications[1], 1, self._max_count)
        temperature = positive_or_zero(temperature, specifications[2])
        seed = in_range(seed, specifications[3], 0, LARGEST_SEED)
        start, is_empty = self._start(prompt)
        given = tf.shape(start)[0]
        count, total = tf.cast(count, tf.int32), given + tf.cast(length, tf.int32)
        padding = tf.fill([total - given], PADDING)
        tokens = self._loop.loop(
            tf.tile(tf.concat([start, padding], 0)[None], [count, 1]),
            self._noise(count, temperature, seed),
            [layer.get_initial_state(count) for layer in self._loop.layers],
            tf.where(temperature > 0, 1 / tf.maximum(temperature, 1e-6), 1.0),
            given,
            total,
        )
        tokens = tf.cond(is_empty, lambda: tokens[:, given:], lambda: tokens)
        if self._vocabulary is None:
            return {"tokens": tokens}
        split = self.config["split"]
        return {"texts": texts_in_graph(tokens, self._vocabulary, split)}

    def _start(self, prompt: Tensor) -> tuple[Tensor, Tensor]:
        """The tokens to read first, and whether they are the default prompt."""
        if self._vocabulary is None:
            greatest = token_count(self.config) - 1
            tokens = in_range(prompt, self.specifications[0], 0, greatest)
            is_empty = tf.equal(tf.size(prompt), 0)
        else:
            prompt = checked(prompt, self.specifications[0])
            tokens = self._lookup(prompt[None])[0]
            is_empty = tf.equal(tf.strings.length(prompt), 0)
        default = self._default_prompt
        start = tf.cond(is_empty, lambda: tf.constant(default), lambda: tokens)
        return start, is_empty

    def _noise(
        self, count: Tensor, temperature: Tensor, seed: Tensor
    ) -> Callable[[Tensor], Tensor]:
        """Gumbel noise for each step: the argmax of scores plus noise is a draw."""

        def noise(step: Tensor) -> Tensor:
            state = tf.stack([seed, tf.cast(step, tf.int64)])
            least = np.finfo("float32").tiny
            shape = [count, self._loop.token_count]
            uniform = tf.random.stateless_uniform(shape, state, least)
            return tf.where(temperature > 0, -tf.math.log(-tf.math.log(uniform)), 0.0)

        return noise

    def questions(self) -> list[SequenceQuestion]:
        """Requests with temperature 0, because the model's own draws differ."""
        length = min(TEST_LENGTH, self._max_length)
        if self._vocabulary is None:
            default = np.array(self._default_prompt, "int32")
            prompts = [default[:0], np.tile(default, 2)]
            return [self._question(prompt, length) for prompt in prompts]
        return [self._question(prompt, length) for prompt in ("", self._vocabulary[0])]

    def _question(self, prompt: str | np.ndarray, length: int) -> SequenceQuestion:
        generated = self.model.generate(
            length, prompt=prompt if len(prompt) else None, temperature=0
        )
        if isinstance(prompt, str):
            expected = {"texts": np.array([text.encode() for text in generated])}
            prompt = np.array(prompt.encode())
        else:
            expected = {"tokens": np.asarray(generated)}
        inputs = {
            "prompt": prompt,
            "length": np.array(length, "int64"),
            "count": np.array(1, "int64"),
            "temperature": np.array(0, "float32"),
            "seed": np.array(0, "int64"),
        }
        return SequenceQuestion("serving_default", inputs, expected, self.tolerance())
