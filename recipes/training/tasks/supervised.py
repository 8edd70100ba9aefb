"""What all tasks with labels share: keep the model with the best validation loss."""

import abc
import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any, ClassVar, cast

import keras
import numpy as np

from recipes.data.dataset import Dataset
from recipes.progress import waiting
from recipes.reports import pictures
from recipes.reports.evaluation import check_fit
from recipes.sampling.base import Rebalancing
from recipes.training.callbacks import BestModel
from recipes.training.checkpoints.state import inner_optimizer
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from recipes.training.components import Components
from recipes.training.fine_tuning.thawing import Thawing
from recipes.training.fitting_losses import loss_for
from recipes.training.not_finite import FiniteLoss, replayed
from recipes.training.rate_halving import multiply_learning_rate
from recipes.training.run_config import loss_name
from recipes.training.settings import Settings
from recipes.training.setup import Setup, load_untrained
from zoo.atomic_writes import atomic_write, write_json
from zoo.errors import InputError, first_line
from zoo.exporting import export
from zoo.exporting.answers import Answers, traced_outputs
from zoo.exporting.servable import Servable
from zoo.keras_file import load_keras_file
from zoo.models.family import Family
from zoo.precision import scaling_losses_of
from zoo.targets import Target, target_of


@dataclasses.dataclass(frozen=True)
class Scored:
    """How the kept model does on the test part.

    Attributes:
        evaluation: Its scores.
        draw: Draws the pictures into the run folder.
        answers: Its answers by name, as `TrainedModel.answers` gives them.
    """

    evaluation: Any
    draw: Callable[[], None]
    answers: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)


