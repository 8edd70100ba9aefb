"""Classification: one of several classes for each example."""

import dataclasses
import pathlib
from typing import Any

import keras

from recipes.reports import pictures
from recipes.reports.classification import score
from recipes.reports.classification_pictures import draw_reliability, draw_roc
from recipes.training.fitting_losses import learns_from_soft_targets
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Scored, Supervised
from zoo.loading import as_classifier
from zoo.targets.temperature import best_temperature, divide_logits


class Classification(Supervised):
    """Training a model that answers with one of several classes."""

    gives_probabilities = True

    def check_components(
        self, target: Any, components: list[Any], augmented: bool
    ) -> bool:
        return learns_from_soft_targets(components, target, augmented)

    def best(self, setup: Setup) -> pathlib.Path:
        # Scaled twice, by a run that is resumed, the model would differ in a last bit.
        folder = setup.folder
        return folder.uncalibrated if setup.settings.calibrate else folder.model

    def score(self, setup: Setup, model: keras.Model) -> Scored:
        dataset, folder = setup.dataset, setup.folder
        temperature = self._calibrate(setup, model)
        classifier = as_classifier(model, class_names=dataset.given_class_names)
        probabilities = classifier.probabilities(dataset.test.inputs)
        labels = dataset.test.labels
        evaluation = score(probabilities, labels, dataset.class_names)
        evaluation = dataclasses.replace(evaluation, temperature=temperature)

        def draw() -> None:
            pictures.draw_confusion(evaluation, folder.confusion)
            draw_roc(evaluation, probabilities, labels, folder.roc)
            draw_reliability(probabilities, labels, folder.reliability)
            if dataset.kind in pictures.LOOKS:
                pictures.draw_mistakes(dataset, probabilities, folder.mistakes)

        return Scored(evaluation, draw, {"probabilities": probabilities})

    def _calibrate(self, setup: Setup, model: keras.Model) -> float | None:
        """Gives the kept model the temperature that fits the validation part."""
        if not setup.settings.calibrate:
            return None
        part = setup.dataset.validation
        probabilities = as_classifier(model).probabilities(part.inputs)
        temperature = best_temperature(probabilities, part.labels)
        divide_logits(model, temperature)
        self.save_kept(setup, model)
        return temperature
