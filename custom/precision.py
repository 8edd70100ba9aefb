"""The precision in which formulas are computed."""

from typing import Any

import keras


def at_least_float32(dtype: Any) -> str:
    """`"float64"` for float64, else `"float32"`.

    Sums and powers of half-precision numbers overflow or lose their digits. The
    components convert their inputs to this type and the result back to the caller's.
    `keras.backend.result_type(dtype, "float32")` does not serve: on PyTorch it turns
    float64 into float32.
    """
    is_double = keras.backend.standardize_dtype(dtype) == "float64"
    return "float64" if is_double else "float32"
