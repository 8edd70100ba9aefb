"""The batches of a run: for training, from any step on, and for validation."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from recipes.augmentation.base import has_soft_targets
from recipes.data.dataset import Dataset, Part
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
    """The batches that `model.fit` trains and validates on.

    Attributes:
        whole: Function of the index of the first batch; returns endless batches.
        training: The same, divided among the replicas.
        validation: One pass; if divided among replicas, endless passes.
        validation_steps: Batches in a pass if passes are endless, else `None`.
        steps_per_epoch: Training batches in an epoch.
        rebalancing: Report on the rebalancing for `config.json`, or `None`.
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
    augment: Callable | None = None,
    rebalance: Rebalancing | None = None,
    placement: Placement = ALONE,
    *,
    soft_targets: bool = False,
) -> Batches:
    """Makes the batches of a run.

    Targets are probabilities of the classes if the loss needs `soft_targets`, or the
    augmentation mixes them.
    """
    size, seed = settings.batch_size, settings.seed
    if size < placement.replicas:
        raise InputError(
            f"`batch_size` {size} is for all {placement.replicas} replicas together: "
            "give at least one example to each."
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
    rebalancing = None
    if rebalance is not None:
        rebalancing = report(rebalance, sampler, dataset, size)
    return Batches(
        lambda first: whole(start_step=first),
        lambda first: shared_training(whole(start_step=first), placement.strategy),
        validation,
        validation_steps,
        steps_per_epoch(sampler.epoch_size, size, placement.static_shapes),
        rebalancing,
    )


def validation_for(
    part: Part, placement: Placement, **options: Any
) -> tuple[tf.data.Dataset, int | None]:
    """The validation batches, and their number in a pass if passes are endless."""
    if placement.strategy is None:
        return ordered_batches(part, **options), None
    return shared_validation(part, placement.strategy, **options)
