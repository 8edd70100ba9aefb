"""How a training run is set: what the user asked for, and what is sensible else."""

import dataclasses

from custom.arguments import one_of, positive, positive_integer
from zoo.errors import InputError
from zoo.kinds import Kind

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
ON_NAN = ("stop", "restore")

# Below this many training examples an epoch is short: smaller batches and more
# epochs give about as many updates as a large data set gets.
SMALL = 10_000


@dataclasses.dataclass(frozen=True)
class Optimization:
    """How a family is trained best.

    Attributes:
        optimizer: `"sgd"`, with Nesterov momentum 0.9, or `"adam"`.
        learning_rate: Peak of the schedule.
        weight_decay: Part of the learning rate that each weight loses per step.
        clip_norm: Longer gradients, over all weights, are cut to this length.
        averaging: Steps that the running average of the weights, which is then the
            model, looks back over, but at most an epoch; `None` for no average.
        epochs: Passes over the data; `None` for what suits their number.
        batch_size: Examples in a batch; `None` for what suits their number.
        beta_1: Of Adam: how much of the mean gradient stays from step to step.
    """

    optimizer: str
    learning_rate: float
    weight_decay: float = 0.0
    clip_norm: float | None = None
    averaging: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    beta_1: float = 0.9


# By validation loss on CIFAR-10 and digits. Behind batch normalisation SGD learns
# faster than Adam: 77.9 % against 72.2 % on CIFAR-10 after four epochs.
OPTIMIZATION = {
    "cnn": Optimization("sgd", 0.05, weight_decay=5e-4),
    # Rate and β₁ of Radford et al. 2016.
    "dcgan": Optimization("adam", 2e-4, beta_1=0.5, averaging=1000),
    "mlp": Optimization("adam", 1e-3),
    # Texts are learnt by heart after two or three epochs. The average of the weights
    # took the validation loss of the movie reviews from 0.479 to 0.471.
    ("recurrent", Kind.TEXT): Optimization(
        "adam", 2e-3, clip_norm=1.0, averaging=100, epochs=6, batch_size=64
    ),
    ("recurrent", Kind.AUDIO): Optimization("adam", 5e-3, clip_norm=1.0, epochs=12),
    "recurrent": Optimization("adam", 1e-3, clip_norm=1.0),
}
OTHERS = Optimization("adam", 1e-3)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything about training but the model and the data.

    Attributes:
        epochs: Passes over the training examples, at most.
        batch_size: Examples in a batch.
        optimizer: `"sgd"` or `"adam"`, as `Optimization` says.
        learning_rate: Peak of the schedule: it rises linearly over the first
            tenth of the steps, then falls to 0 along a cosine.
        weight_decay: Part of the learning rate that each weight loses per step.
        clip_norm: Longer gradients, over all weights, are cut to this length; `None`
            for never.
        averaging: Steps that the running average of the weights looks back over, but
            at most an epoch: it is what is validated and kept; `None` for none.
        patience: Epochs without a better validation loss before training stops; a
            DCGAN does not.
        seed: Of the weights, the order, dropout and augmentation.
        accumulation_steps: Batches whose mean gradient makes one update.
        precision: One of `PRECISIONS`; `None` for the model's own.
        jit_compile: Whether XLA compiles the step; `None` for what suits the device.
        on_nan: `"stop"`, or `"restore"`: go back and halve the learning rate.
        time_limit: Seconds of training, at most; `None` for no limit.
        beta_1: Of Adam: how much of the mean gradient stays from step to step.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    clip_norm: float | None
    averaging: int | None
    patience: int
    seed: int
    accumulation_steps: int = 1
    precision: str | None = None
    jit_compile: bool | None = None
    on_nan: str = "stop"
    time_limit: float | None = None
    beta_1: float = 0.9


def settings_for(
    model_name: str,
    num_examples: int,
    *,
    kind: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    scale_learning_rate: bool = False,
    clip_norm: float | None = None,
    patience: int | None = None,
    seed: int = 0,
    accumulation_steps: int = 1,
    precision: str | None = None,
    jit_compile: bool | None = None,
    on_nan: str = "stop",
    time_limit: float | None = None,
) -> Settings:
    """Settings for a model, a kind of data, and a number of training examples.

    What is `None` is chosen: by model and kind of data where that is known, else 40
    epochs of batches of 32 for small data sets and 12 epochs of batches of 64 for
    others; a patience of a quarter of the epochs, at least 5; optimizer, learning rate
    and clipping by model. `scale_learning_rate` multiplies the rate with the batch size
    and divides it by the one that would have been chosen.

    Raises:
        InputError: If a value is out of its range.

    >>> settings_for("cnn", 50_000).batch_size
    64
    >>> settings_for("cnn", 1_000, epochs=8).patience
    5
    >>> settings = settings_for("mlp", 1_000, batch_size=320, scale_learning_rate=True)
    >>> settings.learning_rate
    0.01
    """
    small = num_examples < SMALL
    optimization = OPTIMIZATION.get(model_name, OTHERS)
    optimization = OPTIMIZATION.get((model_name, kind), optimization)
    if epochs is None:
        epochs = optimization.epochs or (40 if small else 12)
    usual = optimization.batch_size or (32 if small else 64)
    if batch_size is None:
        batch_size = min(usual, num_examples)
    if learning_rate is None:
        learning_rate = optimization.learning_rate
    if clip_norm is None:
        clip_norm = optimization.clip_norm
    try:
        epochs = positive_integer("epochs", epochs)
        if scale_learning_rate:
            learning_rate *= positive_integer("batch_size", batch_size) / usual
        if patience is None:
            patience = max(5, epochs // 4)
        return Settings(
            epochs=epochs,
            batch_size=positive_integer("batch_size", batch_size),
            optimizer=optimization.optimizer,
            learning_rate=positive("learning_rate", learning_rate),
            weight_decay=optimization.weight_decay,
            clip_norm=_optional(positive, "clip_norm", clip_norm),
            averaging=optimization.averaging,
            patience=positive_integer("patience", patience),
            seed=seed,
            accumulation_steps=positive_integer(
                "accumulation_steps", accumulation_steps
            ),
            precision=_optional(one_of, "precision", precision, PRECISIONS),
            jit_compile=jit_compile,
            on_nan=one_of("on_nan", on_nan, ON_NAN),
            time_limit=_optional(positive, "time_limit", time_limit),
            beta_1=optimization.beta_1,
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def _optional(check, name, value, *allowed):
    """A value that is checked unless it is `None`."""
    return None if value is None else check(name, value, *allowed)


def make_optimizer(settings: Settings, steps_per_epoch: int):
    """The optimizer with its schedule, for a number of steps in an epoch."""
    import keras

    total = settings.epochs * steps_per_epoch
    warmup = max(1, total // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=settings.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(1, total - warmup),
    )
    options = {
        "weight_decay": settings.weight_decay or None,
        "global_clipnorm": settings.clip_norm,
    }
    if settings.accumulation_steps > 1:
        options["gradient_accumulation_steps"] = settings.accumulation_steps
    if settings.averaging is not None:
        steps = min(settings.averaging, steps_per_epoch)
        options |= {"use_ema": True, "ema_momentum": 1 - 1 / steps}
    if settings.optimizer == "sgd":
        return keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, **options)
    return keras.optimizers.Adam(schedule, beta_1=settings.beta_1, **options)
