"""Explanations of texts and tokens: words that count, coloured."""

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

import keras
import numpy as np

from recipes.reports.explanations.explanation import Explanation, effects_table
from recipes.reports.page import Block, Item, WeightedText
from recipes.reports.pictures import BLUE, ORANGE
from zoo.models.recurrent.vocabulary import split_texts

SHOWN = 400  # words of a text on a page
LINE = 104  # characters of a line of a drawing


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class WordsExplanation(Explanation):
    """How much each word, character or token of a text supports an output.

    Attributes:
        words: The words, in order.
        attributions: The contribution of each.
        separator: What stands between two of them.
    """

    words: tuple[str, ...]
    separator: str = " "

    axes: ClassVar[tuple[str, ...]] = ("words",)

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

    def _placed(self) -> Iterator[tuple[str, int, int]]:
        """Each word with its line and the column of its first letter."""
        line = column = 0
        for word in self.words[:SHOWN]:
            if column and column + len(word) > LINE:
                line, column = line + 1, 0
            yield word, line, column
            column += len(word) + len(self.separator)

    @property
    def height(self) -> float:
        return 0.5 + 0.22 * max((line for _, line, _ in self._placed()), default=0)

    def draw(self, axes: Any) -> None:
        """Draws the text with its words in colour."""
        lines = 1 + max((line for _, line, _ in self._placed()), default=0)
        axes.set(xlim=(0, LINE), ylim=(-lines, 0))
        axes.axis("off")
        largest = np.abs(self.attributions).max(initial=0) or 1
        for (word, line, column), weight in zip(
            self._placed(), self.attributions, strict=False
        ):
            ground = {
                "facecolor": ORANGE if weight > 0 else BLUE,
                "alpha": abs(weight) / largest,
                "edgecolor": "none",
                "pad": 1,
            }
            style = {"family": "monospace", "fontsize": 8, "va": "top"}
            axes.text(column, -line, word, bbox=ground, parse_math=False, **style)


def word_names(model: keras.Model, text: str, tokens: np.ndarray) -> tuple[str, ...]:
    """The words that a model of texts reads, one for each step."""
    config = getattr(model, "_configuration", None)
    if config is not None:
        return tuple(split_texts([text], config["split"])[0]) or ("",)
    layers = [x for x in model.layers if isinstance(x, keras.layers.TextVectorization)]
    vocabulary = layers[0].get_vocabulary() if layers else []
    found = tokens.astype(int).tolist()
    return tuple(vocabulary[n] if n < len(vocabulary) else str(n) for n in found)
