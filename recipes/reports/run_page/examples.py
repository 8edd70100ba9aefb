"""The worst and the best answers of a model to the test part, to see, hear or read."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.steps import NO_LABEL
from recipes.reports.inspection.columns import raw_columns
from recipes.reports.inspection.samples import COLUMNS, DRAWN, beginning, cell_of
from recipes.reports.page import (
    Block,
    Gallery,
    Item,
    Lines,
    Quote,
    Section,
    Sound,
    Table,
    number_text,
)
from zoo.kinds import Kind

WORST, BEST = 12, 6
FORECASTS = 3  # of each
TOLD = 4  # explanations
LONGEST = 600  # characters of a text

Answers = Mapping[str, np.ndarray]
Found = Iterator[tuple[str, tuple[Block, ...]]]
Told = Callable[[int], str]  # the caption of an example


def examples_of(dataset: Dataset, answers: Answers) -> list[Section]:
    """Sections of the test examples that are answered worst, and best."""
    if dataset.task not in EXAMPLES:
        return []
    found = EXAMPLES[dataset.task](dataset, answers)
    return [Section(title, blocks) for title, blocks in found]


def telling_examples(dataset: Dataset, answers: Answers) -> list[tuple[int, str]]:
    """Indices and captions of test examples that are worth an explanation.

    They are the worst and the best ones; the first ones where examples have no error.
    """
    if dataset.task not in ERRORS:
        return [(example, "") for example in range(min(TOLD, len(dataset.test)))]
    errors, told = ERRORS[dataset.task](dataset, answers)
    order = np.argsort(-errors, kind="stable").tolist()
    chosen = dict.fromkeys([*order[: TOLD // 2], *order[::-1][: TOLD // 2]])
    return [(example, told(example)) for example in chosen]


def _class_errors(dataset: Dataset, answers: Answers) -> tuple[np.ndarray, Told]:
    """How much the probability of the true class lacks, and captions."""
    part, names = dataset.test, dataset.class_names
    probabilities = answers["probabilities"]
    given = probabilities.argmax(axis=1)

    def told(example: int) -> str:
        share = f"{names[given[example]]}, {probabilities[example, given[example]]:.0%}"
        is_right = given[example] == part.labels[example]
        return share if is_right else f"{share}; true: {names[part.labels[example]]}"

    return -probabilities[np.arange(len(part)), part.labels], told


def _classes(dataset: Dataset, answers: Answers) -> Found:
    part, given = dataset.test, answers["probabilities"].argmax(axis=1)
    errors, told = _class_errors(dataset, answers)
    order = np.argsort(-errors, kind="stable")
    wrong = order[given[order] != part.labels[order]]
    noun = dataset.kind.noun
    if len(wrong):
        title = f"Mistakes: {len(wrong):,} of {len(part):,} test {noun}"
        yield title, _shown(dataset, wrong[:WORST], told)
    unsure = order[given[order] == part.labels[order]]
    yield "Right, but unsure", _shown(dataset, unsure[:BEST], told)
    yield "Right, and sure", _shown(dataset, _one_of_each(unsure[::-1], given), told)


def _one_of_each(order: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The first examples of different classes, then others."""
    _, first = np.unique(classes[order], return_index=True)
    others = np.setdiff1d(np.arange(len(order)), first)
    return order[np.concatenate([np.sort(first), others])[:BEST].astype(int)]


def _label_errors(dataset: Dataset, answers: Answers) -> tuple[np.ndarray, Told]:
    """The cross-entropy of each example, and captions."""
    part, names = dataset.test, np.array(dataset.label_names)
    true = part.labels.astype(bool)
    chosen = np.asarray(answers["labels"], bool)
    p = np.clip(np.asarray(answers["probabilities"], "float64"), 1e-12, 1 - 1e-12)
    losses = -np.where(true, np.log(p), np.log(1 - p)).mean(axis=1)

    def told(example: int) -> str:
        given, right = (
            ", ".join(names[each[example]]) or "none" for each in (chosen, true)
        )
        return given if given == right else f"{given}; true: {right}"

    return losses, told


def _number_errors(dataset: Dataset, answers: Answers) -> tuple[np.ndarray, Told]:
    """The largest error of each example in units of the spread, and captions."""
    true, values = dataset.test.labels, answers["values"]
    spread = np.maximum(dataset.train.labels.std(axis=0), np.finfo("float32").tiny)
    errors = (np.abs(values - true) / spread).max(axis=1)

    def told(example: int) -> str:
        pairs = zip(dataset.value_names, values[example], true[example], strict=True)
        return "; ".join(
            f"{name} {number_text(float(value))}, true {number_text(float(right))}"
            for name, value, right in pairs
        )

    return errors, told


def _ends(dataset: Dataset, answers: Answers) -> Found:
    errors, told = ERRORS[dataset.task](dataset, answers)
    order = np.argsort(-errors, kind="stable")
    worst = order[:WORST]
    yield "Farthest from the truth", _shown(dataset, worst, told)
    best = [example for example in order[: -BEST - 1 : -1] if example not in worst]
    yield "Closest to the truth", _shown(dataset, best, told)


