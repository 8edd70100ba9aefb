"""What tasks that predict numbers share: an interval for each number."""

from typing import Any

import keras

from recipes.data.dataset import Dataset
from recipes.training.fitting_losses import check_fits_numbers
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Supervised
from zoo.loading import as_trained_model
from zoo.trained_model import TrainedModel


class NumbersTask(Supervised):
    """Training a model that answers with numbers; a subclass reports."""

    def check_components(
        self, target: Any, components: list[Any], augmented: bool
    ) -> bool:
        check_fits_numbers(components, len(target.names))
        return False

    def trained_model(self, model: keras.Model, dataset: Dataset) -> TrainedModel:
        """The model with the target that it has for the data."""
        return as_trained_model(model)

    def with_interval(
        self, setup: Setup, model: keras.Model
    ) -> tuple[TrainedModel, str | None]:
        """The model with an interval by its validation errors, or why not."""
        part, coverage = setup.dataset.validation, setup.settings.interval
        trained = self.trained_model(model, setup.dataset)
        target: Any = trained.target
        if not hasattr(target, "margins_of") or not hasattr(model, "set_target"):
            return trained, None
        values = trained.answers(part.model_inputs)["values"]
        margins = target.margins_of(values, part.answers, coverage)
        if margins is None:
            return trained, (
                f"no interval: {len(part)} validation examples are too few for one "
                f"that holds {coverage:.0%} of new examples"
            )
        self.keep_target(setup, model, target.with_margins(margins, coverage))
        return as_trained_model(model), None
