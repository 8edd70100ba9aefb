"""What every augmentation of images shares: pixels, arguments, configuration."""

import dataclasses

import tensorflow as tf

from zoo.errors import InputError


def argument(check, default=dataclasses.MISSING):
    """A field whose value `check(name, value)` normalises or refuses."""
    return dataclasses.field(default=default, metadata={"check": check})


@dataclasses.dataclass(frozen=True, repr=False)
class Augmentation:
    """A change of a whole batch of images that its seed alone decides.

    A subclass is a frozen dataclass: its fields, made by `argument`, are the
    constructor's arguments, and `changed` is its formula.

    Attributes:
        soft_targets: Whether it needs and gives targets as probabilities
            `(batch, num_classes)` instead of class numbers.
    """

    soft_targets = False

    def __post_init__(self):
        for field in dataclasses.fields(self):
            check, value = field.metadata["check"], getattr(self, field.name)
            try:
                object.__setattr__(self, field.name, check(field.name, value))
            except ValueError as error:
                raise InputError(f"{type(self).__name__}: {error}") from error

    def __call__(self, images, labels, seed):
        """The changed batch.

        Args:
            images: `(batch, height, width, channels)`, uint8 or floating, in
                0…255.
            labels: Class numbers `(batch,)`, or probabilities
                `(batch, num_classes)`.
            seed: Two integers; equal seeds give equal changes.

        Returns:
            Images of the same shape and type, and the labels. uint8 images are
            rounded, halves to the even number, and clipped to 0…255; floating
            ones are neither.

        Raises:
            InputError: If these are no images, or targets are no probabilities
                where they are needed.
        """
        images, labels = tf.convert_to_tensor(images), tf.convert_to_tensor(labels)
        self._check(images, labels)
        changed, labels = self.changed(images, labels, tf.convert_to_tensor(seed))
        return tf.ensure_shape(as_type(changed, images.dtype), images.shape), labels

    def changed(self, images, labels, seed):
        """The changed images, in their type or in float32 and unclipped; labels."""
        raise NotImplementedError

    def _check(self, images, labels):
        if images.shape.rank != 4:
            raise InputError(
                f"{type(self).__name__} takes images of shape (batch, height, width, "
                f"channels), got {tuple(images.shape)}."
            )
        if images.dtype != tf.uint8 and not images.dtype.is_floating:
            raise InputError(
                f"{type(self).__name__} takes uint8 or floating images, got "
                f"{images.dtype.name}."
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
        """The name and every argument, as plain values; see `from_config`."""
        return {"name": type(self).__name__, **dataclasses.asdict(self)}

    def __repr__(self):
        shown = ", ".join(
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != _default(field)
        )
        return f"{type(self).__name__}({shown})"


def _default(field):
    """A field's default as its check leaves it."""
    if field.default is dataclasses.MISSING:
        return field.default
    return field.metadata["check"](field.name, field.default)


def as_type(images, dtype):
    """Computed pixels in the caller's type; uint8 rounded and clipped."""
    if images.dtype == dtype:
        return images
    if dtype == tf.uint8:
        return tf.saturate_cast(tf.round(images), dtype)
    return tf.cast(images, dtype)


def wide(images):
    """Pixels for arithmetic: at least float32."""
    return images if images.dtype == tf.float64 else tf.cast(images, tf.float32)


def per_example(values):
    """A number for each example, shaped to meet its image."""
    return values[:, tf.newaxis, tf.newaxis, tf.newaxis]
