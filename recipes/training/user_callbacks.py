"""The user's own Keras callbacks in a training run."""

import functools
from collections.abc import Sequence
from typing import Any

import keras

from custom.arguments import shown
from recipes.training.checkpoints.state import inner_optimizer
from zoo.errors import InputError

RATE_SETTERS = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
)
BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


def check_callbacks(
    callbacks: Sequence[keras.callbacks.Callback] | None, model: keras.Model
) -> tuple[keras.callbacks.Callback, ...]:
    """The callbacks, if they can be used with a compiled model."""
    if callbacks is None:
        return ()
    if not isinstance(callbacks, Sequence):
        raise InputError(f"`callbacks` must be a list, got {shown(callbacks)}.")
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise InputError(
                f"`callbacks` must hold Keras callbacks, got {shown(callback)}."
            )
        optimizer = inner_optimizer(model.optimizer)
        rate = getattr(optimizer, "_learning_rate", None)
        if isinstance(callback, RATE_SETTERS) and callable(rate):
            raise InputError(
                f"{type(callback).__name__} cannot set the learning rate, which "
                "follows a schedule: leave it out, or give an optimizer object with a "
                "constant learning rate."
            )
    return tuple(callbacks)


class UserCallbacks(keras.callbacks.Callback):
    """Calls the user's callbacks as `keras.Model.fit` does.

    A resumed run goes through the steps of its first epoch that are already done:
    the callbacks are not called for those.

    Attributes:
        need_every_step: Whether one of them has a hook for batches.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        steps_per_epoch: int,
        steps_done: int,
    ) -> None:
        super().__init__()
        self._callbacks = callbacks
        self._steps_per_epoch = steps_per_epoch
        self._steps_done = steps_done
        self.need_every_step = any(
            getattr(getattr(callback, hook), "__func__", None)
            is not getattr(keras.callbacks.Callback, hook)
            for callback in callbacks
            for hook in BATCH_HOOKS
        )

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        for callback in self._callbacks:
            callback.set_params(params)

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        for callback in self._callbacks:
            callback.set_model(model)

    def get_state(self) -> list[Any]:
        """The state of each callback that has one, for a checkpoint."""
        return [
            callback.get_state() if hasattr(callback, "get_state") else None
            for callback in self._callbacks
        ]

    def set_state(self, states: list[Any]) -> None:
        for callback, state in zip(self._callbacks, states, strict=False):
            if state is not None and hasattr(callback, "set_state"):
                callback.set_state(state)

    def _call(self, hook: str, *arguments: Any, **logs: Any) -> None:
        for callback in self._callbacks:
            getattr(callback, hook)(*arguments, **logs)

    on_train_begin = functools.partialmethod(_call, "on_train_begin")
    on_train_end = functools.partialmethod(_call, "on_train_end")
    on_epoch_end = functools.partialmethod(_call, "on_epoch_end")
    on_test_begin = functools.partialmethod(_call, "on_test_begin")
    on_test_end = functools.partialmethod(_call, "on_test_end")
    on_test_batch_begin = functools.partialmethod(_call, "on_test_batch_begin")
    on_test_batch_end = functools.partialmethod(_call, "on_test_batch_end")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._before = epoch * self._steps_per_epoch
        self._call("on_epoch_begin", epoch, logs=logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self._before + batch >= self._steps_done:
            self._call("on_train_batch_begin", batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._before + batch >= self._steps_done:
            self._call("on_train_batch_end", batch, logs=logs)
