"""Explanations of texts and tokens: words that count, coloured."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from recipes.reports.explanations.explanation import (
    Explanation,
    bars_height,
    draw_bars,
    effects_table,
)
from recipes.reports.page import Block, Item, WeightedText

SHOWN = 400  # words of a text on a page


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class WordsExplanation(Explanation):
    """How much each word, character or token of a text speaks for an output.

    Attributes:
        words: The words, in order.
        attributions: The contribution of each.
        separator: What stands between two of them.
    """

    words: tuple[str, ...]
    separator: str = " "

    axes: ClassVar[tuple[str, ...]] = ("words",)

    @property
    def height(self) -> float:
        return bars_height(len(self.words))

    def parts(self) -> dict[str, Any]:
        return {"words": [*self.words]}

    def _text(self) -> WeightedText:
        words, weights = self.words[:SHOWN], self.attributions[:SHOWN].tolist()
        return WeightedText(words, weights, self.separator, self.answer)

    def items(self) -> list[Item]:
        return [self._text()]

    def blocks(self) -> list[Block]:
        _, *others = super().blocks()
        return [self._text(), *others]  # A terminal shows a text outside of galleries.

    def tables(self) -> list[Block]:
        rows = [(word,) for word in self.words]
        header = ("word", f"for {self.output}")
        return [effects_table(header, rows, self.attributions.tolist())]

    def draw(self, axes: Any) -> None:
        names = [f"{n}: {word}" for n, word in enumerate(self.words, 1)]
        draw_bars(axes, names, self.attributions)
        axes.set_xlabel(f"for {self.output}")


def word_names(model: Any, text: str, tokens: np.ndarray | None) -> tuple[str, ...]:
    """The words that a model of texts reads, one for each step."""
    import keras

    from zoo.models.recurrent.vocabulary import split_texts

    config = getattr(model, "_configuration", None)
    if config is not None:
        return tuple(split_texts([text], config["split"])[0]) or ("",)
    layers = [x for x in model.layers if isinstance(x, keras.layers.TextVectorization)]
    if tokens is None or not layers:
        return ()
    vocabulary = layers[0].get_vocabulary()
    return tuple(vocabulary[token] for token in tokens.tolist())
