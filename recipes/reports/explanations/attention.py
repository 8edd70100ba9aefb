"""Explanations of translations: the words that each word of an answer looked at."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from recipes.reports.explanations.explanation import Explanation
from recipes.reports.page import Block, Item, Picture, Table
from recipes.reports.pictures import caption
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.models.recurrent.vocabulary import split_texts
from zoo.trained_model import TrainedModel

END = "end"  # of an answer
CELL = 16  # pixels


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class AttentionExplanation(Explanation):
    """How much each step of an answer attended to each step of the text.

    Attributes:
        words: The steps of the text.
        steps: The steps of the answer; the last one is its end.
        attributions: The weights `(steps, words)`, which sum to 1 over the words.
    """

    words: tuple[str, ...]
    steps: tuple[str, ...]

    axes: ClassVar[tuple[str, ...]] = ("steps", "words")

    @property
    def height(self) -> float:
        return 1.2 + 0.18 * len(self.steps)

    def items(self) -> list[Item]:
        grey = (255 * (1 - self.attributions)).round().astype("uint8")
        picture = grey.repeat(CELL, axis=0).repeat(CELL, axis=1)
        told = f"attention: a row for each of {', '.join(self.steps)}"
        return [Picture(picture, told, self.answer, min(640, picture.shape[1]))]

    def tables(self) -> list[Block]:
        rows = []
        for step, weights in zip(self.steps, self.attributions, strict=True):
            order = np.argsort(-weights, kind="stable")[:3]
            looked = ", ".join(f"{self.words[n]} {weights[n]:.0%}" for n in order)
            rows.append((step, looked))
        return [Table(("answer", "looked at"), rows, most=40)]

    def sentences(self) -> list[str]:
        return []

    def draw(self, axes: Any, longest: int | None = None) -> None:
        """Draws the weights, of a long answer those of the first steps."""
        weights, steps = self.attributions[:longest], self.steps[:longest]
        axes.imshow(weights, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(
            range(len(self.words)), [*map(caption, self.words)], rotation=90
        )
        axes.set_yticks(range(len(steps)), [*map(caption, steps)])
        axes.tick_params(labelsize=7)


def attentions(
    trained: TrainedModel, inputs: Any, names: Sequence[Any]
) -> list[AttentionExplanation]:
    """The attention of the answer to each example; refuses a network without."""
    model: Any = trained.model
    if model.get_config()["attention"] is None:
        raise InputError(
            "The network translates without attention, which would explain it: train "
            "one with --set attention=luong."
        )
    tokens, _ = model.decoded_tokens(inputs)
    tokens = np.pad(tokens, [(0, 0), (0, 1)])
    weights = model.attention_weights(inputs, tokens)
    counts = map(str, range(1, weights.shape[2] + 1))
    words = [[*counts]] * len(names)
    if trained.kind is Kind.TEXT:
        words = split_texts([*inputs], model.get_config()["split"])
    codec = model.target_codec()
    found = []
    for row, name in enumerate(names):
        answer = [codec.texts([[token]])[0] for token in tokens[row].tolist() if token]
        explanation = AttentionExplanation(
            input=name,
            method="attention",
            output="the answer",
            answer=codec.texts(tokens[[row]])[0],
            attributions=weights[row, : len(answer) + 1, : len(words[row])],
            words=tuple(words[row]),
            steps=(*answer, END),
        )
        found.append(explanation)
    return found
