"""Base class of explanations: attributions of an example, as text, page or picture."""

import abc
import dataclasses
import html
import pathlib
import textwrap
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from recipes.reports.page import (
    Block,
    Effect,
    Gallery,
    Item,
    Section,
    Sentences,
    Table,
    number_text,
)
from recipes.reports.pictures import new_figure
from zoo.atomic_writes import atomic_write
from zoo.errors import printable

MOST = 20  # rows of a table of effects
LEAD = (
    "Orange parts raise the score of the output named, blue parts lower it. An "
    "explanation shows what the model uses, not what is true."
)


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class Explanation(abc.ABC):
    """Why a model answered as it did.

    Attributes:
        input: What the example is called.
        method: How it was found: `"grad-cam"`, `"integrated-gradients"`,
            `"attention"` or `"permutation"`.
        output: Name of the class, label or number that is explained.
        answer: What the model answers, in words.
        unit: `"log-odds"` of a class or label; empty for a number in its own unit.
        attributions: How much each part of the example counts; `names` and `axes` of
            a subclass say what the parts are.
        score: The score that is explained, see `Output`; `None` if there is none.
        baseline: What the example is compared with; empty without.
        baseline_score: The score of that.
        error: How far the sum of the attributions is from the difference of the
            scores, without its sign.
        is_complete: Whether the error is within 1 % of the sum of all attributions
            without their signs.
    """

    method: str
    output: str
    attributions: np.ndarray
    input: Any = ""
    answer: str = ""
    unit: str = ""
    score: float | None = None
    baseline: str = ""
    baseline_score: float | None = None
    error: float | None = None
    is_complete: bool = True

    axes: ClassVar[tuple[str, ...]] = ()  # of the attributions
    not_told: ClassVar[tuple[str, ...]] = ("is_complete",)  # in JSON

    @property
    def title(self) -> str:
        return f"{textwrap.shorten(str(self.input), 60)}: {self.answer}"

    @property
    def height(self) -> float:
        """Height of its drawing, in inches."""
        return 2.4

    def items(self) -> list[Item]:
        """Pictures and texts for a page."""
        return []

    def tables(self) -> list[Block]:
        """Tables for a page or a terminal."""
        return []

    def sentences(self) -> list[str]:
        """Sentences that summarise the explanation."""
        if self.score is None or self.baseline_score is None:
            return []
        unit = f"{self.unit} " * bool(self.unit)
        return [
            f"The contributions add up to the change from {unit}"
            f"{number_text(self.baseline_score)} ({self.baseline}) to "
            f"{number_text(self.score)} for {self.output}."
        ]

    @abc.abstractmethod
    def draw(self, axes: Any) -> None:
        """Draws it on matplotlib's axes."""

    def blocks(self) -> list[Block]:
        """All that a page shows of it."""
        blocks: list[Block] = []
        if items := self.items():
            blocks.append(Gallery("", items))
        blocks += self.tables()
        if lines := self.sentences():
            blocks.append(Sentences(tuple(lines)))
        if self.warnings():
            blocks.append(Sentences(tuple(self.warnings()), are_warnings=True))
        return blocks

    def warnings(self) -> list[str]:
        """Reasons to trust the explanation less."""
        if self.is_complete:
            return []
        return [
            f"The contributions are approximate: their sum differs from the change of "
            f"the score by {self.error:.2g}, more than 1 % of their total size."
        ]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        told: dict[str, Any] = {"axes": [*self.axes]}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray | tuple):
                value = np.asarray(value).tolist()
            if field.name not in self.not_told and value not in (None, ""):
                told[field.name] = value
        return told


def effects_table(
    header: tuple[str, ...], rows: Sequence[tuple[Any, ...]], effects: Sequence[float]
) -> Table:
    """A table of parts, those with the largest effects first."""
    largest = max(map(abs, effects), default=0.0)
    order = sorted(range(len(rows)), key=lambda n: -abs(effects[n]))
    cells = [(*rows[n], Effect(float(effects[n]), largest)) for n in order]
    return Table(header, cells, most=MOST)


@dataclasses.dataclass(frozen=True, repr=False)
class Explanations(Sequence[Explanation]):
    """What `recipes.explain` found: a sequence with an `Explanation` per example.

    It prints as a page of text; a notebook shows it as HTML. `to_dict()` has it as
    plain values, `html()` as a page, and `save("why.png")` draws a picture.

    Attributes:
        notes: What was guessed, dropped or not used.
    """

    _found: tuple[Explanation, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, index: Any) -> Any:
        return self._found[index]

    def sections(self) -> list[Section]:
        """A section of a page for each example."""
        return [Section(each.title, tuple(each.blocks())) for each in self._found]

    def to_dict(self) -> list[dict[str, Any]]:
        """All explanations as plain values, for JSON."""
        return [each.to_dict() for each in self._found]

    def html(self) -> str:
        """One HTML page, which needs no other file."""
        from recipes.reports.page_html import as_html

        return as_html("Explanations", LEAD, self.sections())

    def save(self, path: pathlib.Path) -> None:
        """Draws all explanations below each other into a PNG file."""
        heights = [each.height for each in self._found]
        figure = new_figure(7, sum(heights) + 0.2)
        grid = figure.subplots(
            len(heights), squeeze=False, gridspec_kw={"height_ratios": heights}
        )
        for axes, each in zip(grid[:, 0], self._found, strict=True):
            title = printable(each.title).replace("$", r"\$")
            axes.set_title(title, fontsize=9, loc="left")
            each.draw(axes)
        with atomic_write(path) as draft:
            figure.savefig(draft, format="png")

    def __repr__(self) -> str:
        from recipes.reports.page_text import as_text

        return as_text(self.sections()).rstrip()

    def _repr_html_(self) -> str:
        # In a frame, so that its styles leave the notebook alone.
        page = html.escape(self.html())
        return f'<iframe srcdoc="{page}" width="100%" height="600"></iframe>'
