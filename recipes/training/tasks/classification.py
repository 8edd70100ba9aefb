"""Classification: keep and score the model with the best validation loss."""

from typing import Any, cast

import keras

from recipes.data.dataset import Dataset
from recipes.progress import waiting
from recipes.reports import pictures
from recipes.reports.evaluation import Evaluation, check_fit, score
from recipes.training.callbacks import BestModel
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from recipes.training.components import Components
from recipes.training.fitting_losses import learns_from_soft_targets, loss_for
from recipes.training.not_finite import FiniteLoss, replayed
from recipes.training.rate_halving import multiply_learning_rate
from recipes.training.run_config import loss_name
from recipes.training.settings import Settings
from recipes.training.setup import Setup, load_untrained
from zoo.atomic_writes import write_json
from zoo.exporting import export
from zoo.exporting.answers import Answers
from zoo.keras_file import load_keras_file
from zoo.loading import as_classifier
from zoo.targets import Multiclass, target_of


class Classification:
    """Training a model that answers with one of several classes."""

    def check_options(self, **options: Any) -> None:
        """Refuses options that do not apply to the task; here all apply."""

    def check(
        self,
        model: keras.Model,
        dataset: Dataset,
        components: Components,
        augmented: bool,
    ) -> bool:
        """Refuses data, losses and metrics that do not fit the model.

        Returns:
            Whether targets are probabilities of the classes instead of class numbers.
        """
        answers = Answers(model)
        check_fit(answers, dataset)
        target = cast(Multiclass, answers.target)
        if augmented:
            target.check_soft(loss_name(model.loss) if model.compiled else None)
        if model.compiled:
            is_one = isinstance(model.loss, str) or callable(model.loss)
            losses, metrics = [keras.losses.get(model.loss)] if is_one else [], []
        else:
            losses = [loss_for(components.loss, target)] if components.loss else []
            metrics = components.create_metrics()
        return learns_from_soft_targets([*losses, *metrics], target, augmented)

    def compile(
        self,
        model: keras.Model,
        settings: Settings,
        steps_per_epoch: int,
        components: Components,
        soft_targets: bool,
    ) -> None:
        """Gives the model its optimizer, its loss and its metrics."""
        target = cast(Multiclass, target_of(model))
        if components.loss is None:
            loss = target.loss(soft_targets)
        else:
            loss = loss_for(components.loss, target)
        model.compile(
            optimizer=components.create_optimizer(settings, steps_per_epoch),
            loss=loss,
            metrics=[*target.metrics, *components.create_metrics()],
        )

    def keeper(self, setup: Setup) -> BestModel:
        """The callback that keeps the best model on disk, and knows its epoch."""
        return BestModel(setup.folder.model, setup.settings.patience)

    def callbacks(self, setup: Setup) -> list[keras.callbacks.Callback]:
        """Callbacks that are called before the keeper."""
        optimizer = setup.model.optimizer
        # A `LossScaleOptimizer` hides the attributes of the optimizer inside it.
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        if not getattr(optimizer, "use_ema", False):
            return []
        # The average of the weights is validated and kept.
        return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]

    def divergence(
        self, setup: Setup, checkpoints: Checkpoints, finite: FiniteLoss, factor: float
    ) -> str:
        """Says where numbers stopped being finite, as a clause."""
        with waiting("looking for where the loss stopped being finite"):
            checkpoint = cast(Checkpoint, checkpoints.newest())
            model = load_untrained(setup.folder, setup.settings)
            multiply_learning_rate(model, factor)
            batches = setup.batches.whole(checkpoint.last_batch)
            return replayed(model, checkpoint, batches, cast(int, finite.step))

    def kept(self, setup: Setup) -> keras.Model:
        """The model to keep, on one device even if several have trained it."""
        if setup.placement.strategy is not None:
            return load_keras_file(setup.folder.model, compiled=True)
        setup.model.load_weights(setup.folder.model)
        return setup.model

    def report(
        self, setup: Setup, model: keras.Model, metrics: list[dict], epoch: int
    ) -> Evaluation | None:
        """Writes scores, pictures and the export into the run folder."""
        dataset, folder = setup.dataset, setup.folder
        classifier = as_classifier(model, class_names=dataset.class_names)
        probabilities = classifier.probabilities(dataset.test.inputs)
        evaluation = score(probabilities, dataset.test.labels, dataset.class_names)
        if not setup.placement.is_chief:
            return evaluation
        write_json(folder.evaluation, evaluation.as_json())
        pictures.draw_curves(metrics, epoch, folder.curves)
        pictures.draw_confusion(evaluation, folder.confusion)
        if dataset.kind in pictures.LOOKS:
            pictures.draw_mistakes(dataset, probabilities, folder.mistakes)
        with waiting("exporting, and trying the export in a process of its own"):
            export(
                model,
                folder.saved_model,
                class_names=dataset.class_names,
                feature_names=dataset.feature_names,
                examples=dataset.test.inputs[:8],
            )
        return evaluation
