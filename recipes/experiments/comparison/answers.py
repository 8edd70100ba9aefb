"""What models of two runs answer to the same test examples."""

from typing import Any

import numpy as np

from recipes.experiments.comparison.significance import Paired, mcnemar, signed_rank
from recipes.experiments.run_list import RunSummary
from recipes.reports.evaluation import (
    load_to_score,
    scored_part,
    trained_model,
    training_data,
)
from zoo.errors import InputError
from zoo.targets import Multiclass, Regression


class TestAnswers:
    """The answers of runs to one test part, which is read once.

    Args:
        first: A run, whose data are read as it was trained.
        data: The data, if the run got them as an object.

    Raises:
        InputError: If the data cannot be read again.
    """

    __test__ = False  # pytest takes it for a test otherwise

    def __init__(self, first: RunSummary, data: Any = None) -> None:
        trained = trained_model(first.folder)
        source = training_data(trained).get("source") if data is None else data
        if source is None:
            raise InputError(
                f"The run {first.folder} got its data as an object: give `data` to "
                "compare the answers to each example."
            )
        self._dataset = load_to_score(trained, source, "test")
        self._part = scored_part(self._dataset, "test")
        self._known: dict[str, np.ndarray] = {}

    def compared(self, first: RunSummary, second: RunSummary) -> Paired:
        """The test of two runs, example by example."""
        target, measured = self._measured(first)
        other, beside = self._measured(second)
        assert target is other
        return (mcnemar if target is Multiclass else signed_rank)(measured, beside)

    def _measured(self, run: RunSummary) -> tuple[type, np.ndarray]:
        """Which answers are right; of numbers, the absolute errors."""
        trained = trained_model(run.folder)
        target = type(trained.target)
        if target not in (Multiclass, Regression):
            raise InputError(
                f"Answers of {trained.target.name} are not compared example by "
                "example: compare several seeds of each."
            )
        key = str(run.folder)
        if key not in self._known:
            answers = trained.answers(self._part.model_inputs)
            self._known[key] = _errors(answers, trained, self._dataset, self._part)
        return target, self._known[key]


def _errors(answers: Any, trained: Any, dataset: Any, part: Any) -> np.ndarray:
    if isinstance(trained.target, Multiclass):
        order = np.array(trained.target.order(dataset))
        return answers["probabilities"].argmax(axis=1) == order[part.labels]
    errors = np.abs(answers["values"] - part.labels.reshape(answers["values"].shape))
    return errors.reshape(len(errors), -1).mean(axis=1)
