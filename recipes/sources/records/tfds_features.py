"""Readers of the features of TensorFlow Datasets, one for each kind of feature."""

import abc
from collections.abc import Iterable
from typing import Any, cast

import numpy as np

from custom.types import Tensor
from recipes.sources.audio.audio import as_clips
from recipes.sources.audio.audio_files import resampled
from recipes.sources.images.image_folder import LARGEST
from recipes.sources.parts.division import Division
from zoo.errors import InputError


class Reader(abc.ABC):
    """Reads the inputs of a data set from one kind of feature.

    Attributes:
        noun: What the inputs are called in messages.
        label: The feature that holds the class.
        arguments: Arguments for `from_arrays` besides the arrays.
        notes: What reading changes.
    """

    noun: str

    def __init__(self, feature: str, label: str) -> None:
        self.label = label
        self.arguments: dict = {}
        self.notes: list[str] = []
        self._feature = feature

    def inputs(self, example: dict[str, Tensor]) -> Any:
        """The inputs of one example, as tensors in the graph."""
        return example[self._feature]

    def batched(self, examples: Any, size: int) -> Any:
        """Batches of examples."""
        return examples.batch(size)

    @abc.abstractmethod
    def joined(self, batches: Iterable[Any]) -> Any:
        """All batches of inputs as `from_arrays` takes them."""


class Images(Reader):
    """Images, resized if they differ in size."""

    noun = "images"

    def __init__(
        self,
        feature: str,
        label: str,
        shape: tuple[int | None, ...],
        image_size: tuple[int, int] | None,
    ) -> None:
        super().__init__(feature, label)
        height, width = image_size or shape[:2]
        if None in (height, width):
            height = width = LARGEST
        self._size = height, width
        if (height, width) != tuple(shape[:2]):
            self.notes.append(
                f"images were resized to {height}×{width} (--image-size chooses "
                "another)"
            )

    def inputs(self, example: dict[str, Tensor]) -> Any:
        import tensorflow as tf

        image = example[self._feature]
        if image.shape[:2] != self._size:
            resized = tf.image.resize(image, self._size, antialias=True)
            image = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
        return image

    def joined(self, batches: Iterable[Any]) -> Any:
        return np.concatenate([batch.numpy() for batch in batches])


class Texts(Reader):
    """Strings."""

    noun = "texts"

    def joined(self, batches: Iterable[Any]) -> Any:
        return np.concatenate([batch.numpy() for batch in batches])


class Audio(Reader):
    """Audio clips of different length."""

    noun = "audio clips"

    def __init__(
        self,
        feature: str,
        label: str,
        rate: int | None,
        sample_rate: int | None,
        clip_seconds: float | None,
    ) -> None:
        super().__init__(feature, label)
        if not (rate or sample_rate):
            raise InputError(
                f"The audio {feature!r} has no sample rate of its own; give one with "
                "--sample-rate."
            )
        self._rate = cast(int, rate or sample_rate)
        target = sample_rate or self._rate
        self.arguments = {"sample_rate": target, "clip_seconds": clip_seconds}
        if target != self._rate:
            self.notes.append(
                f"audio clips were resampled from {self._rate:,} Hz to {target:,} Hz"
            )

    def batched(self, examples: Any, size: int) -> Any:
        return examples.ragged_batch(size)

    def joined(self, batches: Iterable[Any]) -> Any:
        clips = [clip for batch in batches for clip in _clips(batch)]
        target = self.arguments["sample_rate"]
        if target == self._rate:
            return clips
        read = as_clips("given", clips, self.notes)
        return [resampled(clip, self._rate, target) for clip in read]


class Vectors(Reader):
    """Sequences of vectors of different length."""

    noun = "sequences"

    def __init__(self, feature: str, label: str) -> None:
        super().__init__(feature, label)
        self.arguments = {"sequences": True}

    def inputs(self, example: dict[str, Tensor]) -> Any:
        import tensorflow as tf

        return tf.cast(example[self._feature], tf.float32)

    def batched(self, examples: Any, size: int) -> Any:
        return examples.ragged_batch(size)

    def joined(self, batches: Iterable[Any]) -> Any:
        return [clip for batch in batches for clip in _clips(batch)]


