"""Going back from a loss that is not finite, to learn on at half the rate."""

import dataclasses

import keras

from recipes.training.checkpoints.state import inner_optimizer
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from recipes.training.settings import Settings
from zoo.errors import InputError

LIMIT = 10  # times that a run goes back: a thousandth of the rate will not help either
RATES = ("initial_learning_rate", "warmup_target", "end_learning_rate", "values")


class Slowdown:
    """How often a run went back, and why: what a checkpoint remembers of it.

    Attributes:
        reasons: A sentence for each time.
    """

    def __init__(self):
        self.reasons = []
        self._failed = self._last = 0  # at which step; and to which it went back

    @property
    def factor(self) -> float:
        """What the learning rate of the configuration is multiplied with."""
        return 0.5 ** len(self.reasons)

    def helps(self, settings: Settings) -> bool:
        """Whether to go back once more."""
        return settings.on_nan == "restore" and len(self.reasons) < LIMIT

    def get_state(self) -> dict:
        return {"reasons": self.reasons, "failed": self._failed, "last": self._last}

    def set_state(self, state: dict) -> None:
        self.reasons = state["reasons"]
        self._failed, self._last = state["failed"], state["last"]

    def go_back(self, checkpoints: Checkpoints, step: int, reason: str) -> Checkpoint:
        """The checkpoint to go on from, which knows of this time from now on.

        That is the newest; but if the run got no further than last time, one before
        the last one, as long as there is one: from there its weights grow without
        bounds at any rate.

        Args:
            checkpoints: Those of the run; one at least is whole.
            step: Number of the step that failed.
            reason: What happened.
        """
        if step <= self._failed:
            for old in checkpoints.steps()[:0:-1]:
                if old >= self._last:
                    checkpoints.discard(old)
        checkpoint = checkpoints.newest()
        self.reasons = [
            *self.reasons,
            f"{reason}; went back to step {checkpoint.step:,}, with half the learning "
            "rate",
        ]
        self._failed, self._last = step, checkpoint.step
        states = {**checkpoint.facts["callbacks"], "slowdown": self.get_state()}
        known = {**checkpoint.facts, "callbacks": states}
        checkpoint = dataclasses.replace(checkpoint, facts=known)
        checkpoints.write(checkpoint)
        return checkpoint


def hold_as_schedule(optimizer: keras.optimizers.Optimizer) -> None:
    """Makes a learning rate that is a number a schedule, which can be slowed down.

    The number would be a variable, which every checkpoint brings back.

    Raises:
        InputError: If it is a schedule that is none of Keras's.
    """
    optimizer = inner_optimizer(optimizer)
    rate = optimizer.get_config()["learning_rate"]
    if isinstance(rate, float):
        constant = keras.optimizers.schedules.PiecewiseConstantDecay([1], [rate, rate])
        optimizer.learning_rate = constant
    elif not set(RATES) & set(rate["config"]):
        raise InputError(
            f"`on_nan` 'restore' cannot halve a learning rate that is a "
            f"{rate['class_name']}: give the optimizer a number or a schedule of "
            "`keras.optimizers.schedules`."
        )


def slow_down(model: keras.Model, factor: float) -> None:
    """Multiplies the learning rate of a compiled model, a schedule, with a factor.

    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("adam")
    >>> hold_as_schedule(model.optimizer)
    >>> slow_down(model, 0.5)
    >>> round(float(model.optimizer.learning_rate), 6)
    0.0005
    """
    if factor == 1:
        return
    optimizer = inner_optimizer(model.optimizer)
    schedule = optimizer.get_config()["learning_rate"]
    config = {
        name: _times(value, factor) if name in RATES else value
        for name, value in schedule["config"].items()
    }
    optimizer.learning_rate = keras.optimizers.schedules.deserialize(
        {**schedule, "config": config}
    )


def _times(value, factor):
    if isinstance(value, list | tuple):
        return [_times(each, factor) for each in value]
    return value if value is None else value * factor
