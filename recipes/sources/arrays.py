"""Data sets from arrays in memory and `.npz` files."""

import pathlib
import zipfile

import numpy as np

from recipes.dataset import Dataset, Part
from recipes.sources.labels import class_numbers
from recipes.sources.splitting import complete
from zoo.errors import InputError


def from_arrays(
    x_train,
    y_train,
    x_test=None,
    y_test=None,
    x_validation=None,
    y_validation=None,
    *,
    class_names=None,
    feature_names=(),
    name: str = "arrays",
    notes: tuple[str, ...] = (),
) -> Dataset:
    """A data set from arrays.

    Args:
        x_train: Images `(n, height, width)` or `(n, height, width, channels)`, in
            0…255 or, as floats, in 0…1; or table rows `(n, features)`.
        y_train: Labels: `(n,)` integers `0…K-1` or text, or one-hot `(n, K)`.
        x_test: The same for the test part; split off if `None`.
        y_test: Its labels.
        x_validation: The same for the validation part; split off if `None`.
        y_validation: Its labels.
        class_names: Names for integer labels; by default the numbers.
        feature_names: Names of the columns of a table.
        name: What to call the data set.
        notes: Notes to begin with.

    Returns:
        The `Dataset`.

    Raises:
        InputError: If shapes, values or labels cannot be used.

    >>> import numpy as np
    >>> rows = np.linspace(0, 1, 80).reshape(40, 2)
    >>> dataset = from_arrays(rows, np.arange(40) % 2)
    >>> print(dataset.describe())
    arrays: rows of 2 features, 2 classes; 28 train, 4 validation, 8 test
    """
    given = {
        "train": (x_train, y_train),
        "test": (x_test, y_test),
        "validation": (x_validation, y_validation),
    }
    for key, (x, y) in given.items():
        if x is None and y is not None:
            raise InputError(f"The {key} part has labels, but no examples.")
    given = {key: pair for key, pair in given.items() if pair[0] is not None}
    inputs = {key: _inputs(key, x) for key, (x, _) in given.items()}
    for key, (_, y) in given.items():
        if y is None or np.ndim(y) == 0 or len(y) != len(inputs[key]):
            found = "none" if y is None else np.shape(y)
            raise InputError(
                f"The {key} part has {len(inputs[key])} examples; its labels have "
                f"the shape {found}."
            )
        if inputs[key].shape[1:] != inputs["train"].shape[1:]:
            raise InputError(
                f"Examples of the {key} part have shape {inputs[key].shape[1:]}, "
                f"those of the training part {inputs['train'].shape[1:]}."
            )
    notes = list(notes)
    if inputs["train"].ndim == 4:
        inputs = _pixels(inputs, notes)
    labels, class_names = class_numbers(
        {key: y for key, (_, y) in given.items()}, class_names
    )
    parts = {key: Part(inputs[key], labels[key]) for key in given}
    train, validation, test, split_notes = complete(
        parts["train"], parts.get("validation"), parts.get("test"), class_names
    )
    return Dataset(
        name=name,
        kind="table" if train.inputs.ndim == 2 else "images",
        train=train,
        validation=validation,
        test=test,
        class_names=class_names,
        feature_names=tuple(feature_names),
        notes=(*notes, *split_notes),
    )


def load_npz(path: pathlib.Path) -> Dataset:
    """A data set from a file with `x_train` and `y_train`, or `x` and `y`.

    Arrays `x_test`, `y_test`, `x_validation` (or `x_val`), `y_validation` and
    `class_names` are used if they are there. Nothing is ever unpickled.

    Raises:
        InputError: If the file is damaged, or lacks the arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
        if zipfile.is_zipfile(path) and "pickle" in str(error).lower():
            reason = "it holds Python objects, which are never unpickled"
        else:
            reason = "it is damaged, or no .npz file"
        raise InputError(f"Cannot read {path}: {reason}.") from error
    for short, key in (("x", "x_train"), ("y", "y_train")):
        if key not in arrays and short in arrays:
            arrays[key] = arrays[short]
        if key not in arrays:
            raise InputError(
                f"{path} has no array {key!r} (nor {short!r}); it has "
                f"{', '.join(arrays) or 'none'}."
            )
    keys = {
        f"{axis}_{part}": arrays.get(f"{axis}_{part}", arrays.get(f"{axis}_{short}"))
        for axis in "xy"
        for part, short in (
            ("train", "train"),
            ("test", "test"),
            ("validation", "val"),
        )
    }
    return from_arrays(**keys, class_names=arrays.get("class_names"), name=path.stem)


def _inputs(part: str, x) -> np.ndarray:
    """Images with a channel axis, of any numbers; rows as float32."""
    try:
        x = np.asarray(x)
    except ValueError as error:  # Lists of different lengths.
        raise InputError(
            f"Examples of the {part} part must all have the same shape."
        ) from error
    if x.dtype.kind not in "iufb":
        raise InputError(
            f"Examples of the {part} part must be numbers, got {x.dtype.name}."
        )
    if x.size == 0:
        raise InputError(f"The {part} part has no examples: its shape is {x.shape}.")
    bad = ~np.isfinite(x) if x.dtype.kind == "f" else np.zeros(1, bool)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"The {part} part has {int(bad.sum()):,} values that are NaN or infinite, "
            f"the first at {first}; replace them or leave those examples out."
        )
    if x.ndim == 2:
        return _rows(part, x)
    if x.ndim == 3:
        x = x[..., np.newaxis]
    if x.ndim != 4 or x.shape[-1] not in (1, 3, 4):
        raise InputError(
            f"Examples of the {part} part must be rows (n, features) or images "
            f"(n, height, width[, 1, 3 or 4 channels]), got shape {x.shape}."
        )
    return x


def _rows(part, x):
    with np.errstate(over="ignore"):  # Becomes infinite, and is refused below.
        rows = x.astype("float32")
    large = np.argwhere(~np.isfinite(rows))
    if len(large):
        first = tuple(int(i) for i in large[0])
        raise InputError(
            f"The {part} part has {len(large):,} values beyond float32, the first at "
            f"{first}: {x[first]}; scale that column down."
        )
    return rows


def _pixels(images: dict[str, np.ndarray], notes: list[str]) -> dict[str, np.ndarray]:
    """Images as uint8, on one scale: a dark test part is no other scale."""
    for part, x in images.items():
        low, high = x.min(), x.max()
        if low < 0 or high > 255:
            raise InputError(
                f"Images of the {part} part have values from {low} to {high}; they "
                "must lie in 0…255, or in 0…1 as floats."
            )
    is_unit = {part: x.dtype.kind == "f" and x.max() <= 1 for part, x in images.items()}
    for part, x in images.items():
        if is_unit["train"] and not is_unit[part]:
            raise InputError(
                f"Images of the training part lie in 0…1, those of the {part} part "
                f"reach {x.max()}; give both on the same scale."
            )
    if is_unit["train"]:
        notes.append("float images in 0…1 were multiplied by 255")
        images = {part: x.astype("float32") * 255 for part, x in images.items()}
    return {
        part: x if x.dtype == np.uint8 else np.rint(x).astype("uint8")
        for part, x in images.items()
    }
