"""Forecasting: the next steps of one or several series."""

from typing import Any, cast

import keras

from recipes.data.dataset import Dataset
from recipes.data.windows import Windows
from recipes.progress import waiting
from recipes.reports.forecasting import (
    LINEAR,
    as_forecaster,
    score_forecasts,
    simple_forecasts,
)
from recipes.reports.forecasting_pictures import draw_errors, draw_forecasts
from recipes.reports.linear_forecast import linear_forecasts
from recipes.training.setup import Setup
from recipes.training.tasks.numbers import NumbersTask
from recipes.training.tasks.supervised import Scored
from zoo.exporting.answers import Answers
from zoo.loading import as_trained_model
from zoo.targets import Forecast
from zoo.trained_model import TrainedModel


class Forecasting(NumbersTask):
    """Training a model that predicts the next steps."""

    balanced = "and the target is the next steps of a series"

    def trained_model(self, model: keras.Model, dataset: Dataset) -> TrainedModel:
        return as_forecaster(as_trained_model(model), dataset)

    def checked_target(self, answers: Answers, dataset: Dataset) -> Any:
        return self.trained_model(answers.model, dataset).target

    def score(self, setup: Setup, model: keras.Model) -> Scored:
        dataset, folder = setup.dataset, setup.folder
        trained, note = self.with_interval(setup, model)
        train, test = cast(Windows, dataset.train), cast(Windows, dataset.test)
        target = cast(Forecast, trained.target)
        answers = trained.answers(test.model_inputs)
        simple = simple_forecasts(test)
        if setup.placement.is_chief:
            with waiting(
                "computing the yardsticks: naive forecasts and a linear model"
            ):
                simple[LINEAR] = linear_forecasts(train, test)
        evaluation = score_forecasts(answers, test.answers, target, simple, note)

        def draw() -> None:
            draw_forecasts(answers, test, dataset.value_names, folder.predictions)
            draw_errors(evaluation, folder.horizon)

        return Scored(evaluation, draw, answers)
