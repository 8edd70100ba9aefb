"""What a recurrent network writes: tokens, and text made of them."""

import keras
import numpy as np

from custom.arguments import non_negative, positive_integer
from zoo.errors import InputError
from zoo.models.family import HEAD
from zoo.models.recurrent.generation import Writer
from zoo.models.recurrent.stack import bare
from zoo.models.recurrent.vocabulary import PADDING, RESERVED, Codec


class Writing:
    """The part of a `RecurrentNetwork` that writes sequences."""

    def tokens_of(self, texts: list[str]) -> np.ndarray:
        """The tokens of texts, as `inputs="tokens"` takes them, on any backend.

        Args:
            texts: The texts.

        Returns:
            int32 `(texts, longest)`, with 0 behind the shorter ones.

        Raises:
            InputError: If the network has no vocabulary.
        """
        if isinstance(texts, str):
            raise ValueError(f"`texts` must be a list of texts, got {texts!r:.50}.")
        return self._codec().tokens(texts)

    def text_of(self, tokens) -> list[str]:
        """The text of each row of tokens.

        Args:
            tokens: Whole numbers `(texts, time)`.

        Returns:
            As many strings.

        Raises:
            InputError: If the network has no vocabulary.
        """
        return self._codec().texts(tokens)

    def generate(
        self,
        length: int,
        *,
        count: int = 1,
        prompt=None,
        temperature: float = 1.0,
        seed: int | None = None,
    ):
        """Writes on from a prompt, with a network of mode `"one_to_many"` over tokens.

        The loop keeps the network's state, reads each token once, and is compiled.

        Args:
            length: How many tokens to write.
            count: How many sequences to write.
            prompt: Text to start from, or tokens for a network without a vocabulary.
                Default: a line break, if the vocabulary has one, else its first entry;
                without a vocabulary token 2. The default one is left out of what is
                returned.
            temperature: Sharpens or flattens the network's distribution $p$ to one
                proportional to $p^{1/T}$. 1 leaves it, 0 always takes the most probable
                token.
            seed: The same one draws the same numbers, on every backend. Default:
                others each time.

        Returns:
            A list of `count` strings, or int32 tokens `(count, length)` without a
            vocabulary; behind the prompt, if one is given.

        Raises:
            InputError: If the network is of another kind.
            ValueError: If an argument is out of its range or the prompt is empty.
        """
        config = self._configuration
        if config["mode"] != "one_to_many" or config["inputs"] != "tokens":
            raise InputError(
                "`generate` needs a network of mode='one_to_many' with "
                f"inputs='tokens'; this one is of mode={config['mode']!r} with "
                f"inputs={config['inputs']!r}."
            )
        length = positive_integer("length", length)
        count = positive_integer("count", count)
        start = self._start(prompt)
        tokens = self.writer().write(
            np.tile(start, (count, 1)),
            length,
            temperature=non_negative("temperature", temperature),
            seed=seed,
        )
        if prompt is None:
            tokens = tokens[:, 1:]
        return tokens if config["vocabulary"] is None else self.text_of(tokens)

    def decode(self, inputs, max_length: int, *, batch_size: int = 128) -> np.ndarray:
        """Answers of an `"encoder_decoder"`, the most probable symbol at each step.

        Args:
            inputs: A batch of what it reads.
            max_length: Steps after which an answer ends in any case.
            batch_size: Answers written at once.

        Returns:
            int32 `(batch, max_length)`, 0 from the end of an answer on.

        Raises:
            InputError: If the network is of another mode.
        """
        if self._configuration["mode"] != "encoder_decoder":
            raise InputError(
                "`decode` needs a network of mode='encoder_decoder'; this one is of "
                f"mode={self._configuration['mode']!r}."
            )
        max_length = positive_integer("max_length", max_length)
        writer = self.writer()
        states = writer.encoder.predict(
            self._as_read_first(inputs), batch_size=batch_size, verbose=0
        )
        states = writer.by_layer(keras.tree.flatten(states))
        start = np.full((len(inputs), 1), PADDING)
        return writer.write(start, max_length, states)[:, 1:]

    def _codec(self):
        vocabulary = self._configuration["vocabulary"]
        if vocabulary is None:
            raise InputError(
                "This network has no vocabulary: build it with `vocabulary`, as "
                "learn_vocabulary gives one."
            )
        return Codec(vocabulary, self._configuration["split"])

    def usual_start(self) -> list[int]:
        """The tokens that are read first where no prompt is given."""
        vocabulary = self._configuration["vocabulary"]
        has_break = vocabulary is not None and "\n" in vocabulary
        return [RESERVED + vocabulary.index("\n") if has_break else RESERVED]

    def _start(self, prompt):
        """The tokens to read first."""
        if prompt is None:
            return self.usual_start()
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
                f"`prompt` must be a text or tokens from 0 to {size - 1}, at least "
                f"one, got {prompt!r:.80}."
            )
        return tokens

    def writer(self) -> Writer:
        """The loop that writes, compiled; made once."""
        if self._written is None:
            decodes = self._configuration["mode"] == "encoder_decoder"
            name, first = (
                ("decoder", "targets_before") if decodes else ("recurrent", "embedding")
            )
            writer = Writer(
                self.get_layer(first),
                [
                    bare(self.get_layer(f"{name}_{number}"))
                    for number in range(len(self._configuration["units"]))
                ],
                self.get_layer(HEAD),
                stops=decodes,
            )
            if decodes:
                writer.encoder = keras.Model(
                    self.inputs[0], keras.tree.flatten(self._source_states)
                )
            self._written = writer
        return self._written
