"""One round of the game: what both networks learn from one batch. TensorFlow only.

TensorFlow is imported inside the functions, so that the model loads and generates
without it.
"""

import dataclasses
from typing import Any

import keras
from keras import ops


@dataclasses.dataclass(frozen=True)
class Round:
    """What the discriminator said of real and generated images, and its price."""

    real_logits: Any
    fake_logits: Any
    discriminator_loss: Any
    generator_loss: Any

    def measures(self):
        """Name to (values, weight), as a mean over the examples takes them.

        Keras divides losses by the number of replicas, because the gradients of all
        of them are added up; what is shown is the mean.
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


def draw_latents(generator, count, latent_dim):
    """Latents `[count, latent_dim]` of training or evaluation, others on each replica.

    The generator's state advances alike on all replicas; the replica's number is
    folded into what it gives.
    """
    import tensorflow as tf

    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    seed = tf.cast(generator.next(), tf.int32)  # XLA takes no wider one.
    seed = tf.random.experimental.stateless_fold_in(seed, replica)
    return tf.random.stateless_normal((count, latent_dim), seed)


def judge(model, real, fake, training):
    """The discriminator on real and on generated images, normalised apart."""
    real_logits = model.discriminator(real, training=training)
    fake_logits = model.discriminator(fake, training=training)
    # A scope of their own: in a graph, a loss cannot open the outermost one.
    with keras.name_scope("losses"):
        on_real = model.discriminator_loss(ops.ones_like(real_logits), real_logits)
        on_fake = model.discriminator_loss(ops.zeros_like(fake_logits), fake_logits)
        generator_loss = model.generator_loss(None, fake_logits)
    return Round(
        real_logits,
        fake_logits,
        discriminator_loss=on_real + on_fake,
        generator_loss=generator_loss,
    )


def play(model, real, latents):
    """A round, and the gradients of the generator's and the discriminator's weights.

    The generator runs once, the discriminator once on each kind of images. The
    generator's gradient goes back through the same run as the discriminator's own:
    by the chain rule, first to the generated images, then on to the weights. Both
    are gradients at the same parameters.

    Each is scaled as its optimizer wants it: for float16, and by Keras's losses for
    the number of replicas.
    """
    import tensorflow as tf

    with tf.GradientTape() as drawing:
        fake = model.generator(latents, training=True)
    with tf.GradientTape(persistent=True) as judging:
        judging.watch(fake)
        outcome = judge(model, real, fake, training=True)
        of_generator = model.generator_optimizer.scale_loss(outcome.generator_loss)
        of_discriminator = model.discriminator_optimizer.scale_loss(
            outcome.discriminator_loss
        )
    by_image = judging.gradient(of_generator, fake)
    return outcome, (
        drawing.gradient(fake, model.generator.trainable_variables, by_image),
        judging.gradient(of_discriminator, model.discriminator.trainable_variables),
    )
