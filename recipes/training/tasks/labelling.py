"""Any number of labels for each example."""

import functools
from typing import Any

import keras

from recipes.reports.multilabel import score_labels
from recipes.reports.multilabel_pictures import draw_labels
from recipes.training.fitting_losses import check_fits_labels
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Scored, Supervised
from zoo.loading import as_trained_model
from zoo.targets import Multilabel


class Labelling(Supervised):
    """Training a model that gives any number of labels."""

    balanced = "of which each example has one; here it has any number of labels"

    def check_components(
        self, target: Any, components: list[Any], augmented: bool
    ) -> bool:
        check_fits_labels(components, len(target.names))
        return False

    def score(self, setup: Setup, model: keras.Model) -> Scored:
        dataset, folder = setup.dataset, setup.folder
        self._choose_thresholds(setup, model)
        trained = as_trained_model(model)
        answers = trained.answers(dataset.test.inputs)
        evaluation = score_labels(answers, dataset.test.labels, dataset.label_names)
        draw = functools.partial(draw_labels, evaluation, folder.labels)
        return Scored(evaluation, draw, answers)

    def _choose_thresholds(self, setup: Setup, model: keras.Model) -> None:
        """Gives the model the thresholds that are best on the validation part."""
        trained, part = as_trained_model(model), setup.dataset.validation
        target = trained.target
        if not isinstance(target, Multilabel) or not hasattr(model, "set_target"):
            return
        probabilities = trained.answers(part.inputs)["probabilities"]
        chosen = target.with_thresholds(probabilities, part.labels)
        self.keep_target(setup, model, chosen)
