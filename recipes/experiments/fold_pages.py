"""The picture and the page of a cross-validation."""

import io
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.reports.page import Gallery, Picture, Section, Sentences, Table
from recipes.reports.page_html import as_html
from recipes.reports.pictures import BLUE, ORANGE, new_figure

if TYPE_CHECKING:
    from recipes.experiments.cross_validation import CrossValidation

MOST = 6  # scores in the picture


def draw_folds(result: "CrossValidation", file: pathlib.Path | io.BytesIO) -> None:
    """Draws each score of all folds, with its mean and spread."""
    shown = [*result.scores.items()][:MOST]
    figure = new_figure(9, 0.6 + 0.7 * len(shown))
    for axes, (name, spread) in zip(
        figure.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True
    ):
        low, high = spread.mean - spread.deviation, spread.mean + spread.deviation
        axes.axvspan(low, high, color=BLUE, alpha=0.15)
        axes.axvline(spread.mean, color=BLUE)
        axes.plot(spread.values, np.zeros(len(spread.values)), "o", color=ORANGE)
        axes.set(yticks=[])
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
    figure.savefig(file)


def page(result: "CrossValidation", record: dict[str, Any]) -> str:
    """The report as one HTML page."""
    from PIL import Image

    header, rows = result.table()
    drawn = io.BytesIO()
    draw_folds(result, drawn)
    drawn.seek(0)
    pixels = np.asarray(Image.open(drawn).convert("RGB"))
    told = "each score of each fold; the line is the mean, the band the spread"
    counts = [
        (f"fold {number}", run.name, count)
        for number, (run, count) in enumerate(
            zip(result.runs, result.examples, strict=True), 1
        )
    ]
    given = [(str(name), str(value)) for name, value in record["arguments"].items()]
    sections = [
        Section(
            "Scores",
            (
                Table(tuple(header), [tuple(row) for row in rows]),
                Gallery("", [Picture(pixels, told, told, 720)]),
            ),
        ),
        Section("Folds", (Table(("fold", "run folder", "tested on"), counts),)),
        Section(
            "How it was done",
            (
                Table((), given),
                Sentences(
                    (
                        "Each example was tested once, by the model of its fold, "
                        "which was not trained on it; predictions.csv has the "
                        "answers. Columns, words and scales were learnt from the "
                        "training part of each fold alone.",
                    )
                ),
            ),
        ),
    ]
    return as_html("Cross-validation", result.summary(), sections)
