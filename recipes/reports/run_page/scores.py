"""Scores of a run beside its yardsticks, as tables and sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from recipes.reports.baselines import as_good
from recipes.reports.page import (
    Block,
    Cell,
    Gallery,
    Quote,
    Row,
    Section,
    Table,
    Tint,
)

Scores = Mapping[str, Any]

LABELS = {
    "auc": "AUC",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "RMSE",
    "mase": "MASE",
    "bleu": "BLEU",
    "chrf": "chrF",
    "sequences": "whole sequences right",
    "exact": "exactly right",
    "f1": "F₁",
}
# The score that a task is judged by; of a run, the first that it has.
MAIN = (
    *("chrf", "mase", "rmse", "mean_average_precision"),
    *("bits_per_character", "bits_per_word", "accuracy"),
)
BEST_LOW = ("rmse", "mase", "bits_per_character", "bits_per_word", "mae", "loss")
COUNTS = ("tokens", "unknown_tokens", "windows", "season")
EACH = ("classes", "numbers", "labels", "entities")  # tables with a row for each
TEXTS = {
    "worst": "Answers farthest from the right ones",
    "first": "The first answers",
}
MANY = 30  # classes, of which not all are shown
NAME = 40  # characters of a class in a confusion matrix


def main_score(scores: Scores) -> tuple[str, float] | None:
    """Name and value of the score that the task is judged by."""
    name = next((name for name in MAIN if scores.get(name) is not None), None)
    return None if name is None else (name, scores[name])


def label(name: str) -> str:
    """The name of a score in words.

    >>> label("auc"), label("calibration_error")
    ('AUC', 'calibration error')
    """
    return LABELS.get(name, name.replace("_", " "))


def headline(scores: Scores) -> str:
    """The main score with its interval, for the first line of the page."""
    main = main_score(scores)
    if main is None:
        return ""
    interval = scores.get(f"{main[0]}_interval")
    between = ""
    if interval is not None:
        between = f" ({interval[0]:.4f}…{interval[1]:.4f} at 95 %)"
    return f"test {label(main[0])} {main[1]:.4g}{between}"


def yardsticks(scores: Scores) -> dict[str, dict[str, float]]:
    """Scores of each simple yardstick, by its name."""
    if "numbers" in scores:
        names = scores["numbers"][0]["baselines"]
        each = {n: [s["baselines"][n] for s in scores["numbers"]] for n in names}
        return {name: {"rmse": float(np.mean(each[name]))} for name in each}
    if "confusion" in scores and "sequences" not in scores:
        counts = np.sum(scores["confusion"], axis=1)
        most = scores["classes"][int(counts.argmax())]["name"]
        share = float(counts.max() / max(1, counts.sum()))
        return {f"always answering {most!r:.{NAME}}": {"accuracy": share}}
    main, found = main_score(scores), scores.get("baselines", {})
    return {
        name: value if isinstance(value, dict) else {main[0]: value}
        for name, value in found.items()
        if main is not None
    }


def score_table(scores: Scores) -> Table:
    """A row for each score, with its interval and the yardsticks."""
    others = yardsticks(scores)
    rows: list[Row] = []
    for name, value in scores.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        interval = scores.get(f"{name}_interval")
        between = "" if interval is None else f"{interval[0]:.4f} … {interval[1]:.4f}"
        beside = (other.get(name) for other in others.values())
        shown = int(value) if name in COUNTS else float(value)
        rows.append((label(name), shown, between, *beside))
    header = ("score", "the model", "95 % interval", *others)
    return Table.without_empty(header, rows)


def verdicts(scores: Scores) -> tuple[str, ...]:
    """What to be careful about: yardsticks that are as good, missing intervals."""
    main = main_score(scores)
    found = [scores["note"]] if scores.get("note") else []
    for name, other in yardsticks(scores).items():
        if main is not None and main[0] in other:
            theirs, ours = other[main[0]], main[1]
            if theirs <= ours if main[0] in BEST_LOW else theirs >= ours:
                numbers = f"{theirs:.4g}", f"{ours:.4g}"
                found.append(as_good(name, label(main[0]), *numbers))
    return tuple(found)


def facts_of(scores: Scores) -> tuple[str, ...]:
    """Scores that are sentences: how much an interval holds."""
    interval = scores.get("interval")
    if not interval:
        return ()
    asked, held = interval["asked"], interval["coverage"]
    return (f"the {asked:.0%} interval holds {held:.1%} of the test part",)


def each_of(scores: Scores) -> Iterator[Table]:
    """A table with a row for each class, number, label or entity."""
    for name in EACH:
        found = [*(scores.get(name) or ())]
        if len(found) > MANY:  # The worst ones come first.
            found.sort(key=lambda each: each.get("f1", 0))
        rows = [_row(each) for each in found]
        if rows:
            header = [*rows[0]]
            singular = {"classes": "class", "entities": "entity"}
            first = singular.get(name, name.removesuffix("s"))
            yield Table.without_empty(
                (first, *map(label, header[1:])),
                [tuple(row[key] for key in header) for row in rows],
            )


def _row(each: Mapping[str, Any]) -> dict[str, Cell]:
    row: dict[str, Cell] = {}
    for name, value in each.items():
        if isinstance(value, dict):
            row |= {f"RMSE of the {key}": number for key, number in value.items()}
        elif not isinstance(value, list):
            row[name] = value
    return row


def confusion(scores: Scores) -> Iterator[Block]:
    """The confusion matrix; of many classes, the most frequent confusions."""
    if "confusion" not in scores:
        return
    counts = np.array(scores["confusion"])
    names = [f"{each['name']:.{NAME}}" for each in scores["classes"]]
    if len(names) <= MANY:
        totals = np.maximum(counts.sum(axis=1), 1)
        yield Table(
            ("true, then predicted:", *names),
            [
                (name, *(Tint(int(n), n / total) for n in row))
                for name, row, total in zip(names, counts, totals, strict=True)
            ],
        )
        return
    wrong = counts * (1 - np.eye(len(counts), dtype=int))
    worst = np.argsort(-wrong, axis=None, kind="stable")[:MANY]
    places = [divmod(int(place), len(counts)) for place in worst]
    yield Table(
        ("true", "predicted", "examples"),
        [(names[i], names[j], int(wrong[i, j])) for i, j in places if wrong[i, j]],
    )


def written_by(scores: Scores) -> Iterator[Section]:
    """What a model has written: answers beside the right ones, or a sample."""
    for name, title in TEXTS.items():
        rows = [
            (each["text"], each["given"] or "nothing", each["right"], each["chrf"])
            for each in scores.get(name, ())
        ]
        if rows:
            header = ("text", "answer of the model", "right answer", "chrF")
            yield Section(title, (Table(header, rows),))
    if scores.get("sample"):
        yield Section("The model writes", (Gallery("", [Quote(scores["sample"])]),))
