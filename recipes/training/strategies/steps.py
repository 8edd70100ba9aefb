"""Training steps whose result does not depend on the number of replicas.

Keras computes a loss that is a mean over a replica's examples, and divides it by the
number of replicas. That is the mean over the batch if all parts have the same size;
otherwise each part must be weighted by its size. Keras's optimizers also clip
gradients, and check that they are finite, before the sum over the replicas: each
replica then clips its own part, and with float16 one replica can skip a step that the
others take. Here gradients are summed first.
"""

import threading

import keras
import tensorflow as tf

from recipes.training.checkpoints.state import inner_optimizer, optimizers_of
from recipes.training.keras_overrides import Override, Overrides
from recipes.training.strategies.sharing import Share
from zoo.errors import InputError
from zoo.models.recurrent.stateful import StatefulRNN

MEANS = {"mean", "sum_over_batch_size"}


def shared_steps(model: keras.Model) -> Overrides:
    """Lets a compiled model learn from `Share`s and plain data in a `with` block."""
    check_shared(model)
    step = model.train_step
    # Replicas are traced in threads, which wait for each other in the middle of a step.
    own = threading.local()

    def train_step(batch):
        own.weight = None
        if not isinstance(batch, Share):
            return step(batch)
        data = batch.data
        if _reductions(model) == {"sum"}:
            data = _divided(data, batch.copies)
        else:
            own.weight = batch.weight
        before = [variable.value * 1 for variable in model.metrics_variables]
        logs = step(data)
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        counts = tf.logical_or(batch.copies == 1, replica == 0)
        for variable, old in zip(model.metrics_variables, before, strict=True):
            variable.assign(tf.where(counts, variable.value, old))
        return logs

    overrides = [
        Override(model, "train_step", train_step),
        Override(model, "train_function", None),  # Keras builds it from `train_step`.
    ]
    for optimizer in optimizers_of(model):
        overrides += [_weighed_loss(optimizer, own), *_summed_first(optimizer)]
    return Overrides(overrides)


def check_shared(model: keras.Model) -> None:
    """Refuses a compiled model that several replicas would train differently.

    Raises:
        InputError: If it carries a state from batch to batch, its losses are neither
            all sums nor all means over examples, or its optimizer accumulates
            gradients.
    """
    if any(isinstance(layer, StatefulRNN) for layer in model.layers):
        raise InputError(
            "The model carries a state from batch to batch, which several replicas "
            "cannot do: train on one device, such as strategy='cpu' or 'gpu' "
            "(--strategy)."
        )
    reductions = _reductions(model)
    if not (reductions <= {"sum"} or reductions <= MEANS):
        raise InputError(
            f"The model's losses are reduced by {' and '.join(sorted(reductions))}; on "
            "several replicas all must be means over examples, 'sum_over_batch_size', "
            "or all must be sums, 'sum'."
        )
    for optimizer in optimizers_of(model):
        if getattr(inner_optimizer(optimizer), "gradient_accumulation_steps", None):
            raise InputError(
                "Keras cannot accumulate gradients on several replicas: leave out "
                "`accumulation_steps`; several replicas can hold a larger batch."
            )


def _divided(data, copies):
    """Data with weights divided by the number of replicas that have each example."""
    inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
    if weights is None:
        weights = tf.ones(tf.shape(inputs)[:1])
    return inputs, labels, weights / tf.cast(copies, weights.dtype)


def _reductions(model) -> set[str]:
    """The reductions of a model's losses; functions and names are means."""
    losses = tf.nest.flatten(getattr(model, "loss", None))
    return {str(getattr(loss, "reduction", "mean")) for loss in losses}


def _weighed_loss(optimizer, own) -> Override:
    """Multiplies the loss for the gradients, after the metrics have recorded it."""
    usual = optimizer.scale_loss

    def scale_loss(loss):
        if own.weight is not None:
            loss *= tf.cast(own.weight, loss.dtype)
        return usual(loss)

    return Override(optimizer, "scale_loss", scale_loss)


def _summed_first(optimizer) -> list[Override]:
    """Sums gradients over the replicas before they are clipped or checked."""
    usual = optimizer.apply

    def apply(gradients, trainable_variables=None):
        context = tf.distribute.get_replica_context()
        present = [gradient for gradient in gradients if gradient is not None]
        summed = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, present))
        whole = [None if g is None else next(summed) for g in gradients]
        return usual(whole, trainable_variables)

    return [
        Override(optimizer, "apply", apply),
        Override(inner_optimizer(optimizer), "_all_reduce_sum_gradients", list),
    ]
