"""Readers of records, one for each kind of data."""

import abc
import dataclasses
from typing import Any, cast

import numpy as np

from custom.types import Tensor
from recipes.sources.audio.audio import clip_samples
from recipes.sources.audio.audio_files import (
    clipped_note,
    exceeds_unit_range,
    in_unit_range,
)
from recipes.sources.files.file_kinds import EncodedFile
from recipes.sources.images.image_files import (
    FULL_DEPTH,
    bit_depth_of,
    notes_on_depth,
    read_header,
)
from recipes.sources.images.image_folder import LARGEST
from recipes.sources.records.tfrecord_layout import LAYOUT, PICTURES, Layout, type_of
from zoo.errors import InputError
from zoo.images import largest_value
from zoo.kinds import Kind


class Reader(abc.ABC):
    """Reads the inputs of records of one kind into an array.

    Attributes:
        dtype: Type of the array.
        has_lengths: Whether examples differ in length.
        bit_depth: Bits that the values of 16-bit images use.
        notes: What reading changes.
    """

    dtype = "float32"
    has_lengths = False
    bit_depth = FULL_DEPTH

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.notes: list[str] = []

    @classmethod
    def completed(cls, layout: Layout, first: Any) -> Layout:
        """Completes the layout from the input of the first record."""
        return layout

    @property
    def _feature(self):
        import tensorflow as tf

        return tf.io.RaggedFeature(tf.float32)

    @property
    def _shape(self) -> tuple[int, ...]:
        """The shape in the layout, once that is complete."""
        return cast(tuple[int, ...], self.layout.shape)

    def scan(self, records: Tensor) -> dict[str, Tensor]:
        """Labels and sizes of a batch of records, in the graph."""
        import tensorflow as tf

        labels = {"int64": tf.int64, "float": tf.float32, "bytes": tf.string}[
            self.layout.label_type
        ]
        features = {self.layout.label: tf.io.FixedLenFeature([], labels)}
        features |= {self.layout.input: self._feature}
        parsed = tf.io.parse_example(records, features)
        return {
            "label": parsed[self.layout.label],
            "size": self.sizes(parsed[self.layout.input]),
        }

    def sizes(self, inputs: Tensor) -> Tensor:
        return inputs.row_lengths()

    def read(self, records: Tensor) -> dict[str, Tensor]:
        """Inputs of a batch of records, in the graph."""
        import tensorflow as tf

        parsed = tf.io.parse_example(records, {self.layout.input: self._feature})
        return {"inputs": self.decoded(parsed[self.layout.input])}

    def decoded(self, inputs: Tensor) -> Tensor:
        return inputs

    def array(self, batch: dict[str, Any]) -> Any:
        """A batch as `put` takes it."""
        return batch["inputs"].numpy()

    @abc.abstractmethod
    def shape(self, sizes: dict[str, np.ndarray]) -> tuple[int, ...]:
        """Shape of every example, from the sizes in each part."""

    def put(
        self, array: np.ndarray, rows: np.ndarray, values: Any, which: np.ndarray
    ) -> None:
        """Writes examples `which` of a batch to their rows."""
        array[rows] = values[which]


class Pictures(Reader):
    """Encoded images, or raw bytes of a known shape."""

    dtype = "uint8"

    @classmethod
    def completed(cls, layout: Layout, first: Any) -> Layout:
        import tensorflow as tf

        if type_of(first) != "bytes" or len(first.bytes_list.value) != 1:
            raise InputError(f"{layout.input!r} must hold one bytes value, an image.")
        content = first.bytes_list.value[0]
        if not content.startswith(PICTURES):
            shape = layout.shape
            if not _is_image(shape):
                raise InputError(
                    f'{layout.input!r} holds raw pixels; give their "shape": [height, '
                    f"width, 1, 3 or 4] in {LAYOUT}, got {shape}."
                )
            return dataclasses.replace(layout, image_size=None)
        try:
            image = tf.io.decode_image(content, expand_animations=False)
        except tf.errors.InvalidArgumentError as error:
            raise InputError(
                f"The first {layout.input!r} is not a whole image."
            ) from error
        header = read_header(EncodedFile(content, f"The first {layout.input!r}"))
        height, width, channels = header.height, header.width, image.shape[2]
        shrink = min(1, LARGEST / max(height, width))
        size = layout.image_size or (
            max(1, round(height * shrink)),
            max(1, round(width * shrink)),
        )
        channels = channels if channels in (1, 3, 4) else 3
        if layout.shape is not None:
            if not _is_image(layout.shape):
                raise InputError(
                    f'"shape" of images in {LAYOUT} must be [height, width, 1, 3 or '
                    f"4], got {list(layout.shape)}."
                )
            height, width, channels = layout.shape
            size = height, width
        told = f"images of other sizes are resized to {size[0]}×{size[1]}"
        return dataclasses.replace(
            layout,
            shape=(*size, channels),
            image_size=(size[0], size[1]),
            notes=(*layout.notes, f"{told} (--image-size chooses another)"),
        )

    @property
    def _feature(self):
        import tensorflow as tf

        return tf.io.FixedLenFeature([], tf.string)

    def sizes(self, inputs: Tensor) -> Tensor:
        """Numbers of bytes; of encoded images, the largest value of 16 bits, or −1."""
        import tensorflow as tf

        if self.layout.image_size is None:
            return tf.strings.length(inputs)
        return tf.map_fn(largest_value, inputs, fn_output_signature=tf.int32)

    def decoded(self, inputs: Tensor) -> Tensor:
        import tensorflow as tf

        from zoo.images import decode

        shape: Any = self._shape
        if self.layout.image_size is None:
            return tf.reshape(tf.io.decode_raw(inputs, tf.uint8), [-1, *shape])
        height, width, channels = shape
        return tf.map_fn(
            lambda one: decode(one, height, width, channels, self.bit_depth),
            inputs,
            fn_output_signature=tf.TensorSpec(shape, tf.uint8),
        )

    def shape(self, sizes: dict[str, np.ndarray]) -> tuple[int, ...]:
        raw = int(np.prod(self._shape))
        if self.layout.image_size is None:
            for part, found in sizes.items():
                if (found != raw).any():
                    raise InputError(
                        f"The {part} part has {found[found != raw][0]} raw bytes where "
                        f"the shape {self._shape} has {raw}."
                    )
            return self._shape
        found = np.concatenate([*sizes.values()]).tolist()
        largest = [None if value < 0 else value for value in found]
        self.notes += notes_on_depth(largest, self.layout.bit_depth)
        self.bit_depth = self.layout.bit_depth or bit_depth_of(largest)
        return self._shape


