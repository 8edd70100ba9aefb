"""Runs the checks of a battery, and reports the first one that fails."""

import contextlib
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

HALF_PRECISION = ("mixed_float16", "mixed_bfloat16")


class BrokenPromise(AssertionError):
    """A component does not do what users rely on; the message names both."""


def run_checks(
    component: str, checks: dict[str, Callable[[], None]], skip: Sequence[str] = ()
) -> None:
    """Runs the check of every promise in order, except those to skip."""
    for name in skip:
        if name not in checks:
            raise ValueError(
                f"`skip` must contain promises out of {list(checks)}, got {name!r}."
            )
    for name, check in checks.items():
        # PyTorch needs a C++ compiler for it, which may be missing.
        cannot_compile = name == "jit_compile" and keras.backend.backend() == "torch"
        if name in skip or cannot_compile:
            continue
        try:
            check()
        except Exception as error:
            reason = str(error).strip()
            if not isinstance(error, AssertionError):
                reason = f"{type(error).__name__}: {reason}"
            raise BrokenPromise(
                f"{component} breaks the promise {name!r}: {reason}"
            ) from error


def require(condition: bool, reason: str) -> None:
    """Fails with a reason. `python -O` would leave out an `assert`."""
    if not condition:
        raise AssertionError(reason)


def require_same(
    found: Any,
    expected: Any,
    what: str,
    *,
    rtol: float = 1e-5,
    atol: float | np.ndarray = 1e-6,
) -> None:
    """Fails unless two arrays have the same shape and nearly the same values."""
    found, expected = as_array(found), as_array(expected)
    require(
        found.shape == expected.shape,
        f"{what} has shape {found.shape} instead of {expected.shape}.",
    )
    differs = ~np.isclose(found, expected, rtol=rtol, atol=atol)
    require(
        not differs.any(),
        f"{what} differs in {differs.sum()} of {differs.size} values, by up to "
        f"{np.abs(found - expected).max():.3g}.",
    )


def require_finite(values: Any, what: str) -> None:
    """Fails unless every value is finite."""
    values = as_array(values)
    count = values.size - np.isfinite(values).sum()
    require(not count, f"{what} is not finite in {count} of {values.size} values.")


def require_shapes(
    component: keras.layers.Layer,
    inputs: np.ndarray,
    dtype: str,
    call: Callable[[Any], np.ndarray],
) -> None:
    """Fails unless symbolic shapes for any batch size are those of real calls."""
    shape = (None, *inputs.shape[1:])
    symbolic = component(keras.KerasTensor(shape, dtype)).shape
    computed = component.compute_output_shape(shape)
    for stated, source in (
        (symbolic, "a symbolic call"),
        (computed, "`compute_output_shape`"),
    ):
        for size in (1, 2):
            real = call(inputs[:size]).shape
            fits = len(stated) == len(real) and all(
                a in (None, b) for a, b in zip(stated[1:], real[1:], strict=True)
            )
            require(
                fits and stated[0] is None,
                f"{source} gives {tuple(stated)} for inputs of shape {shape}, but a "
                f"real call gives {real} for a batch of {size}.",
            )


def as_array(values: Any) -> np.ndarray:
    """A tensor of any backend as a float64 array."""
    return np.asarray(keras.ops.convert_to_numpy(values)).astype("float64")


def saved_and_loaded(model: keras.Model) -> keras.Model:
    """The model after it was saved to a `.keras` file and loaded in safe mode."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "model.keras")
        model.save(file)
        return keras.saving.load_model(file, safe_mode=True)


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Sets the global dtype policy inside the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
