"""A class at each step of a sequence."""

from typing import Any

import keras

from custom.arguments import shown
from recipes.augmentation.words import WordChange
from recipes.progress import waiting
from recipes.reports import pictures
from recipes.reports.sequence_labelling import score_steps
from recipes.reports.sequence_labelling_pictures import draw_worst_sequences
from recipes.reports.step_baselines import step_baselines
from recipes.sampling.base import Rebalancing
from recipes.training.fitting_losses import learns_from_soft_targets
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Scored, Supervised
from zoo.errors import InputError
from zoo.loading import as_trained_model
from zoo.targets.step_means import MeanOverSteps, OverSteps, accuracy_over_steps


class SequenceLabelling(Supervised):
    """Training a model that answers with a class at each step."""

    def check_components(
        self, target: Any, components: list[Any], augmented: bool
    ) -> bool:
        of_steps = [
            each.loss if isinstance(each, MeanOverSteps) else each
            for each in components
        ]
        return learns_from_soft_targets(of_steps, target.of_step, augmented)

    def check_options(
        self, *, rebalance: Rebalancing | None = None, **options: Any
    ) -> None:
        if rebalance is not None and rebalance.name != "class_weights":
            raise InputError(
                f"`rebalance` {rebalance.name!r} draws examples by their class, and "
                "here each step has a class: give 'class_weights', which weights each "
                "step, or leave it out."
            )
        super().check_options(rebalance=rebalance, **options)

    def check_augmentation(self, augment: Any) -> None:
        steps = getattr(augment, "steps", (augment,))
        if any(isinstance(step, WordChange) for step in steps):
            raise InputError(
                f"The augmentation {augment!r} changes the number or the order of "
                "words, and each word has a label: leave it out, or give a function "
                "that keeps the tokens."
            )

    def metrics(self, metrics: list[Any]) -> dict[str, list[Any]]:
        return {"weighted_metrics": [_over_steps(metric) for metric in metrics]}

    def adopt(self, model: keras.Model) -> None:
        """Lets the loss and the metrics of a compiled model count real steps only."""
        loss = model.loss
        if isinstance(loss, MeanOverSteps):
            return
        if not (isinstance(loss, str) or callable(loss)):
            raise InputError(
                f"The model {model.name!r} must be compiled with one loss, got "
                f"{shown(loss)}."
            )
        config = model.get_compile_config() or {}
        metrics = [*(config.get("metrics") or ())]
        metrics += [*(config.get("weighted_metrics") or ())]
        model.compile(
            optimizer=model.optimizer,
            loss=MeanOverSteps(loss),
            run_eagerly=model.run_eagerly,
            steps_per_execution=model.steps_per_execution,
            jit_compile=model.jit_compile,
            **self.metrics(metrics),
        )

    def score(self, setup: Setup, model: keras.Model) -> Scored:
        dataset, folder = setup.dataset, setup.folder
        trained = as_trained_model(model, class_names=dataset.given_class_names)
        probabilities = trained.answers(dataset.test.inputs)["probabilities"]
        baselines = {}
        if setup.placement.is_chief:
            with waiting("computing the yardsticks"):
                baselines = step_baselines(dataset)
        evaluation = score_steps(
            probabilities, dataset.test, dataset.class_names, baselines
        )

        def draw() -> None:
            pictures.draw_confusion(evaluation.steps, folder.confusion)
            draw_worst_sequences(dataset, probabilities, folder.mistakes)

        return Scored(evaluation, draw, {"probabilities": probabilities})


def _over_steps(metric: Any) -> OverSteps:
    """A metric, its name or its configuration, over the real steps."""
    if isinstance(metric, OverSteps):
        return metric
    if metric in ("accuracy", "acc"):
        return accuracy_over_steps()
    return OverSteps(metric)
