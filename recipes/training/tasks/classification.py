"""Telling classes apart: the best model by validation loss is kept and scored."""

import keras

from recipes.data.dataset import Dataset
from recipes.progress import waiting
from recipes.reports import pictures
from recipes.reports.evaluation import Evaluation, check_fit, score
from recipes.training.callbacks import BestModel
from recipes.training.checkpoints.storage import Checkpoints
from recipes.training.not_finite import FiniteLoss, replayed
from recipes.training.rate_halving import slow_down
from recipes.training.run_config import loss_name
from recipes.training.settings import Settings, make_optimizer
from recipes.training.setup import Setup, load_untrained
from zoo.atomic_writes import write_json
from zoo.exporting import export
from zoo.exporting.answers import Answers
from zoo.keras_file import load_keras_file
from zoo.loading import as_classifier
from zoo.targets import target_of


class Classification:
    """A model that gives each example's class."""

    def check_options(self, **options) -> None:
        """Refuses options that have no meaning for the task; here all have one.

        Args:
            **options: `patience`, `on_nan` and `rebalance` of `recipes.fit`.

        Raises:
            InputError: Naming the option.
        """

    def check(self, model: keras.Model, dataset: Dataset, soft_targets: bool) -> None:
        """Refuses data, and targets, that the model does not take.

        Args:
            model: Built; compiled or not.
            dataset: The data.
            soft_targets: Whether targets are probabilities instead of class numbers.

        Raises:
            InputError: Naming what does not fit.
        """
        answers = Answers(model)
        check_fit(answers, dataset)
        if soft_targets:
            compiled_loss = loss_name(model.loss) if model.compiled else None
            answers.target.check_soft(compiled_loss)

    def compile(
        self,
        model: keras.Model,
        settings: Settings,
        steps_per_epoch: int,
        soft_targets: bool,
    ) -> None:
        """Gives the model the optimizer of the settings and its loss."""
        target = target_of(model)
        model.compile(
            optimizer=make_optimizer(settings, steps_per_epoch),
            loss=target.loss(soft_targets),
            metrics=[*target.metrics],
        )

    def keeper(self, setup: Setup) -> BestModel:
        """What keeps the model on disk, and remembers of which epoch it is."""
        return BestModel(setup.folder.model, setup.settings.patience)

    def callbacks(self, setup: Setup) -> list[keras.callbacks.Callback]:
        """What else looks on, before the keeper does."""
        if not getattr(setup.model.optimizer, "use_ema", False):
            return []
        # It puts the average of the weights into the model, which is then kept.
        return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]

    def divergence(
        self,
        setup: Setup,
        checkpoints: Checkpoints,
        finite: FiniteLoss,
        factor: float,
    ) -> str:
        """Where numbers stopped being finite, a clause.

        Args:
            setup: The run.
            checkpoints: Its checkpoints; one at least is whole.
            finite: What has found the step.
            factor: What the learning rate was multiplied with.
        """
        with waiting("looking for where the loss stopped being finite"):
            checkpoint = checkpoints.newest()
            model = load_untrained(setup.folder, setup.settings)
            slow_down(model, factor)
            batches = setup.batches.whole(checkpoint.last_batch)
            return replayed(model, checkpoint, batches, finite.step)

    def kept(self, setup: Setup) -> keras.Model:
        """The model to keep, on one device whatever it was trained on."""
        if setup.placement.strategy is not None:
            return load_keras_file(setup.folder.model, compiled=True)
        setup.model.load_weights(setup.folder.model)
        return setup.model

    def report(
        self, setup: Setup, model: keras.Model, metrics: list[dict], epoch: int
    ) -> Evaluation | None:
        """Scores, pictures and the export, in the folder of the run.

        Args:
            setup: The run.
            model: As `kept` gave it.
            metrics: A dictionary per epoch.
            epoch: Number of the epoch that is kept, from 1.

        Returns:
            The scores on the test part, if the task has any.
        """
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
