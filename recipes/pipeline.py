"""Batches as a function of (seed, step).

There is no shuffle buffer, and no random state is passed from batch to batch: batch
number `step` depends on the step alone. So any number of threads gives the same
batches, and a pipeline that starts at step 1,234 continues exactly like one that has
run to that step.
"""

from collections.abc import Sequence

import tensorflow as tf

from recipes.augmentation.base import Augment, Augmentation
from recipes.data import randomness
from recipes.data.dataset import Part
from recipes.sampling.base import Rebalancing
from recipes.sampling.names import choose
from recipes.sampling.order import Ordered, Sampler, Shuffled
from recipes.sampling.weights import weights_of
from zoo.errors import InputError


def steps_per_epoch(
    num_examples: int, batch_size: int, drop_remainder: bool = False
) -> int:
    """Returns the number of batches in an epoch.

    The last batch may be smaller, unless remainders are dropped.

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
    augment: Augment | None = None,
    rebalance: Rebalancing | str | None = None,
    num_classes: int | None = None,
    start_step: int = 0,
    drop_remainder: bool = False,
) -> tf.data.Dataset:
    """Makes endless shuffled batches `(inputs, labels)` for `model.fit`.

    Every epoch of `steps_per_epoch(len(part), batch_size)` batches shows each
    example once, in a new order; pass that number to `fit` as `steps_per_epoch`.
    With rebalancing, an epoch has the `epoch_size` of the rebalancing's `plan`
    instead of `len(part)`.

    Args:
        part: The examples.
        batch_size: Number of examples in a batch, at most those of an epoch.
        seed: Random seed; equal seeds give equal batches.
        augment: Function `(inputs, labels, seed) -> (inputs, labels)` that changes a
            whole batch and is traced into the graph, such as those of
            `recipes.augmentation`. `seed` is a tensor of shape [2] that is different
            in every step: draw with `tf.random.stateless_*` from this seed only.
        rebalance: How classes are rebalanced: a name in `recipes.sampling.NAMES`
            or a rebalancing from `recipes.sampling`. With class weights, batches are
            `(inputs, labels, weights)`. Default: None.
        num_classes: If given, the labels become class probabilities, float32
            `(batch, num_classes)`, before the augmentation, which may mix them.
        start_step: Number of the first batch, for resuming.
        drop_remainder: Leave out the last batch of an epoch if it is smaller, so that
            shapes are static. The next epoch has another order, so no example is left
            out for good.

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
    augment: Augment | None = None,
    num_classes: int | None = None,
    start_step: int = 0,
    drop_remainder: bool = False,
) -> tf.data.Dataset:
    """Makes endless batches like `training_batches`, in the order of a sampler."""
    _check_batch_size(batch_size)
    positions_of = _positions_function(sampler.epoch_size, batch_size, drop_remainder)
    batch = part.gather(sampler, num_classes)
    noise = randomness.stream(seed, randomness.AUGMENTATION)
    if augment is not None and not isinstance(augment, Augmentation):
        augment = tf.function(augment)

    # AutoGraph is only for the caller's function; it would replace our `InputError`
    # with an error of its own.
    @tf.autograph.experimental.do_not_convert
    def batch_at(step):
        inputs, labels, *weights = batch(*positions_of(step))
        if augment is not None:
            inputs, labels = augment(inputs, labels, randomness.fold(noise, step))
        if sampler.weights is not None:
            of_classes = weights_of(labels, sampler.weights)
            weights = [each * of_classes for each in weights] or [of_classes]
        return inputs, labels, *weights

    endless = tf.data.Dataset.range(start_step, tf.int64.max)
    return _computed(endless, batch_at)


def training_sampler(
    part: Part,
    batch_size: int,
    seed: int,
    rebalance: Rebalancing | str | None = None,
    class_names: Sequence[str] | None = None,
) -> Sampler:
    """Makes the sampler of `training_batches`; messages contain the class names."""
    _check_batch_size(batch_size)
    if len(part) < batch_size:
        raise InputError(
            f"`batch_size` {batch_size} is larger than the data: there are "
            f"{len(part)} training examples."
        )
    rebalance = choose(rebalance)
    if rebalance is None and part.in_order:
        return Ordered(len(part))
    if rebalance is None:
        return Shuffled(len(part), seed)
    sampler = rebalance.sampler(
        part, batch_size=batch_size, seed=seed, class_names=class_names
    )
    if sampler.epoch_size < batch_size:
        raise InputError(
            f"`batch_size` {batch_size} is larger than an epoch, which has "
            f"{sampler.epoch_size} examples with {rebalance!r}; give a smaller batch "
            "size, or choose 'oversample' or 'balanced'."
        )
    return sampler


def ordered_batches(
    part: Part, *, batch_size: int, num_classes: int | None = None
) -> tf.data.Dataset:
    """Makes batches for one pass over the examples in their order, for evaluation.

    Args:
        part: The examples.
        batch_size: Number of examples in a batch; the last batch may be smaller.
        num_classes: If given, the labels become class probabilities.

    >>> import numpy as np
    >>> part = Part(np.zeros((5, 1)), np.arange(5))
    >>> [labels.numpy().tolist() for _, labels in ordered_batches(part, batch_size=3)]
    [[0, 1, 2], [3, 4]]
    """
    _check_batch_size(batch_size)
    positions_of = _positions_function(len(part), batch_size)
    steps = steps_per_epoch(len(part), batch_size)
    return _in_order(part, positions_of, steps, num_classes)


def sized_batches(
    part: Part, bounds: list[int], *, num_classes: int | None = None
) -> tf.data.Dataset:
    """Makes batches of chosen sizes for one pass over the examples in their order.

    >>> import numpy as np
    >>> part = Part(np.zeros((5, 1)), np.arange(5))
    >>> [labels.numpy().tolist() for _, labels in sized_batches(part, [0, 2, 5])]
    [[0, 1], [2, 3, 4]]
    """
    edges = tf.constant(bounds, tf.int64)

    def positions_of(step):
        epoch = tf.zeros([], tf.int64)
        return epoch, tf.range(edges[step], edges[step + 1])

    return _in_order(part, positions_of, len(bounds) - 1, num_classes)


def _in_order(part, positions_of, steps, num_classes):
    batch = part.gather(Ordered(len(part)), num_classes)

    def batch_at(step):
        return batch(*positions_of(step))

    return _computed(tf.data.Dataset.range(steps), batch_at)


def _positions_function(epoch_size, batch_size, drop_remainder=False):
    """Makes the function from a step to its epoch and the positions in it."""
    steps = steps_per_epoch(epoch_size, batch_size, drop_remainder)
    static = drop_remainder or epoch_size % batch_size == 0

    def positions_of(step):
        epoch, first = step // steps, step % steps * batch_size
        if static:
            return epoch, first + tf.range(batch_size, dtype=tf.int64)
        return epoch, tf.range(first, tf.minimum(first + batch_size, epoch_size))

    return positions_of


def _check_batch_size(batch_size):
    if batch_size < 1:
        raise InputError(f"`batch_size` must be at least 1, got {batch_size}.")


def _computed(steps: tf.data.Dataset, batch_at) -> tf.data.Dataset:
    batches = steps.map(batch_at, num_parallel_calls=tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.deterministic = True
    # Graph rewriting would copy all examples into the graph, without a gain in speed.
    options.experimental_optimization.apply_default_optimizations = False
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
