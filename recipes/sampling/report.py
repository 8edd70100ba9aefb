"""What a rebalancing does to the classes, in numbers."""

import numpy as np
import tensorflow as tf

from recipes.data.dataset import Dataset
from recipes.sampling.base import Rebalancing
from recipes.sampling.order import Sampler


def report(
    rebalance: Rebalancing, sampler: Sampler, dataset: Dataset, batch_size: int
) -> dict:
    """Its configuration, and of each class what there is, is asked for, and comes.

    Returns:
        As JSON keeps it: under `"classes"`, by name, the examples in the training
        part (`there`), those that an epoch is to have (`asked`), and those that the
        first epoch has (`drawn`); of class weights the `weight`.
    """
    labels = dataset.train.labels
    names = dataset.class_names
    plan = rebalance.plan(labels, batch_size=batch_size, class_names=names)
    positions = tf.range(sampler.epoch_size, dtype=tf.int64)
    examples = sampler.examples(tf.constant(0, tf.int64), positions)
    drawn = np.bincount(labels[examples.numpy()], minlength=len(names))
    rows = {
        name: {"there": int(there), "asked": int(asked), "drawn": int(come)}
        for name, there, asked, come in zip(
            names, plan.counts, plan.targets, drawn, strict=True
        )
    }
    if sampler.weights is not None:
        for name, weight in zip(names, sampler.weights.numpy(), strict=True):
            rows[name]["weight"] = float(weight)
    return {**rebalance.get_config(), "classes": rows}
