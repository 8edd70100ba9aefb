"""Samples of a data set for people to look at, those of a class together."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.steps import NO_LABEL
from recipes.reports.inspection.columns import raw_columns
from recipes.reports.page import (
    Block,
    Gallery,
    Item,
    Lines,
    Picture,
    Quote,
    Table,
    number_text,
)
from recipes.reports.pictures import decibels_of, displayed
from zoo.kinds import Kind

SEED = 0
CLASSES = 24  # that are shown
EACH = 8  # examples of a class
FIRST = 8  # rows, pairs or texts without classes
COLUMNS = 40
LONGEST = 240  # characters of a text
POINTS = 400  # of a line


def samples_of(dataset: Dataset) -> tuple[Block, ...]:
    """Galleries, or the first rows of a table, from the training part."""
    part = dataset.train if len(dataset.train) else dataset.test
    if dataset.task in ALONE:
        return ALONE[dataset.task](dataset, part)
    if dataset.kind == Kind.TABLE:
        return (_rows(dataset, part),)
    draw = DRAWN[dataset.kind]
    return tuple(
        Gallery(title, [draw(dataset, part, example, title) for example in examples])
        for title, examples in _groups(dataset, part)
    )


def _groups(dataset: Dataset, part: Part) -> Iterator[tuple[str, np.ndarray]]:
    """Titles, and the indices of the examples below them."""
    random = np.random.default_rng(SEED)
    if dataset.value_names:
        order = np.argsort(part.labels[:, 0], kind="stable")
        middle = max(0, len(order) // 2 - EACH // 2)
        name = dataset.value_names[0]
        yield f"{name}: lowest", order[:EACH]
        yield f"{name}: middle", order[middle : middle + EACH]
        yield f"{name}: highest", order[-EACH:]
        return
    names = dataset.class_names or dataset.label_names
    for number, name in enumerate(names[:CLASSES]):
        has = part.labels == number if part.labels.ndim == 1 else part.labels[:, number]
        examples = np.flatnonzero(has)
        if len(examples):
            yield name, np.sort(random.permutation(examples)[:EACH])
    if len(names) > CLASSES:
        yield f"… and {len(names) - CLASSES:,} more", np.zeros(0, int)


def _answer(dataset: Dataset, part: Part, example: int) -> str:
    """What stands below an example whose group does not say it."""
    label = part.labels[example]
    if dataset.label_names:
        return ", ".join(np.array(dataset.label_names)[label == 1])
    if dataset.value_names:
        return ", ".join(number_text(float(value)) for value in label)
    return ""


def _image(dataset: Dataset, part: Part, example: int, group: str) -> Item:
    height, width = dataset.input_shape[:2]
    return Picture(
        displayed(np.asarray(part.inputs[example])),
        f"example {example} of {group}",
        _answer(dataset, part, example),
        width=max(24, round(96 * min(1, width / height))),
    )


def _audio(dataset: Dataset, part: Part, example: int, group: str) -> Item:
    """The spectrogram, low frequencies at the bottom."""
    from matplotlib import colormaps

    assert part.lengths is not None
    assert dataset.sample_rate is not None
    samples = part.inputs[example, : part.lengths[example]]
    decibels = decibels_of(samples, dataset.sample_rate)[::-1]
    pixels = colormaps["magma"](np.clip(decibels / 80 + 1, 0, 1), bytes=True)
    seconds = len(samples) / dataset.sample_rate
    answer = _answer(dataset, part, example)
    return Picture(
        np.ascontiguousarray(_resized(pixels[..., :3])),
        f"spectrogram of example {example} of {group}",
        f"{seconds:.2f} s" + f", {answer}" * bool(answer),
        width=150,
    )


def _resized(pixels: np.ndarray) -> np.ndarray:
    """A picture of 150×90 pixels."""
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((150, 90)))


def _text(dataset: Dataset, part: Part, example: int, group: str) -> Item:
    answer = _answer(dataset, part, example)
    return Quote(beginning(str(part.inputs[example])), answer)


def _sequence(dataset: Dataset, part: Part, example: int, group: str) -> Item:
    steps = part.inputs[example]
    if part.lengths is not None:
        steps = steps[: part.lengths[example]]
    return Lines(
        [_points(np.arange(len(steps)), column) for column in steps.T[:4]],
        f"example {example} of {group}",
        caption=_answer(dataset, part, example),
    )


DRAWN: dict[Kind, Callable[[Dataset, Part, int, str], Item]] = {
    Kind.IMAGES: _image,
    Kind.AUDIO: _audio,
    Kind.TEXT: _text,
    Kind.SEQUENCES: _sequence,
}


def _rows(dataset: Dataset, part: Part) -> Table:
    """The first rows as a person would write them."""
    rows = part.inputs[:FIRST]
    columns = raw_columns(dataset, rows)
    shown = [*columns.items()][:COLUMNS]
    header = ("to predict", *(name for name, _ in shown))
    cells = [
        (
            _row_answer(dataset, part, row),
            *(cell_of(values[row]) for _, values in shown),
        )
        for row in range(len(rows))
    ]
    return Table(header, cells)


def _row_answer(dataset: Dataset, part: Part, row: int) -> str:
    if dataset.class_names:
        return dataset.class_names[part.labels[row]]
    return _answer(dataset, part, row)


def cell_of(value: Any) -> str | float | None:
    if isinstance(value, str):
        return value
    if isinstance(value, np.datetime64):
        text = str(value.astype("datetime64[s]"))
        return "" if np.isnat(value) else text.removesuffix("T00:00:00")
    return None if np.isnan(value) else float(value)


def _series(dataset: Dataset, part: Part) -> tuple[Block, ...]:
    """The first column to predict over time in the first series of each part."""
    parts = dataset.parts
    lines, names = [], []
    for name, each in parts.items():
        rows = np.unique(
            (each.starts[:, np.newaxis] + each.window + np.arange(each.horizon)).ravel()
        )
        if len(rows):
            back = np.flatnonzero(np.diff(each.times[rows]) <= 0)
            rows = rows[: back[0] + 1] if len(back) else rows
            lines.append(_points(each.times[rows], each.labels[rows, 0]))
            names.append(name)
    target = dataset.value_names[0]
    alt = f"{target} over time, a line for each of {', '.join(names)}"
    (first, low), (last, high) = (
        extreme(np.concatenate(lines), axis=0) for extreme in (np.min, np.max)
    )
    axis = parts["test"].axis
    caption = (
        f"{target} from {number_text(low)} to {number_text(high)}, "
        f"{axis.label(first)} to {axis.label(last)}"
    )
    drawing = Lines(lines, alt, tuple(names), caption, is_wide=True)
    return (Gallery("", [drawing]),)


def _steps(dataset: Dataset, part: Any) -> tuple[Block, ...]:
    """The first sequences with their labels."""
    items: list[Item] = []
    names = np.array([*dataset.class_names, "?"])
    for example in range(min(FIRST, len(part))):
        count = int(part.lengths[example])
        labels = part.labels[example][:count]
        if dataset.kind == Kind.TEXT:
            words = str(part.inputs[example]).split(" ")
            pairs = zip(words, names[labels], strict=False)
            items.append(Quote(beginning(" ".join(f"{w}/{n}" for w, n in pairs))))
        else:
            labels = labels[labels != NO_LABEL]
            told = ", ".join(names[np.unique(labels)])
            drawing: Any = _sequence(dataset, part, example, "labelled sequences")
            items.append(Lines(drawing.series, drawing.alt, caption=told))
    return (Gallery("", items),)


def _pairs(dataset: Dataset, part: Part) -> tuple[Block, ...]:
    pairs = zip(part.inputs[:FIRST], part.labels[:FIRST], strict=True)
    rows = [(beginning(str(text)), beginning(str(answer))) for text, answer in pairs]
    return (Table(("text", "answer"), rows),)


def _writing(dataset: Dataset, part: Any) -> tuple[Block, ...]:
    return (Gallery("", [Quote(beginning(part.text, 4 * LONGEST))]),)


# Tasks whose examples have no class each.
ALONE: dict[str, Callable[[Dataset, Any], tuple[Block, ...]]] = {
    "forecasting": _series,
    "sequence_labelling": _steps,
    "translation": _pairs,
    "text_generation": _writing,
}


def _points(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    every = 1 + len(xs) // POINTS
    return np.stack([xs, ys], axis=1)[::every].astype("float64")


def beginning(text: str, longest: int = LONGEST) -> str:
    text = " ".join(text[: 2 * longest].split())
    return text if len(text) <= longest else f"{text[:longest]}…"
