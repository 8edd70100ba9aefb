"""Batches as a function of (seed, step).

Nothing is shuffled through a buffer and no random state is carried from batch to
batch: batch number `step` is computed from the step alone. The same batches come
with any number of threads, and a pipeline that starts at step 1,234 goes on
exactly as one that ran there.
"""

import tensorflow as tf

from recipes import randomness
from recipes.augmentation import Augmentation
from recipes.dataset import Part
from recipes.sampling import Ordered, Shuffled
from zoo.errors import InputError


def steps_per_epoch(
    num_examples: int, batch_size: int, drop_remainder: bool = False
) -> int:
    """Batches in an epoch; the last may be smaller unless remainders are dropped.

    >>> steps_per_epoch(100, 32), steps_per_epoch(100, 32, drop_remainder=True)
    (4, 3)
    """
    whole, rest = divmod(num_examples, batch_size)
    return whole if drop_remainder or not rest else whole + 1


def training_batches(
    part: Part,
    *,
    batch_size: int,
    seed: int = 0,
    augment=None,
    num_classes: int | None = None,
    start_step: int = 0,
    drop_remainder: bool = False,
) -> tf.data.Dataset:
    """Endless shuffled batches `(inputs, labels)` for `model.fit`.

    Every epoch of `steps_per_epoch(len(part), batch_size)` batches shows each
    example once, in a new order; give that number to `fit` as
    `steps_per_epoch`.

    Args:
        part: The examples, held in memory.
        batch_size: Examples in a batch, at most `len(part)`.
        seed: Integer; equal seeds give equal batches.
        augment: Function `(inputs, labels, seed) -> (inputs, labels)` over a
            whole batch, traced into the graph; such as those of
            `recipes.augmentation`. `seed` is a tensor of shape [2] that differs
            with every step: draw with `tf.random.stateless_*` from it and from
            nothing else.
        num_classes: If given, the labels become probabilities of the classes,
            float32 `(batch, num_classes)`, before the augmentation, which may mix
            them.
        start_step: Number of the first batch, for resuming.
        drop_remainder: Leave out an epoch's last batch where it is smaller, so
            that shapes are static. The next epoch's order is another, so no
            example is left out for good.

    Returns:
        An endless `tf.data.Dataset`.

    Raises:
        InputError: If the batch is empty or larger than the data, or the
            augmentation does not fit them.

    >>> import numpy as np
    >>> part = Part(np.arange(6.0)[:, None], np.arange(6))
    >>> batches = training_batches(part, batch_size=4, seed=1)
    >>> [len(labels) for inputs, labels in batches.take(4)]
    [4, 2, 4, 2]
    >>> first_epoch = [labels for inputs, labels in batches.take(2)]
    >>> sorted(int(n) for n in np.concatenate(first_epoch))
    [0, 1, 2, 3, 4, 5]
    """
    sampler = Shuffled(len(part), seed)
    if len(part) < batch_size:
        raise InputError(
            f"`batch_size` {batch_size} is larger than the data: there are "
            f"{len(part)} training examples."
        )
    batch = _batch_function(part, sampler, batch_size, drop_remainder, num_classes)
    noise = randomness.stream(seed, randomness.AUGMENTATION)
    if augment is not None and not isinstance(augment, Augmentation):
        augment = tf.function(augment)

    # AutoGraph is for functions of the caller; it would turn an `InputError` of
    # ours into an error of its own.
    @tf.autograph.experimental.do_not_convert
    def batch_at(step):
        inputs, labels = batch(step)
        if augment is None:
            return inputs, labels
        return augment(inputs, labels, randomness.fold(noise, step))

    endless = tf.data.Dataset.range(start_step, tf.int64.max)
    return _computed(endless, batch_at)


def ordered_batches(
    part: Part, *, batch_size: int, num_classes: int | None = None
) -> tf.data.Dataset:
    """One pass over the examples in their order, for evaluation.

    Args:
        part: The examples, held in memory.
        batch_size: Examples in a batch; the last may be smaller.
        num_classes: If given, the labels become probabilities.

    >>> import numpy as np
    >>> part = Part(np.zeros((5, 1)), np.arange(5))
    >>> [labels.numpy().tolist() for _, labels in ordered_batches(part, batch_size=3)]
    [[0, 1, 2], [3, 4]]
    """
    sampler = Ordered(len(part))
    batch = _batch_function(part, sampler, batch_size, False, num_classes)
    steps = steps_per_epoch(len(part), batch_size)
    return _computed(tf.data.Dataset.range(steps), batch)


def _batch_function(part, sampler, batch_size, drop_remainder, num_classes):
    """The function from a step to its batch, before augmentation."""
    if batch_size < 1:
        raise InputError(f"`batch_size` must be at least 1, got {batch_size}.")
    size = sampler.epoch_size
    steps = steps_per_epoch(size, batch_size, drop_remainder)
    static = drop_remainder or size % batch_size == 0
    # Held once, outside the graph: the pipeline's function refers to them.
    with tf.device("CPU"):
        all_inputs = tf.convert_to_tensor(part.inputs)
        all_labels = tf.convert_to_tensor(part.labels)

    def batch(step):
        epoch, step_in_epoch = step // steps, step % steps
        first = step_in_epoch * batch_size
        if static:
            positions = first + tf.range(batch_size, dtype=tf.int64)
        else:
            positions = tf.range(first, tf.minimum(first + batch_size, size))
        examples = sampler.examples(epoch, positions)
        labels = tf.gather(all_labels, examples)
        if num_classes is not None:
            labels = tf.one_hot(labels, num_classes)
        return tf.gather(all_inputs, examples), labels

    return batch


def _computed(steps: tf.data.Dataset, batch_at) -> tf.data.Dataset:
    batches = steps.map(batch_at, num_parallel_calls=tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.deterministic = True
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
