"""The findings of an inspection as sections of a page."""

from collections.abc import Iterator

from recipes.reports.inspection.findings import ColumnFound, Distribution, Findings
from recipes.reports.page import (
    Bar,
    Block,
    Code,
    Histogram,
    Row,
    Section,
    Sentences,
    Table,
    number_text,
)

SPREAD = ("of", "unit", "minimum", "median", "mean", "maximum", "histogram")
WORD = 40  # characters of a category


def sections_of(found: Findings, *, with_samples: bool = False) -> list[Section]:
    """The sections of the page of an inspection.

    Args:
        found: The findings.
        with_samples: Whether to show samples; only HTML shows their pictures.
    """
    sections = [
        Section(title, tuple(blocks))
        for title, blocks in (
            ("What was understood", [_overview(found)]),
            ("Look at this", _warnings(found)),
            ("Parts", [*_parts(found)]),
            ("Columns", [*_columns(found)]),
            ("To predict", [*_answers(found)]),
            ("Examples", [*_inputs(found)]),
        )
        if blocks
    ]
    if with_samples:
        from recipes.reports.inspection.samples import samples_of

        sections.append(Section("Samples", samples_of(found.dataset)))
    if found.notes:
        sections.append(Section("Notes of reading", (Sentences(found.notes),)))
    sections.append(Section("Train", (Code(found.command),)))
    return sections


def _overview(found: Findings) -> Table:
    source = found.source + f": {found.reason}" * bool(found.reason)
    task = found.task.replace("_", " ") + f": {found.task_reason}"
    rows: list[Row] = [
        ("data", found.name),
        ("source", source),
        ("kind", f"{found.kind}: {found.description.partition(': ')[2]}"),
        ("task", task),
    ]
    if found.target:
        rows.append(("to predict", ", ".join(found.target)))
    return Table((), rows)


def _warnings(found: Findings) -> list[Block]:
    return [Sentences(found.warnings, are_warnings=True)] if found.warnings else []


def _parts(found: Findings) -> Iterator[Block]:
    most = max((part.examples for part in found.parts), default=0)
    within: dict[str, int] = {} if found.duplicates is None else found.duplicates.within
    across = {} if found.duplicates is None else found.duplicates.across
    rows: list[Row] = [
        (
            part.name,
            Bar(part.examples, most),
            within.get(part.name),
            across.get(part.name),
            part.origin,
        )
        for part in found.parts
    ]
    noun = "windows" if found.task == "forecasting" else "examples"
    noun = getattr(found.dataset.train, "unit", noun)
    header = ("part", noun, "copies within", "also in earlier parts", "made")
    yield Table.without_empty(header, rows)


def _columns(found: Findings) -> Iterator[Block]:
    if not found.columns:
        return
    header = ("column", "role", "missing", "different", "values", "histogram", "why")
    yield Table.without_empty(header, [_column(column) for column in found.columns])


def _column(column: ColumnFound) -> Row:
    held = ", ".join(f"{word:.{WORD}} ({count:,})" for word, count in column.frequent)
    held += ", …" * (0 < len(column.frequent) < column.distinct)
    if column.low is not None:
        held = f"{_end(column.low)} … {_end(column.high)}"
    drawn = _histogram(column.numbers) if column.numbers else None
    counts = (column.missing, column.distinct)
    return (column.name, column.role, *counts, held, drawn, column.why)


def _end(end: float | str | None) -> str:
    return number_text(end) if isinstance(end, int | float) else str(end)


def _answers(found: Findings) -> Iterator[Block]:
    if found.classes:
        most = max(each.total for each in found.classes)
        header = ("label" if found.task == "multilabel" else "class", "all")
        ordered = sorted(found.classes, key=lambda each: -each.total)
        yield Table(
            (*header, "train", "validation", "test"),
            [
                (c.name, Bar(c.total, most), c.train, c.validation, c.test)
                for c in (ordered if len(ordered) > 20 else found.classes)
            ],
        )
    if found.values:
        yield Table.without_empty(SPREAD, [_spread(each) for each in found.values])


def _inputs(found: Findings) -> Iterator[Block]:
    if found.facts:
        yield Table((), [*found.facts.items()])
    if found.inputs:
        yield Table.without_empty(SPREAD, [_spread(each) for each in found.inputs])


def _spread(each: Distribution) -> Row:
    numbers = (each.minimum, each.median, each.mean, each.maximum)
    return (each.name, each.unit, *numbers, _histogram(each))


def _histogram(each: Distribution) -> Histogram:
    low, high = number_text(each.minimum), number_text(each.maximum)
    return Histogram(
        each.histogram, f"histogram from {low} to {high}, median {each.median:.4g}"
    )
