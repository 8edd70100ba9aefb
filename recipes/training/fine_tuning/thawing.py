"""Which stages of a model are trained when, as a function of the epoch.

The head is trained alone at first: its random weights would spoil the body. Then one
stage after another thaws, from the output to the input, and a stage learns the more
slowly the nearer it is to the input (Howard and Ruder 2018).

Layers are frozen only while a training step is traced. So a frozen layer computes no
gradient and normalises by its stored statistics, and everything else, such as a file of
the model, shows the layers as they are at the end. Optimizer and checkpoints are those
of any run.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from recipes.training.blocks import Block
from recipes.training.checkpoints.state import optimizers_of
from recipes.training.fine_tuning.rates import Rate, check_rates, rate_overrides
from recipes.training.keras_overrides import Override, Overrides, untested_version
from recipes.training.settings import Settings
from recipes.training.strategies.placement import Placement
from zoo.errors import InputError
from zoo.models.body import taken_apart
from zoo.models.layer_changes import set_trainable

FACTOR = 2.6  # between the rates of two stages, as in Howard and Ruder 2018
# Shares of the epochs: with the head alone, and until all stages are trained.
ALONE, ALL = 0.25, 0.5


def first_epochs(freeze: str | int, stages: int, epochs: int) -> list[int | None]:
    """The epoch from 0 in which each stage, the first one at the input, thaws.

    Args:
        freeze: `"body"`, `"none"`, or the number of stages that stay frozen.
        stages: Number of stages.
        epochs: Epochs of the run.

    Returns:
        The epochs; `None` for a stage that stays frozen.

    >>> first_epochs(0, 4, 12)
    [6, 5, 4, 3]
    >>> first_epochs(1, 2, 12), first_epochs("none", 2, 12), first_epochs("body", 2, 12)
    ([None, 3], [0, 0], [None, None])
    """
    if freeze == "none":
        return [0] * stages
    frozen = stages if freeze == "body" else int(freeze)
    alone, last = (max(1, round(share * epochs)) for share in (ALONE, ALL))
    step = (last - alone) / max(1, stages - frozen - 1)
    firsts = [round(alone + step * place) for place in range(stages - frozen)]
    return [*[None] * frozen, *reversed(firsts)]


def rate_factors(stages: int) -> list[float]:
    r"""The rate of each stage over that of the head: $2.6^{-k}$, k stages below it.

    >>> [round(factor, 3) for factor in rate_factors(2)]
    [0.148, 0.385]
    """
    return [FACTOR ** (place - stages) for place in range(stages)]


def freeze_layers(model: keras.Model, settings: Settings) -> str:
    """Freezes the layers that stay frozen, and no others; says what is trained when.

    Raises:
        InputError: If the model has fewer stages than are to be frozen.
    """
    parts, freeze = taken_apart(model), settings.freeze
    count = len(parts.stages)
    if isinstance(freeze, int) and freeze > count:
        raise InputError(
            f"`freeze` must be at most {count}, the number of stages of the model "
            f"{model.name!r}, got {freeze}."
        )
    set_trainable(parts.body.layers, freeze != "body")
    if isinstance(freeze, int):
        for layer in _layers(parts.stages[:freeze]):
            layer.trainable = False
    parts.head.trainable = True
    return plan_in_words(first_epochs(freeze or 0, count, settings.epochs))


def check_thawing(model: keras.Model, settings: Settings, placement: Placement) -> None:
    """Refuses fine-tuning of a body where its steps would not be right.

    The head alone is trained as any model is.
    """
    if settings.freeze in (None, "body"):
        return
    if placement.replicas > 1:
        raise InputError(
            "The stages of a preset are trained one after another on one device only: "
            "choose strategy='cpu' or 'gpu' (--strategy), or freeze='body' (--freeze "
            "body)."
        )
    untested = untested_version()
    if untested is not None:
        raise InputError(
            "Training the stages of a preset at different rates is "
            f"{untested}: it changes the steps of Keras's optimizers. Choose "
            "freeze='body' (--freeze body), or install the former."
        )
    check_rates(model.optimizer)


def plan_in_words(firsts: Sequence[int | None]) -> str:
    """What is trained when, by the first epoch of each stage, as a sentence."""
    frozen = firsts.count(None)
    thawed = [first + 1 for first in reversed(firsts) if first is not None]
    if not firsts:
        return "the body has no weights to train: the head alone is trained"
    stays = "stays" if frozen == 1 else "stay"
    told = f"{frozen} of {len(firsts)} stages of the body {stays} frozen"
    if not thawed:
        return f"{told}: the head alone is trained"
    told = f"{told}; " if frozen else ""
    if len(thawed) == 1:
        return (
            f"{told}1 stage of the body is trained from epoch {thawed[0]} on, "
            f"{FACTOR} times as slowly as the head"
        )
    epochs = f"epoch {thawed[0]} on"
    if thawed[0] != thawed[-1]:
        epochs = f"epochs {', '.join(map(str, thawed))} on"
    return (
        f"{told}{len(thawed)} stages of the body are trained from {epochs}, the one "
        f"next to the head first, each {FACTOR} times as slowly as the one before"
    )


class Thawing(keras.callbacks.Callback):
    """Trains the stages of a model from their first epochs on.

    In a run without fine-tuning it does nothing.
    """

    def __init__(
        self, model: keras.Model, settings: Settings, steps_per_epoch: int
    ) -> None:
        super().__init__()
        self._tuned = model
        self._epoch = 0
        self._steps_per_epoch = steps_per_epoch
        self._stages: list[tuple[tuple[keras.layers.Layer, ...], int, float]] = []
        if settings.freeze is None:
            return
        stages = taken_apart(model).stages
        firsts = first_epochs(settings.freeze, len(stages), settings.epochs)
        factors = rate_factors(len(stages))
        self._stages = [
            (stage, first, factor)
            for stage, first, factor in zip(stages, firsts, factors, strict=True)
            if first is not None
        ]

    def overrides(self) -> Overrides:
        """Lets the training steps in a `with` block be those of the current epoch."""
        if not self._stages:
            return Overrides([])
        step = self._tuned.train_step

        def train_step(data: Any) -> Any:
            with self.resting():
                return step(data)

        rates = {
            id(variable): Rate(factor, first * self._steps_per_epoch)
            for stage, first, factor in self._stages
            for layer in stage
            for variable in layer.trainable_variables
        }
        overrides = [Override(self._tuned, "train_step", train_step)]
        for optimizer in optimizers_of(self._tuned):
            overrides += rate_overrides(optimizer, rates)
        return Overrides(overrides)

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """In the block, layers that have not thawed in the current epoch are frozen."""
        layers = _layers(self._frozen(self._epoch))
        for layer in layers:
            layer.trainable = False
        try:
            yield
        finally:
            for layer in layers:
                layer.trainable = True

    def enter(self, step: int) -> None:
        """Goes to the epoch of a step, counted from 0."""
        self.on_epoch_begin(step // self._steps_per_epoch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._frozen(epoch) != self._frozen(self._epoch):
            function = self._tuned.train_function
            if isinstance(function, Block):
                function.retrace()
            else:
                self._tuned.make_train_function(force=True)
        self._epoch = epoch

    def _frozen(self, epoch: int) -> list[tuple[keras.layers.Layer, ...]]:
        return [stage for stage, first, _ in self._stages if first > epoch]


def _layers(stages: Any) -> list[keras.layers.Layer]:
    return [layer for stage in stages for layer in stage]
