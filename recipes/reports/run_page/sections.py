"""The sections of the page of a run."""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from recipes.data.dataset import Dataset
from recipes.data.text_part import TextPart
from recipes.reports.inspection import inspect
from recipes.reports.inspection.origin import (
    reason_for_source,
    reason_for_task,
    source_noun,
    target_of,
)
from recipes.reports.inspection.samples import samples_of
from recipes.reports.inspection.sections import sections_of
from recipes.reports.page import (
    Block,
    Code,
    Drawing,
    Gallery,
    Item,
    Quote,
    Row,
    Section,
    Sentences,
    Table,
    cell_text,
)
from recipes.reports.page_html import as_html
from recipes.reports.run_page.curves import curves_of, time_of
from recipes.reports.run_page.examples import examples_of
from recipes.reports.run_page.facts import ENDED, RunFacts
from recipes.reports.run_page.scores import (
    confusion,
    each_of,
    facts_of,
    headline,
    score_table,
    verdicts,
    written_by,
)
from zoo.errors import InputError

LARGEST = 2**20  # bytes of a picture
NOTES = 60
FIGURES = {  # of the run folder, with what they show
    "predictions": "predicted and true values",
    "labels": "scores of each label",
    "horizon": "error of each step ahead",
    "roc": "ROC curves",
    "reliability": "how often answers of each probability are right",
    "attention": "where the network looks while it writes",
}


def page_of(facts: RunFacts) -> str:
    """The page of a run as one HTML file."""
    lead = ": ".join(filter(None, (facts.task, headline(facts.scores or {}))))
    return as_html(facts.title, lead, run_sections(facts))


def run_sections(facts: RunFacts) -> list[Section]:
    """The sections of the page of a run; parts that are not known are left out."""
    scores = facts.scores or {}
    found: list[tuple[str, list[Block]]] = [
        ("Result", [*_result(facts)]),
        ("What was asked", [*_asked(facts)]),
        ("Training", [*_training(facts)]),
        ("Scores", [*each_of(scores), *_figures(facts)]),
        ("Confusions", [*confusion(scores)]),
    ]
    sections = [Section(title, tuple(blocks)) for title, blocks in found if blocks]
    sections += [*written_by(scores), *_drawn(facts), *_written(facts)]
    if facts.dataset is not None and facts.answers is not None:
        sections += [s for s in examples_of(facts.dataset, facts.answers) if s.blocks]
    if facts.explanations:
        sections.append(Section("Why it answers so", facts.explanations))
    if facts.dataset is not None:
        is_drawn = "game" in facts.config["training"]
        sections += _understood(facts.dataset, is_drawn)
    elif facts.config["data"].get("notes"):
        sections.append(_notes(facts.config["data"]["notes"]))
    return [*sections, Section("Do it again", tuple(_again(facts)))]


def _result(facts: RunFacts) -> Iterator[Block]:
    if facts.scores:
        table = score_table(facts.scores)
        if table.rows:
            yield table
    how = ENDED.get(facts.ended, "")
    ended = [how.format(facts.kept_epoch)] if how else []
    told = (*facts_of(facts.scores or {}), *ended)
    if told:
        yield Sentences(told)
    warnings = (*verdicts(facts.scores or {}), *facts.remarks)
    if warnings:
        yield Sentences(warnings, are_warnings=True)


def _asked(facts: RunFacts) -> Iterator[Block]:
    model, data = facts.config["model"], facts.config["data"]
    source = (data.get("origin") or {}).get("source")
    counts = ", ".join(f"{n:,} {part}" for part, n in data["examples"].items())
    rows: list[Row] = [
        ("model", f"{model['class']}, {model['parameters']:,} parameters"),
        ("data", data["name"] + f", from {source}" * bool(source)),
        ("examples", counts),
        ("task", facts.task),
    ]
    yield Table((), [row for row in rows if row[1]])
    settings = facts.config["training"]["settings"]
    given = {name: _value(value) for name, value in facts.given.items()}
    others = {
        name: _value(value)
        for name, value in settings.items()
        if value not in (None, False) and name not in given
    }
    loss = facts.config["training"].get("loss")
    if loss and "loss" not in given:
        others["loss"] = str(loss)
    yield Table.without_empty(
        ("setting", "value", ""),
        [(name, value, "given") for name, value in given.items()]
        + [(name, value, "default" if given else "") for name, value in others.items()],
    )


def _value(value: Any) -> str | int | float:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    return cell_text(json.dumps(value, ensure_ascii=False, default=str))