class Table(Reader):
    """A table: each feature is a column of numbers or words."""

    noun = "rows"

    def __init__(self, columns: dict[str, Any], label: str) -> None:
        super().__init__("", label)
        self._columns = columns

    def inputs(self, example: dict[str, Tensor]) -> Any:
        return {name: example[name] for name in self._columns}

    def joined(self, batches: Iterable[Any]) -> Any:
        table = {
            name: np.concatenate([batch[name].numpy() for batch in batches])
            for name in self._columns
        }
        for name, feature in self._columns.items():
            names = getattr(feature, "names", None)
            if names:  # Also a class, but not the label.
                words = np.array(["", *names], object)
                table[name] = words[table[name] + 1]
        return table


def _clips(batch) -> list[np.ndarray]:
    """The clips of a batch, which is ragged unless all have the same length."""
    if not hasattr(batch, "row_splits"):
        return list(batch.numpy())
    return np.split(batch.values.numpy(), batch.row_splits.numpy()[1:-1])


def reader_for(
    name: str,
    features: dict,
    label_column: str,
    *,
    image_size: tuple[int, int] | None = None,
    text_column: str | None = None,
    sample_rate: int | None = None,
    clip_seconds: float | None = None,
) -> Reader:
    """Chooses the reader of a data set by its features."""
    import tensorflow_datasets as tfds

    def named(kind):
        return [key for key, feature in features.items() if isinstance(feature, kind)]

    if label_column not in named(tfds.features.ClassLabel):
        raise InputError(
            f"{name} of TensorFlow Datasets is not a classification by "
            f"{label_column!r}: it has {', '.join(features) or 'no named features'}. "
            + _classes_elsewhere(named(tfds.features.ClassLabel))
        )
    images, audio = named(tfds.features.Image), named(tfds.features.Audio)
    texts = [key for key in named(tfds.features.Text) if not _names_a_file(key)]
    if text_column is not None:
        if text_column not in texts:
            raise InputError(
                f"{name} has no text {text_column!r}; it has "
                f"{', '.join(texts) or 'no texts'}."
            )
        return Texts(text_column, label_column)
    if len(images) == 1:
        shape = features[images[0]].shape
        return Images(images[0], label_column, shape, image_size)
    if len(audio) == 1:
        rate = features[audio[0]].sample_rate
        return Audio(audio[0], label_column, rate, sample_rate, clip_seconds)
    if len(texts) == 1 and not images and not audio:
        return Texts(texts[0], label_column)
    if texts:
        raise InputError(
            f"{name} has several texts: {', '.join(texts)}; choose one with "
            "--text-column."
        )
    vectors = [key for key, feature in features.items() if _is_sequence(feature)]
    if len(vectors) == 1 and not images and not audio:
        return Vectors(vectors[0], label_column)
    columns = {
        key: feature
        for key, feature in features.items()
        if key != label_column and _is_single(feature)
    }
    if columns and not (images or audio or vectors):
        return Table(columns, label_column)
    raise InputError(
        f"{name} of TensorFlow Datasets has neither one image, audio, text or sequence "
        f"nor columns only to learn from: it has {', '.join(features)}."
    )


def _is_sequence(feature) -> bool:
    """Whether a feature holds floats `(time, features)`."""
    shape, dtype = getattr(feature, "shape", None), getattr(feature, "np_dtype", None)
    return (
        isinstance(shape, tuple)
        and len(shape) == 2
        and shape[1] is not None
        and dtype is not None
        and np.dtype(dtype).kind == "f"
    )


def _is_single(feature) -> bool:
    """Whether a feature holds one number or string."""
    return getattr(feature, "shape", None) == ()


def group_feature(name: str, features: dict, division: Division) -> str | None:
    """The feature that holds the groups; `None` without division."""
    if division.key is None:
        return None
    if not division.is_pattern:
        if division.by not in features:
            raise InputError(
                f"{name} has no feature {division.by!r} to group by; it has "
                f"{', '.join(features)}."
            )
        return division.by
    files = [key for key in features if _names_a_file(key)]
    if not files:
        raise InputError(
            f"{name} keeps no file names that `group` {division.by!r} could match; "
            f"give a feature: {', '.join(features)}."
        )
    return files[0]


def _names_a_file(feature: str) -> bool:
    return feature.rpartition("/")[2].replace("_", "") == "filename"


def _classes_elsewhere(classes) -> str:
    if not classes:
        return "None of them is a class."
    return f"Choose {' or '.join(map(repr, classes))} with --label-column."
