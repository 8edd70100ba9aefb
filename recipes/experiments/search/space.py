"""The settings that a search varies, and the values that each may have."""

import dataclasses
import functools
import inspect
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custom.arguments import shown
from recipes.augmentation.presets import check_name as check_augmentation
from recipes.data.dataset import Dataset
from recipes.data.options import Option, options_of_function
from recipes.sampling.names import check_name as check_rebalancing
from recipes.training.components import BASES, Components, component
from recipes.training.fit import fit
from recipes.training.models import build
from recipes.training.settings import settings_for, starting_weights
from zoo import registry
from zoo.errors import InputError
from zoo.json_files import parse_value
from zoo.kinds import Kind
from zoo.names import nearest

DEFAULT = "default"  # stands for what `recipes.fit` chooses
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
RANGE = re.compile(rf"(?P<log>log:)?(?P<low>{NUMBER}):(?P<high>{NUMBER})")
DIGITS = 3  # of a number that is tried, so that a command can repeat it

# Arguments of `recipes.fit` that say what is learned, where and how long, and no
# setting that could be better or worse.
NOT_VARIED = {
    *("task", "target", "time", "window", "horizon", "validation", "test", "split"),
    *("model_arguments", "transform", "interval", "calibrate", "metrics", "time_limit"),
    *("on_nan", "seed", "callbacks", "out", "strategy", "jit_compile", "progress"),
    *("checkpoint_steps", "precision", "scale_learning_rate", "preset", "weights"),
}
# Arguments of constructors that the data decide.
OF_DATA = {
    *("input_shape", "num_classes", "target", "columns", "class_names", "name"),
    *("dtype", "mode", "inputs", "vocabulary", "sample_rate", "image_shape"),
    *("classifier_activation", "stateful_batch_size", "use_cudnn", "mask_padding"),
}
# They change the loss itself: models with different ones have no common scale.
CHANGE_THE_LOSS = {"loss", "regularizer", "kernel_regularizer"}