class Supervised(abc.ABC):
    """Training a model on examples with labels; a subclass checks and reports."""

    gives_probabilities: ClassVar[bool] = False  # of classes, to be calibrated
    balanced: ClassVar[str] = ""  # Why classes cannot be rebalanced, if so.

    def check_options(
        self,
        *,
        rebalance: Rebalancing | None = None,
        calibrate: bool = False,
        **options: Any,
    ) -> None:
        """Refuses options that do not apply to the task."""
        if calibrate and not self.gives_probabilities:
            raise InputError(
                "`calibrate` is for probabilities of classes, which the model does not "
                "give here: leave it out."
            )
        if rebalance is not None and self.balanced:
            raise InputError(
                f"`rebalance` {rebalance.name!r} evens out classes, {self.balanced}: "
                "leave it out."
            )

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
        target = self.checked_target(answers, dataset)
        if model.compiled:
            is_one = isinstance(model.loss, str) or callable(model.loss)
            losses, metrics = [keras.losses.get(model.loss)] if is_one else [], []
        else:
            losses = [loss_for(components.loss, target)] if components.loss else []
            metrics = components.create_metrics()
        if augmented:
            target.check_soft(loss_name(model.loss) if model.compiled else None)
        return self.check_components(target, [*losses, *metrics], augmented)

    def checked_target(self, answers: Answers, dataset: Dataset) -> Any:
        """What the model answers; refuses data that ask for something else."""
        answers.target.check_dataset(dataset)
        return answers.target

    def check_components(
        self, target: Any, components: list[Any], augmented: bool
    ) -> bool:
        """Refuses losses and metrics that do not fit the target; see `check`."""
        return False

    def compile(
        self,
        model: keras.Model,
        settings: Settings,
        steps_per_epoch: int,
        components: Components,
        soft_targets: bool,
    ) -> None:
        """Gives the model its optimizer, its loss and its metrics."""
        target: Target = target_of(model)
        if components.loss is None:
            loss = target.loss(soft_targets)
        else:
            loss = loss_for(components.loss, target)
        optimizer = components.create_optimizer(settings, steps_per_epoch)
        model.compile(
            optimizer=scaling_losses_of(model, optimizer),
            loss=loss,
            **self.metrics([*target.metrics, *components.create_metrics()]),
        )

    def metrics(self, metrics: list[Any]) -> dict[str, list[Any]]:
        """The arguments of `compile` for these metrics."""
        return {"metrics": metrics}

    def adopt(self, model: keras.Model) -> None:
        """Changes what a model was compiled with, if the task needs it."""
        return None

    def check_augmentation(self, augment: Any) -> None:
        """Refuses an augmentation after which the targets would be wrong."""
        return None

    def rehearse(
        self,
        model: keras.Model,
        dataset: Dataset,
        inputs: Any,
        targets: Any,
        scratch: pathlib.Path,
    ) -> None:
        """Tries what follows training on a few examples, with a model to throw away.

        The layers of a user's own model may not fit into an export in many ways, so
        it is written; the graphs of the families of the zoo are only traced.
        """
        answers = Answers(model, class_names=dataset.class_names or None)
        outputs = traced_outputs(answers, inputs)
        loss = model.compute_loss(x=inputs, y=targets, y_pred=outputs)
        if keras.ops.size(loss) != 1:
            raise InputError(
                f"The loss {loss_name(model.loss)!r} must give one number for a batch, "
                f"got the shape {tuple(loss.shape)}."
            )
        model.compute_metrics(inputs, targets, outputs)
        if not isinstance(model, Family):
            Servable(answers).save(scratch / "saved_model")

    def keeper(self, setup: Setup) -> BestModel:
        """The callback that keeps the best model on disk, and knows its epoch."""
        return BestModel(self.best(setup), setup.settings.patience)

    def best(self, setup: Setup) -> pathlib.Path:
        """The file of the best model, before anything is learned about its answers."""
        return setup.folder.model

    def callbacks(self, setup: Setup) -> list[keras.callbacks.Callback]:
        """Callbacks that are called before the keeper."""
        if not getattr(inner_optimizer(setup.model.optimizer), "use_ema", False):
            return []
        # The average of the weights is validated and kept.
        return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]

    def export(self, setup: Setup, model: keras.Model) -> None:
        """Exports the model for serving, and tries the export."""
        with waiting("exporting, and trying the export in a process of its own"):
            export(
                model, setup.folder.saved_model, **self.export_arguments(setup.dataset)
            )

    def export_arguments(self, dataset: Dataset) -> dict[str, Any]:
        """What an export tells of the data, and the inputs that it is tried with."""
        return {
            "class_names": dataset.given_class_names or None,
            "feature_names": dataset.feature_names or None,
            "examples": dataset.test.model_inputs[:8],
        }

    def divergence(
        self, setup: Setup, checkpoints: Checkpoints, finite: FiniteLoss, factor: float
    ) -> str:
        """Says where numbers stopped being finite, as a clause."""
        with waiting("looking for where the loss stopped being finite"):
            checkpoint = cast(Checkpoint, checkpoints.newest())
            batches = setup.batches.whole(checkpoint.last_batch)
            try:
                model = load_untrained(setup.folder, setup.settings)
                multiply_learning_rate(model, factor)
                steps = setup.batches.steps_per_epoch
                thawing = Thawing(model, setup.settings, steps)
                failed = cast(int, finite.step)
                return replayed(model, checkpoint, batches, failed, thawing)
            except Exception as error:  # A user's model raises any type of exception.
                reason = first_line(error)
                return f"the layer is not known, as repeating the step failed: {reason}"

    def kept(self, setup: Setup) -> keras.Model:
        """The model to keep, on one device even if several have trained it."""
        if setup.placement.strategy is not None:
            return load_keras_file(self.best(setup), compiled=True)
        setup.model.load_weights(self.best(setup))
        return setup.model

    def keep_target(self, setup: Setup, model: Any, target: Target) -> None:
        """Gives the kept model what was learned about its answers, in its file too."""
        model.set_target(target)
        self.save_kept(setup, model)

    def save_kept(self, setup: Setup, model: keras.Model) -> None:
        """Writes the kept model once more, after it was changed."""
        if setup.placement.is_chief:
            with atomic_write(setup.folder.model) as draft:
                model.save(draft)

    def report(
        self, setup: Setup, model: keras.Model, metrics: list[dict], epoch: int
    ) -> tuple[Any, dict[str, np.ndarray]]:
        """Writes scores, pictures and the export into the run folder.

        A run for its scores alone has the same scores, without pictures and export. A
        trial of a search leaves the test part alone, and has none of them.

        Returns:
            The scores, and the answers to the test part.
        """
        folder = setup.folder
        if setup.untested:
            if self.best(setup) != folder.model:
                self.save_kept(setup, model)
            return None, {}
        scored = self.score(setup, model)
        if setup.placement.is_chief:
            write_json(folder.evaluation, scored.evaluation.as_json())
            if not setup.scores_only:
                pictures.draw_curves(metrics, epoch, folder.curves)
                scored.draw()
                self.export(setup, model)
        return scored.evaluation, scored.answers

    @abc.abstractmethod
    def score(self, setup: Setup, model: keras.Model) -> Scored:
        """The scores of the kept model on the test part, and what draws the pictures.

        What the model learns about its answers after training is in its file then.
        """
