"""DCGAN as a Keras model: `compile`, `fit`, `evaluate`, `generate`."""

import contextlib

import keras
import numpy as np

from custom.arguments import one_of, positive_integer
from custom.losses import (
    DiscriminatorLoss,
    MinimaxGeneratorLoss,
    NonSaturatingGeneratorLoss,
)
from zoo.models.dcgan import game, networks, pixels
from zoo.models.dcgan import latents as latent_space
from zoo.models.family import Family
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
    convolutions, $D$ gives the probability that an image is a real one by strided
    convolutions. Both have batch normalisation, but for the generator's last layer
    and the discriminator's first; ReLU and a last tanh in $G$, LeakyReLU 0.2 in $D$;
    weights start from $N(0, 0.02^2)$.

    A step of training draws one batch of latents, runs the generator once and the
    discriminator once on the real and once on the generated images, and takes the
    gradients of both losses from that: both networks move at the same time, from the
    same parameters. `docs/dcgan.md` compares this with moving them in turn.

    `fit` and `evaluate` take uint8 images `(n, side, side, channels)`, or batches of
    them; labels beside them are not looked at. Calls and `predict` take latents
    `(n, latent_dim)` and give float32 images in 0…255; `generate` rounds to uint8.

    Training needs Keras on TensorFlow. It works under any `tf.distribute` strategy,
    where each replica normalises by its own part of the batch.

    Args:
        image_shape: `(side, side, channels)` with 28, 32 or 64 pixels and 1 or 3
            channels.
        latent_dim: Numbers that an image is made of.
        width: Channels of the discriminator's first and the generator's last hidden
            layer; they double where the sides halve.
        seed: Of the latents in training, from 0 to 2³¹ − 1; by default drawn from
            Keras's global seed.
        dtype: Precision policy of the layers; the global one by default.
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
        image_shape=(28, 28, 1),
        *,
        latent_dim=100,
        width=64,
        seed=None,
        dtype=None,
        name="dcgan",
    ):
        image_shape = networks.checked_image_shape(image_shape)
        latent_dim = positive_integer("latent_dim", latent_dim)
        width = positive_integer("width", width)
        seed = None if seed is None else latent_space.checked_seed(seed)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        # Latents stay in float32 until the first layer, however they come in.
        super().__init__(name=name, dtype=policy, autocast=False)
        self._configuration = {
            "image_shape": list(image_shape),
            "latent_dim": latent_dim,
            "width": width,
            "seed": seed,
            "dtype": keras.dtype_policies.serialize(policy),
        }
        self.target = Images()
        self.generator = networks.generator(image_shape, latent_dim, width, policy)
        self.discriminator = networks.discriminator(image_shape, width, policy)
        # Attributes of the model, so that strategies and saving find their state.
        self.training_seed = keras.random.SeedGenerator(seed)
        self.evaluation_seed = keras.random.SeedGenerator(0)
        self._trackers = {
            name: keras.metrics.Mean(name)
            for name in ("discriminator_loss", "generator_loss", "d_real", "d_fake")
        }
        self.build((None, latent_dim))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return tuple(self._configuration["image_shape"])

    @property
    def latent_dim(self) -> int:
        return self._configuration["latent_dim"]

    @property
    def inputs(self):
        """What a call takes, as a functional model says it."""
        return self.generator.inputs

    def build(self, input_shape):
        """Nothing to do: both networks are built with the model."""

    def call(self, latents, training=False):
        if latents.shape[1:] != (self.latent_dim,):
            raise ValueError(
                f"Latents must have shape (n, {self.latent_dim}), got "
                f"{tuple(latents.shape)}."
            )
        return pixels.to_pixels(self.generator(latents, training=training))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.image_shape)

    def save_own_variables(self, store):
        # Keras saves no state of random generators, those of its own layers included.
        store["training_seed"] = keras.ops.convert_to_numpy(self.training_seed.state)

    def load_own_variables(self, store):
        self.training_seed.state.assign(store["training_seed"])

    def latents(self, n: int, seed: int = 0) -> np.ndarray:
        """The latents that `generate(n, seed)` makes images of, `[n, latent_dim]`.

        The first ones are the same for every `n`.
        """
        n, seed = positive_integer("n", n), latent_space.checked_seed(seed)
        drawn = latent_space.drawn(n, self.latent_dim, seed)
        return keras.ops.convert_to_numpy(drawn)

    def generate(self, n=None, seed: int = 0, *, latents=None, batch_size=128):
        """New images.

        Args:
            n: How many.
            seed: Decides which, from 0 to 2³¹ − 1. Other backends draw others.
            latents: Instead of `n`: what to make images of, `[n, latent_dim]`.
            batch_size: How many are made at a time.

        Returns:
            Images, uint8 `[n, side, side, channels]`.

        Raises:
            ValueError: If an argument is out of its range.

        >>> from zoo.models.dcgan import DCGAN
        >>> gan = DCGAN((28, 28, 1), width=4)
        >>> bool((gan.generate(2) == gan.generate(latents=gan.latents(2))).all())
        True
        """
        if (n is None) == (latents is None):
            raise ValueError("Give either `n`, the number of images, or `latents`.")
        if latents is None:
            latents = self.latents(n, seed)
        latents = latent_space.checked(latents, self.latent_dim)
        images = self.predict(latents, batch_size=batch_size, verbose=0)
        return self.target.answers(images, IN_NUMPY)["images"]

    def interpolate(self, start, end, steps: int = 8) -> np.ndarray:
        """Images on the way from one point of the latent space to another.

        Args:
            start: Latent vector, `[latent_dim]`, such as a row of `latents(n, seed)`.
            end: Another one.
            steps: Number of images, both ends among them; at least 2.

        Returns:
            Images, uint8 `[steps, side, side, channels]`. The path is spherical: see
            `zoo.models.dcgan.latents.spherical_path`.

        Raises:
            ValueError: If an argument is out of its range, or the two vectors point
                opposite ways.
        """
        if positive_integer("steps", steps) < 2:
            raise ValueError("`steps` must be at least 2, got 1.")
        path = latent_space.spherical_path(start, end, steps, self.latent_dim)
        return self.generate(latents=path)

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        *,
        generator_loss="non_saturating",
        label_smoothing=0.0,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Configures the training.

        Args:
            generator_optimizer: Optimizer, or its name. Default: Adam with learning
                rate 2e-4 and β₁ = 0.5, as in the paper.
            discriminator_optimizer: The same for the discriminator; not the same
                object, since each has a state of its own.
            generator_loss: `"non_saturating"` or `"minimax"`.
            label_smoothing: In [0, 1]: real images get the target 1 − this, generated
                ones keep 0. 0.1 is usual.
            run_eagerly: As for every Keras model, like the rest.
            steps_per_execution: Steps in one call of the compiled function.
            jit_compile: Whether XLA compiles the step.
            auto_scale_loss: Whether both optimizers scale their losses under
                `mixed_float16`.

        Raises:
            ValueError: If an argument is out of its range.
        """
        one_of("generator_loss", generator_loss, GENERATOR_LOSSES)
        super().compile(
            optimizer=None,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        self.discriminator_loss = DiscriminatorLoss(label_smoothing=label_smoothing)
        self.generator_loss = GENERATOR_LOSSES[generator_loss]()
        with self._strategy_scope():
            self.generator_optimizer = _optimizer(generator_optimizer)
            self.discriminator_optimizer = _optimizer(discriminator_optimizer)
            if self.generator_optimizer is self.discriminator_optimizer:
                raise ValueError(
                    "`generator_optimizer` and `discriminator_optimizer` must be two "
                    "objects: each keeps a state of its own."
                )
            if auto_scale_loss and self.dtype_policy.name == "mixed_float16":
                self.generator_optimizer = _scaling(self.generator_optimizer)
                self.discriminator_optimizer = _scaling(self.discriminator_optimizer)
            for optimizer, network in self._players():
                # Not in the first step: there a strategy cannot make variables.
                optimizer.build(network.trainable_variables)
        self._compile_options = {
            "generator_loss": generator_loss,
            "label_smoothing": self.discriminator_loss.label_smoothing,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "auto_scale_loss": auto_scale_loss,
        }

    def get_compile_config(self):
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        return {
            **self._compile_options,
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    def make_train_function(self, force=False):
        require_tensorflow("training")
        return super().make_train_function(force)

    def make_test_function(self, force=False):
        require_tensorflow("evaluation")
        return super().make_test_function(force)

    def fit(self, *args, **kwargs):
        history = super().fit(*args, **kwargs)
        self.use_averages()
        return history

    def use_averages(self):
        """Puts averages in the weights' place where an optimizer keeps some.

        `fit` ends with it; a model that was saved during training has not had it.
        """
        for optimizer, network in self._players():
            optimizer.finalize_variable_values(network.trainable_variables)

    def evaluate(self, *args, **kwargs):
        # The same latents each time, so that two evaluations can be compared.
        self.evaluation_seed.state.assign([0, 0])
        return super().evaluate(*args, **kwargs)

    def train_step(self, data):
        real = self._real_images(data)
        latents = self._draw(self.training_seed, real)
        outcome, gradients = game.play(self, real, latents)
        for (optimizer, network), of_network in zip(
            self._players(), gradients, strict=True
        ):
            optimizer.apply(of_network, network.trainable_variables)
        return self._track(outcome)

    def test_step(self, data):
        real = self._real_images(data)
        fake = self.generator(self._draw(self.evaluation_seed, real), training=False)
        return self._track(game.judge(self, real, fake, training=False))

    def _real_images(self, data):
        images, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:
            raise ValueError("DCGAN takes no sample weights and no class weights.")
        return pixels.to_network(images, self.image_shape)

    def _draw(self, seed_generator, real):
        """Latents for as many generated images as there are real ones."""
        count = keras.ops.shape(real)[0]
        return game.draw_latents(seed_generator, count, self.latent_dim)

    def _track(self, outcome):
        for name, measured in outcome.measures().items():
            self._trackers[name].update_state(*measured)
        return {name: tracker.result() for name, tracker in self._trackers.items()}

    @property
    def metrics(self):
        return list(self._trackers.values())

    def _players(self):
        return (
            (self.generator_optimizer, self.generator),
            (self.discriminator_optimizer, self.discriminator),
        )

    def _strategy_scope(self):
        if keras.backend.backend() == "tensorflow":
            return self.distribute_strategy.scope()
        return contextlib.nullcontext()


def _optimizer(given):
    if given is None:
        return keras.optimizers.Adam(2e-4, beta_1=0.5)
    return keras.optimizers.get(given)


def _scaling(optimizer):
    """The optimizer, with losses scaled so that float16 gradients do not vanish."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


def require_tensorflow(what):
    """Raises a `ValueError` under another backend."""
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"DCGAN's {what} needs Keras on TensorFlow, not on "
            f"{keras.backend.backend()}: set KERAS_BACKEND=tensorflow. A model saved "
            "there loads and generates here."
        )
