"""Batches as a function of (seed, step).

Nothing is shuffled through a buffer and no random state is carried from batch to
batch: batch number `step` is computed from the step alone. The same batches come
with any number of threads, and a pipeline that starts at step 1,234 goes on
exactly as one that ran there.
"""

import tensorflow as tf

from recipes.augmentation import Augmentation
from recipes.data import randomness
from recipes.data.dataset import Part
from recipes.data.zero_copy import as_tensor
from recipes.sampling import Ordered, Sampler, Shuffled, choose
from recipes.sampling.weights import weights_of
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
    rebalance=None,
    num_classes: int | None = None,
    start_step: int = 0,
    drop_remainder: bool = False,
) -> tf.data.Dataset:
    """Endless shuffled batches `(inputs, labels)` for `model.fit`.

    Every epoch of `steps_per_epoch(len(part), batch_size)` batches shows each
    example once, in a new order; give that number to `fit` as
    `steps_per_epoch`. Rebalanced, an epoch has the `epoch_size` of the
    rebalancing's `plan` instead of `len(part)`.

    Args:
        part: The examples, held in memory.
        batch_size: Examples in a batch, at most those of an epoch.
        seed: Integer; equal seeds give equal batches.
        augment: Function `(inputs, labels, seed) -> (inputs, labels)` over a
            whole batch, traced into the graph; such as those of
            `recipes.augmentation`. `seed` is a tensor of shape [2] that differs
            with every step: draw with `tf.random.stateless_*` from it and from
            nothing else.
        rebalance: How classes are rebalanced: a name of `recipes.sampling.NAMES`
            or a rebalancing of `recipes.sampling`. With class weights, batches are
            `(inputs, labels, weights)`. Default: not at all.
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
            augmentation or the rebalancing does not fit them.

    >>> import numpy as np
    >>> part = Part(np.arange(6.0)[:, None], np.arange(6))
    >>> batches = training_batches(part, batch_size=4, seed=1)
    >>> [len(labels) for inputs, labels in batches.take(4)]
    [4, 2, 4, 2]
    >>> first_epoch = [labels for inputs, labels in batches.take(2)]
    >>> sorted(int(n) for n in np.concatenate(first_epoch))
    [0, 1, 2, 3, 4, 5]
    """
    return sampled_batches(
        part,
        training_sampler(part, batch_size, seed, rebalance),
        batch_size=batch_size,
        seed=seed,
        augment=augment,
        num_classes=num_classes,
        start_step=start_step,
        drop_remainder=drop_remainder,
    )


def sampled_batches(
    part: Part,
    sampler: Sampler,
    *,
    batch_size: int,
    seed: int = 0,
    augment=None,
    num_classes: int | None = None,
    start_step: int = 0,
    drop_remainder: bool = False,
) -> tf.data.Dataset:
    """Endless batches in the order of a sampler, otherwise as `training_batches`."""
    _check_batch_size(batch_size)
    place = place_function(sampler.epoch_size, batch_size, drop_remainder)
    batch = _batch_function(part, sampler, place, num_classes)
    noise = randomness.stream(seed, randomness.AUGMENTATION)
    if augment is not None and not isinstance(augment, Augmentation):
        augment = tf.function(augment)

    # AutoGraph is for functions of the caller; it would turn an `InputError` of
    # ours into an error of its own.
    @tf.autograph.experimental.do_not_convert
    def batch_at(step):
        inputs, labels = batch(step)
        if augment is not None:
            inputs, labels = augment(inputs, labels, randomness.fold(noise, step))
        if sampler.weights is None:
            return inputs, labels
        return inputs, labels, weights_of(labels, sampler.weights)

    endless = tf.data.Dataset.range(start_step, tf.int64.max)
    return _computed(endless, batch_at)


def training_sampler(
    part: Part, batch_size: int, seed: int, rebalance=None, class_names=None
) -> Sampler:
    """The sampler of `training_batches`; errors call classes by their names.

    Raises:
        InputError: If the batch is empty or larger than an epoch, or the
            rebalancing does not fit the data.
    """
    _check_batch_size(batch_size)
    if len(part) < batch_size:
        raise InputError(
            f"`batch_size` {batch_size} is larger than the data: there are "
            f"{len(part)} training examples."
        )
    rebalance = choose(rebalance)
    if rebalance is None:
        return Shuffled(len(part), seed)
    sampler = rebalance.sampler(
        part, batch_size=batch_size, seed=seed, class_names=class_names
    )
    if sampler.epoch_size < batch_size:
        raise InputError(
            f"`batch_size` {batch_size} is larger than an epoch, which has "
            f"{sampler.epoch_size} examples by {rebalance!r}; give a smaller one, or "
            "choose 'oversample' or 'balanced'."
        )
    return sampler


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
    _check_batch_size(batch_size)
    place = place_function(len(part), batch_size)
    batch = _batch_function(part, Ordered(len(part)), place, num_classes)
    steps = steps_per_epoch(len(part), batch_size)
    return _computed(tf.data.Dataset.range(steps), batch)


def sized_batches(
    part: Part, bounds: list[int], *, num_classes: int | None = None
) -> tf.data.Dataset:
    """One pass over the examples in their order, in batches of chosen sizes.

    Args:
        part: The examples.
        bounds: Where each batch begins, and where the last one ends.
        num_classes: If given, the labels become probabilities.

    >>> import numpy as np
    >>> part = Part(np.zeros((5, 1)), np.arange(5))
    >>> [labels.numpy().tolist() for _, labels in sized_batches(part, [0, 2, 5])]
    [[0, 1], [2, 3, 4]]
    """
    edges = tf.constant(bounds, tf.int64)

    def place(step):
        epoch = tf.zeros([], tf.int64)
        return epoch, tf.range(edges[step], edges[step + 1])

    batch = _batch_function(part, Ordered(len(part)), place, num_classes)
    return _computed(tf.data.Dataset.range(len(bounds) - 1), batch)


def _batch_function(part, sampler, place, num_classes):
    """The function from a step to its batch, before augmentation.

    Args:
        part: The examples.
        sampler: What stands at which position.
        place: From a step to its epoch and its positions in it.
        num_classes: If given, the labels become probabilities.
    """
    # Held once, outside the graph: the pipeline's function refers to them.
    with tf.device("CPU"):
        all_inputs = as_tensor(part.inputs)
        all_labels = tf.convert_to_tensor(part.labels)

    def batch(step):
        examples, inputs = sampler.batch(all_inputs, *place(step))
        labels = tf.gather(all_labels, examples)
        if num_classes is not None:
            labels = tf.one_hot(labels, num_classes)
        return inputs, labels

    return batch


def place_function(epoch_size: int, batch_size: int, drop_remainder: bool = False):
    """The function from a step to its epoch and its positions in it."""
    steps = steps_per_epoch(epoch_size, batch_size, drop_remainder)
    static = drop_remainder or epoch_size % batch_size == 0

    def place(step):
        epoch, first = step // steps, step % steps * batch_size
        if static:
            return epoch, first + tf.range(batch_size, dtype=tf.int64)
        return epoch, tf.range(first, tf.minimum(first + batch_size, epoch_size))

    return place


def _check_batch_size(batch_size):
    if batch_size < 1:
        raise InputError(f"`batch_size` must be at least 1, got {batch_size}.")


def _computed(steps: tf.data.Dataset, batch_at) -> tf.data.Dataset:
    batches = steps.map(batch_at, num_parallel_calls=tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.deterministic = True
    # Rewriting the graph copies all the examples into it, and is no faster.
    options.experimental_optimization.apply_default_optimizations = False
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
