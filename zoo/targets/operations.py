"""The operations that turn outputs into answers, for arrays and for graphs."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Operations:
    """The operations that turn outputs into answers, in one library.

    They are written once and run twice: in NumPy, and in the graph of an export.
    """

    as_float32: Callable[[Any], Any]
    as_uint8: Callable[[Any], Any]
    softmax: Callable[[Any], Any]
    with_complement: Callable[[Any], Any]
    argmax: Callable[[Any], Any]
    names_at: Callable[[tuple[str, ...], Any], Any]
    where: Callable[[Any, Any, Any], Any]
    count: Callable[[Any], Any]


def _softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits.astype("float64")
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


IN_NUMPY = Operations(
    as_float32=lambda x: np.asarray(x, "float32"),
    as_uint8=lambda x: np.clip(np.rint(x), 0, 255).astype("uint8"),
    softmax=_softmax,
    with_complement=lambda p: np.concatenate([1 - p, p], axis=-1),
    argmax=lambda x: x.argmax(axis=-1),
    names_at=lambda names, index: np.array(names)[index],
    where=np.where,
    count=lambda x: np.count_nonzero(x, axis=-1),
)


@functools.cache
def in_graph() -> Operations:
    """The operations of TensorFlow, which is imported with the first call."""
    import tensorflow as tf

    return Operations(
        as_float32=lambda x: tf.cast(x, tf.float32),
        # Only pixels, which are in 0…255 up to rounding.
        as_uint8=lambda x: tf.cast(tf.round(x), tf.uint8),
        softmax=tf.nn.softmax,
        with_complement=lambda p: tf.concat([1 - p, p], axis=-1),
        argmax=lambda x: tf.argmax(x, axis=-1, output_type=tf.int64),
        names_at=lambda names, index: tf.gather(tf.constant(names), index),
        where=tf.where,
        count=lambda x: tf.math.count_nonzero(x, axis=-1),
    )
