"""Optimizers, losses, penalties and metrics by name: `custom`'s, then Keras's."""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from custom.arguments import shown
from recipes.training.settings import Settings
from zoo.errors import InputError
from zoo.json_files import parse_value
from zoo.names import nearest

KERAS = "keras."
CLIPPING = {"clipnorm", "clipvalue", "global_clipnorm"}
WRAPPERS = {
    keras.optimizers.Optimizer,
    keras.optimizers.LossScaleOptimizer,
    keras.optimizers.MultiOptimizer,
    keras.losses.Loss,
    keras.regularizers.Regularizer,
    keras.metrics.Metric,
    keras.metrics.MeanMetricWrapper,
}
BASES = {  # by argument of `recipes.fit`: the base class, and the module's name
    "optimizer": (keras.optimizers.Optimizer, "optimizers"),
    "loss": (keras.losses.Loss, "losses"),
    "regularizer": (keras.regularizers.Regularizer, "regularizers"),
    "metrics": (keras.metrics.Metric, "metrics"),
}


@dataclasses.dataclass(frozen=True)
class Named:
    """A component that was given by its name.

    Attributes:
        cls: Its class.
        arguments: Constructor arguments that were given with the name.
    """

    cls: type
    arguments: dict[str, Any]

    def default(self, argument: str) -> Any:
        """The default value of a constructor argument."""
        return inspect.signature(self.cls).parameters[argument].default

    def takes(self, argument: str) -> bool:
        """Whether the constructor has such an argument."""
        return argument in inspect.signature(self.cls).parameters

    def create(self, **arguments: Any) -> Any:
        """Calls the constructor; arguments that were given with the name win."""
        try:
            return self.cls(**{**arguments, **self.arguments})
        except (TypeError, ValueError) as error:
            raise InputError(f"{self.cls.__name__}: {error}") from error


def named(argument: str, text: str) -> Named:
    """Looks up an optimizer, a loss, a penalty or a metric.

    Args:
        argument: `"optimizer"`, `"loss"`, `"regularizer"` or `"metrics"`.
        text: The name of a class of `custom`, or after `keras.` of Keras; upper case
            and underscores do not matter. Constructor arguments may follow, as in
            `"l2:0.001"` and `"keras.sgd:momentum=0.9,nesterov=true"`.

    >>> named("regularizer", "l2:0.001").create().alpha
    0.001
    >>> named("optimizer", "adamw")
    Traceback (most recent call last):
    zoo.errors.InputError: There is no optimizer 'adamw'; did you mean 'keras.adamw'?
    """
    name, _, values = text.partition(":")
    if argument == "metrics":  # `custom` has none, so Keras's need no prefix.
        name = name.removeprefix(KERAS)
    choices = _choices(argument)
    cls = next((choices[n] for n in choices if _plain(n) == _plain(name)), None)
    if cls is None:
        keras_name = next((n for n in choices if _plain(n) == _plain(KERAS + name)), "")
        hint = f"did you mean {keras_name!r}?"
        noun = "metric" if argument == "metrics" else argument
        raise InputError(
            f"There is no {noun} {name!r}; "
            f"{hint if keras_name else nearest(name, choices)}"
        )
    return Named(cls, _arguments(cls, name, values))


def component(argument: str, given: Any) -> Any:
    """What the user gave for an argument: a `Named`, or the object itself."""
    if given is None:
        return None
    if isinstance(given, str):
        return named(argument, given)
    base, _ = BASES[argument]
    if isinstance(given, base) or (
        argument == "loss" and callable(given) and not isinstance(given, type)
    ):
        return given
    raise InputError(
        f"`{argument}` must be a name or a `{base.__module__.split('.')[0]}."
        f"{BASES[argument][1]}.{base.__name__}`, got {shown(given)}."
    )


@dataclasses.dataclass(frozen=True)
class Components:
    """The optimizer, loss, penalty and metrics of a run, as the user gave them.

    Attributes:
        optimizer: A `Named`, an object, or `None` for the default; so are the others.
        loss: The loss.
        regularizer: The penalty.
        metrics: Metrics beside the default ones.
    """

    optimizer: Any = None
    loss: Any = None
    regularizer: Any = None
    metrics: tuple[Any, ...] = ()

    @classmethod
    def given(
        cls, optimizer: Any, loss: Any, regularizer: Any, metrics: Any
    ) -> "Components":
        """Looks up what was given by name."""
        if isinstance(metrics, str) or not isinstance(metrics, Sequence):
            raise InputError(f"`metrics` must be a list, got {shown(metrics)}.")
        return cls(
            component("optimizer", optimizer),
            component("loss", loss),
            component("regularizer", regularizer),
            tuple(component("metrics", metric) for metric in metrics),
        )

    @property
    def has_schedule(self) -> bool:
        """Whether the optimizer gets a schedule: not if it was given as an object."""
        return self.optimizer is None or isinstance(self.optimizer, Named)

    def settings(self, text: str | None, learning_rate: float | None) -> dict[str, Any]:
        """What an optimizer given by name decides among the `Settings`."""
        if not isinstance(self.optimizer, Named):
            return {"learning_rate": learning_rate}
        own = self.optimizer.arguments.get("learning_rate")
        if own is not None and learning_rate is not None:
            raise InputError(
                f"`optimizer` {text!r} has a learning rate, and `learning_rate` is "
                f"{learning_rate}: leave one out."
            )
        default = self.optimizer.default("learning_rate")
        rate = next(rate for rate in (learning_rate, own, default) if rate is not None)
        return {"optimizer": text, "learning_rate": rate, "weight_decay": 0.0}

    def create_optimizer(self, settings: Settings, steps_per_epoch: int) -> Any:
        """The optimizer to compile a model with; a new one in each call."""
        if self.has_schedule:
            return make_optimizer(settings, steps_per_epoch)
        return copy_of(self.optimizer)

    def create_metrics(self) -> list[Any]:
        """The metrics to compile a model with; new ones in each call."""
        created = []
        for metric in self.metrics:
            if not isinstance(metric, Named):
                created.append(copy_of(metric))
            elif metric.default("name") is None:  # Keras would number the names.
                created.append(metric.create(name=_snake_case(metric.cls.__name__)))
            else:
                created.append(metric.create())
        return created


