"""Curves of a training run, and its time."""

import math
from collections.abc import Iterator

import numpy as np

from recipes.reports.page import Lines, Row, number_text
from recipes.reports.run_page.scores import label

Rows = list[dict[str, float]]

OTHER = ("epoch", "seconds")  # columns that are no curves
MOST = 8  # drawings


def curves_of(rows: Rows, kept_epoch: int | None) -> list[Lines]:
    """A drawing for each measure, with training and validation in the same one."""
    names = [name for name in (rows[0] if rows else {}) if name not in OTHER]
    measures = [n for n in names if n.removeprefix("val_") == n or n[4:] not in names]
    drawings = (_curve(rows, name, kept_epoch) for name in measures)
    return [drawing for drawing in drawings if drawing is not None][:MOST]


def _curve(rows: Rows, name: str, kept_epoch: int | None) -> Lines | None:
    found = {
        part: np.array(
            [
                (row["epoch"], row[column])
                for row in rows
                if column in row and math.isfinite(row[column])
            ]
        )
        for part, column in (("training", name), ("validation", f"val_{name}"))
    }
    series = {part: points for part, points in found.items() if len(points)}
    if not series:
        return None
    title = label(name)
    last = ", ".join(
        f"{part} " * (len(series) > 1) + number_text(points[-1][1])
        for part, points in series.items()
    )
    return Lines(
        [*series.values()],
        f"{title} over the epochs; at the end: {last}",
        tuple(series) if len(series) > 1 else (),
        caption=f"{title}, at the end: {last}",
        axes=("epoch", ""),
        is_wide=True,
        dots=tuple(n for n, points in enumerate(series.values()) if len(points) == 1),
        mark=None if len(rows) < 2 else kept_epoch,
    )


def time_of(rows: Rows, examples: int) -> Iterator[Row]:
    """What training has cost."""
    seconds = rows[-1].get("seconds") if rows else None
    if not seconds:
        return
    yield "training", duration(seconds)
    yield "one epoch, with validation", duration(seconds / len(rows))
    yield "training examples a second", number_text(examples * len(rows) / seconds)


def duration(seconds: float) -> str:
    """A time as a person says it.

    >>> duration(0.25), duration(61), duration(7320)
    ('0.2 s', '1 min 1 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
