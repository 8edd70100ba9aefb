"""Base class of the augmentations: inputs, arguments, configuration."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from zoo.errors import InputError
from zoo.kinds import Kind, kind_named

Batch = tuple[tf.Tensor, tf.Tensor]  # inputs and labels
Augment = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], Batch]  # the third is a seed

DTYPES = {  # by the type of a part's inputs: the types that augmentations accept
    "uint8": ("uint8", "floating"),
    "int32": ("int32",),
    "float32": ("floating",),
    "object": ("string",),
}


def argument(
    check: Callable[[str, Any], Any], default: Any = dataclasses.MISSING
) -> Any:
    """Declares a field whose value `check(name, value)` normalises or refuses."""
    return dataclasses.field(default=default, metadata={"check": check})


@dataclasses.dataclass(frozen=True, repr=False)
class Augmentation:
    """A change of a whole batch that depends on its seed alone.

    A subclass is a frozen dataclass. Its fields, declared with `argument`, are the
    constructor's arguments, and its method `changed` is its formula.

    Attributes:
        kind: The kind of data that it changes; `None` for any kind.
        soft_targets: Whether it needs and returns targets as probabilities
            `(batch, num_classes)` instead of class numbers.
    """

    kind: ClassVar[Kind | None] = Kind.IMAGES
    soft_targets: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            check, value = field.metadata["check"], getattr(self, field.name)
            try:
                object.__setattr__(self, field.name, check(field.name, value))
            except ValueError as error:
                raise InputError(f"{type(self).__name__}: {error}") from error

    def __call__(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        """Changes a batch.

        Args:
            inputs: Examples of the kind `kind`: images
                `(batch, height, width, channels)`, uint8 or floating, in 0…255; audio
                `(batch, samples)`; rows `(batch, features)`; or strings `(batch,)`.
            labels: Class numbers `(batch,)`, or probabilities
                `(batch, num_classes)`.
            seed: Two integers; equal seeds give equal changes.

        Returns:
            Inputs of the same shape and type, and the labels. uint8 images are
            rounded, halves to the even number, and clipped to 0…255; floating images
            are neither rounded nor clipped.

        Raises:
            InputError: If the inputs are of another kind, or class numbers are given
                where probabilities are needed.
        """
        inputs, labels = tf.convert_to_tensor(inputs), tf.convert_to_tensor(labels)
        self.check(inputs, labels)
        changed, labels = self.changed(inputs, labels, tf.convert_to_tensor(seed))
        return tf.ensure_shape(as_type(changed, inputs.dtype), inputs.shape), labels

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        """Returns changed inputs, in their type or in unclipped float32, and labels."""
        raise NotImplementedError

    def fitted(self, inputs: np.ndarray, codes: Sequence[int] = ()) -> "Augmentation":
        """Returns a copy whose missing arguments are computed from training data.

        Args:
            inputs: Inputs of the training part.
            codes: Indices of the columns of a table that hold codes of categories.
        """
        return self

    def check(self, inputs: tf.Tensor, labels: tf.Tensor) -> None:
        """Refuses inputs and targets that it cannot change."""
        if self.kind is not None:
            kind = kind_named(self.kind)
            axes, dtypes = ("batch", *kind.axes), DTYPES[kind.dtype]
            if inputs.shape.rank != len(axes):
                shape = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
                raise InputError(
                    f"{type(self).__name__} takes {kind.noun} of shape {shape}, got "
                    f"{tuple(inputs.shape)}."
                )
            dtype = "floating" if inputs.dtype.is_floating else inputs.dtype.name
            if dtype not in dtypes:
                raise InputError(
                    f"{type(self).__name__} takes {' or '.join(dtypes)} {kind.noun}, "
                    f"got {inputs.dtype.name}."
                )
        if self.soft_targets and (
            labels.shape.rank != 2 or not labels.dtype.is_floating
        ):
            raise InputError(
                f"{type(self).__name__} takes targets as probabilities (batch, "
                f"num_classes), got {labels.dtype.name} {tuple(labels.shape)}. Give "
                "`num_classes` to `training_batches`."
            )

    def get_config(self) -> dict:
        """Returns the name and every argument as plain values; see `from_config`."""
        return {"name": type(self).__name__, **dataclasses.asdict(self)}

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != _default(field)
        )
        return f"{type(self).__name__}({shown})"


def _default(field):
    """The default of a field after its check has normalised it."""
    if field.default is dataclasses.MISSING:
        return field.default
    return field.metadata["check"](field.name, field.default)


def as_type(images: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Casts computed pixels to the caller's type; for uint8, rounds and clips them."""
    if images.dtype == dtype:
        return images
    if dtype == tf.uint8:
        return tf.saturate_cast(tf.round(images), dtype)
    return tf.cast(images, dtype)


def wide(images: tf.Tensor) -> tf.Tensor:
    """Casts numbers for arithmetic, to float32 unless they are float64."""
    return images if images.dtype == tf.float64 else tf.cast(images, tf.float32)


def per_example(values: tf.Tensor) -> tf.Tensor:
    """Reshapes one number for each example so that it broadcasts over its image."""
    return values[:, tf.newaxis, tf.newaxis, tf.newaxis]


def has_soft_targets(augment: object) -> bool:
    """Whether an augmentation needs targets as probabilities, such as for mixing."""
    return getattr(augment, "soft_targets", False)
