"""How answers are written: as nested rows, as columns, and as lines for people."""

import abc
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from recipes.prediction.examples import Piece, with_columns
from zoo.errors import printable

BOUNDS = ("lower", "upper")


class Writer(abc.ABC):
    """How the answers of one target are written.

    Args:
        names: The names of the classes, the labels or the numbers.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = [*map(str, names)]

    def rows(self, piece: Piece, top: int | None = None) -> Iterator[dict[str, Any]]:
        """The answer to each example, with nested values, as JSON has it.

        Args:
            piece: The answers.
            top: Number of classes to tell; `None` for all.
        """
        for row, name in enumerate(piece.names):
            carried = {key: values[row] for key, values in piece.carried.items()}
            told = {"input": name} | ({"id": carried} if carried else {})
            yield told | self.row(piece, row, top)

    def columns(self, piece: Piece) -> dict[str, Any]:
        """The answers as columns of equal length, by name."""
        return with_columns(
            piece.carried or {"input": piece.names}, self.answer_columns(piece)
        )

    @abc.abstractmethod
    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        """The answer to one example."""

    def answer_columns(self, piece: Piece) -> dict[str, Any]:
        """The columns of the answers, with a row for each example."""
        raise NotImplementedError

    @abc.abstractmethod
    def line(self, row: dict[str, Any]) -> str:
        """What a person reads of a row."""

    def lines(self, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
        """What a person reads of all rows."""
        for row in rows:
            yield printable(f"{_called(row)}{self.line(row)}")


class ClassWriter(Writer):
    """One of several classes."""

    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        probabilities = piece.answers["probabilities"][row]
        order = np.argsort(-probabilities, kind="stable")[:top].tolist()
        return {
            "class_name": self.names[order[0]],
            "label": order[0],
            "probabilities": {
                self.names[label]: round(float(probabilities[label]), 6)
                for label in order
            },
        }

    def answer_columns(self, piece: Piece) -> dict[str, Any]:
        probabilities = piece.answers["probabilities"]
        best = probabilities.argmax(axis=1)
        return {"class_name": [self.names[n] for n in best.tolist()]} | {
            f"probability_{name}": column
            for name, column in zip(self.names, probabilities.T, strict=True)
        }

    def line(self, row: dict[str, Any]) -> str:
        return ", ".join(_shares(row["probabilities"]))


class LabelsWriter(Writer):
    """Any number of labels."""

    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        values = map(float, piece.answers["probabilities"][row].round(6))
        return {
            "labels": self._given(piece.answers["labels"][row]),
            "probabilities": dict(zip(self.names, values, strict=True)),
        }

    def _given(self, marks: np.ndarray) -> list[str]:
        return [name for name, has in zip(self.names, marks, strict=True) if has]

    def answer_columns(self, piece: Piece) -> dict[str, Any]:
        columns = zip(self.names, piece.answers["probabilities"].T, strict=True)
        return {"labels": ["|".join(map(str, self._given(marks)))
                           for marks in piece.answers["labels"]]} | {
            f"probability_{name}": column for name, column in columns
        }  # fmt: skip

    def line(self, row: dict[str, Any]) -> str:
        shares = {name: row["probabilities"][name] for name in row["labels"]}
        return ", ".join(_shares(shares)) or "no label"


class NumbersWriter(Writer):
    """Numbers, with an interval if the model has one."""

    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        return _named_numbers(self.names, piece.answers, row)

    def answer_columns(self, piece: Piece) -> dict[str, Any]:
        return _number_columns(self.names, piece.answers)

    def line(self, row: dict[str, Any]) -> str:
        return _told_numbers(row, "to")


class ForecastWriter(Writer):
    """The next steps of series."""

    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        steps = [
            {"time": time}
            | _named_numbers(self.names, {k: v[row] for k, v in self._of(piece)}, step)
            for step, time in enumerate(piece.shown["times"][row])
        ]
        return {"series": piece.shown["series"][row], "steps": steps}

    def _of(self, piece: Piece) -> Iterable[tuple[str, np.ndarray]]:
        """Answers `(series, steps, numbers)` by their name."""
        horizon = len(piece.shown["times"][0])
        for kind, values in piece.answers.items():
            yield kind, values.reshape(piece.count, horizon, len(self.names))

    def columns(self, piece: Piece) -> dict[str, Any]:
        times = piece.shown["times"]
        counts = [len(each) for each in times]
        series = zip(piece.shown["series"], counts, strict=True)
        answers = {k: v.reshape(-1, len(self.names)) for k, v in self._of(piece)}
        return piece.repeated(counts) | {
            "series": [name for name, count in series for _ in range(count)],
            "step": [step for count in counts for step in range(1, count + 1)],
            "time": [time for each in times for time in each],
        } | _number_columns(self.names, answers)  # fmt: skip

    def line(self, row: dict[str, Any]) -> str:
        raise NotImplementedError

    def lines(self, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
        for row in rows:
            series = f" {row['series']}" if row["series"] else ""
            for step in row["steps"]:
                told = _told_numbers(step, "…")
                yield printable(f"{row['input']}{series} {step['time']}: {told}")


class StepsWriter(Writer):
    """A class at each step of a sequence."""

    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        labels, probabilities = self._labels(piece, row)
        tokens = {
            name: [*piece.shown[name][row]] for name in piece.shown if name != "count"
        }
        return tokens | {
            "labels": labels,
            "probabilities": [round(float(each), 6) for each in probabilities],
        }

    def _labels(self, piece: Piece, row: int) -> tuple[list[str], np.ndarray]:
        count = piece.shown["count"][row]
        labels = piece.answers["label"][row, :count]
        found = piece.answers["probabilities"][row, np.arange(len(labels)), labels]
        return [self.names[label] for label in labels], found

    def columns(self, piece: Piece) -> dict[str, Any]:
        found = [self._labels(piece, row) for row in range(piece.count)]
        counts = [len(labels) for labels, _ in found]
        shown = {
            name.removesuffix("s"): [step for each in values for step in each]
            for name, values in piece.shown.items()
            if name != "count"
        }
        return with_columns(
            piece.repeated(counts),
            {"step": [step for count in counts for step in range(count)]}
            | shown
            | {
                "label": [label for labels, _ in found for label in labels],
                "probability": np.concatenate([each for _, each in found]),
            },
        )

    def line(self, row: dict[str, Any]) -> str:
        return _runs(row["labels"])

    def lines(self, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
        for number, row in enumerate(rows):
            if "tokens" not in row:
                yield printable(f"{_called(row)}{self.line(row)}")
                continue
            if number:
                yield ""
            for token, label in zip(row["tokens"], row["labels"], strict=True):
                yield f"{printable(token)}\t{printable(label)}"


class TranslationWriter(Writer):
    """Another text."""

    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        return {
            "text": piece.shown["text"][row],
            "translation": str(piece.answers["texts"][row]),
            "log_probability": round(float(piece.answers["log_probability"][row]), 6),
        }

    def answer_columns(self, piece: Piece) -> dict[str, Any]:
        return {
            "text": piece.shown["text"],
            "translation": [*map(str, piece.answers["texts"])],
            "log_probability": piece.answers["log_probability"],
        }

    def line(self, row: dict[str, Any]) -> str:
        return row["translation"]


class FeaturesWriter(Writer):
    """Features of each example; of a sequence with answers at each step, of each step.

    They go to files and to JSON, and are too many for a line.
    """

    def row(self, piece: Piece, row: int, top: int | None) -> dict[str, Any]:
        features = piece.answers["features"][row]
        if features.ndim > 1:
            features = features[: piece.shown["count"][row]]
        return {"features": features.tolist()}

    def columns(self, piece: Piece) -> dict[str, Any]:
        features = piece.answers["features"]
        if features.ndim == 2:
            return super().columns(piece)
        counts = piece.shown["count"]
        steps = [step for count in counts for step in range(count)]
        of_steps = np.concatenate(
            [some[:count] for some, count in zip(features, counts, strict=True)]
        )
        told = piece.repeated(counts)
        return with_columns(told, {"step": steps} | _features(of_steps))

    def answer_columns(self, piece: Piece) -> dict[str, Any]:
        return _features(piece.answers["features"])

    def line(self, row: dict[str, Any]) -> str:
        raise NotImplementedError


def _features(features: np.ndarray) -> dict[str, Any]:
    return {f"feature_{number}": column for number, column in enumerate(features.T)}


# By the name of the target.
WRITERS: dict[str, type[Writer]] = {
    "multiclass": ClassWriter,
    "multilabel": LabelsWriter,
    "regression": NumbersWriter,
    "forecasting": ForecastWriter,
    "sequence_labelling": StepsWriter,
    "translation": TranslationWriter,
}


def _called(row: dict[str, Any]) -> str:
    """The beginning of a line: what the example is called."""
    return (
        f"{', '.join(map(str, row['id'].values())) if 'id' in row else row['input']}: "
    )


def _shares(probabilities: dict[str, float]) -> list[str]:
    return [f"{name} {share:.1%}" for name, share in probabilities.items()]


def _named_numbers(
    names: list[str], answers: dict[str, np.ndarray], row: int
) -> dict[str, dict[str, float]]:
    return {
        kind: dict(zip(names, map(float, values[row]), strict=True))
        for kind, values in answers.items()
    }


def _number_columns(names: list[str], answers: dict[str, np.ndarray]) -> dict[str, Any]:
    """A column for each number, and for the bounds of its interval."""
    kinds = {"values": "", **{bound: f"_{bound}" for bound in BOUNDS}}
    return {
        f"{name}{ending}": answers[kind][:, number]
        for number, name in enumerate(names)
        for kind, ending in kinds.items()
        if kind in answers
    }


def _told_numbers(numbers: dict[str, Any], between: str) -> str:
    told = []
    for name, value in numbers["values"].items():
        told.append(f"{name} {value:.6g}")
        if "lower" in numbers:
            low, high = (numbers[bound][name] for bound in BOUNDS)
            told[-1] += f" ({low:.6g} {between} {high:.6g})"
    return ", ".join(told)


def _runs(labels: Iterable[str]) -> str:
    """The label of each run of steps, with its first and last step.

    >>> _runs(["walk", "walk", "run"])
    '0…1 walk, 2 run'
    """
    runs, first = [], 0
    for label, steps in itertools.groupby(labels):
        last = first + len(list(steps)) - 1
        shown = str(first) if last == first else f"{first}…{last}"
        runs.append(f"{shown} {label}")
        first = last + 1
    return ", ".join(runs)
