"""Fingerprint of a data set, by which a resumed run recognises its data."""

import dataclasses
import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.encoded_images import EncodedImages

SAMPLED = 2**28  # bytes; of larger arrays only some rows are read
ROWS = 10_000


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 over the parts that training reads, as 64 hexadecimal digits.

    Only 10,000 evenly spread rows are read of an array above 256 MB, so that a file
    larger than memory takes no longer.
    """
    digest = hashlib.sha256()
    for part in (dataset.train, dataset.validation):
        for array in _arrays(part):
            digest.update(f"{array.shape} {array.dtype}".encode())
            for piece in _pieces(array):
                digest.update(piece)
    return digest.hexdigest()


def _arrays(part: Part) -> list[np.ndarray]:
    fields = [f for f in dataclasses.fields(part) if "is_derived" not in f.metadata]
    values = [getattr(part, field.name) for field in fields]
    if isinstance(part, EncodedImages):
        values += [part.inputs.contents, np.array(part.input_shape)]
    return [value for value in values if isinstance(value, np.ndarray)]


def _pieces(array: np.ndarray) -> Iterator[Any]:
    """The bytes of an array, or of a sample of it."""
    if array.dtype.hasobject:
        for text in array.ravel():
            raw = text if isinstance(text, bytes) else str(text).encode()
            yield len(raw).to_bytes(8, "little") + raw
        return
    if array.nbytes > SAMPLED:
        array = array[np.linspace(0, len(array) - 1, ROWS, dtype="int64")]
    yield np.ascontiguousarray(array)