# Optimizers whose learning rates have the scale of the default one.
SIMILAR_OPTIMIZERS = {
    "keras.adam": "default,keras.adamw:weight_decay=0.01,rmsprop",
    "keras.sgd": "default,momentum,nesterov",
}
UNEQUAL = 2  # times as many examples of a class: rebalancing is worth trying


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting that a search varies: one of some values, or a number in a range.

    Attributes:
        name: An argument of `recipes.fit`, or of the model's constructor.
        choices: The values; `None` among them stands for the default. Empty for a
            range.
        low: The smallest number.
        high: The largest number.
        log: Whether the logarithm of the number is what is uniform.
        default: The value without the search, as far as it is known.
    """

    name: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    log: bool = False
    default: Any = None

    @property
    def texts(self) -> list[str]:
        """The values as Optuna keeps them, which has no lists."""
        return [as_text(choice) for choice in self.choices]

    def __str__(self) -> str:
        if self.choices:
            return ",".join(self.texts)
        return f"{'log:' if self.log else ''}{self.low}:{self.high}"

    def suggest(self, trial: Any) -> Any:
        """The value that Optuna suggests for a trial."""
        if self.choices:
            text = trial.suggest_categorical(self.name, self.texts)
            return self.choices[self.texts.index(text)]
        if isinstance(self.low, int):
            return trial.suggest_int(self.name, self.low, self.high, log=self.log)
        value = trial.suggest_float(self.name, self.low, self.high, log=self.log)
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)

    def nearest_to_default(self) -> Any:
        """The value of the space that stands for the default in Optuna's eyes.

        The first trial has the default itself, which the user's space need not hold.
        """
        if self.choices:
            text = as_text(self.default)
            if text in self.texts:
                return text
            return DEFAULT if None in self.choices else self.texts[0]
        if isinstance(self.default, int | float):
            return min(max(type(self.low)(self.default), self.low), self.high)
        if self.log:
            return type(self.low)(math.sqrt(self.low * self.high))
        return type(self.low)((self.low + self.high) / 2)


def parse(name: str, given: str | Sequence[Any]) -> Setting:
    """The values that a text such as `log:1e-4:1e-1`, or a list, allows.

    >>> str(parse("widths", "[16,32],[32,64]")), str(parse("batch_size", [16, 32]))
    ('[16, 32],[32, 64]', '16,32')
    """
    if isinstance(given, str):
        found = RANGE.fullmatch(given.replace(" ", ""))
        if found:
            return _range(name, given, *found.group("low", "high", "log"))
        choices = _choices(given)
    elif isinstance(given, list | tuple):
        choices = [*given]
    else:
        choices = []
    if not choices or "" in choices:
        raise InputError(
            f"The space of `{name}` must be a range such as 0:0.5 or log:1e-4:1e-1, or "
            f"values such as 16,32,64, got {shown(given)}."
        )
    choices = [None if choice == DEFAULT else choice for choice in choices]
    if len({as_text(choice) for choice in choices}) < len(choices):
        raise InputError(f"The space of `{name}` has a value twice: {shown(given)}.")
    return Setting(name, choices=tuple(choices))


def _range(name: str, given: str, low: str, high: str, log: str | None) -> Setting:
    is_whole = all(re.fullmatch(r"[+-]?\d+", number) for number in (low, high))
    number = int if is_whole else float
    least, most = number(low), number(high)
    if not least < most or not math.isfinite(most) or (log and least <= 0):
        limits = "0 < LOW < HIGH" if log else "LOW < HIGH"
        raise InputError(f"The space of `{name}` must have {limits}, got {given}.")
    return Setting(name, low=least, high=most, log=bool(log))


def _choices(text: str) -> list[Any]:
    """The values between the commas outside of brackets and quotes."""
    parts = re.findall(r'(?:\[[^\]]*\]|"(?:[^"\\]|\\.)*"|[^,\["])+', text)
    if ",".join(parts) != text:
        return []
    try:
        return [parse_value(part.strip()) for part in parts]
    except ValueError:
        return []


def as_text(choice: Any) -> str:
    """A value as Optuna and the pictures name it."""
    if choice is None:
        return DEFAULT
    if isinstance(choice, str) and "," not in choice:
        return choice
    return json.dumps(choice, default=str)


def space_of(
    model: str,
    dataset: Dataset,
    settings: Mapping[str, Any],
    given: Mapping[str, str | Sequence[Any]],
    by: str,
) -> tuple[Setting, ...]:
    """What a search varies: what the family and training declare, and what is given.

    Args:
        model: Name of the model.
        dataset: The data.
        settings: Arguments of `recipes.fit` that are the same in every trial.
        given: Settings to vary, by name; they replace the declared ones.
        by: The measure that the search improves.

    Raises:
        InputError: If a name does not exist, or a value is not allowed.
    """
    for name in given:
        if name in CHANGE_THE_LOSS and by == "loss":
            raise InputError(
                f"`{name}` changes the loss, so that the losses of trials could not be "
                "compared: choose by another measure, such as accuracy (`by`, --by)."
            )
    asked = given_space(model, dataset, settings, given)
    family = registry.find(model).load()
    arguments = dict(settings.get("model_arguments") or {})
    defaults = _defaults(model, dataset, settings, arguments)
    declared = _of_training(defaults, dataset) | dict(
        getattr(family, "search_space", {})
    )
    fixed = {*arguments, *(n for n in settings if settings[n] is not None)}
    space = {
        name: parse(name, values)
        for name, values in declared.items()
        if name not in fixed
    } | {setting.name: setting for setting in asked}
    return tuple(
        _with_type(dataclasses.replace(each, default=defaults.get(name)), family)
        for name, each in space.items()
    )


def given_space(
    model: str,
    dataset: Dataset,
    settings: Mapping[str, Any],
    given: Mapping[str, str | Sequence[Any]],
) -> list[Setting]:
    """The settings that a user wants to vary, with values that `recipes.fit` takes.

    Args:
        model: Name of the model.
        dataset: The data.
        settings: Arguments of `recipes.fit` that are the same in every run.
        given: Values by the name of a setting.

    Raises:
        InputError: If a name does not exist, or a value is not allowed.
    """
    family = registry.find(model).load()
    arguments = dict(settings.get("model_arguments") or {})
    of_fit = [n for n in _options() if n not in NOT_VARIED]
    if starting_weights(model, settings.get("weights")) is None:
        of_fit.remove("freeze")
    of_model = [n for n in inspect.signature(family).parameters if n not in OF_DATA]
    space = []
    for name, values in given.items():
        if name not in (*of_fit, *of_model):
            hint = nearest(name, [*of_fit, *of_model])
            raise InputError(f"`{name}` is not a setting to vary; {hint}")
        if name in arguments or settings.get(name) is not None:
            value = arguments.get(name, settings.get(name))
            raise InputError(
                f"`{name}` is to vary, and it is given as {shown(value)}: leave one "
                "out."
            )
        setting = _with_type(parse(name, values), family)
        _check(setting, model, dataset, settings, arguments)
        space.append(setting)
    return space


@functools.cache
def _options() -> dict[str, Option]:
    return options_of_function(fit)


def belongs_to_model(name: str) -> bool:
    """Whether a setting is an argument of the model's constructor, not of `fit`."""
    return name not in _options()


