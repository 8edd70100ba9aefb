"""Permutation importance: how much a model's score needs each column of a table."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.progress import waiting
from recipes.reports.evaluation import check_fit, scored_part
from recipes.reports.explanations.rows import (
    ColumnsExplanation,
    column_groups,
    with_names,
)
from recipes.reports.page import Block, Effect, Table
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.trained_model import TrainedModel

REPEATS = 10
ROWS = 5000  # that are scored, evenly spread over the part
BATCH = 4096


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class ImportanceExplanation(ColumnsExplanation):
    """How far the score of a model falls when one column is shuffled.

    Attributes:
        attributions: The fall of the score, in the mean of all repeats; below 0 if the
            score rises.
        spread: Standard deviation of the fall over the repeats.
        measure: The score: `"accuracy"` or `"R²"`.
        rows: Number of rows that were scored.
    """

    spread: np.ndarray
    measure: str
    rows: int

    def tables(self) -> list[Block]:
        largest = float(np.abs(self.attributions).max(initial=0.0))
        rows = [
            (
                self.columns[n],
                Effect(float(self.attributions[n]), largest, float(self.spread[n])),
            )
            for n in np.argsort(-self.attributions, kind="stable")
        ]
        return [Table(("column", f"fall in {self.measure} when shuffled"), rows)]

    def sentences(self) -> list[str]:
        return [
            f"Each column was shuffled {REPEATS} times among {self.rows:,} rows. A "
            "column that repeats another one may show little loss."
        ]

    def draw(self, axes: Any) -> None:
        label = f"fall in {self.measure} when shuffled, ± 1 standard deviation"
        self.draw_bars(axes, self.columns, label, self.spread)


def permutation_importance(
    trained: TrainedModel, dataset: Dataset, part: str | None = None, seed: int = 0
) -> ImportanceExplanation:
    r"""How much the score of a model needs each column.

    $$i_j = s - \frac{1}{R} \sum_{r=1}^R s_{rj}$$

    $s$ is the score on the data, $s_{rj}$ that with column $j$ shuffled among the rows
    for the $r$-th time. Words, dates and marks of missing numbers are shuffled with
    their column. scikit-learn's function of this name computes it. The score is the
    accuracy of classes and labels, and $R^2$ of numbers.

    Args:
        trained: The model, a SavedModel too.
        dataset: A table.
        part: The part to score. Default: as for `recipes.evaluate`.
        seed: Decides the permutations.

    Source: Breiman 2001, "Random forests", section 10; scikit-learn,
    `sklearn.inspection.permutation_importance`.
    """
    from sklearn.inspection import permutation_importance as shuffled

    if trained.kind is not Kind.TABLE or trained.target.name not in MEASURES:
        raise InputError(
            f"Permutation importance explains columns of tables; the model takes "
            f"{trained.kind.noun}: give examples to explain."
        )
    check_fit(trained, dataset)
    if dataset.task != "classification" or trained.target.name != "multiclass":
        trained.target.check_dataset(dataset)
    trained = with_names(trained, dataset)
    scored = scored_part(dataset, part)
    scored = scored.take(slice(None, None, -(-len(scored) // ROWS) or 1))
    rows, right = np.asarray(scored.model_inputs), _right(trained, dataset, scored)
    groups = column_groups(trained, rows.shape[1])
    measure, score = MEASURES[trained.target.name]

    def scoring(_: Any, sources: np.ndarray, true: np.ndarray) -> float:
        """The score if each column has its values from the rows of these numbers."""
        mixed = rows.copy()
        for numbers, members in zip(sources.T, groups.values(), strict=True):
            mixed[:, members] = rows[numbers[:, np.newaxis], members]
        return score(trained.answers(mixed, BATCH), true)

    sources = np.arange(len(rows))[:, np.newaxis].repeat(len(groups), axis=1)
    with waiting("shuffling columns"):
        found = shuffled(
            _Fitted(), sources, right,
            scoring=scoring, n_repeats=REPEATS, random_state=seed,
        )  # fmt: skip
    own = float(scoring(None, sources, right))
    return ImportanceExplanation(
        input=dataset.name,
        method="permutation",
        output=measure,
        answer=f"{measure} {own:.4g}",
        score=own,
        attributions=found.importances_mean,
        columns=tuple(groups),
        spread=found.importances_std,
        measure=measure,
        rows=len(rows),
    )


class _Fitted:
    """A stand-in for the estimator that scikit-learn requires."""

    def fit(self, *_: Any) -> None:
        raise NotImplementedError


def _right(trained: TrainedModel, dataset: Dataset, part: Part) -> np.ndarray:
    """The right answers, with the model's numbers of the classes."""
    target: Any = trained.target
    if target.name == "multiclass":
        return np.array(target.order(dataset))[part.labels]
    return part.labels


def _accuracy(answers: dict[str, np.ndarray], true: np.ndarray) -> float:
    return float((answers["label"] == true).mean())


def _accuracy_of_labels(answers: dict[str, np.ndarray], true: np.ndarray) -> float:
    return float((answers["labels"] == (true > 0)).mean())


def _r2(answers: dict[str, np.ndarray], true: np.ndarray) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(true, answers["values"]))


# Name of the score and its function, by the name of the target.
MEASURES: dict[str, tuple[str, Callable[..., float]]] = {
    "multiclass": ("accuracy", _accuracy),
    "multilabel": ("accuracy", _accuracy_of_labels),
    "regression": ("R²", _r2),
}
