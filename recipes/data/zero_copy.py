"""Arrays that TensorFlow uses in place, without a copy.

That needs an address divisible by 64; NumPy aligns its own arrays to 16 bytes.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

ALIGNMENT = 64  # bytes, of the address of the first example


def taken(array: np.ndarray, examples: slice | np.ndarray) -> np.ndarray:
    """Returns `array[examples]`, aligned for TensorFlow if it is a copy of numbers.

    >>> part = taken(np.arange(6).reshape(3, 2), np.array([2, 0]))
    >>> part.tolist(), part.ctypes.data % ALIGNMENT
    ([[4, 5], [0, 1]], 0)
    """
    if isinstance(examples, slice) or array.dtype.hasobject:
        return array[examples]
    indices = np.arange(len(array))[examples]  # also from negative ones and masks
    result = aligned((len(indices), *array.shape[1:]), array.dtype)
    # With mode="clip", NumPy writes to `out` without a buffer; no index is clipped.
    return np.take(array, indices, axis=0, out=result, mode="clip")


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array with nothing in it yet, aligned for TensorFlow."""
    size = int(np.prod(shape, dtype="int64")) * dtype.itemsize
    memory = np.empty(size + ALIGNMENT, "uint8")
    first = -memory.ctypes.data % ALIGNMENT
    return memory[first : first + size].view(dtype).reshape(shape)


def as_tensor(array: np.ndarray) -> "tf.Tensor":
    """A tensor that shares the memory of the array if possible, otherwise a copy.

    Nothing may write to the array afterwards.
    """
    import tensorflow as tf

    shareable = array.dtype.kind in "uif" and array.dtype.isnative and array.size
    aligned = array.flags.c_contiguous and array.ctypes.data % ALIGNMENT == 0
    if shareable and aligned:
        view = np.asarray(_Shared(array))
        return tf.experimental.dlpack.from_dlpack(view.__dlpack__())
    return tf.convert_to_tensor(array)


class _Shared:
    """A read-only array that does not say so.

    TensorFlow's version of DLPack has no read-only flag, and NumPy refuses to export
    a read-only array without one. Nothing writes to the tensor. A private writable
    mapping would not need this, but it counts as memory, and the system refuses it
    for files larger than memory.
    """

    def __init__(self, array):
        self.array = array  # Keeps the file mapped.
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (array.ctypes.data, False),
        }
