"""Generation of tokens, and of text, by a recurrent network."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from custom.arguments import positive_integer
from zoo.errors import InputError
from zoo.models.recurrent.generation_loop import GenerationLoop
from zoo.models.recurrent.input_conversion import InputConversion
from zoo.models.recurrent.stack import without_state
from zoo.models.recurrent.token_choice import (
    TokenChoice,
    checked_stops,
    cut,
    without_beginning,
)
from zoo.models.recurrent.vocabulary import RESERVED, Codec
from zoo.targets import HEAD

# Numbers of tokens in a piece; one more is a power of two, as the loop likes it.
STREAMED, STOPPED = 15, 63


class Generation(InputConversion):
    """Mixin with the methods of a `RecurrentNetwork` that generate sequences."""

    _loop: GenerationLoop | None = None

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
        top_k: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] = (),
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
            top_k: Draw only from this many of the most probable tokens, at least 1.
                Default: from all.
            top_p: Draw only from the most probable tokens that together reach this
                probability, in (0, 1], after the temperature and `top_k`. Default: all.
            stop: A text, or several, before the first of which the result ends, for a
                network with a vocabulary. It may occur in the prompt. Default: none.
            seed: Seed of the draws, at least 0. They are the same on every backend.
                Default: different draws in each call.

        Returns:
            A list of `count` strings, or int32 tokens `(count, length)` without a
            vocabulary. They start with the prompt, if one is given.

        Raises:
            InputError: If the network has another mode, or other inputs.
            ValueError: If an argument is out of its range, or the prompt is empty.
        """
        length = positive_integer("length", length)
        count, stops = positive_integer("count", count), checked_stops(stop)
        choice = TokenChoice(temperature, top_k, top_p, seed)
        start = np.tile(self._start(prompt), (count, 1))
        if stops:
            *_, (texts, _) = self._growing(
                start, length, prompt is not None, stops, choice, STOPPED
            )
            return texts
        tokens = self.generation_loop().generate(start, length, choice=choice)
        if prompt is None:
            tokens = tokens[:, 1:]
        has_text = self._configuration["vocabulary"] is not None
        return self.text_of(tokens) if has_text else tokens

    def stream(
        self,
        length: int,
        *,
        prompt: Any = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] = (),
        seed: int | None = None,
    ) -> Iterator[str]:
        """Generates one text as `generate` does, and yields it piece by piece.

        The pieces together are the text that `generate` returns for the same
        arguments, which are explained there.

        Raises:
            InputError: If the network has no vocabulary, or cannot generate.
            ValueError: If an argument is out of its range.
        """
        self._codec()
        length, stops = positive_integer("length", length), checked_stops(stop)
        choice = TokenChoice(temperature, top_k, top_p, seed)
        start = self._start(prompt)
        growing = self._growing(
            np.array([start]), length, prompt is not None, stops, choice, STREAMED
        )
        return _pieces(growing, stops)

    def _growing(
        self,
        start: np.ndarray,
        length: int,
        shows_start: bool,
        stops: tuple[str, ...],
        choice: TokenChoice,
        size: int,
    ) -> Iterator[tuple[list[str], int]]:
        """The texts after each piece, and how many characters the prompt has."""
        tokens = start if shows_start else start[:, :0]
        begin = len(self.text_of(tokens)[0])
        yield self.text_of(tokens), begin
        for piece in self.generation_loop().pieces(start, length, size, choice=choice):
            tokens = np.concatenate([tokens, piece], axis=1)
            ended = [cut(text, begin, stops) for text in self.text_of(tokens)]
            yield [text for text, _ in ended], begin
            if all(is_stopped for _, is_stopped in ended):
                return

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
        """The tokens to read first; refuses a network that cannot generate."""
        config = self._configuration
        if config["mode"] != "one_to_many" or config["inputs"] != "tokens":
            raise InputError(
                "`generate` needs a network with mode='one_to_many' and "
                f"inputs='tokens'; this one has mode={config['mode']!r} and "
                f"inputs={config['inputs']!r}."
            )
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
            self._loop = GenerationLoop(
                self.get_layer("embedding"),
                [
                    without_state(self.get_layer(f"recurrent_{index}"))
                    for index in range(len(self._configuration["units"]))
                ],
                self.get_layer(HEAD),
            )
        return self._loop


def _pieces(
    growing: Iterator[tuple[list[str], int]], stops: tuple[str, ...]
) -> Iterator[str]:
    """What each text adds to the one before it, as soon as it is sure to stay."""
    written, text = 0, ""
    for (text,), begin in growing:
        sure = without_beginning(text, begin, stops)
        if len(sure) > written:
            yield sure[written:]
            written = len(sure)
    if len(text) > written:
        yield text[written:]
