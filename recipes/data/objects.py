"""Arrays of Python objects, such as strings, that NumPy does not look into."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def as_objects(values: Sequence[Any]) -> np.ndarray:
    """Values `(n,)` of dtype `object`, also if all are lists of one length.

    >>> as_objects([["a", "b"], ["c", "d"]]).shape
    (2,)
    """
    array = np.empty(len(values), object)
    array[:] = values
    return array
