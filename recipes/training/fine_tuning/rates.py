"""Learning rates of their own for some weights of an optimizer."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import keras
from keras import ops

from recipes.training.checkpoints.state import inner_optimizer
from recipes.training.keras_overrides import Override
from zoo.errors import InputError


class Rate(NamedTuple):
    """How a weight is trained.

    Attributes:
        factor: Its learning rate, and so its weight decay, over that of the optimizer.
        first_step: The step from 0 from which on it is trained. The optimizer counts
            its steps from there, as for a weight of a new run: Adam's moments are
            corrected for having started at 0.
    """

    factor: float
    first_step: int


WHOLE = Rate(1.0, 0)


def check_rates(optimizer: keras.optimizers.Optimizer) -> None:
    """Refuses an optimizer that cannot train weights at different rates."""
    inner = inner_optimizer(optimizer)
    if isinstance(inner, keras.optimizers.Nadam | keras.optimizers.MultiOptimizer):
        raise InputError(
            f"The optimizer keras.{type(inner).__name__} cannot train the stages of a "
            "preset at different rates: choose another one, such as 'nadam' or 'adam', "
            "or freeze='body' (--freeze body)."
        )


def rate_overrides(
    optimizer: keras.optimizers.Optimizer, rates: Mapping[int, Rate]
) -> list[Override]:
    """What an optimizer does otherwise if weights have rates of their own.

    A weight that is frozen in a step keeps its value, and its average has the same.

    Args:
        optimizer: A built optimizer.
        rates: The rate of each weight by its `id`; others have that of the optimizer.
    """
    inner: Any = inner_optimizer(optimizer)
    update, decay = inner._backend_update_step, inner._apply_weight_decay
    average, iterations = (
        inner._update_model_variables_moving_average,
        inner._iterations,
    )

    def grouped(variables: Any) -> Iterator[tuple[Rate, list[int]]]:
        found = [rates.get(id(variable), WHOLE) for variable in variables]
        for rate in dict.fromkeys(found):
            yield rate, [place for place, each in enumerate(found) if each == rate]

    def update_step(gradients: Any, variables: Any, learning_rate: Any) -> None:
        for rate, places in grouped(variables):
            since = iterations
            if rate.first_step:  # Steps with a loss that overflowed are not counted.
                since = ops.maximum(iterations - rate.first_step, 0)
            with _replaced(inner, "_iterations", since):
                update(
                    [gradients[place] for place in places],
                    [variables[place] for place in places],
                    learning_rate * rate.factor,
                )

    def apply_weight_decay(variables: Any) -> None:
        if inner.weight_decay is None:
            return
        for rate, places in grouped(variables):
            share = inner.weight_decay * rate.factor
            with _replaced(inner, "weight_decay", share):
                decay([variables[place] for place in places])

    def update_averages(variables: Any) -> None:
        average(variables)
        for variable, kept in zip(
            variables, inner._model_variables_moving_average, strict=True
        ):
            if not variable.trainable:  # In other ways it differs in a last digit.
                kept.assign(variable)

    overrides = [
        Override(inner, "_backend_update_step", update_step),
        Override(inner, "_apply_weight_decay", apply_weight_decay),
    ]
    if inner.use_ema:
        overrides.append(
            Override(inner, "_update_model_variables_moving_average", update_averages)
        )
    return overrides


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """In the block an attribute has another value, which Keras does not track."""
    before = vars(owner)[name]
    vars(owner)[name] = value
    try:
        yield
    finally:
        vars(owner)[name] = before
