"""What stands on a page of a report: sections of tables, sentences and pictures.

`recipes.reports.page_text` shows them in a terminal, `recipes.reports.page_html` in one
HTML file.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

LONGEST = 300  # characters of a cell


@dataclasses.dataclass(frozen=True)
class Bar:
    """A cell with a number and a bar for its share of the largest one."""

    number: int
    largest: int

    @property
    def share(self) -> float:
        return self.number / max(1, self.largest)

    @property
    def digits(self) -> int:
        """Characters of the largest number."""
        return len(f"{self.largest:,}")


@dataclasses.dataclass(frozen=True)
class Effect:
    """A cell with a number that may be negative, and a bar for its size.

    Attributes:
        number: The number.
        largest: The largest number of the column, without its sign.
        spread: Standard deviation of the number, or `None`.
    """

    number: float
    largest: float
    spread: float | None = None

    @property
    def share(self) -> float:
        return abs(self.number) / (self.largest or 1)

    @property
    def text(self) -> str:
        """The number with its sign, and the spread.

        >>> Effect(18732.4, 20000.0).text, Effect(-0.12345, 1.0, 0.0512).text
        ('+18,732', '-0.123 ± 0.051')
        """
        told = _with_digits(self.number, "+", 3)
        if self.spread is None:
            return told
        return f"{told} ± {_with_digits(self.spread, '', 2)}"


@dataclasses.dataclass(frozen=True)
class Histogram:
    """A cell with a small histogram."""

    counts: tuple[int, ...]
    alt: str


@dataclasses.dataclass(frozen=True)
class Tint:
    """A cell with a number, the darker the larger its share of its row is."""

    number: int
    share: float


Cell = str | int | float | None | Bar | Effect | Histogram | Tint
Row = tuple[Cell, ...]
_EMPTY: tuple[Cell, ...] = ("", None)


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells; the first cell of a row names it.

    Attributes:
        header: A name for each column; empty for pairs of a name and a value.
        rows: The cells. Columns of numbers are aligned to the right.
        most: Number of rows that a page shows.
    """

    header: tuple[str, ...]
    rows: Sequence[Row]
    most: int = 60

    @classmethod
    def without_empty(cls, header: Sequence[str], rows: Sequence[Row]) -> "Table":
        """The table without columns in which every cell is empty."""
        kept = [
            c for c in range(len(header)) if any(row[c] not in _EMPTY for row in rows)
        ]
        shown = [tuple(row[column] for column in kept) for row in rows]
        return cls(tuple(header[column] for column in kept), shown)

    @property
    def shown(self) -> Sequence[Row]:
        return self.rows[: self.most]

    @property
    def left_out(self) -> str:
        """How many rows are not shown."""
        left = len(self.rows) - self.most
        return f"… and {left:,} more" if left > 0 else ""

    def is_numeric(self, column: int) -> bool:
        cells = [row[column] for row in self.rows]
        return any(isinstance(c, int | float) for c in cells) and not any(
            isinstance(c, str | Histogram | Effect) for c in cells
        )


@dataclasses.dataclass(frozen=True)
class Sentences:
    """A list of sentences; warnings stand out."""

    lines: tuple[str, ...]
    are_warnings: bool = False


@dataclasses.dataclass(frozen=True)
class Code:
    """A command or a call to copy."""

    text: str


@dataclasses.dataclass(frozen=True)
class Picture:
    """Pixels of an image, with what it shows in words.

    Attributes:
        pixels: `uint8` `(height, width)`, or with 3 or 4 channels.
        alt: What it shows.
        caption: What stands below it.
        width: Width on the page, in CSS pixels.
    """

    pixels: np.ndarray
    alt: str
    caption: str = ""
    width: int = 96


@dataclasses.dataclass(frozen=True)
class Lines:
    """Lines over a common axis, with what they show in words.

    Attributes:
        series: Points `(n, 2)` of each line.
        alt: What they show.
        names: A name for each line; empty without a legend.
        caption: What stands below.
        is_wide: Whether the drawing has the width of the page.
        axes: Names of the two axes, whose ends are shown then.
        dots: Numbers of the series that are dots without a line.
        band: Corners `(n, 2)` of a coloured area.
        mark: Where a vertical line stands.
    """

    series: Sequence[np.ndarray]
    alt: str
    names: tuple[str, ...] = ()
    caption: str = ""
    is_wide: bool = False
    axes: tuple[str, str] | None = None
    dots: tuple[int, ...] = ()
    band: np.ndarray | None = None
    mark: float | None = None


@dataclasses.dataclass(frozen=True)
class Quote:
    """A text, or its beginning, and what stands below it."""

    text: str
    caption: str = ""


@dataclasses.dataclass(frozen=True)
class Sound:
    """A clip to listen to.

    Attributes:
        samples: In −1…1.
        rate: Samples per second.
        picture: What is shown above the player, such as a spectrogram.
    """

    samples: np.ndarray
    rate: int
    picture: Picture


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A figure on white ground, as the bytes of a PNG file.

    Attributes:
        png: The file.
        alt: What it shows.
        is_photo: Whether its colours stay the same on a dark page.
    """

    png: bytes
    alt: str
    is_photo: bool = False


@dataclasses.dataclass(frozen=True)
class WeightedText:
    """A text whose words are coloured by how much they count.

    Attributes:
        words: The words, or characters.
        weights: A number for each, positive or negative.
        separator: What stands between two words.
        caption: What stands below it.
    """

    words: Sequence[str]
    weights: Sequence[float]
    separator: str = " "
    caption: str = ""

    @property
    def shares(self) -> list[float]:
        """The weights, so that the largest is 1 or −1."""
        largest = max(map(abs, self.weights), default=0) or 1
        return [weight / largest for weight in self.weights]


Item = Picture | Lines | Quote | Sound | Drawing | WeightedText


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Pictures, clips and quotes below a heading; only HTML shows them."""

    title: str
    items: Sequence[Item]


Block = Table | Sentences | Code | Gallery | WeightedText


@dataclasses.dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


def number_text(number: float) -> str:
    """A number as a person reads it.

    >>> number_text(1234567.0), number_text(0.123456), number_text(3.0)
    ('1,234,567', '0.1235', '3')
    """
    return _with_digits(number, "", 4)


def _with_digits(number: float, sign: str, digits: int) -> str:
    if 1e3 <= abs(number) < 1e15:
        return f"{number:{sign},.0f}"
    return f"{number:{sign}.{digits}g}"


def cell_text(cell: str | int | float | None) -> str:
    """A cell in words."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell if len(cell) <= LONGEST else f"{cell[:LONGEST]}…"
    return f"{cell:,}" if isinstance(cell, int) else number_text(cell)
