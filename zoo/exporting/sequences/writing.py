"""Serving a network that writes: text or tokens, behind a prompt."""

import numpy as np
import tensorflow as tf

from zoo.exporting.requests import checked, in_range, positive_or_zero
from zoo.exporting.sequences.service import Sequences, Service
from zoo.models.recurrent.inputs import token_count
from zoo.models.recurrent.vocabulary import PADDING, TextToTokens

LARGEST_SEED = 2**63 - 1
WRITTEN = 6  # tokens of what the export is proved with


class WritingService(Service):
    """What `RecurrentNetwork.generate` writes, by TensorFlow's random numbers."""

    kind = "writer"

    def __init__(self, model, max_length: int, max_count: int):
        super().__init__(model)
        self._max_length, self._max_count = max_length, max_count
        self._writer = model.writer()
        self._start = model.usual_start()
        self._vocabulary = self.config["vocabulary"]
        prompt = tf.TensorSpec([None], tf.int32, name="prompt")
        if self._vocabulary is not None:
            prompt = tf.TensorSpec([], tf.string, name="prompt")
            self._lookup = TextToTokens(self._vocabulary, self.config["split"])
            self._lookup(tf.constant([""]))  # Keras tracks what is built.
        self.specifications = [
            prompt,
            tf.TensorSpec([], tf.int64, name="length"),
            tf.TensorSpec([], tf.int64, name="count"),
            tf.TensorSpec([], tf.float32, name="temperature"),
            tf.TensorSpec([], tf.int64, name="seed"),
        ]

    def tracked(self):
        return [] if self._vocabulary is None else [self._lookup]

    def answer(self, prompt, length, count, temperature, seed):
        _, of_length, of_count, of_temperature, of_seed = self.specifications
        length = in_range(length, of_length, 1, self._max_length)
        count = in_range(count, of_count, 1, self._max_count)
        temperature = positive_or_zero(temperature, of_temperature)
        seed = in_range(seed, of_seed, 0, LARGEST_SEED)
        given, is_empty = self._given(prompt)
        begun = tf.shape(given)[0]
        count, total = tf.cast(count, tf.int32), begun + tf.cast(length, tf.int32)
        rest = tf.fill([total - begun], PADDING)
        tokens = self._writer.written(
            tf.tile(tf.concat([given, rest], 0)[None], [count, 1]),
            self._noise(count, temperature, seed),
            [layer.get_initial_state(count) for layer in self._writer.layers],
            tf.where(temperature > 0, 1 / tf.maximum(temperature, 1e-6), 1.0),
            begun,
            total,
        )
        tokens = tf.cond(is_empty, lambda: tokens[:, begun:], lambda: tokens)
        if self._vocabulary is None:
            return {"tokens": tokens}
        return {"texts": self._texts(tokens)}

    def _given(self, prompt):
        """The tokens to read first, and whether they are the usual start."""
        if self._vocabulary is None:
            most = token_count(self.config) - 1
            tokens = in_range(prompt, self.specifications[0], 0, most)
            is_empty = tf.equal(tf.size(prompt), 0)
        else:
            prompt = checked(prompt, self.specifications[0])
            tokens = self._lookup(prompt[None])[0]
            is_empty = tf.equal(tf.strings.length(prompt), 0)
        return tf.cond(is_empty, lambda: tf.constant(self._start), lambda: tokens), (
            is_empty
        )

    def _noise(self, count, temperature, seed):
        """From a step to what makes the greatest of its scores a draw."""
        units = self._writer.units

        def noise(step):
            state = tf.stack([seed, tf.cast(step, tf.int64)])
            least = np.finfo("float32").tiny
            drawn = tf.random.stateless_uniform([count, units], state, least)
            return tf.where(temperature > 0, -tf.math.log(-tf.math.log(drawn)), 0.0)

        return noise

    def _texts(self, tokens):
        """As `Codec.texts` puts them together."""
        names = tf.constant(["", "\N{REPLACEMENT CHARACTER}", *self._vocabulary])
        words = tf.ragged.boolean_mask(tf.gather(names, tokens), tokens != PADDING)
        between = " " if self.config["split"] == "word" else ""
        return tf.strings.reduce_join(words, axis=1, separator=between)

    def questions(self) -> list[Sequences]:
        """Without chance: with it, the model itself draws other numbers."""
        length = min(WRITTEN, self._max_length)
        return [self._question(prompt, length) for prompt in self._prompts()]

    def _prompts(self):
        if self._vocabulary is None:
            return [np.array([], "int32"), np.array(self._start * 2, "int32")]
        return ["", self._vocabulary[0]]

    def _question(self, prompt, length):
        written = self.model.generate(
            length, prompt=prompt if len(prompt) else None, temperature=0
        )
        text = self._vocabulary is not None
        expected = (
            {"texts": np.array([each.encode() for each in written])}
            if text
            else {"tokens": written}
        )
        inputs = {
            "prompt": np.array(prompt.encode()) if text else prompt,
            "length": np.int64(length),
            "count": np.int64(1),
            "temperature": np.float32(0),
            "seed": np.int64(0),
        }
        return Sequences("serving_default", inputs, expected, self.tolerance())
