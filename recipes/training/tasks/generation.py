"""Image generation: keep the networks of the last epoch and show their samples."""

import pathlib
from typing import Any

import keras

from custom.losses import MinimaxGeneratorLoss, NonSaturatingGeneratorLoss
from recipes.data.dataset import Dataset
from recipes.progress import waiting
from recipes.reports import pictures
from recipes.sampling.base import Rebalancing
from recipes.training.callbacks import LatestModel
from recipes.training.checkpoints.storage import Checkpoints
from recipes.training.components import Components, Named
from recipes.training.not_finite import FiniteLoss
from recipes.training.settings import Settings
from recipes.training.setup import Setup
from zoo.atomic_writes import atomic_write
from zoo.errors import InputError
from zoo.exporting import export
from zoo.keras_file import load_keras_file
from zoo.kinds import Kind
from zoo.models.dcgan import SampleGrids
from zoo.models.dcgan.adversarial_step import compute_losses
from zoo.models.dcgan.pictures import grid, save_png
from zoo.models.dcgan.pixels import to_network

LABEL_SMOOTHING = 0.1  # of Salimans et al. 2016
SAMPLES = 64  # in a picture, eight by eight
PICTURES = 20  # in a training, about
GENERATOR_LOSSES: dict[type, str] = {
    MinimaxGeneratorLoss: "minimax",
    NonSaturatingGeneratorLoss: "non_saturating",
}


class Generation:
    """Training a generator and a discriminator against each other.

    The methods are those of `Classification`, which documents them.
    """

    def check_options(
        self,
        *,
        patience: int | None,
        on_nan: str,
        rebalance: Rebalancing | None,
        calibrate: bool = False,
    ) -> None:
        if calibrate:
            raise InputError(
                "`calibrate` is for classifiers, and a DCGAN draws: leave it out."
            )
        if patience is not None:
            raise InputError(
                "`patience` waits for a better validation loss, and no loss tells how "
                "good a generator is: leave it out."
            )
        if on_nan != "stop":
            raise InputError(
                f"`on_nan` {on_nan!r} is for a model with one learning rate; a DCGAN "
                "has two optimizers: leave it out."
            )
        if rebalance is not None and rebalance.name == "class_weights":
            raise InputError(
                "A DCGAN takes no weights: rebalance by 'oversample' or 'balanced'."
            )

    def check(
        self,
        model: keras.Model,
        dataset: Dataset,
        components: Components,
        augmented: bool,
    ) -> bool:
        if dataset.kind != Kind.IMAGES:
            raise InputError(f"A DCGAN draws images; {dataset.name} {dataset.holds}.")
        if dataset.input_shape != model.image_shape:
            raise InputError(
                f"The DCGAN draws images {model.image_shape}; those of {dataset.name} "
                f"are {dataset.input_shape}."
            )
        if augmented:
            model.target.check_soft(None)
        if components.metrics:
            raise InputError("`metrics` are for classifiers; a DCGAN has its own.")
        _generator_loss(components.loss)
        return False

    def compile(
        self,
        model: keras.Model,
        settings: Settings,
        steps_per_epoch: int,
        components: Components,
        soft_targets: bool,
    ) -> None:
        """Gives each network an optimizer; only the generator averages its weights."""
        generator, discriminator = (
            components.create_optimizer(settings, steps_per_epoch) for _ in range(2)
        )
        if components.has_schedule:
            config = keras.saving.serialize_keras_object(discriminator)
            config["config"]["use_ema"] = False
            discriminator = keras.saving.deserialize_keras_object(config)
        model.compile(
            generator,
            discriminator,
            generator_loss=_generator_loss(components.loss),
            label_smoothing=LABEL_SMOOTHING,
        )

    def adopt(self, model: keras.Model) -> None:
        pass  # Its own `compile` has decided everything.

    def check_augmentation(self, augment: Any) -> None:
        pass  # Images have no labels here.

    def rehearse(
        self,
        model: keras.Model,
        dataset: Dataset,
        inputs: Any,
        targets: Any,
        scratch: pathlib.Path,
    ) -> None:
        """Draws as many images as there are examples, and compares both."""
        latents = model.latents(len(inputs))
        images = model(latents)
        if tuple(images.shape) != inputs.shape:
            raise InputError(
                f"The generator draws images {tuple(images.shape[1:])}; those of "
                f"{dataset.name} are {dataset.input_shape}."
            )
        real = to_network(inputs, model.image_shape)
        compute_losses(model, real, model.generator(latents), training=False)

    def keeper(self, setup: Setup) -> LatestModel:
        return LatestModel(setup.folder.model)

    def callbacks(self, setup: Setup) -> list[keras.callbacks.Callback]:
        """Draws pictures of the same latents during training."""
        if setup.placement.strategy is not None:  # One worker cannot draw alone.
            return []
        every = max(1, setup.settings.epochs // PICTURES)
        return [SampleGrids(setup.folder.grids, every=every)]

    def divergence(
        self, setup: Setup, checkpoints: Checkpoints, finite: FiniteLoss, factor: float
    ) -> str:
        return f"{' and '.join(finite.lost)} is NaN or infinite"

    def kept(self, setup: Setup) -> keras.Model:
        """The networks of the last epoch, with the average of their last weights."""
        model = load_keras_file(setup.folder.model, compiled=True)
        model.use_averages()
        with atomic_write(setup.folder.model) as draft:
            model.save(draft)
        return model

    def report(
        self, setup: Setup, model: keras.Model, metrics: list[dict], epoch: int
    ) -> tuple[None, None]:
        """Draws the pictures and exports the generator; it has no scores."""
        folder = setup.folder
        if not setup.placement.is_chief or setup.scores_only:
            return None, None
        pictures.draw_game(metrics, folder.curves)
        save_png(grid(model.generate(SAMPLES), columns=8), folder.samples)
        with waiting("exporting, and trying the export in a process of its own"):
            export(model, folder.saved_model)
        return None, None


def _generator_loss(loss: Any) -> str:
    """The name by which `zoo.DCGAN.compile` knows a loss of the generator."""
    if loss is None:
        return "non_saturating"
    name = GENERATOR_LOSSES.get(loss.cls if isinstance(loss, Named) else type(loss))
    if name is None or getattr(loss, "arguments", None):
        raise InputError(
            "The generator of a DCGAN learns by 'non_saturating_generator_loss' or "
            "'minimax_generator_loss', without arguments: give one of them as `loss`, "
            "or leave it out."
        )
    return name
