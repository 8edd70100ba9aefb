"""Generation of tokens, and of text, by a recurrent network."""

from typing import Any

import keras
import numpy as np

from custom.arguments import integer, non_negative, positive_integer
from zoo.errors import InputError
from zoo.models.recurrent.generation_loop import GenerationLoop
from zoo.models.recurrent.input_conversion import InputConversion
from zoo.models.recurrent.stack import without_state
from zoo.models.recurrent.vocabulary import PADDING, RESERVED, Codec
from zoo.targets import HEAD


class Generation(InputConversion):
    """Mixin with the methods of a `RecurrentNetwork` that generate sequences."""

    _loop: GenerationLoop | None
    _encoder_states: list

    def tokens_of(self, texts: list[str]) -> np.ndarray:
        """The tokens of texts, for a network with `inputs="tokens"`, on any backend.

        Returns:
            int32 `(texts, longest)`; shorter texts are padded with zeros at the end.

        Raises:
            InputError: If the network has no vocabulary.
        """
        if isinstance(texts, str):
            raise ValueError(f"`texts` must be a list of texts, got {texts!r:.50}.")
        return self._codec().tokens(texts)

    def text_of(self, tokens: Any) -> list[str]:
        """The text of each row of tokens, integers `(texts, time)`.

        Raises:
            InputError: If the network has no vocabulary.
        """
        return self._codec().texts(tokens)

    def generate(
        self,
        length: int,
        *,
        count: int = 1,
        prompt: Any = None,
        temperature: float = 1.0,
        seed: int | None = None,
    ) -> list[str] | np.ndarray:
        """Continues a prompt, with a network of mode `"one_to_many"` over tokens.

        The loop is compiled. It keeps the network's state, and reads each token once.

        Args:
            length: Number of tokens to generate.
            count: Number of sequences to generate.
            prompt: Text to start from, or tokens for a network without a vocabulary.
                Default: a line break if the vocabulary has one, otherwise its first
                entry; token 2 without a vocabulary. The default prompt is not part of
                the result.
            temperature: Sharpens or flattens the network's distribution $p$ to one
                proportional to $p^{1/T}$. 1 leaves it unchanged; 0 always takes the
                most probable token.
            seed: Seed of the draws, at least 0. They are the same on every backend.
                Default: different draws in each call.

        Returns:
            A list of `count` strings, or int32 tokens `(count, length)` without a
            vocabulary. They start with the prompt, if one is given.

        Raises:
            InputError: If the network has another mode, or other inputs.
            ValueError: If an argument is out of its range, or the prompt is empty.
        """
        config = self._configuration
        if config["mode"] != "one_to_many" or config["inputs"] != "tokens":
            raise InputError(
                "`generate` needs a network with mode='one_to_many' and "
                f"inputs='tokens'; this one has mode={config['mode']!r} and "
                f"inputs={config['inputs']!r}."
            )
        length = positive_integer("length", length)
        count = positive_integer("count", count)
        if seed is not None:
            seed = integer("seed", seed, 0)
        start = self._start(prompt)
        tokens = self.generation_loop().generate(
            np.tile(start, (count, 1)),
            length,
            temperature=non_negative("temperature", temperature),
            seed=seed,
        )
        if prompt is None:
            tokens = tokens[:, 1:]
        return tokens if config["vocabulary"] is None else self.text_of(tokens)

    def decode(
        self, inputs: Any, max_length: int, *, batch_size: int = 128
    ) -> np.ndarray:
        """The outputs of an `"encoder_decoder"`: the most probable token at each step.

        Args:
            inputs: A batch of inputs of the encoder.
            max_length: Number of steps after which an output ends in any case.
            batch_size: Number of outputs generated at once.

        Returns:
            int32 `(batch, max_length)`, 0 from the end of an output on.

        Raises:
            InputError: If the network has another mode.
        """
        if self._configuration["mode"] != "encoder_decoder":
            raise InputError(
                "`decode` needs a network with mode='encoder_decoder'; this one has "
                f"mode={self._configuration['mode']!r}."
            )
        max_length = positive_integer("max_length", max_length)
        loop = self.generation_loop()
        states = loop.encoder.predict(
            self.convert_text(inputs), batch_size=batch_size, verbose=0
        )
        states = loop.by_layer(keras.tree.flatten(states))
        start = np.full((len(inputs), 1), PADDING)
        return loop.generate(start, max_length, states)[:, 1:]

    def _codec(self) -> Codec:
        vocabulary = self._configuration["vocabulary"]
        if vocabulary is None:
            raise InputError(
                "This network has no vocabulary: build it with `vocabulary`, as "
                "learn_vocabulary returns it."
            )
        return Codec(vocabulary, self._configuration["split"])

    def default_prompt(self) -> list[int]:
        """The tokens that the network reads first if no prompt is given."""
        vocabulary = self._configuration["vocabulary"]
        has_break = vocabulary is not None and "\n" in vocabulary
        return [RESERVED + vocabulary.index("\n") if has_break else RESERVED]

    def _start(self, prompt: Any) -> list[int] | np.ndarray:
        """The tokens to read first."""
        if prompt is None:
            return self.default_prompt()
        if isinstance(prompt, str):
            tokens = self.tokens_of([prompt])[0]
        else:
            tokens = np.asarray(prompt)
        size = self.get_layer(HEAD).units
        if (
            tokens.ndim != 1
            or tokens.size == 0
            or tokens.dtype.kind not in "iu"
            or tokens.min() < 0
            or tokens.max() >= size
        ):
            raise ValueError(
                "`prompt` must be a text that is not empty, or at least one token "
                f"from 0 to {size - 1}, got {prompt!r:.80}."
            )
        return tokens

    def generation_loop(self) -> GenerationLoop:
        """The compiled loop that generates tokens, built on the first call."""
        if self._loop is None:
            decodes = self._configuration["mode"] == "encoder_decoder"
            name, first = (
                ("decoder", "targets_before") if decodes else ("recurrent", "embedding")
            )
            self._loop = GenerationLoop(
                self.get_layer(first),
                [
                    without_state(self.get_layer(f"{name}_{index}"))
                    for index in range(len(self._configuration["units"]))
                ],
                self.get_layer(HEAD),
                stops=decodes,
            )
            if decodes:
                self._loop.encoder = keras.Model(
                    self.inputs[0], keras.tree.flatten(self._encoder_states)
                )
        return self._loop
