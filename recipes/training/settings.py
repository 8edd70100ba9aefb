"""The settings of a training run: what the user chose, and defaults for the rest."""

import dataclasses
from typing import Annotated, Any, Literal

from custom.arguments import integer, positive, shown
from recipes.data.options import check_of
from recipes.sources.options import LARGEST, Amount, Count, Seed, Spread, Text
from recipes.training.defaults import defaults_for
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.registry import BACKBONES


def _ratio(name: str, value: Any) -> float:
    """A number in (0, 1]."""
    if positive(name, value) > 1:
        raise ValueError(f"`{name}` must be in (0, 1], got {shown(value)}.")
    return float(value)


def _coverage(name: str, value: Any) -> float:
    """A number in (0, 1)."""
    if positive(name, value) >= 1:
        raise ValueError(f"`{name}` must be in (0, 1), got {shown(value)}.")
    return float(value)


def _freezing(name: str, value: Any) -> str | int:
    """`"body"`, `"none"`, or a number of stages."""
    if isinstance(value, str) and value in ("body", "none"):
        return value
    is_number = isinstance(value, str) and value.isascii() and value.isdecimal()
    try:
        return integer(name, int(value[:9]) if is_number else value, 0, LARGEST)
    except ValueError:
        raise ValueError(
            f"`{name}` must be 'body', 'none' or the number of stages that stay "
            f"frozen, got {shown(value)}."
        ) from None


# Types of settings; each brings the check of its values.
Ratio = Annotated[float, _ratio]
Coverage = Annotated[float, _coverage]
Transform = Literal["log"]
Precision = Literal["float32", "mixed_float16", "mixed_bfloat16"]
OnNan = Literal["stop", "restore"]
Freezing = Annotated[str | int, _freezing]


TUNING = 0.3  # epochs of fine-tuning over those of training from zero


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of training, apart from the model and the data.

    The names are those of the arguments of `recipes.fit`, which explains them; here
    every default is resolved.

    Attributes:
        optimizer: The optimizer by name; `None` if it was given as an object or the
            model is compiled. `config.json` has it under `training.optimizer`.
        weight_decay: Part of the learning rate that each weight loses per step.
        averaging: Number of steps that the running average of the weights looks back
            over, at most an epoch. It is what is validated and kept.
        freeze: `None` without a preset; a number of stages thaws the others one after
            another.
    """

    epochs: Count
    batch_size: Count
    patience: Count
    seed: Seed
    optimizer: Text | None = None
    learning_rate: Amount | None = None
    weight_decay: Spread = 0.0
    clip_norm: Amount | None = None
    averaging: Count | None = None
    accumulation_steps: Count = 1
    precision: Precision | None = None
    jit_compile: bool | None = None
    on_nan: OnNan = "stop"
    time_limit: Amount | None = None
    checkpoint_steps: Count | None = None
    interval: Coverage = 0.9
    calibrate: bool = False
    segment_length: Count | None = None
    preset: Text | None = None
    freeze: Freezing | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            check, value = check_of(field.type), getattr(self, field.name)
            if check is not None and not (value is None and field.default is None):
                try:
                    object.__setattr__(self, field.name, check(field.name, value))
                except ValueError as error:
                    raise InputError(str(error)) from error

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Settings":
        """The settings that `config.json` holds; unknown names are left out.

        Version 0.1.0 recorded `beta_1` beside the optimizer.
        """
        fields = dataclasses.fields(cls)
        for field in fields:
            if field.default is dataclasses.MISSING and field.name not in config:
                raise InputError(f"the settings lack `{field.name}`.")
        return cls(**{f.name: config[f.name] for f in fields if f.name in config})


def settings_for(
    model_name: str,
    num_examples: int,
    *,
    kind: Kind | None = None,
    task: str = "",
    scale_learning_rate: bool = False,
    **given: Any,
) -> Settings:
    """Settings for a model, a number of training examples, a kind of data and a task.

    `None` chooses the default. `scale_learning_rate` multiplies the learning rate by
    the batch size over its default.

    >>> settings_for("cnn", 50_000, kind=Kind.IMAGES).batch_size
    64
    >>> settings_for("cnn", 1_000, epochs=8).patience
    5
    >>> settings = settings_for("mlp", 1_000, batch_size=320, scale_learning_rate=True)
    >>> settings.learning_rate
    0.01
    """
    defaults = defaults_for(model_name, kind, task)
    batch_size = defaults.batch_size_for(num_examples)
    chosen: dict[str, Any] = {
        "epochs": defaults.epochs_for(num_examples),
        "batch_size": min(batch_size, num_examples),
        "seed": 0,
        "optimizer": defaults.optimizer,
        "learning_rate": defaults.learning_rate,
        "weight_decay": defaults.weight_decay,
        "clip_norm": defaults.clip_norm,
        "averaging": defaults.averaging,
        "segment_length": defaults.segment_length,
    }
    chosen |= {name: value for name, value in given.items() if value is not None}
    if chosen.get("freeze") is not None and given.get("epochs") is None:
        chosen["epochs"] = max(4, round(TUNING * chosen["epochs"]))
    settings = Settings(**{"patience": 1, **chosen})
    if "patience" not in chosen:
        patience = max(5, settings.epochs // 4)
        if settings.freeze is not None:  # What thaws late is to be trained, too.
            patience = settings.epochs
        settings = dataclasses.replace(settings, patience=patience)
    if scale_learning_rate and settings.learning_rate is not None:
        rate = settings.learning_rate * (settings.batch_size / batch_size)
        settings = dataclasses.replace(settings, learning_rate=rate)
    return settings


def starting_weights(model: Any, weights: str | None) -> str | None:
    """The trained weights that a backbone starts from; `None` for other models.

    >>> starting_weights("keras:ResNet50", None), starting_weights("cnn", None)
    ('imagenet', None)
    """
    if not isinstance(model, str) or model.partition(":")[0] not in BACKBONES:
        if weights is not None:
            raise InputError(
                f"`weights` {shown(weights)} are for a backbone such as "
                "keras:ResNet50: to refine another trained model, give `preset` "
                "(--preset)."
            )
        return None
    return None if weights == "none" else weights or "imagenet"


def check_preset(model: Any, preset: Any, freeze: Any, weights: Any = None) -> None:
    """Refuses what does not go together in fine-tuning."""
    is_pretrained = starting_weights(model, weights) is not None
    if preset is None:
        if freeze is not None and not is_pretrained:
            raise InputError(
                f"`freeze` {shown(freeze)} is for fine-tuning: give the `preset` "
                "(--preset) to start from, or a backbone with `weights` (--weights)."
            )
        return
    if model is not None:
        raise InputError(
            f"`preset` {shown(preset)} is the model to train: leave out `model`, got "
            f"{shown(model)}."
        )
