"""Scores of classifiers: accuracy, ranking, calibration, classes, confusion matrix."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

BINS = 15  # of equal width, as in Guo et al. 2017


@dataclasses.dataclass(frozen=True)
class ClassScore:
    """Scores of one class.

    Attributes:
        name: Name of the class.
        precision: Fraction of the predictions of this class that are correct.
        recall: Fraction of the examples of this class that are predicted correctly.
        f1: Harmonic mean of precision and recall.
        examples: Number of examples of this class.
        auc: Area under the ROC curve of this class against the others: the probability
            that an example of the class gets a higher probability of it than an example
            of another class. `None` if all examples, or none, are of the class.
        average_precision: Mean of the precision over all thresholds, weighted by the
            gain in recall; `None` if no example is of the class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    examples: int
    auc: float | None = None
    average_precision: float | None = None


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Scores of a classifier on one part of a data set.

    Attributes:
        accuracy: Fraction of the examples whose most probable class is correct.
        loss: Mean of −ln(probability of the true class).
        classes: Scores of each class, in the order of the labels.
        confusion: Counts `(true class, predicted class)`.
        accuracy_interval: Bounds that hold the accuracy on any number of such examples
            in 95 % of all cases: the score interval of Wilson 1927.
        auc: Mean of the classes' `auc`; `None` if there is one class only.
        average_precision: Mean of the classes' `average_precision`.
        calibration_error: Expected calibration error: the mean distance between the
            probability of the predicted class and the accuracy, in 15 bins of equal
            width (Guo et al. 2017).
        temperature: By what the logits were divided after training so that the
            probabilities fit the validation part; `None` if they were not.
    """

    accuracy: float
    loss: float
    classes: tuple[ClassScore, ...]
    confusion: np.ndarray
    accuracy_interval: tuple[float, float]
    auc: float | None
    average_precision: float | None
    calibration_error: float
    temperature: float | None = None

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table with a row for each class."""
        rows = [
            [
                score.name,
                f"{score.precision:.4f}",
                f"{score.recall:.4f}",
                f"{score.f1:.4f}",
                "" if score.auc is None else f"{score.auc:.4f}",
                f"{score.examples:,}",
            ]
            for score in self.classes
        ]
        return ["class", "precision", "recall", "f1", "auc", "examples"], rows

    def summary(self, part: str) -> str:
        """The scores in one line."""
        low, high = self.accuracy_interval
        auc = "" if self.auc is None else f", AUC {self.auc:.4f}"
        scaled = self.temperature
        divided = "" if scaled is None else f" (temperature {scaled:.3g})"
        return (
            f"{part} accuracy {self.accuracy:.4f} ({low:.4f}…{high:.4f} at 95 %), loss "
            f"{self.loss:.4f}{auc}, calibration error {self.calibration_error:.4f}"
            f"{divided}"
        )

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        return {
            **dataclasses.asdict(self),
            "classes": [dataclasses.asdict(score) for score in self.classes],
            "confusion": self.confusion.tolist(),
            "accuracy_interval": list(self.accuracy_interval),
        }


def score(
    probabilities: np.ndarray, labels: np.ndarray, class_names: Iterable[object]
) -> Evaluation:
    """Compares probabilities `(n, num_classes)` with the true labels `(n,)`.

    >>> import numpy as np
    >>> probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    >>> result = score(probabilities, np.array([0, 0, 1]), ["cat", "dog"])
    >>> round(result.accuracy, 3), result.confusion.tolist(), result.auc
    (0.667, [[1, 1], [0, 1]], 1.0)
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    answers = probabilities.argmax(axis=1)
    names = [str(name) for name in class_names]
    classes = np.arange(len(names))
    columns = precision_recall_fscore_support(
        labels, answers, labels=classes, zero_division=0.0
    )
    rankings = _rankings(probabilities, labels)
    right = probabilities[np.arange(len(labels)), labels].astype("float64")
    smallest = np.finfo("float32").tiny
    correct = answers == labels
    return Evaluation(
        accuracy=float(correct.mean()),
        loss=float(-np.log(np.maximum(right, smallest)).mean()),
        classes=tuple(
            ClassScore(name, float(p), float(r), float(f), int(n), *ranking)
            for name, p, r, f, n, ranking in zip(names, *columns, rankings, strict=True)
        ),
        confusion=confusion_matrix(labels, answers, labels=classes),
        accuracy_interval=accuracy_interval(correct),
        auc=_mean(auc for auc, _ in rankings),
        average_precision=_mean(average for _, average in rankings),
        calibration_error=Reliability.of(probabilities, labels).error,
    )


def _rankings(
    probabilities: np.ndarray, labels: np.ndarray
) -> list[tuple[float | None, float | None]]:
    """The area under the ROC curve and the average precision of each class."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    rankings: list[tuple[float | None, float | None]] = []
    for number, column in enumerate(probabilities.T):
        is_class = labels == number
        ranked = is_class.any() and not is_class.all()
        auc = float(roc_auc_score(is_class, column)) if ranked else None
        has_any = is_class.any()
        average = float(average_precision_score(is_class, column)) if has_any else None
        rankings.append((auc, average))
    return rankings


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def accuracy_interval(correct: np.ndarray) -> tuple[float, float]:
    """Bounds of the accuracy at 95 %, for answers that are right or wrong.

    For a share, the percentiles of the bootstrap are those of a binomial distribution,
    which say [1, 1] of ten right answers. The score interval agrees with them for large
    numbers, and says [0.72, 1] of ten right answers.

    >>> low, high = accuracy_interval(np.ones(10, bool))
    >>> round(low, 2), high
    (0.72, 1.0)
    """
    from scipy.stats import binomtest

    test = binomtest(int(correct.sum()), len(correct))
    low, high = test.proportion_ci(0.95, method="wilson")
    return float(low), float(high)


@dataclasses.dataclass(frozen=True)
class Reliability:
    """How often answers are right, by the probability that the model gives them.

    Attributes:
        examples: Number of examples in each of the bins from 0 to 1.
        confidence: Mean probability of the predicted class in each bin; NaN if empty.
        accuracy: Fraction of the answers in each bin that are right; NaN if empty.
    """

    examples: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @classmethod
    def of(cls, probabilities: np.ndarray, labels: np.ndarray) -> "Reliability":
        """The reliability of probabilities `(n, num_classes)`.

        >>> probabilities = np.array([[0.9, 0.1], [0.9, 0.1]])
        >>> round(Reliability.of(probabilities, np.array([0, 1])).error, 4)
        0.4
        """
        confidence = probabilities.max(axis=1).astype("float64")
        correct = probabilities.argmax(axis=1) == labels
        # Bins are open below and closed above, as in the paper.
        bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
        examples = np.bincount(bins, minlength=BINS)
        with np.errstate(invalid="ignore"):
            return cls(
                examples,
                np.bincount(bins, confidence, BINS) / examples,
                np.bincount(bins, correct, BINS) / examples,
            )

    @property
    def error(self) -> float:
        """The expected calibration error."""
        share = self.examples / self.examples.sum()
        return float(np.nansum(share * np.abs(self.accuracy - self.confidence)))
