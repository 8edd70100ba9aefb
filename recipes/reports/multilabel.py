"""Scores of models that give any number of labels to each example."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class LabelScore:
    """Scores of one label.

    Attributes:
        name: Name of the label.
        precision: Share of the examples given the label that have it.
        recall: Share of the examples that have the label that are given it.
        f1: Harmonic mean of precision and recall.
        average_precision: Mean of the precision over all thresholds, by scikit-learn;
            0 if no example has the label.
        examples: Number of examples that have the label.
    """

    name: str
    precision: float
    recall: float
    f1: float
    average_precision: float
    examples: int


@dataclasses.dataclass(frozen=True)
class MultilabelEvaluation:
    """Scores of a model that gives any number of labels, on one part of a data set.

    Attributes:
        labels: Scores of each label, in the order of the model.
        mean_average_precision: Average precision, in the mean over the labels that
            some example has.
        exact: Share of the examples whose labels are all right.
        loss: Mean cross-entropy of a label.
    """

    labels: tuple[LabelScore, ...]
    mean_average_precision: float
    exact: float
    loss: float

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        return dataclasses.asdict(self) | {
            "labels": [dataclasses.asdict(score) for score in self.labels]
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table with a row for each label."""
        header = ["label", "precision", "recall", "f1", "average precision", "examples"]
        rows = [
            [
                score.name,
                f"{score.precision:.4f}",
                f"{score.recall:.4f}",
                f"{score.f1:.4f}",
                f"{score.average_precision:.4f}",
                f"{score.examples:,}",
            ]
            for score in self.labels
        ]
        return header, rows

    def summary(self, part: str) -> str:
        """The scores in one line."""
        return (
            f"{part} mean average precision {self.mean_average_precision:.4f}, all "
            f"labels right {self.exact:.4f}, loss {self.loss:.4f}"
        )


def score_labels(
    answers: dict[str, np.ndarray], true: np.ndarray, names: Sequence[str]
) -> MultilabelEvaluation:
    """Compares probabilities and given labels `(n, k)` with zeros and ones.

    >>> answers = {"probabilities": np.array([[0.9], [0.2]])}
    >>> answers["labels"] = answers["probabilities"] >= 0.5
    >>> score_labels(answers, np.array([[1], [0]]), ["red"]).exact
    1.0
    """
    from sklearn.metrics import (
        average_precision_score,
        log_loss,
        precision_recall_fscore_support,
    )

    true, given = np.asarray(true).astype(int), np.asarray(answers["labels"])
    probabilities = np.asarray(answers["probabilities"], "float64")
    columns = [  # One label at a time: a single one would be read as two classes.
        precision_recall_fscore_support(
            marks, found, average="binary", zero_division=0.0
        )[:3]
        for marks, found in zip(true.T, given.astype(int).T, strict=True)
    ]
    present = true.any(axis=0)
    average = [
        float(average_precision_score(marks, scores)) if marks.any() else 0.0
        for marks, scores in zip(true.T, probabilities.T, strict=True)
    ]
    losses = [
        log_loss(marks, scores, labels=[0, 1])
        for marks, scores in zip(true.T, probabilities.T, strict=True)
    ]
    labels = tuple(
        LabelScore(str(name), float(p), float(r), float(f1), mean, int(count))
        for name, (p, r, f1), mean, count in zip(
            names, columns, average, true.sum(axis=0), strict=True
        )
    )
    return MultilabelEvaluation(
        labels,
        float(np.mean(np.array(average)[present])) if present.any() else 0.0,
        float((true == given).all(axis=1).mean()),
        float(np.mean(losses)),
    )