class Rows(Reader):
    """Rows of floats; every record has the same number."""

    def array(self, batch: dict[str, Any]) -> Any:
        return _finite(batch["inputs"].to_tensor().numpy(), self.layout)

    def shape(self, sizes: dict[str, np.ndarray]) -> tuple[int, ...]:
        found = np.unique(np.concatenate([*sizes.values()]))
        if len(found) > 1 or found[0] == 0:
            raise InputError(
                f"{self.layout.input!r} has from {found[0]} to {found[-1]} numbers; "
                f"rows must have the same number. Write into {LAYOUT} if they are "
                'sequences, with "shape": [null, features], or give --sample-rate if '
                "they are audio."
            )
        return (int(found[0]),)


class Ragged(Reader):
    """Floats of any number: the values of all steps of a sequence."""

    has_lengths = True

    @property
    def per_step(self) -> int:
        """Numbers in each step."""
        return 1

    def array(self, batch: dict[str, Any]) -> Any:
        values = _finite(batch["inputs"].values.numpy(), self.layout)
        return np.split(values, batch["inputs"].row_splits.numpy()[1:-1])

    def lengths(self, sizes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.minimum(sizes // self.per_step, shape[0]).astype("int64")

    def put(
        self, array: np.ndarray, rows: np.ndarray, values: Any, which: np.ndarray
    ) -> None:
        for row, number in zip(rows.tolist(), which.tolist(), strict=True):
            example = values[number].reshape(-1, *array.shape[2:])[: array.shape[1]]
            array[row, : len(example)] = example


class Sequences(Ragged):
    """Sequences of vectors, flattened step after step."""

    @classmethod
    def completed(cls, layout: Layout, first: Any) -> Layout:
        shape = layout.shape
        if shape is None or len(shape) != 2 or not isinstance(shape[1], int):
            raise InputError(
                f'Sequences need "shape": [null, features] in {LAYOUT}, got {shape}.'
            )
        return layout

    @property
    def per_step(self) -> int:
        return self._shape[1]

    def shape(self, sizes: dict[str, np.ndarray]) -> tuple[int, ...]:
        found = np.concatenate([*sizes.values()])
        wrong = found[(found % self.per_step != 0) | (found == 0)]
        if len(wrong):
            raise InputError(
                f"{self.layout.input!r} has {wrong[0]} numbers, not whole steps of "
                f"{self.per_step}."
            )
        return int(found.max()) // self.per_step, self.per_step


class Audio(Ragged):
    """Samples in −1…1."""

    @classmethod
    def completed(cls, layout: Layout, first: Any) -> Layout:
        if layout.sample_rate is None:
            raise InputError(
                f'Audio needs "sample_rate" in {LAYOUT}, or --sample-rate.'
            )
        return layout

    def array(self, batch: dict[str, Any]) -> Any:
        clips = super().array(batch)
        self._clipped += sum(map(exceeds_unit_range, clips))
        self.notes[self._own_notes :] = clipped_note(self._clipped, self._total)
        return [in_unit_range(clip, repr(self.layout.input)) for clip in clips]

    def shape(self, sizes: dict[str, np.ndarray]) -> tuple[int, ...]:
        everything = np.concatenate([*sizes.values()])
        if (everything == 0).any():
            raise InputError(
                f"{self.layout.input!r} is empty in a record; leave it out."
            )
        rate, seconds = cast(int, self.layout.sample_rate), self.layout.clip_seconds
        samples = clip_samples(sizes, rate, seconds, self.notes)
        self._clipped, self._total = 0, len(everything)
        self._own_notes = len(self.notes)
        return (samples,)


class Texts(Reader):
    """Strings in UTF-8, which stay in memory."""

    dtype = "O"

    @property
    def _feature(self):
        import tensorflow as tf

        return tf.io.FixedLenFeature([], tf.string)

    def sizes(self, inputs: Tensor) -> Tensor:
        import tensorflow as tf

        return tf.strings.length(inputs)

    def array(self, batch: dict[str, Any]) -> Any:
        from recipes.sources.texts.text import as_texts

        texts = as_texts("given", batch["inputs"].numpy())
        if (texts == "").any():
            raise InputError(
                f"{self.layout.input!r} is a missing text in a record; leave it out."
            )
        return texts

    def shape(self, sizes: dict[str, np.ndarray]) -> tuple[int, ...]:
        return ()


def _is_image(shape):
    return shape and len(shape) == 3 and shape[0] and shape[2] in (1, 3, 4)


def _finite(values, layout):
    if not np.isfinite(values).all():
        raise InputError(
            f"{layout.input!r} has numbers that are NaN or infinite; replace them."
        )
    return values


READERS: dict[Kind, Any] = {
    Kind.IMAGES: Pictures,
    Kind.TABLE: Rows,
    Kind.SEQUENCES: Sequences,
    Kind.AUDIO: Audio,
    Kind.TEXT: Texts,
}
