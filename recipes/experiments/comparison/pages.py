"""The picture and the page of a comparison."""

import io
import json
import math
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recipes.experiments.comparison.groups import Group, shown_value
from recipes.reports.page import Drawing, Gallery, Section, Sentences, Table
from recipes.reports.page_html import as_html
from recipes.reports.pictures import caption, new_figure
from recipes.reports.run_folder import RunFolder
from recipes.reports.run_page.scores import BEST_LOW, label
from recipes.training.metrics_file import read_metrics
from zoo.atomic_writes import atomic_write, write_json
from zoo.errors import InputError

if TYPE_CHECKING:
    from recipes.experiments.comparison.compare import Comparison

NAMES = ("comparison.html", "comparison.png", "comparison.json")
MOST = 10  # groups in the picture, the best ones
FASTEST = 100  # times the lowest loss: above it, curves are cut off


def sections_of(
    comparison: "Comparison", picture: bytes | None = None
) -> list[Section]:
    """The comparison as sections of a page."""
    measured = label(comparison.score_name) or "score"
    direction = "lower" if comparison.score_name in BEST_LOW else "higher"
    telling = [*comparison.groups[0].differing]
    header = (
        *("runs", "seeds", f"test {measured}", "spread", "validation loss", "seconds"),
        *(telling if len(telling) > 1 else ()),
    )
    rows = [
        (
            group.name,
            len(group.runs),
            group.mean if group.scores else None,
            group.spread,
            group.validation_loss,
            group.seconds,
            *(shown_value(group.differing[name]) for name in telling[1:] and telling),
        )
        for group in comparison.groups
    ]
    legend = (
        f"The best comes first; {direction} is better. The spread is the standard "
        "deviation between seeds."
    )
    table = Table.without_empty(header, rows)
    sections = [Section("Scores", (table, Sentences((legend,))))]
    if comparison.verdicts:
        told = Sentences(tuple(comparison.sentences()))
        sections.append(Section("More than chance?", (told,)))
    if comparison.notes:
        told = Sentences(comparison.notes, are_warnings=True)
        sections.append(Section("To keep in mind", (told,)))
    if picture is not None:
        drawing = Drawing(picture, "validation loss over epochs and over seconds")
        sections.append(Section("Curves", (Gallery("", (drawing,)),)))
    folders = [
        (str(run.folder), run.ended, run.epochs, run.score)
        for group in comparison.groups
        for run in group.runs
    ]
    table = Table(("run folder", "ended", "epochs", f"test {measured}"), folders)
    return [*sections, Section("Runs", (table,))]


def write_comparison(comparison: "Comparison", folder: pathlib.Path) -> None:
    """Writes the page, its picture, and the numbers."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot write into {folder}: {error.strerror}.") from error
    page, picture, record = (folder / name for name in NAMES)
    drawn = io.BytesIO()
    draw_curves_of(comparison.groups, drawn)
    with atomic_write(picture) as draft:
        draft.write_bytes(drawn.getvalue())
    best = comparison.groups[0]
    lead = f"{comparison.task}: {best.name} comes first of {len(comparison.groups)}"
    with atomic_write(page) as draft:
        text = as_html("Comparison", lead, sections_of(comparison, drawn.getvalue()))
        draft.write_text(text, encoding="utf-8")
    write_json(record, json.loads(json.dumps(comparison.as_json(), default=str)))


def draw_curves_of(groups: Sequence[Group], file: Any) -> None:
    """Draws the validation loss of all runs, over epochs and over seconds.

    Runs of one group have one colour. What is far above the lowest loss is cut off.
    """
    figure = new_figure(10, 4.2)
    panels = figure.subplots(1, 2, sharey=True)
    lowest, highest = math.inf, 0.0
    for number, group in enumerate(groups[:MOST]):
        for place, run in enumerate(group.runs):
            rows = [
                row
                for row in read_metrics(RunFolder(run.folder).metrics)
                if math.isfinite(row.get("val_loss", math.nan))
            ]
            if not rows:
                continue
            losses = [row["val_loss"] for row in rows]
            lowest, highest = min(lowest, *losses), max(highest, *losses)
            for axes, name in zip(panels, ("epoch", "seconds"), strict=True):
                axes.plot(
                    [row[name] for row in rows],
                    losses,
                    ".-" if len(rows) == 1 else "-",
                    color=f"C{number}",
                    alpha=0.8,
                    label="" if place else caption(group.name),
                )
    for axes, name in zip(panels, ("epoch", "seconds"), strict=True):
        axes.set(xlabel=name)
        axes.xaxis.get_major_locator().set_params(integer=name == "epoch")
        axes.grid(alpha=0.3)
    panels[0].set(ylabel="validation loss")
    if lowest > 0 and highest > 5 * lowest:
        panels[0].set(yscale="log")
        panels[0].set_ylim(top=min(highest, FASTEST * lowest) * 1.1)
    panels[1].legend(fontsize=8)
    figure.savefig(file, format="png")
