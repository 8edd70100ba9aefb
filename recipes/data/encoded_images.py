"""Images that stay encoded files and are decoded in the batch that shows them."""

import dataclasses
import functools
import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

import zoo.images
from recipes.data.dataset import Part
from zoo.errors import InputError, printable

if TYPE_CHECKING:  # It loads TensorFlow.
    import tensorflow as tf

    from recipes.sampling.order import Sampler


@dataclasses.dataclass(frozen=True)
class EncodedFiles:
    """Image files as an array `(n, height, width, channels)` that decodes its slices.

    Attributes:
        paths: Their paths, bytes `(n,)`.
        contents: A digest of each file, uint8 `(n, 16)`.
        example_shape: Height, width and channels of a decoded image.
        bit_depth: Bits that the values of 16-bit images use.
        all_upright_jpeg: Whether all are JPEG files that need no turning, which are
            decoded faster.

    >>> import tempfile
    >>> import tensorflow as tf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = f"{folder}/a.png"
    ...     tf.io.write_file(file, tf.io.encode_png(np.uint8([[[7], [9]]])))
    ...     images = EncodedFiles(np.array([file.encode()] * 5), None, (1, 2, 1))
    ...     images.shape, images[3].tolist(), images[1:3].shape
    ((5, 1, 2, 1), [[[7], [9]]], (2, 1, 2, 1))
    """

    paths: np.ndarray
    contents: np.ndarray
    example_shape: tuple[int, int, int]
    bit_depth: int = zoo.images.DEPTH
    all_upright_jpeg: bool = False

    dtype: ClassVar[np.dtype] = np.dtype("uint8")
    ndim: ClassVar[int] = 4

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.paths), *self.example_shape

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, examples: np.ndarray | slice) -> "EncodedFiles":
        """The files with these indices, which stay encoded."""
        paths, contents = self.paths[examples], self.contents[examples]
        return dataclasses.replace(self, paths=paths, contents=contents)

    def __getitem__(self, examples: int | np.ndarray | slice) -> np.ndarray:
        chosen = self.paths[examples]
        if isinstance(chosen, bytes):
            return self._pixels(np.array([chosen]))[0]
        return self._pixels(chosen)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._pixels(self.paths).astype(dtype or self.dtype, copy=False)

    def decoded(self, paths: "tf.Tensor") -> "tf.Tensor":
        """The pixels of files, uint8 `(n, *example_shape)`, as operations of a graph.

        A file that cannot be read or decoded raises a `tf.errors.OpError`.
        """
        import tensorflow as tf

        def pixels(path):
            encoded = tf.io.read_file(path)
            if self.all_upright_jpeg:
                return zoo.images.decode_upright_jpeg(encoded, *self.example_shape)
            return zoo.images.decode(encoded, *self.example_shape, self.bit_depth)

        return tf.map_fn(
            pixels,
            paths,
            fn_output_signature=tf.TensorSpec(self.example_shape, tf.uint8),
        )

    def explain(self, error: Exception) -> None:
        """Raises an `InputError` that names the file whose decoding raised an error."""
        if re.search(rf"Decode|ReadFile|{zoo.images.UNKNOWN}", str(error)):
            for path in sorted(self.paths.tolist(), key=_likelihood(str(error))):
                self._pixels(np.array([path]))

    def _pixels(self, paths: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        read = _reader(self.example_shape, self.bit_depth, self.all_upright_jpeg)
        try:
            with tf.device("CPU"):
                return read(tf.constant(paths, tf.string)).numpy()
        except tf.errors.OpError as error:
            if len(paths) == 1:
                raise _damaged(paths[0]) from error
            dataclasses.replace(self, paths=paths).explain(error)
            raise


@functools.cache
def _reader(*how: Any) -> Callable:
    """The traced function from paths to pixels."""
    import tensorflow as tf

    nothing = np.array([], "S1")
    files = EncodedFiles(nothing, nothing, *how)
    return tf.function(files.decoded, [tf.TensorSpec([None], tf.string)])


def _likelihood(message: str) -> Callable[[bytes], bool]:
    """Sorts first the files that TensorFlow's message can mean: it has their size."""
    sizes = {*map(int, re.findall(r"size:? (\d+)", message))}

    def is_unlikely(path: bytes) -> bool:
        try:
            return os.stat(path).st_size not in sizes  # noqa: PTH116
        except OSError:
            return False

    return is_unlikely


def _damaged(path: bytes) -> InputError:
    return InputError(
        f"{printable(os.fsdecode(path))} cannot be decoded: it is damaged, or was "
        "changed or removed since it was loaded. Remove it, or bring it back; with "
        "`decode` 'once' (--decode once) all files are decoded before training."
    )


@dataclasses.dataclass(frozen=True)
class EncodedImages(Part):
    """Images that are decoded in the batch that shows them.

    Their memory is that of paths and labels, and the first batch comes at once. Each
    epoch decodes again, in the graph of the pipeline.

    Attributes:
        inputs: `EncodedFiles`, whose slices are decoded uint8 images.
    """

    inputs: Any

    loaded_with: ClassVar[Mapping[str, str]] = {"decode": "batch"}

    def explain(self, error: Exception) -> None:
        self.inputs.explain(error)

    def take(self, examples: np.ndarray | slice) -> "EncodedImages":
        return EncodedImages(self.inputs.take(examples), self.labels[examples])

    def gather(
        self, sampler: "Sampler", num_classes: int | None = None
    ) -> Callable[..., tuple]:
        files = self.inputs
        of_paths = Part(files.paths, self.labels).gather(sampler, num_classes)

        def batch(epoch: "tf.Tensor", positions: "tf.Tensor") -> tuple:
            paths, labels = of_paths(epoch, positions)
            return files.decoded(paths), labels

        return batch
