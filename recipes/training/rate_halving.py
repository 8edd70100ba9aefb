"""Going back to a checkpoint after a loss that is not finite, with half the rate."""

import dataclasses

import keras

from recipes.training.checkpoints.state import inner_optimizer
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from recipes.training.settings import Settings
from zoo.errors import InputError

LIMIT = 10  # times that a run goes back; the rate is then a thousandth
RATES = ("initial_learning_rate", "warmup_target", "end_learning_rate", "values")


class RateHalving:
    """Counts how often a run went back, and why; the state is in its checkpoints."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self._failed_step = self._last_return = 0

    @property
    def factor(self) -> float:
        """Factor for the learning rate of the configuration."""
        return 0.5 ** len(self.reasons)

    def helps(self, settings: Settings) -> bool:
        """Whether to go back once more."""
        return settings.on_nan == "restore" and len(self.reasons) < LIMIT

    def get_state(self) -> dict:
        return {
            "reasons": self.reasons,
            "failed": self._failed_step,
            "last": self._last_return,
        }

    def set_state(self, state: dict) -> None:
        self.reasons = state["reasons"]
        self._failed_step, self._last_return = state["failed"], state["last"]

    def go_back(self, checkpoints: Checkpoints, step: int, reason: str) -> Checkpoint:
        """Chooses the checkpoint to resume from, and records the return in it.

        The newest checkpoint is used. If the run failed no later than last time, an
        earlier one is used, if there is one: from the weights of the last one the loss
        diverges at any rate.
        """
        if step <= self._failed_step:
            for old in checkpoints.steps()[:0:-1]:
                if old >= self._last_return:
                    checkpoints.discard(old)
        checkpoint = checkpoints.newest()
        if checkpoint is None:
            raise InputError(f"All checkpoints in {checkpoints.folder} are damaged.")
        self.reasons = [
            *self.reasons,
            f"{reason}; went back to step {checkpoint.step:,}, with half the learning "
            "rate",
        ]
        self._failed_step, self._last_return = step, checkpoint.step
        states = {**checkpoint.facts["callbacks"], "slowdown": self.get_state()}
        facts = {**checkpoint.facts, "callbacks": states}
        checkpoint = dataclasses.replace(checkpoint, facts=facts)
        checkpoints.write(checkpoint)
        return checkpoint


def use_schedule(optimizer: keras.optimizers.Optimizer) -> None:
    """Replaces a learning rate that is a number by a constant schedule.

    Each checkpoint would restore a number, which is a variable, to its old value.
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


def multiply_learning_rate(model: keras.Model, factor: float) -> None:
    """Multiplies the learning rate of a compiled model, which must be a schedule.

    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("adam")
    >>> use_schedule(model.optimizer)
    >>> multiply_learning_rate(model, 0.5)
    >>> round(float(model.optimizer.learning_rate), 6)
    0.0005
    """
    if factor == 1:
        return
    optimizer = inner_optimizer(model.optimizer)
    schedule = optimizer.get_config()["learning_rate"]
    config = {
        name: _multiplied(value, factor) if name in RATES else value
        for name, value in schedule["config"].items()
    }
    optimizer.learning_rate = keras.optimizers.schedules.deserialize(
        {**schedule, "config": config}
    )


def _multiplied(value, factor):
    if isinstance(value, list | tuple):
        return [_multiplied(each, factor) for each in value]
    return value if value is None else value * factor
