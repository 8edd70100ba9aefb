"""Losses and gradients of both networks for one batch. Needs TensorFlow.

TensorFlow is imported inside the functions, so that the model loads and generates
without it.
"""

import dataclasses
from typing import TYPE_CHECKING

import keras
from keras import ops

from custom.types import Tensor

if TYPE_CHECKING:
    from zoo.models.dcgan.model import DCGAN


@dataclasses.dataclass(frozen=True)
class Losses:
    """The discriminator's logits of real and generated images, and both losses."""

    real_logits: Tensor
    fake_logits: Tensor
    discriminator_loss: Tensor
    generator_loss: Tensor

    def metrics(self) -> dict[str, tuple[Tensor, Tensor]]:
        """The values and the weight of each metric, for a mean over the examples.

        Keras divides losses by the number of replicas, because it adds the gradients
        of all replicas up; the metric is the mean.
        """
        import tensorflow as tf

        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        count = ops.shape(self.real_logits)[0]
        return {
            "discriminator_loss": (replicas * self.discriminator_loss, count),
            "generator_loss": (replicas * self.generator_loss, count),
            "d_real": (ops.sigmoid(self.real_logits), None),
            "d_fake": (ops.sigmoid(self.fake_logits), None),
        }


def draw_latents(
    generator: keras.random.SeedGenerator, count: Tensor, latent_dim: int
) -> Tensor:
    """Latents `[count, latent_dim]` for a step, different on each replica.

    The generator's state is the same on all replicas; the index of the replica is
    folded into the seed that it returns.
    """
    import tensorflow as tf

    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    seed = tf.cast(generator.next(), tf.int32)  # XLA accepts no wider type.
    seed = tf.random.experimental.stateless_fold_in(seed, replica)
    return tf.random.stateless_normal((count, latent_dim), seed)


def compute_losses(
    model: "DCGAN", real: Tensor, fake: Tensor, training: bool
) -> Losses:
    """The losses, with real and generated images in separate batches.

    Batch normalisation therefore uses the statistics of either kind alone.
    """
    real_logits = model.discriminator(real, training=training)
    fake_logits = model.discriminator(fake, training=training)
    on_real = model.discriminator_loss(ops.ones_like(real_logits), real_logits)
    on_fake = model.discriminator_loss(ops.zeros_like(fake_logits), fake_logits)
    generator_loss = model.generator_loss(None, fake_logits)
    return Losses(
        real_logits,
        fake_logits,
        discriminator_loss=on_real + on_fake,
        generator_loss=generator_loss,
    )


def compute_gradients(
    model: "DCGAN", real: Tensor, latents: Tensor
) -> tuple[Losses, tuple[list[Tensor], list[Tensor]]]:
    """The losses, and the gradients for the generator and the discriminator.

    The generator runs once, the discriminator once on each kind of images. The
    generator's gradient goes back through the same run of the discriminator as the
    discriminator's own gradient: by the chain rule, first to the generated images, then
    to the weights. Both gradients are taken at the same parameters.

    Each loss is scaled as its optimizer requires: for float16, and, by Keras's losses,
    for the number of replicas.
    """
    import tensorflow as tf

    with tf.GradientTape() as generator_tape:
        fake = model.generator(latents, training=True)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        losses = compute_losses(model, real, fake, training=True)
        generator_loss = model.generator_optimizer.scale_loss(losses.generator_loss)
        discriminator_loss = model.discriminator_optimizer.scale_loss(
            losses.discriminator_loss
        )
    image_gradient = tape.gradient(generator_loss, fake)
    return losses, (
        generator_tape.gradient(
            fake, model.generator.trainable_variables, image_gradient
        ),
        tape.gradient(discriminator_loss, model.discriminator.trainable_variables),
    )