def _defaults(
    model: str, dataset: Dataset, settings: Mapping[str, Any], arguments: dict[str, Any]
) -> dict[str, Any]:
    """The values of all settings without the search."""
    components = Components.given(settings.get("optimizer"), None, None, ())
    chosen = {n: v for n, v in settings.items() if n in ("epochs", "batch_size") and v}
    chosen |= components.settings(
        settings.get("optimizer"), settings.get("learning_rate")
    )
    resolved = settings_for(
        model, len(dataset.train), kind=dataset.kind, task=dataset.task, **chosen
    )
    built = build(model, dataset, arguments, settings.get("transform"))
    return {**built.get_config(), **dataclasses.asdict(resolved)}


def _of_training(defaults: Mapping[str, Any], dataset: Dataset) -> dict[str, str]:
    """The settings of training that are worth varying for the data."""
    rate = defaults["learning_rate"]
    space = {"learning_rate": f"log:{rate / 10:.3g}:{rate * 10:.3g}"}
    optimizer = defaults["optimizer"].partition(":")[0]
    if optimizer in SIMILAR_OPTIMIZERS:
        space["optimizer"] = SIMILAR_OPTIMIZERS[optimizer]
    size = defaults["batch_size"]
    if dataset.task != "text_generation":  # There it says how a text is read.
        sizes = sorted({max(1, size // 2), size, min(2 * size, len(dataset.train))})
        space["batch_size"] = ",".join(map(str, sizes))
    if dataset.kind in (Kind.IMAGES, Kind.AUDIO):
        space["augment"] = "default,auto"
    if dataset.task == "classification" or dataset.num_classes:
        counts = np.bincount(np.ravel(dataset.train.labels).astype("int64"))
        if dataset.kind != Kind.TEXT and counts.max() >= UNEQUAL * max(counts.min(), 1):
            space["rebalance"] = "default,sqrt"
    return space


def _with_type(setting: Setting, family: type) -> Setting:
    """Makes the ends of a range numbers of the type that the argument has."""
    if setting.choices or not isinstance(setting.low, int):
        return setting
    source: Any = family if belongs_to_model(setting.name) else fit
    hint = str(inspect.signature(source).parameters[setting.name].annotation)
    is_float = isinstance(setting.default, float) or "float" in hint
    if not is_float:
        return setting
    return dataclasses.replace(
        setting, low=float(setting.low), high=float(setting.high)
    )


def _check(
    setting: Setting,
    model: str,
    dataset: Dataset,
    settings: Mapping[str, Any],
    arguments: dict[str, Any],
) -> None:
    """Refuses values that `recipes.fit` would refuse."""
    name = setting.name
    values = setting.choices or (setting.low, setting.high)
    for value in (value for value in values if value is not None):
        if belongs_to_model(name):
            transform = settings.get("transform")
            build(model, dataset, {**arguments, name: value}, transform)
            continue
        _options()[name].checked(value)
        if name in BASES or name in ("augment", "rebalance"):
            if not isinstance(value, str):
                raise InputError(f"`{name}` must be a name, got {shown(value)}.")
            if name in BASES:
                component(name, value)
            elif name == "augment":
                check_augmentation(value)
            else:
                check_rebalancing(value, settings.get("rebalance_ratio"))