def _shown(
    dataset: Dataset, examples: Sequence[int] | np.ndarray, told: Told
) -> tuple[Block, ...]:
    """Test examples, each with its caption; those of a table as rows."""
    part = dataset.test
    if not len(examples):
        return ()
    if dataset.kind == Kind.TABLE:
        columns = raw_columns(dataset, part.inputs[np.asarray(examples)])
        shown = [*columns.items()][:COLUMNS]
        rows = [
            (told(example), *(cell_of(values[row]) for _, values in shown))
            for row, example in enumerate(examples)
        ]
        return (Table(("answer", *(name for name, _ in shown)), rows),)
    items = [_item(dataset, example, told(example)) for example in examples]
    return (Gallery("", items),)


def _item(dataset: Dataset, example: int, caption: str) -> Item:
    part = dataset.test
    item: Any = DRAWN[dataset.kind](dataset, part, example, "the test part")
    item = dataclasses.replace(item, caption=caption)
    if dataset.kind == Kind.AUDIO and part.lengths is not None:
        samples = part.inputs[example, : part.lengths[example]]
        return Sound(samples, dataset.sample_rate or 1, item)
    return item


def _steps(dataset: Dataset, answers: Answers) -> Found:
    part, names = dataset.test, np.array([*dataset.class_names, "?"])
    given = answers["probabilities"].argmax(axis=2)
    steps = min(given.shape[1], part.labels.shape[1])
    labels, given = part.labels[:, :steps], given[:, :steps]
    labelled = labels != NO_LABEL
    wrong = (given != labels) & labelled
    share = wrong.sum(axis=1) / np.maximum(labelled.sum(axis=1), 1)

    def item(example: int) -> Item:
        count = int(labelled[example].sum())
        caption = f"{wrong[example].sum():,} of {count:,} steps wrong"
        if dataset.kind != Kind.TEXT:
            found = wrong[example]
            shown = zip(given[example][found], labels[example][found], strict=True)
            pairs = {f"{names[one]} instead of {names[other]}" for one, other in shown}
            told = caption + f": {', '.join(sorted(pairs)[:5])}" * bool(pairs)
            return _item(dataset, example, told)
        words = str(part.inputs[example]).split(" ")[:steps]
        marked = [
            f"{word}/{names[given[example, step]]}"
            + f" (true: {names[labels[example, step]]})" * bool(wrong[example, step])
            for step, word in enumerate(words)
        ]
        return Quote(beginning(" ".join(marked), LONGEST), caption)

    order = np.argsort(-share, kind="stable")
    worst = [example for example in order[:WORST] if share[example]]
    if worst:
        yield "Sequences with most mistakes", (Gallery("", [*map(item, worst)]),)
    best = [example for example in order[: -BEST - 1 : -1] if example not in worst]
    if best:
        yield "Sequences with fewest mistakes", (Gallery("", [*map(item, best)]),)


def _forecasts(dataset: Dataset, answers: Answers) -> Found:
    part: Any = dataset.test
    shape = (len(part), part.horizon, len(dataset.value_names))
    drawn = {name: values.reshape(shape) for name, values in answers.items()}
    errors = np.abs(drawn["values"] - part.answers.reshape(shape)).mean(axis=1)
    order = np.argsort(-(errors / np.maximum(errors.mean(axis=0), 1e-37)).max(axis=1))

    def item(window: int, column: int) -> Lines:
        name, first = dataset.value_names[column], part.starts[window]
        rows = slice(first, first + part.window + part.horizon)
        true, times = part.labels[rows, column], part.times_of(window)
        steps = np.arange(len(true)) - part.window + 1
        ahead = steps[part.window :]
        band = None
        if "lower" in drawn:
            lower, upper = (
                drawn[side][window, :, column] for side in ("lower", "upper")
            )
            band = np.concatenate([_points(ahead, lower), _points(ahead, upper)[::-1]])
        since = part.axis.label(float(times[part.window]))
        return Lines(
            [_points(steps, true), _points(ahead, drawn["values"][window, :, column])],
            f"{name} and its forecast from {since} on",
            ("truth", "forecast"),
            f"{name}; step 1 is {since}, mean error "
            f"{number_text(float(errors[window, column]))}",
            is_wide=True,
            axes=("step", ""),
            band=band,
            mark=0.5,
        )

    for title, windows in (
        ("Farthest from the truth", _apart(order, part.horizon)),
        ("Closest to the truth", _apart(order[::-1], part.horizon)),
    ):
        items = [item(w, c) for w in windows for c in range(shape[2])][: 3 * FORECASTS]
        yield title, (Gallery("", items),)


def _apart(order: np.ndarray, horizon: int) -> list[int]:
    """The first windows whose forecasts do not overlap."""
    chosen: list[int] = []
    for window in order.tolist():
        if all(abs(window - other) >= horizon for other in chosen):
            chosen.append(window)
        if len(chosen) == FORECASTS:
            break
    return chosen


def _points(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    return np.stack([xs, ys], axis=1).astype("float64")


EXAMPLES: dict[str, Callable[[Dataset, Answers], Found]] = {
    "classification": _classes,
    "multilabel": _ends,
    "regression": _ends,
    "forecasting": _forecasts,
    "sequence_labelling": _steps,
}
ERRORS: dict[str, Callable[[Dataset, Answers], tuple[np.ndarray, Told]]] = {
    "classification": _class_errors,
    "multilabel": _label_errors,
    "regression": _number_errors,
}