def copy_of(component: Any) -> Any:
    """A component of the same configuration, with variables of its own."""
    return type(component).from_config(component.get_config())


def make_optimizer(
    settings: Settings, steps_per_epoch: int, schedule: Any = None
) -> Any:
    """The optimizer of the settings, with its schedule or another one."""
    chosen = named("optimizer", settings.optimizer or "")
    arguments = {k: v for k, v in chosen.arguments.items() if k != "learning_rate"}
    assert settings.learning_rate is not None
    if schedule is None:
        steps = settings.epochs * steps_per_epoch
        schedule = schedule_of(settings.learning_rate, steps)
    options = {"weight_decay": settings.weight_decay or None}
    if settings.clip_norm and not CLIPPING & set(arguments):
        options["global_clipnorm"] = settings.clip_norm
    if settings.accumulation_steps > 1:
        options["gradient_accumulation_steps"] = settings.accumulation_steps
    if settings.averaging is not None and "use_ema" not in arguments:
        momentum = averaging_momentum(settings.averaging, steps_per_epoch)
        options |= {"use_ema": True, "ema_momentum": momentum}
    return Named(chosen.cls, arguments).create(learning_rate=schedule, **options)


def schedule_of(
    peak: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Warm-up from 0 over the first tenth of the steps, then a cosine to 0.

    >>> [round(float(schedule_of(1.0, 4)(step)), 2) for step in range(5)]
    [0.0, 1.0, 0.75, 0.25, 0.0]
    >>> float(schedule_of(1.0, 1)(0))  # A single step is not lost to the warm-up.
    1.0
    """
    warmup = min(max(1, steps // 10), steps - 1)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=peak,
        warmup_steps=warmup,
        decay_steps=steps - warmup,
    )


def rates_of(peak: float, steps: int) -> np.ndarray:
    """The rate of each step that `schedule_of` gives, float32 `(steps,)`.

    >>> rates_of(1.0, 4).round(2).tolist()
    [0.0, 1.0, 0.75, 0.25]
    """
    warmup = min(max(1, steps // 10), steps - 1)
    step = np.arange(steps)
    falling = 0.5 * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup)))
    rates = np.where(step < warmup, step / max(1, warmup), falling)
    return (peak * rates).astype("float32")


def averaging_momentum(averaging: int, steps_per_epoch: int) -> float:
    """Momentum of the average of the weights, which looks back an epoch at most."""
    return 1 - 1 / min(averaging, steps_per_epoch)


def peak_of(schedule: Any) -> float | None:
    """The peak of a schedule that `schedule_of` made; `None` for any other rate."""
    config = schedule.get_config() if hasattr(schedule, "get_config") else {}
    peak = config.get("warmup_target")
    is_ours = peak is not None and config.get("initial_learning_rate") == 0
    return peak if is_ours else None


def _choices(argument: str) -> dict[str, type]:
    """Every class by its name."""
    base, module = BASES[argument]
    found = {}
    if argument != "metrics":
        formulas = importlib.import_module(f"custom.{module}")
        found = {_snake_case(n): getattr(formulas, n) for n in formulas.__all__}
    prefix = KERAS if found else ""
    for name, value in vars(getattr(keras, module)).items():
        if (
            isinstance(value, type)
            and issubclass(value, base)
            and value not in WRAPPERS
        ):
            found[prefix + _snake_case(name)] = value
    return found


def _snake_case(name: str) -> str:
    """`"half_sum_squared_error"`, but `"adamax"` and `"l1l2"`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name).lower()
    return words.replace("ada_max", "adamax")


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _arguments(cls: type, name: str, values: str) -> dict[str, Any]:
    """The constructor arguments of `values`: `0.1`, or `momentum=0.9,nesterov=true`."""
    parameters = dict(inspect.signature(cls).parameters)
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        parameters |= inspect.signature(keras.optimizers.Optimizer).parameters
    positional = [n for n, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    arguments = {}
    for position, value in enumerate(values.split(",") if values else ()):
        key, equals, text = value.rpartition("=")
        if not equals:
            if position >= len(positional):
                raise InputError(
                    f"{name!r} takes no value {value!r} without a name: write "
                    f"{name}:ARGUMENT={value}."
                )
            key = positional[position]
        if key not in parameters:
            hint = nearest(key, parameters)
            raise InputError(f"{name!r} has no argument {key!r}; {hint}")
        try:
            arguments[key] = parse_value(text)
        except ValueError as error:
            raise InputError(f"{name!r} takes no {key}={text}: {error}.") from error
    return arguments
