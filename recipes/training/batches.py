"""The batches of a run: of training, from any step on, and of validation."""

import dataclasses
import functools
from collections.abc import Callable

import tensorflow as tf

from recipes.augmentation.base import has_soft_targets
from recipes.data.dataset import Dataset
from recipes.pipeline import (
    ordered_batches,
    sampled_batches,
    steps_per_epoch,
    training_sampler,
)
from recipes.sampling.base import Rebalancing
from recipes.sampling.report import report
from recipes.training.settings import Settings
from recipes.training.strategies.placement import ALONE, Placement
from recipes.training.strategies.sharing import shared_training, shared_validation
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Batches:
    """What `model.fit` goes through.

    Attributes:
        whole: From the number of the first batch to endless batches.
        training: The same, divided among the replicas.
        validation: One pass; divided among replicas, endless passes.
        validation_steps: Batches in a pass, where passes are endless; else `None`.
        steps_per_epoch: Training batches in an epoch.
        rebalancing: What the configuration keeps of it, or `None` without any.
    """

    whole: Callable[[int], tf.data.Dataset]
    training: Callable[[int], tf.data.Dataset]
    validation: tf.data.Dataset
    validation_steps: int | None
    steps_per_epoch: int
    rebalancing: dict | None


def batches_for(
    dataset: Dataset,
    settings: Settings,
    augment=None,
    rebalance: Rebalancing | None = None,
    placement: Placement = ALONE,
    *,
    soft_targets: bool = False,
) -> Batches:
    """The batches of a run.

    Targets are probabilities of the classes if the loss needs `soft_targets`, or the
    augmentation mixes them.

    Raises:
        InputError: If the data do not fit the settings.
    """
    size, seed = settings.batch_size, settings.seed
    if size < placement.replicas:
        raise InputError(
            f"`batch_size` {size} is for all {placement.replicas} replicas together: "
            "give one example to each at least."
        )
    soft_targets = soft_targets or has_soft_targets(augment)
    num_classes = dataset.num_classes if soft_targets else None
    names = dataset.class_names
    sampler = training_sampler(dataset.train, size, seed, rebalance, names)
    whole = functools.partial(
        sampled_batches,
        dataset.train,
        sampler,
        batch_size=size,
        seed=seed,
        augment=augment,
        num_classes=num_classes,
        drop_remainder=placement.static_shapes,
    )
    validation, validation_steps = validation_for(
        dataset.validation, placement, batch_size=size, num_classes=num_classes
    )
    return Batches(
        lambda first: whole(start_step=first),
        lambda first: shared_training(whole(start_step=first), placement.strategy),
        validation,
        validation_steps,
        steps_per_epoch(sampler.epoch_size, size, placement.static_shapes),
        rebalance and report(rebalance, sampler, dataset, size),
    )


def validation_for(part, placement, **options):
    """The batches of validation, and how many there are if they are endless."""
    if placement.strategy is None:
        return ordered_batches(part, **options), None
    return shared_validation(part, placement.strategy, **options)
