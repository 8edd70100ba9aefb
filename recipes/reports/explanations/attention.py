"""Explanations of translations: the words that each word of an answer looked at."""

import dataclasses
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


def attention(trained: TrainedModel, example: Any, name: Any) -> AttentionExplanation:
    """The attention of a translation of one example; refuses a network without."""
    model: Any = trained.model
    if model.get_config()["attention"] is None:
        raise InputError(
            "The network translates without attention, which would explain it: train "
            "one with --set attention=luong."
        )
    batch = np.array([example, ""], object)[:1]
    if trained.kind is not Kind.TEXT:
        batch = np.asarray(example)[np.newaxis]
    tokens, _ = model.decoded_tokens(batch)
    tokens = np.pad(tokens, [(0, 0), (0, 1)])
    codec = model.target_codec()
    answer = [codec.texts([[token]])[0] for token in tokens[0].tolist() if token]
    weights = model.attention_weights(batch, tokens)[0]
    words = [str(step) for step in range(1, weights.shape[1] + 1)]
    if trained.kind is Kind.TEXT:
        words = split_texts([example], model.get_config()["split"])[0]
    return AttentionExplanation(
        input=name,
        method="attention",
        output="the answer",
        answer=codec.texts(tokens)[0],
        attributions=weights[: len(answer) + 1, : len(words)],
        words=tuple(words),
        steps=(*answer, END),
    )
