"""What the columns of a table are, and why some of them are not learnt from."""

import dataclasses
from collections.abc import Iterable
from typing import Literal

Role = Literal[
    "number",
    "category",
    "date",
    "text",
    "image",
    "audio",
    "target",
    "group",
    "time",
    "id",
    "left out",
]


@dataclasses.dataclass(frozen=True)
class ColumnRole:
    """What a column of a table is; plain values, for JSON too.

    Attributes:
        name: Name of the column.
        role: What it is to the model: learnt from as a `"number"`, a `"category"`, a
            `"date"`, a `"text"`, an `"image"` or `"audio"`; the `"target"`; the
            `"group"` of an example, or its `"time"`; an `"id"` of rows, or `"left out"`
            otherwise.
        why: Why it is left out, as the rest of "because …"; else empty.
        missing: Number of missing cells, in all parts.
        distinct: Number of different values; of more than 20,000 numbers, among
            20,000 to 40,000 that are spread evenly.
        low: The least number, or date in ISO 8601; `None` for words.
        high: The greatest number or date.
        warning: A sentence, if the column alone decides the class; else empty.

    >>> ColumnRole("day", "id", "it counts the rows").note
    "column 'day' is left out because it counts the rows"
    """

    name: str
    role: Role
    why: str = ""
    missing: int = 0
    distinct: int = 0
    low: float | str | None = None
    high: float | str | None = None
    warning: str = ""

    @property
    def note(self) -> str:
        """The sentence on a column that is left out, or empty."""
        return self.why and f"column {self.name!r} is left out because {self.why}"


def notes_on_left_out(roles: Iterable[ColumnRole]) -> list[str]:
    """The notes on the columns that are left out, one for each reason."""
    reasons: dict[str, list[ColumnRole]] = {}
    for role in roles:
        if role.why:
            reasons.setdefault(role.why, []).append(role)
    return [
        alike[0].note
        if len(alike) == 1
        else f"{len(alike):,} columns are left out, each because {why}: "
        + ", ".join(role.name for role in alike)
        for why, alike in reasons.items()
    ]
