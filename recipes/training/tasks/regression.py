"""Regression: one or several numbers for each example."""

import keras

from recipes.progress import waiting
from recipes.reports import pictures
from recipes.reports.baselines import baseline_predictions
from recipes.reports.regression import score_numbers
from recipes.reports.regression_pictures import draw_predictions, draw_worst
from recipes.training.setup import Setup
from recipes.training.tasks.numbers import NumbersTask
from recipes.training.tasks.supervised import Scored


class RegressionTask(NumbersTask):
    """Training a model that answers with numbers."""

    balanced = "and the target is numbers"

    def score(self, setup: Setup, model: keras.Model) -> Scored:
        dataset, folder = setup.dataset, setup.folder
        trained, note = self.with_interval(setup, model)
        answers = trained.answers(dataset.test.inputs)
        baselines = {}
        if setup.placement.is_chief:
            with waiting("computing the yardsticks: the mean and a linear model"):
                baselines = baseline_predictions(dataset)
        evaluation = score_numbers(
            answers, dataset.test.labels, trained.target, baselines, note
        )

        def draw() -> None:
            draw_predictions(answers, dataset, folder.predictions)
            if dataset.kind in pictures.LOOKS:
                draw_worst(answers["values"], dataset, folder.mistakes)

        return Scored(evaluation, draw, answers)
