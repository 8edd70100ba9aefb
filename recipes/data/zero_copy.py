"""Arrays that TensorFlow reads where they are, instead of copying them.

It does so from addresses that 64 divides; NumPy's own arrays begin 16 bytes behind one.
"""

import numpy as np

ALIGNMENT = 64  # bytes that TensorFlow wants the first example's address to divide


def taken(array: np.ndarray, examples) -> np.ndarray:
    """`array[examples]`; a new array of numbers begins where TensorFlow wants it.

    Args:
        array: Of any kind, the examples along the first axis.
        examples: A slice, which gives a view, or indices.

    >>> part = taken(np.arange(6).reshape(3, 2), np.array([2, 0]))
    >>> part.tolist(), part.ctypes.data % ALIGNMENT
    ([[4, 5], [0, 1]], 0)
    """
    if isinstance(examples, slice) or array.dtype.hasobject:
        return array[examples]
    examples = np.arange(len(array))[examples]  # whatever they were: places from 0
    result = _aligned((len(examples), *array.shape[1:]), array.dtype)
    # By "clip", which has nothing to clip here, NumPy writes there without a buffer.
    return np.take(array, examples, axis=0, out=result, mode="clip")


def _aligned(shape, dtype):
    size = int(np.prod(shape, dtype="int64")) * dtype.itemsize
    memory = np.empty(size + ALIGNMENT, "uint8")
    first = -memory.ctypes.data % ALIGNMENT
    return memory[first : first + size].view(dtype).reshape(shape)


def as_tensor(array: np.ndarray):
    """A tensor of the array: of the same memory where that can be, else a copy.

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
    """A read-only array as NumPy hands on no other: without the flag.

    DLPack as TensorFlow reads it cannot say "read-only", and NumPy refuses to leave
    it out. Nothing writes to the tensor. A private writable mapping would need no
    such step, but counts as memory, and is refused for files larger than that.
    """

    def __init__(self, array):
        self.array = array  # Keeps the file mapped.
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (array.ctypes.data, False),
        }
