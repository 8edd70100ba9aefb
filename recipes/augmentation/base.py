"""What every augmentation shares: inputs, arguments, configuration."""

import dataclasses

import tensorflow as tf

from zoo.errors import InputError
from zoo.kinds import Kind, kind_named

TAKEN = {  # by kind of data: axes, kinds of numbers, and how a sentence names them
    Kind.IMAGES: (
        ("batch", "height", "width", "channels"),
        lambda dtype: dtype == tf.uint8 or dtype.is_floating,
        "uint8 or floating",
    ),
    Kind.AUDIO: (("batch", "samples"), lambda dtype: dtype.is_floating, "floating"),
    Kind.TABLE: (("batch", "features"), lambda dtype: dtype.is_floating, "floating"),
    Kind.TEXT: (("batch",), lambda dtype: dtype == tf.string, "string"),
}


def argument(check, default=dataclasses.MISSING):
    """A field whose value `check(name, value)` normalises or refuses."""
    return dataclasses.field(default=default, metadata={"check": check})


@dataclasses.dataclass(frozen=True, repr=False)
class Augmentation:
    """A change of a whole batch that its seed alone decides.

    A subclass is a frozen dataclass: its fields, made by `argument`, are the
    constructor's arguments, and `changed` is its formula.

    Attributes:
        kind: The kind of data that it changes, a key of `TAKEN`; `None` for any.
        soft_targets: Whether it needs and gives targets as probabilities
            `(batch, num_classes)` instead of class numbers.
    """

    kind = Kind.IMAGES
    soft_targets = False

    def __post_init__(self):
        for field in dataclasses.fields(self):
            check, value = field.metadata["check"], getattr(self, field.name)
            try:
                object.__setattr__(self, field.name, check(field.name, value))
            except ValueError as error:
                raise InputError(f"{type(self).__name__}: {error}") from error

    def __call__(self, inputs, labels, seed):
        """The changed batch.

        Args:
            inputs: Images `(batch, height, width, channels)`, uint8 or floating, in
                0…255; waveforms `(batch, samples)`; rows `(batch, features)`; or
                strings `(batch,)`: what `kind` says.
            labels: Class numbers `(batch,)`, or probabilities
                `(batch, num_classes)`.
            seed: Two integers; equal seeds give equal changes.

        Returns:
            Inputs of the same shape and type, and the labels. uint8 images are
            rounded, halves to the even number, and clipped to 0…255; floating
            ones are neither.

        Raises:
            InputError: If the inputs are of another kind, or targets are no
                probabilities where they are needed.
        """
        inputs, labels = tf.convert_to_tensor(inputs), tf.convert_to_tensor(labels)
        self.check(inputs, labels)
        changed, labels = self.changed(inputs, labels, tf.convert_to_tensor(seed))
        return tf.ensure_shape(as_type(changed, inputs.dtype), inputs.shape), labels

    def changed(self, inputs, labels, seed):
        """The changed inputs, in their type or in float32 and unclipped; labels."""
        raise NotImplementedError

    def fitted(self, inputs, codes=()) -> "Augmentation":
        """The same, with what it needs to know of the training inputs filled in.

        Args:
            inputs: Of the training part.
            codes: Of a table, the columns that hold codes of categories.
        """
        return self

    def check(self, inputs, labels):
        """Refuses inputs and targets that it cannot change."""
        if self.kind is not None:
            axes, allowed, types = TAKEN[self.kind]
            named = kind_named(self.kind).noun
            if inputs.shape.rank != len(axes):
                shape = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
                raise InputError(
                    f"{type(self).__name__} takes {named} of shape {shape}, got "
                    f"{tuple(inputs.shape)}."
                )
            if not allowed(inputs.dtype):
                raise InputError(
                    f"{type(self).__name__} takes {types} {named}, got "
                    f"{inputs.dtype.name}."
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
    """Numbers for arithmetic: at least float32."""
    return images if images.dtype == tf.float64 else tf.cast(images, tf.float32)


def per_example(values):
    """A number for each example, shaped to meet its image."""
    return values[:, tf.newaxis, tf.newaxis, tf.newaxis]


def has_soft_targets(augment) -> bool:
    """Whether an augmentation mixes examples: no class number is the target then."""
    return getattr(augment, "soft_targets", False)
