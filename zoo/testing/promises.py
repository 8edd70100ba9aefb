"""Promises, and what is said of one that is broken."""

import contextlib
from collections.abc import Callable, Sequence

import keras
import numpy as np

HALF_PRECISION = ("mixed_float16", "mixed_bfloat16")


class BrokenPromise(AssertionError):
    """A component does not do what users rely on; the message names both."""


def keep(
    subject: str, promises: dict[str, Callable[[], None]], skip: Sequence[str]
) -> None:
    """Tries every promise but those to skip, in order.

    Args:
        subject: Name of the component.
        promises: What is promised, with a function that fails where it is not kept.
        skip: Promises to leave out.

    Raises:
        BrokenPromise: At the first that is not kept.
        ValueError: If there is no promise of a name in `skip`.
    """
    for name in skip:
        if name not in promises:
            raise ValueError(
                f"`skip` must hold promises, of {list(promises)}, got {name!r}."
            )
    for name, check in promises.items():
        if name in skip or (name == "jit_compile" and not compiles()):
            continue
        try:
            check()
        except Exception as error:
            reason = str(error).strip()
            if not isinstance(error, AssertionError):
                reason = f"{type(error).__name__}: {reason}"
            raise BrokenPromise(
                f"{subject} breaks the promise {name!r}: {reason}"
            ) from error


def require(kept: bool, reason: str) -> None:
    """Fails with a reason. Not an `assert`, which `python -O` leaves out."""
    if not kept:
        raise AssertionError(reason)


def require_same(found, expected, what: str, *, rtol=1e-5, atol=1e-6) -> None:
    """Fails unless two arrays agree in shape and, nearly, in values."""
    found, expected = array(found), array(expected)
    require(
        found.shape == expected.shape,
        f"{what} has shape {found.shape} instead of {expected.shape}.",
    )
    far = ~np.isclose(found, expected, rtol=rtol, atol=atol)
    require(
        not far.any(),
        f"{what} differs in {far.sum()} of {far.size} values, by up to "
        f"{np.abs(found - expected).max():.3g}.",
    )


def require_finite(values, what: str) -> None:
    """Fails unless every value is finite."""
    values = array(values)
    bad = values.size - np.isfinite(values).sum()
    require(not bad, f"{what} is not finite in {bad} of {values.size} values.")


def array(values) -> np.ndarray:
    """A tensor of any backend as a float64 array."""
    return np.asarray(keras.ops.convert_to_numpy(values)).astype("float64")


@contextlib.contextmanager
def policy(name: str):
    """A dtype policy that holds inside the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def compiles() -> bool:
    """Whether `jit_compile=True` needs nothing that may be missing."""
    return keras.backend.backend() != "torch"
