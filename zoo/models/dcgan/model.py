"""DCGAN as a Keras model: `compile`, `fit`, `evaluate`, `generate`."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras.optimizers import Optimizer

from custom.arguments import one_of, positive_integer
from custom.losses import (
    DiscriminatorLoss,
    MinimaxGeneratorLoss,
    NonSaturatingGeneratorLoss,
)
from custom.types import Shape, Tensor
from zoo.models.dcgan import adversarial_step, latents as latent_space, networks, pixels
from zoo.models.family import Family, recorded
from zoo.models.layer_changes import described
from zoo.precision import computes_in_float16
from zoo.targets import IN_NUMPY, Images

GENERATOR_LOSSES = {
    "minimax": MinimaxGeneratorLoss,
    "non_saturating": NonSaturatingGeneratorLoss,
}


@keras.saving.register_keras_serializable(package="zoo")
class DCGAN(Family, keras.Model):
    r"""Generator of small images, trained against a discriminator.

    $$\min_G \max_D \;
    \mathbb{E}_{x}[\ln D(x)] + \mathbb{E}_{z}[\ln(1 - D(G(z)))]$$

    $G$ turns `latent_dim` normal numbers $z$ into an image by transposed
    convolutions; $D$ computes the probability that an image is real by strided
    convolutions. Both have batch normalisation, except for the generator's last layer
    and the discriminator's first one. $G$ has ReLU and ends in tanh; $D$ has LeakyReLU
    with slope 0.2. Weights start from $N(0, 0.02^2)$.

    A training step draws one batch of latents, runs the generator once and the
    discriminator once on the real and once on the generated images, and computes the
    gradients of both losses from these runs: both networks are updated at the same
    time, from the same parameters. `docs/dcgan.md` compares this with alternating
    updates.

    `fit` and `evaluate` take uint8 images `(n, side, side, channels)`, or batches of
    them, and ignore labels. Calls and `predict` take latents `(n, latent_dim)` and
    return float32 images in 0…255; `generate` rounds to uint8.

    Training needs Keras on TensorFlow. It works under any `tf.distribute` strategy;
    each replica normalises by the statistics of its own part of the batch.

    Args:
        image_shape: `(side, side, channels)` with 28, 32 or 64 pixels and 1 or 3
            channels.
        latent_dim: Number of latent values per image.
        width: Number of channels in the discriminator's first and the generator's last
            hidden layer. It doubles where the sides halve.
        seed: Seed of the latents in training, from 0 to 2³¹ − 1; by default drawn from
            Keras's global seed.
        dtype: Precision policy of the layers; the global policy by default.
        name: Name of the model.

    Raises:
        ValueError: If an argument is out of its range.

    >>> import numpy as np
    >>> gan = DCGAN((28, 28, 1), width=4)
    >>> gan.compile(generator_loss="non_saturating", label_smoothing=0.1)
    >>> history = gan.fit(np.zeros((8, 28, 28, 1), "uint8"), verbose=0)
    >>> sorted(history.history)
    ['d_fake', 'd_real', 'discriminator_loss', 'generator_loss']
    >>> images = gan.generate(3, seed=0)
    >>> images.shape, images.dtype
    ((3, 28, 28, 1), dtype('uint8'))

    Source: notes, "Generative adversarial networks"; Radford, Metz and Chintala
    2016, "Unsupervised representation learning with deep convolutional generative
    adversarial networks", §3 and §4; one-sided label smoothing: Salimans et al.
    2016, "Improved techniques for training GANs", §3.4.
    """

    targets = (Images,)

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (28, 28, 1),
        *,
        latent_dim: int = 100,
        width: int = 64,
        seed: int | None = None,
        dtype: str | dict | keras.DTypePolicy | None = None,
        name: str = "dcgan",
    ) -> None:
        image_shape = networks.checked_image_shape(image_shape)
        latent_dim = positive_integer("latent_dim", latent_dim)
        width = positive_integer("width", width)
        seed = None if seed is None else latent_space.checked_seed(seed)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        # Without autocast, latents stay in float32 until the first layer.
        super().__init__(name=name, dtype=policy, autocast=False)
        self._configuration = recorded(DCGAN, locals(), dtype=policy)
        self.target = Images()
        self.generator = networks.generator(image_shape, latent_dim, width, policy)
        self.discriminator = networks.discriminator(image_shape, width, policy)
        # Attributes of the model, so that strategies and `save` find their state.
        self.training_seed = keras.random.SeedGenerator(seed)
        self.evaluation_seed = keras.random.SeedGenerator(0)
        self._means = {
            name: keras.metrics.Mean(name)
            for name in ("discriminator_loss", "generator_loss", "d_real", "d_fake")
        }
        self.build((None, latent_dim))
        self._as_built = described(self)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return tuple(self._configuration["image_shape"])

    @property
    def latent_dim(self) -> int:
        return self._configuration["latent_dim"]

    @property
    def inputs(self) -> list[keras.KerasTensor]:
        """The symbolic inputs of a call, as a functional model has them."""
        return self.generator.inputs

    def build(self, input_shape: Shape) -> None:
        """Does nothing: the constructor has built both networks."""

    def call(self, latents: Tensor, training: bool = False) -> Tensor:
        if latents.shape[1:] != (self.latent_dim,):
            raise ValueError(
                f"Latents must have shape (n, {self.latent_dim}), got "
                f"{tuple(latents.shape)}."
            )
        return pixels.to_pixels(self.generator(latents, training=training))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *self.image_shape)

    def save_own_variables(self, store: dict) -> None:
        # Keras does not save the state of seed generators.
        store["training_seed"] = keras.ops.convert_to_numpy(self.training_seed.state)

    def load_own_variables(self, store: dict) -> None:
        self.training_seed.state.assign(store["training_seed"])

    def latents(self, n: int, seed: int = 0) -> np.ndarray:
        """The latents `[n, latent_dim]` from which `generate(n, seed)` makes images.

        The first latents are the same for every `n`.
        """
        n, seed = positive_integer("n", n), latent_space.checked_seed(seed)
        latents = latent_space.normal_latents(n, self.latent_dim, seed)
        return keras.ops.convert_to_numpy(latents)

    def generate(
        self,
        n: int | None = None,
        seed: int = 0,
        *,
        latents: Any = None,
        batch_size: int = 128,
    ) -> np.ndarray:
        """Generates images.

        Args:
            n: Number of images.
            seed: Seed of the latents, from 0 to 2³¹ − 1. The draws differ between
                backends.
            latents: The latents `[n, latent_dim]` of the images, instead of `n`.
            batch_size: Number of images generated at once.

        Returns:
            Images, uint8 `[n, side, side, channels]`.

        Raises:
            ValueError: If an argument is out of its range.

        >>> from zoo.models.dcgan import DCGAN
        >>> gan = DCGAN((28, 28, 1), width=4)
        >>> bool((gan.generate(2) == gan.generate(latents=gan.latents(2))).all())
        True
        """
        if n is not None and latents is None:
            latents = self.latents(n, seed)
        elif n is not None or latents is None:
            raise ValueError("Give either `n`, the number of images, or `latents`.")
        latents = latent_space.checked_latents(latents, self.latent_dim)
        images = self.predict(latents, batch_size=batch_size, verbose=0)
        return self.target.answers(images, IN_NUMPY)["images"]

    def interpolate(self, start: Any, end: Any, steps: int = 8) -> np.ndarray:
        """Generates images along the path from one latent vector to another.

        Args:
            start: A latent vector, `[latent_dim]`, such as a row of
                `latents(n, seed)`.
            end: Another latent vector.
            steps: Number of images including both ends, at least 2.

        Returns:
            Images, uint8 `[steps, side, side, channels]`. The path is spherical: see
            `zoo.models.dcgan.latents.spherical_path`.

        Raises:
            ValueError: If an argument is out of its range, or the two vectors point in
                opposite directions.
        """
        if positive_integer("steps", steps) < 2:
            raise ValueError("`steps` must be at least 2, got 1.")
        path = latent_space.spherical_path(start, end, steps, self.latent_dim)
        return self.generate(latents=path)

    def compile(
        self,
        generator_optimizer: Optimizer | str | dict | None = None,
        discriminator_optimizer: Optimizer | str | dict | None = None,
        *,
        generator_loss: str = "non_saturating",
        label_smoothing: float = 0.0,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Configures the training.

        Args:
            generator_optimizer: Optimizer, or its name. Default: Adam with learning
                rate 2e-4 and β₁ = 0.5, as in the paper.
            discriminator_optimizer: Optimizer of the discriminator. It must be another
                object, because each optimizer has its own state.
            generator_loss: `"non_saturating"` or `"minimax"`.
            label_smoothing: In [0, 1]: the target of real images is 1 minus this value,
                that of generated ones stays 0. A usual value is 0.1.
            run_eagerly: As in `keras.Model.compile`.
            steps_per_execution: Number of steps in one call of the compiled function.
            jit_compile: Whether XLA compiles the step.
            auto_scale_loss: Whether both optimizers scale their losses under
                float16.

        Raises:
            ValueError: If an argument is out of its range.
        """
        one_of("generator_loss", generator_loss, GENERATOR_LOSSES)
        if generator_optimizer is discriminator_optimizer and isinstance(
            generator_optimizer, keras.optimizers.Optimizer
        ):
            raise ValueError(
                "`generator_optimizer` and `discriminator_optimizer` must be two "
                "objects, because each optimizer has its own state."
            )
        super().compile(
            optimizer=None,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        self.discriminator_loss = DiscriminatorLoss(label_smoothing=label_smoothing)
        self.generator_loss = GENERATOR_LOSSES[generator_loss]()
        scale_loss = auto_scale_loss and computes_in_float16(self)
        with self._strategy_scope():
            self.generator_optimizer = _optimizer(generator_optimizer, scale_loss)
            self.discriminator_optimizer = _optimizer(
                discriminator_optimizer, scale_loss
            )
            for optimizer, network in self._optimizers_and_networks():
                # A strategy cannot create variables inside the first step.
                optimizer.build(network.trainable_variables)
        self._compile_options = {
            "generator_loss": generator_loss,
            "label_smoothing": self.discriminator_loss.label_smoothing,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "auto_scale_loss": auto_scale_loss,
        }

    def get_compile_config(self) -> dict[str, Any] | None:
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        return {
            **self._compile_options,
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))

    def make_train_function(self, force: bool = False) -> Any:
        _require_tensorflow("training")
        return super().make_train_function(force)

    def make_test_function(self, force: bool = False) -> Any:
        _require_tensorflow("evaluation")
        return super().make_test_function(force)

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        history = super().fit(*args, **kwargs)
        self.use_averages()
        return history

    def use_averages(self) -> None:
        """Replaces the weights by their moving averages, if an optimizer keeps them.

        `fit` does this at its end. A model that was saved during training does not have
        the averages as its weights yet.
        """
        for optimizer, network in self._optimizers_and_networks():
            optimizer.finalize_variable_values(network.trainable_variables)

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        # The latents are the same each time, so that evaluations can be compared.
        self.evaluation_seed.state.assign([0, 0])
        return super().evaluate(*args, **kwargs)

    def train_step(self, data: Any) -> dict[str, Tensor]:
        real = self._real_images(data)
        latents = self._draw(self.training_seed, real)
        losses, gradients = adversarial_step.compute_gradients(self, real, latents)
        for (optimizer, network), network_gradients in zip(
            self._optimizers_and_networks(), gradients, strict=True
        ):
            optimizer.apply(network_gradients, network.trainable_variables)
        return self._update_metrics(losses)

    def test_step(self, data: Any) -> dict[str, Tensor]:
        real = self._real_images(data)
        fake = self.generator(self._draw(self.evaluation_seed, real), training=False)
        losses = adversarial_step.compute_losses(self, real, fake, training=False)
        return self._update_metrics(losses)

    def _real_images(self, data: Any) -> Tensor:
        images, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:
            raise ValueError("DCGAN accepts no sample weights and no class weights.")
        return pixels.to_network(images, self.image_shape)

    def _draw(self, seed_generator: keras.random.SeedGenerator, real: Tensor) -> Tensor:
        """Latents for as many generated images as there are real ones."""
        count = keras.ops.shape(real)[0]
        return adversarial_step.draw_latents(seed_generator, count, self.latent_dim)

    def _update_metrics(self, losses: adversarial_step.Losses) -> dict[str, Tensor]:
        for name, (values, weight) in losses.metrics().items():
            self._means[name].update_state(values, weight)
        return {name: mean.result() for name, mean in self._means.items()}

    @property
    def metrics(self) -> list[keras.Metric]:
        return list(self._means.values())

    def _optimizers_and_networks(self) -> Iterator[tuple[Optimizer, keras.Model]]:
        yield self.generator_optimizer, self.generator
        yield self.discriminator_optimizer, self.discriminator

    def _strategy_scope(self) -> contextlib.AbstractContextManager:
        if keras.backend.backend() == "tensorflow":
            return self.distribute_strategy.scope()
        return contextlib.nullcontext()


def _optimizer(identifier: Optimizer | str | dict | None, scale: bool) -> Optimizer:
    """The optimizer, with loss scaling if float16 gradients could vanish."""
    if identifier is None:
        identifier = keras.optimizers.Adam(2e-4, beta_1=0.5)
    optimizer = keras.optimizers.get(identifier)
    if scale and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _require_tensorflow(what: str) -> None:
    """Check that Keras runs on TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"DCGAN's {what} needs Keras on TensorFlow, not on "
            f"{keras.backend.backend()}: set KERAS_BACKEND=tensorflow. A model that is "
            "saved on TensorFlow loads and generates on every backend."
        )
