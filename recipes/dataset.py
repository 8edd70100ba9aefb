"""What every data source gives: three parts, class names, and what was done."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Part:
    """Examples that are used together: for training, validation or testing.

    Attributes:
        inputs: `uint8` images `(n, height, width, channels)` in 0…255, or
            `float32` rows `(n, num_features)`.
        labels: `int64` class numbers `(n,)` in `0…num_classes - 1`.
    """

    inputs: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set ready for training.

    Attributes:
        name: What the user asked for: `"digits"`, `"cifar10"`, a file's stem.
        kind: `"images"` or `"table"`.
        train: Examples the weights are fitted to.
        validation: Examples that decide when to stop.
        test: Examples used once, at the end.
        class_names: One name per class, in the order of the labels.
        feature_names: One name per column of a table; empty for images.
        notes: What loading chose or changed, a sentence each, worth telling.
    """

    name: str
    kind: str
    train: Part
    validation: Part
    test: Part
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example, without the batch axis."""
        return tuple(self.train.inputs.shape[1:])

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    def describe(self) -> str:
        """One line: what it is, its size, shape and classes."""
        if self.kind == "images":
            height, width, channels = self.input_shape
            inputs = f"{height}×{width} images, {_channels(channels)}"
        else:
            inputs = f"rows of {_count(self.input_shape[0], 'feature')}"
        return (
            f"{self.name}: {inputs}, {self.num_classes} classes; "
            f"{len(self.train):,} train, {len(self.validation):,} validation, "
            f"{len(self.test):,} test"
        )


def _channels(channels: int) -> str:
    return {1: "grey", 3: "colour", 4: "colour with alpha"}.get(
        channels, _count(channels, "channel")
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
