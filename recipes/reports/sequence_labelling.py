"""Scores of answers at each step of a sequence."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Part
from recipes.data.steps import NO_LABEL
from recipes.reports.baselines import as_good
from recipes.reports.classification import Evaluation, score
from recipes.reports.entities import EntityScore, are_bio, score_entities
from zoo.errors import InputError

DRAWS = 1000  # of the bootstrap


@dataclasses.dataclass(frozen=True)
class StepsEvaluation:
    """Scores of answers at each step, on one part of a data set.

    Attributes:
        steps: Accuracy, loss, scores of each class and the confusion matrix, over the
            steps that have a label. Steps of a sequence depend on each other, so the
            interval of the accuracy is that of whole sequences drawn again and again.
        sequences: Share of the sequences in which every step is right.
        entities: Scores of all entities, then of each type, if the labels are BIO
            marks; else empty.
        baselines: The accuracy of simple yardsticks, by name.
    """

    steps: Evaluation
    sequences: float
    entities: tuple[EntityScore, ...] = ()
    baselines: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """Share of the steps whose most probable class is right."""
        return self.steps.accuracy

    @property
    def loss(self) -> float:
        """Mean of −ln(probability of the true class) over the steps."""
        return self.steps.loss

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        return {
            **self.steps.as_json(),
            "sequences": self.sequences,
            "entities": [dataclasses.asdict(score) for score in self.entities],
            "baselines": dict(self.baselines),
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table: each class, then each type of entity."""
        (_, *header), rows = self.steps.table()
        for entity in self.entities[1:]:
            shares = (entity.precision, entity.recall, entity.f1)
            numbers = [f"{share:.4f}" for share in shares]
            rows.append([f"entity {entity.name}", *numbers, "", f"{entity.entities:,}"])
        return ["label", *header[:-1], "number"], rows

    def summary(self, part: str) -> str:
        """The scores in one line, and a line for each yardstick."""
        low, high = self.steps.accuracy_interval
        first = (
            f"{part} accuracy {self.accuracy:.4f} of steps ({low:.4f}…{high:.4f} at "
            f"95 %), loss {self.loss:.4f}, whole sequences right {self.sequences:.4f}"
        )
        if self.entities:
            first += f", F1 of entities {self.entities[0].f1:.4f}"
        lines = [first]
        for name, accuracy in self.baselines.items():
            if accuracy < self.accuracy:
                lines.append(f"{name} has an accuracy of {accuracy:.4f}")
            else:
                ours = f"{self.accuracy:.4f}"
                lines.append(as_good(name, "accuracy", f"{accuracy:.4f}", ours))
        return "\n".join(lines)


def score_steps(
    probabilities: np.ndarray,
    part: Part,
    names: Sequence[str],
    baselines: Mapping[str, float] | None = None,
) -> StepsEvaluation:
    """Compares probabilities `(n, time, classes)` with the labels of a part.

    Args:
        probabilities: Of each class at each step; they may have more steps.
        part: Sequences with labels; steps without one do not count.
        names: A name for each class.
        baselines: The accuracy of yardsticks, by name.
    """
    labelled = part.labels != NO_LABEL
    steps = probabilities.shape[1]
    if labelled[:, steps:].any():
        row = int(np.argmax(labelled[:, steps:].any(axis=1)))
        raise InputError(
            f"The model answers {steps} steps of sequence {row}, counted from 0, which "
            f"has {int(np.flatnonzero(labelled[row])[-1]) + 1}."
        )
    labelled = labelled[:, :steps]
    if not labelled.any():
        raise InputError("No step has a label, so there is nothing to score.")
    labels = part.labels[:, :steps]
    probabilities = probabilities[:, : labels.shape[1]]
    scored = score(probabilities[labelled], labels[labelled], names)
    answers = probabilities.argmax(axis=2)
    interval = interval_of_sequences((answers == labels) & labelled, labelled)
    scored = dataclasses.replace(scored, accuracy_interval=interval)
    right = ((answers == labels) | ~labelled).all(axis=1)[labelled.any(axis=1)]
    entities: tuple[EntityScore, ...] = ()
    if are_bio(names):
        words = np.array(names)
        rows = [np.flatnonzero(row) for row in labelled]
        entities = score_entities(
            [words[labels[row, at]].tolist() for row, at in enumerate(rows)],
            [words[answers[row, at]].tolist() for row, at in enumerate(rows)],
        )
    return StepsEvaluation(scored, float(right.mean()), entities, baselines or {})


def interval_of_sequences(
    right: np.ndarray, labelled: np.ndarray
) -> tuple[float, float]:
    """Bounds of the accuracy at 95 %, by drawing whole sequences again (bootstrap).

    Args:
        right: Which steps `(n, time)` are answered rightly.
        labelled: Which steps count.
    """
    counts, totals = right.sum(axis=1), labelled.sum(axis=1)
    counts, totals = counts[totals > 0], totals[totals > 0]
    rng = np.random.default_rng(0)
    drawn = (rng.integers(len(totals), size=len(totals)) for _ in range(DRAWS))
    shares = [counts[rows].sum() / totals[rows].sum() for rows in drawn]
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)
