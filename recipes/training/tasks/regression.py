"""Regression: one or several numbers for each example."""

from typing import Any

import keras

from recipes.progress import waiting
from recipes.reports import pictures
from recipes.reports.baselines import baseline_predictions
from recipes.reports.regression import RegressionEvaluation, score_numbers
from recipes.reports.regression_pictures import draw_predictions, draw_worst
from recipes.training.fitting_losses import check_fits_numbers
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Supervised
from zoo.atomic_writes import write_json
from zoo.loading import as_trained_model
from zoo.targets import Regression
from zoo.trained_model import TrainedModel


class RegressionTask(Supervised):
    """Training a model that answers with numbers."""

    balanced = "and the target is numbers"

    def check_components(
        self, model: keras.Model, target: Any, components: list[Any], augmented: bool
    ) -> bool:
        if augmented:
            target.check_soft(None)
        check_fits_numbers(components, len(target.names))
        return False

    def report(
        self, setup: Setup, model: keras.Model, metrics: list[dict], epoch: int
    ) -> RegressionEvaluation:
        dataset, folder = setup.dataset, setup.folder
        trained, note = self._with_interval(setup, model)
        answers = trained.answers(dataset.test.inputs)
        baselines = {}
        if setup.placement.is_chief:
            with waiting("computing the yardsticks: the mean and a linear model"):
                baselines = baseline_predictions(dataset)
        evaluation = score_numbers(
            answers, dataset.test.labels, trained.target, baselines, note
        )
        if not setup.placement.is_chief:
            return evaluation
        write_json(folder.evaluation, evaluation.as_json())
        pictures.draw_curves(metrics, epoch, folder.curves)
        draw_predictions(answers, dataset, folder.predictions)
        if dataset.kind in pictures.LOOKS:
            draw_worst(answers["values"], dataset, folder.mistakes)
        self.export(setup, model)
        return evaluation

    def _with_interval(
        self, setup: Setup, model: keras.Model
    ) -> tuple[TrainedModel, str | None]:
        """The model with an interval by its validation errors, or why not."""
        part, coverage = setup.dataset.validation, setup.settings.interval
        trained = as_trained_model(model)
        target = trained.target
        if not isinstance(target, Regression) or not hasattr(model, "set_target"):
            return trained, None
        values = trained.answers(part.inputs)["values"]
        margins = target.margins_of(values, part.labels, coverage)
        if margins is None:
            return trained, (
                f"no interval: {len(part)} validation examples are too few for one "
                f"that holds {coverage:.0%} of new examples"
            )
        self.keep_target(setup, model, target.with_margins(margins, coverage))
        return as_trained_model(model), None
