"""What an estimator is given, as parts of a data set."""

import dataclasses
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.tables.columns import from_columns
from recipes.sources.tables.frames import columns_of, is_frame
from recipes.sources.tables.tables import from_frame
from zoo.columns import Columns
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.trained_model import TrainedModel

FEW = 10_000  # examples among which equal ones are looked for


@dataclasses.dataclass(frozen=True)
class Labels:
    """What is to be predicted, encoded.

    Attributes:
        values: Class numbers `(n,)`, or numbers `(n, k)`.
        class_names: A name for each class; empty for numbers.
        value_names: A name for each number; empty for classes.
    """

    values: np.ndarray
    class_names: tuple[str, ...] = ()
    value_names: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        return "classification" if self.class_names else "regression"


def is_array_of_numbers(given: Any) -> bool:
    """Whether scikit-learn reads it as a table: rows of numbers, none of them missing.

    Other examples are those that only the zoo reads: frames with words or missing
    numbers, texts, and images.
    """
    if is_frame(given):
        return all(map(_is_complete, columns_of(given).values()))
    if hasattr(given, "shape") and len(given.shape) == 1:
        return not _holds_texts(given)
    if hasattr(given, "shape") and len(given.shape) > 2:
        return False
    return not (isinstance(given, list | tuple) and _holds_texts(given))


def _is_complete(column: Any) -> bool:
    values = np.asarray(column)
    return values.dtype.kind in "iub" or (
        values.dtype.kind == "f" and not np.isnan(values).any()
    )


def _holds_texts(given: Any) -> bool:
    first = next(iter(given), None)
    return isinstance(first, str | bytes)


def distinct(
    rows: np.ndarray, values: np.ndarray, weights: np.ndarray, at_most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each example once, with the sum of its weights, if so few are different.

    They are in an order of their own, so that an example of weight 2 and one that is
    there twice train the same model. Of more than `at_most` different examples, all are
    returned as they are.

    >>> rows, values = np.array([[1.0], [0.0], [1.0]]), np.array([1, 0, 1])
    >>> [each.tolist() for each in distinct(rows, values, np.ones(3), 10)]
    [[[0.0], [1.0]], [0, 1], [1.0, 2.0]]
    """
    if len(rows) > FEW:
        return rows, values, weights
    whole = np.column_stack([rows.astype("float64"), values])
    _, first, number = np.unique(whole, axis=0, return_index=True, return_inverse=True)
    if len(first) > at_most:
        return rows, values, weights
    summed = np.bincount(number.ravel(), weights, len(first))
    return rows[first], values[first], summed


def split_off(labels: Labels, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and the validation examples, stratified by class.

    No example is split off if there are fewer than two, or `share` is 0.
    """
    from sklearn.model_selection import train_test_split

    count = len(labels.values)
    everything = np.arange(count)
    if not share or count < 2:
        return everything, everything[:0]
    size = min(max(1, round(share * count)), count - 1)
    strata = None
    if labels.class_names:
        counts = np.bincount(labels.values)
        fits = min(size, count - size) >= (counts > 0).sum()
        strata = labels.values if fits and counts[counts > 0].min() > 1 else None
    kept, held = train_test_split(
        everything, test_size=size, stratify=strata, random_state=seed % 2**32
    )
    return kept, held


def dataset_of(
    given: Any,
    labels: Labels,
    kept: np.ndarray,
    held: np.ndarray,
    columns: Columns | None = None,
) -> Dataset:
    """A data set with a training and a validation part, and without a test part.

    Args:
        given: An array of numbers, or what `recipes.from_arrays` takes.
        labels: What is to be predicted.
        kept: Indices of the training examples.
        held: Indices of the validation examples.
        columns: How words were encoded before; learnt from the training part if `None`.
    """
    if isinstance(given, np.ndarray) and given.ndim == 2 and given.dtype == "float32":
        parts = (Part(given[rows], labels.values[rows]) for rows in (kept, held))
        train, validation = parts
        return Dataset(
            "arrays",
            Kind.TABLE,
            train,
            validation,
            train.take(slice(0, 0)),
            labels.class_names,
            value_names=labels.value_names,
        )
    return _read(given, labels, kept, held, columns)


def _read(
    given: Any,
    labels: Labels,
    kept: np.ndarray,
    held: np.ndarray,
    columns: Columns | None,
) -> Dataset:
    """The data set of examples that only the zoo reads."""
    from sklearn.utils import _safe_indexing

    # The reader wants a test part; the validation part stands for it.
    rows = {"train": kept, "test": held if len(held) else kept[:1]}
    xs = {part: _safe_indexing(given, some) for part, some in rows.items()}
    ys = {part: labels.values[some] for part, some in rows.items()}
    options: dict[str, Any] = {"task": labels.task, "value_names": labels.value_names}
    options |= {"class_names": labels.class_names} if labels.class_names else {}
    xs["validation"], ys["validation"] = xs["test"], ys["test"]
    if columns is not None:
        read = {part: columns_of(frame) for part, frame in xs.items()}
        dataset = from_columns(read, ys, columns=columns, name="frame", **options)
    else:
        dataset = from_arrays(
            xs["train"], ys["train"], xs["test"], ys["test"],
            xs["validation"], ys["validation"], **options,
        )  # fmt: skip
    return dataset


def inputs_of(given: Any, model: TrainedModel) -> np.ndarray:
    """Examples as a model reads them that was trained on such examples."""
    if isinstance(given, np.ndarray) and given.ndim == 2 and given.dtype == "float32":
        return given
    if model.columns is not None:
        if not is_frame(given):
            raise InputError(
                "The model was trained on a data frame with words or missing numbers: "
                "give a frame with the same columns."
            )
        return model.columns.rows(from_frame(given).known(model.columns))
    labels = np.zeros(len(given), "int64")
    read = from_arrays(given, labels, split=False, task="classification")
    return read.test.inputs
