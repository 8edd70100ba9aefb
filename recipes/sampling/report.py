"""Class counts before and after rebalancing."""

import numpy as np
import tensorflow as tf

from recipes.data.dataset import Dataset
from recipes.sampling.base import Rebalancing
from recipes.sampling.order import Sampler


def report(
    rebalance: Rebalancing, sampler: Sampler, dataset: Dataset, batch_size: int
) -> dict:
    """Counts the examples of each class, and what an epoch draws from them.

    Returns:
        The configuration of the rebalancing in JSON types. Its `"classes"` hold, by
        class name, the number of examples in the training part (`there`), the number
        that an epoch should draw (`asked`), and the number that the first epoch draws
        (`drawn`); with class weights also the `weight`.
    """
    part = dataset.train
    names = dataset.class_names
    plan = rebalance.plan(part.classes(), batch_size=batch_size, class_names=names)
    positions = tf.range(sampler.epoch_size, dtype=tf.int64)
    examples = sampler.examples(tf.constant(0, tf.int64), positions)
    drawn = np.bincount(part.classes(examples.numpy()), minlength=len(names))
    rows: dict[str, dict[str, float]] = {
        name: {"there": int(count), "asked": int(target), "drawn": int(found)}
        for name, count, target, found in zip(
            names, plan.counts, plan.targets, drawn, strict=True
        )
    }
    if sampler.weights is not None:
        for name, weight in zip(names, sampler.weights.numpy(), strict=True):
            rows[name]["weight"] = float(weight)
    return {**rebalance.get_config(), "classes": rows}