def _training(facts: RunFacts) -> Iterator[Block]:
    curves: list[Item] = [*curves_of(facts.metrics, facts.kept_epoch)]
    if curves:
        yield Gallery("", curves)
    examples = facts.config["data"]["examples"].get("train", 0)
    rows = [*time_of(facts.metrics, examples)]
    if rows:
        resolved = facts.config.get("resolved", {})
        machine = f"{resolved.get('backend')}, {resolved.get('precision')}, "
        devices = ", ".join(
            str(name).removeprefix("/physical_device:")
            for name in resolved.get("devices") or ()
        )
        machine += f"{devices}, {resolved.get('cores')} cores"
        yield Table((), [*rows, ("on", machine)] if resolved else rows)


def _figures(facts: RunFacts) -> Iterator[Block]:
    left_out = {"attention"} if facts.is_public else set()
    if "columns" in (facts.scores or {}):  # Forecasts are drawn among the examples.
        left_out.add("predictions")
    drawings: list[Item] = [
        drawing
        for name, alt in FIGURES.items()
        if name not in left_out
        if (drawing := _drawing(getattr(facts.folder, name), alt)) is not None
    ]
    if drawings:
        yield Gallery("", drawings)


def _drawing(file: pathlib.Path, alt: str, is_photo: bool = False) -> Drawing | None:
    """A picture of the run folder, if it is there and not too large."""
    if not file.is_file() or not 0 < file.stat().st_size <= LARGEST:
        return None
    return Drawing(file.read_bytes(), alt, is_photo=is_photo)


def _drawn(facts: RunFacts) -> Iterator[Section]:
    """What a generator draws after training, and on the way there."""
    last = _drawing(facts.folder.samples, "images that the generator draws", True)
    if last is None:
        return
    yield Section("The generator draws", (Gallery("", [last]),))
    grids = _spread(sorted(facts.folder.grids.glob("*.png")))
    items = [
        (grid.stem, _drawing(grid, f"images of {grid.stem}", True)) for grid in grids
    ]
    if items:
        yield Section(
            "On the way there",
            tuple(Gallery(stem, [d]) for stem, d in items if d is not None),
        )


def _written(facts: RunFacts) -> Iterator[Section]:
    """Texts of a model that writes, from several epochs."""
    files = _spread(sorted(facts.folder.texts.glob("*.txt")))
    quotes: list[Item] = [
        Quote(file.read_text(encoding="utf-8")[:LONGEST_TEXT], file.stem)
        for file in files
    ]
    if quotes:
        yield Section("It wrote in training", (Gallery("", quotes),))


LONGEST_TEXT = 600


def _spread(files: list[pathlib.Path]) -> list[pathlib.Path]:
    """The first, the middle and the last one."""
    places = {0, len(files) // 2, len(files) - 1}
    return [file for place, file in enumerate(files) if place in places]


def _understood(dataset: Dataset, is_drawn: bool) -> list[Section]:
    """What the inspection of the data finds, without reading them again.

    A generator that draws images like them leaves their labels alone.
    """
    parts: dict[str, Any] = {
        name: dataclasses.replace(part, streams=None)
        for name, part in dataset.parts.items()
        if isinstance(part, TextPart)
    }
    dataset = dataclasses.replace(dataset, **parts)
    found = inspect(dataset)
    origin = dict(dataset.origin or {})
    source = origin.pop("source", None)
    if isinstance(source, str):
        with contextlib.suppress(InputError):  # It may be somewhere else by now.
            found = dataclasses.replace(
                found,
                source=source_noun(source),
                reason=reason_for_source(source),
                task_reason=reason_for_task(dataset, origin),
                target=target_of(dataset, source, origin),
            )
    left_out = {"Notes of reading", "Train"}
    if is_drawn:
        left_out |= {"To predict", "Look at this"}
        reason = "the model draws images like these"
        found = dataclasses.replace(
            found, task="image_generation", task_reason=reason, target=()
        )
    sections = [each for each in sections_of(found) if each.title not in left_out]
    sections[0] = dataclasses.replace(
        sections[0], title="What was understood of the data"
    )
    sections.append(Section("Samples of the data", samples_of(dataset)))
    return sections + ([_notes(dataset.notes)] if dataset.notes else [])


def _notes(notes: Any) -> Section:
    left = len(notes) - NOTES
    more = (f"… and {left:,} more",) if left > 0 else ()
    told = [cell_text(str(note)) for note in notes[:NOTES]]
    return Section("Notes of reading", (Sentences((*told, *more)),))


def _again(facts: RunFacts) -> Iterator[Block]:
    if facts.command:
        yield Code(facts.command)
    versions = facts.config.get("versions", {})
    yield Table((), [*versions.items()])
