"""How the next token is chosen, and where a generated text ends."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from keras import ops

from custom.arguments import integer, non_negative, positive_integer, shown
from custom.types import Tensor

LEAST = -1e30  # the score of a token that is never chosen


@dataclasses.dataclass(frozen=True)
class TokenChoice:
    """How a token is drawn from the distribution of the network.

    The temperature comes first, then `top_k`, then `top_p`. Tokens as probable as the
    last one that is kept are kept too.

    Attributes:
        temperature: At least 0; 0 takes the most probable token.
        top_k: Only this many of the most probable tokens can be drawn. Default: all.
        top_p: Only the most probable tokens that together reach this probability can
            be drawn, in (0, 1]. Default: all.
        seed: Seed of the draws, at least 0. Default: different draws in each call.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        non_negative("temperature", self.temperature)
        if self.top_k is not None:
            positive_integer("top_k", self.top_k)
        if self.top_p is not None and not 0 < non_negative("top_p", self.top_p) <= 1:
            raise ValueError(f"`top_p` must be in (0, 1], got {shown(self.top_p)}.")
        if self.seed is not None:
            integer("seed", self.seed, 0)

    def limits(self, token_count: int) -> tuple[int, float] | None:
        """`top_k` and `top_p` as numbers, or `None` if every token can be drawn."""
        if self.temperature == 0 or (self.top_k is None and self.top_p is None):
            return None
        top_k = token_count if self.top_k is None else min(self.top_k, token_count)
        return top_k, 1.0 if self.top_p is None else self.top_p


def limited(scores: Tensor, top_k: Tensor, top_p: Tensor) -> Tensor:
    """Scores `(count, tokens)` in which tokens that cannot be drawn have `LEAST`."""
    ordered = ops.flip(ops.sort(scores, axis=-1), axis=-1)
    among_k = ops.arange(ops.shape(scores)[-1]) < top_k
    shares = ops.softmax(ops.where(among_k, ordered, LEAST), axis=-1)
    more_probable = ops.cumsum(shares, axis=-1) - shares
    # Rounding must not leave out tokens when nothing is asked to be left out.
    is_kept = ops.logical_and(
        among_k, ops.logical_or(more_probable < top_p, top_p >= 1)
    )
    least = ops.min(ops.where(is_kept, ordered, math.inf), axis=-1, keepdims=True)
    return ops.where(scores < least, LEAST, scores)


def checked_stops(stop: str | Sequence[str]) -> tuple[str, ...]:
    """The texts that end a generated text, as a tuple."""
    stops: Any = (stop,) if isinstance(stop, str) else stop
    if not isinstance(stops, Sequence) or not all(
        isinstance(each, str) and each for each in stops
    ):
        raise ValueError(
            "`stop` must be a text that is not empty, or a list of such texts, got "
            f"{shown(stop)}."
        )
    return tuple(stops)


def cut(text: str, start: int, stops: Sequence[str]) -> tuple[str, bool]:
    """The text up to the first of `stops` after `start`, and whether there is one.

    >>> cut("a.b.c", 2, (".",))
    ('a.b', True)
    """
    found = [place for stop in stops if (place := text.find(stop, start)) >= 0]
    return (text[: min(found)], True) if found else (text, False)


def without_beginning(text: str, start: int, stops: Sequence[str]) -> str:
    """The text without an end after `start` with which one of `stops` could begin.

    >>> without_beginning("one tw", 0, ("two",))
    'one '
    """
    longest = max(map(len, stops), default=1) - 1
    for place in range(max(start, len(text) - longest), len(text)):
        if any(stop.startswith(text[place:]) for stop in stops):
            return text[:place]
    return text
