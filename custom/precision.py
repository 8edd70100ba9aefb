"""The precision that formulas are computed in."""

import keras


def at_least_float32(dtype):
    """`"float64"` for float64, else `"float32"`.

    Sums and powers of half-precision numbers overflow or lose their digits; the
    components widen what they are given by this and narrow the result again.
    `keras.backend.result_type(dtype, "float32")` would make float32 of float64 on
    PyTorch.
    """
    is_double = keras.backend.standardize_dtype(dtype) == "float64"
    return "float64" if is_double else "float32"
