"""Each replica's part of the global batch.

Every worker computes the same global batch, since batches are functions of (seed,
step), and cuts out the parts of its replicas. So several devices train on the same
batches as one device. If the size of a batch is not a multiple of the number of
replicas, the parts differ by one example, and each gradient is weighted by its number
of examples. If there are fewer examples than replicas, every replica takes all of them,
so that no part is empty; then only the metrics of the first replica count.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from recipes.data.dataset import Part
from recipes.pipeline import sized_batches
from zoo.errors import InputError


class Share(NamedTuple):
    """A replica's part of a batch whose parts may differ in size.

    Attributes:
        data: Inputs, labels and perhaps weights, as `model.fit` takes them.
        weight: Factor for the mean loss of the part, so that the mean over the replicas
            is the mean over the examples of the batch.
        copies: Number of replicas that have these examples.
    """

    data: Any
    weight: tf.Tensor
    copies: tf.Tensor


def shared_training(
    batches: tf.data.Dataset, strategy: tf.distribute.Strategy | None
) -> Any:
    """Distributes endless global batches.

    Elements are `Share`s, or plain data if all parts have the same size. Without a
    strategy the batches stay whole.
    """
    if strategy is None:
        return batches

    def of_worker(context):
        return _cut(batches, _numbers(context, strategy), strategy)

    return strategy.distribute_datasets_from_function(of_worker)


def shared_validation(
    part: Part,
    strategy: tf.distribute.Strategy,
    *,
    batch_size: int,
    num_classes: int | None = None,
) -> tuple[Any, int]:
    """Distributes the validation examples in batches of nearly the same size.

    Metrics are means over all examples, so the grouping of examples does not matter.

    Returns:
        Endless passes, and the number of steps in one.
    """
    total, replicas = len(part), strategy.num_replicas_in_sync
    if total < replicas:
        raise InputError(
            f"There are {total} validation examples for {replicas} replicas: train on "
            "fewer devices, or hold out more."
        )
    steps = min(-(-total // batch_size), total // replicas)
    bounds = [total * step // steps for step in range(steps + 1)]
    batches = sized_batches(part, bounds, num_classes=num_classes).repeat()

    def of_worker(context):
        return _cut(batches, _numbers(context, strategy), strategy, plain=True)

    return strategy.distribute_datasets_from_function(of_worker), steps


def _numbers(context, strategy) -> range:
    """Indices of this worker's replicas among all replicas."""
    local = strategy.num_replicas_in_sync // context.num_input_pipelines
    first = context.input_pipeline_id * local
    return range(first, first + local)


def _cut(batches, numbers, strategy, plain=False):
    """The part of each replica of this worker, batch after batch."""
    replicas = strategy.num_replicas_in_sync
    size = tf.nest.flatten(batches.element_spec)[0].shape[0]
    even = size is not None and size % replicas == 0

    def parts(*batch):
        elements = None
        for number in numbers:
            part = _part(batch, number, replicas, size if even else None)
            part = part.data if even or plain else part
            element = tf.data.Dataset.from_tensors(part)
            elements = element if elements is None else elements.concatenate(element)
        return elements

    options = tf.data.Options()
    # As in `recipes.pipeline`: no copies of the examples in the graph.
    options.experimental_optimization.apply_default_optimizations = False
    return batches.flat_map(parts).with_options(options).prefetch(tf.data.AUTOTUNE)


def _part(batch, number, replicas, size) -> Share:
    """The part of a replica; its shape is static if the batch's `size` is given."""
    if size is not None:
        first, last = number * size // replicas, (number + 1) * size // replicas
        weight, copies = tf.constant(1.0), tf.constant(1)
    else:
        size = tf.shape(tf.nest.flatten(batch)[0])[0]
        few = size < replicas
        first = tf.where(few, 0, number * size // replicas)
        last = tf.where(few, size, (number + 1) * size // replicas)
        weight = tf.where(few, 1.0, tf.cast(last - first, tf.float32) * replicas)
        weight = tf.where(few, 1.0, weight / tf.cast(size, tf.float32))
        copies = tf.where(few, replicas, 1)
    data = tf.nest.map_structure(lambda values: values[first:last], batch)
    return Share(data, weight, copies)
