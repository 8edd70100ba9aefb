"""Classification: one of several classes for each example."""

from typing import Any

import keras

from recipes.reports import pictures
from recipes.reports.evaluation import Evaluation, score
from recipes.training.fitting_losses import learns_from_soft_targets
from recipes.training.run_config import loss_name
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Supervised
from zoo.atomic_writes import write_json
from zoo.loading import as_classifier


class Classification(Supervised):
    """Training a model that answers with one of several classes."""

    def check_components(
        self, model: keras.Model, target: Any, components: list[Any], augmented: bool
    ) -> bool:
        if augmented:
            target.check_soft(loss_name(model.loss) if model.compiled else None)
        return learns_from_soft_targets(components, target, augmented)

    def report(
        self, setup: Setup, model: keras.Model, metrics: list[dict], epoch: int
    ) -> Evaluation:
        dataset, folder = setup.dataset, setup.folder
        classifier = as_classifier(model, class_names=dataset.given_class_names)
        probabilities = classifier.probabilities(dataset.test.inputs)
        evaluation = score(probabilities, dataset.test.labels, dataset.class_names)
        if not setup.placement.is_chief:
            return evaluation
        write_json(folder.evaluation, evaluation.as_json())
        pictures.draw_curves(metrics, epoch, folder.curves)
        pictures.draw_confusion(evaluation, folder.confusion)
        if dataset.kind in pictures.LOOKS:
            pictures.draw_mistakes(dataset, probabilities, folder.mistakes)
        self.export(setup, model)
        return evaluation
