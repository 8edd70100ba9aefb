"""Labels as people have them: what comes out of arrays and frames, or the refusal."""

import datetime
import decimal
import enum

import numpy as np
import pandas as pd
import polars as pl
import pytest

import recipes
from zoo.errors import InputError

COUNT = 20
X = np.linspace(0, 1, 2 * COUNT).reshape(COUNT, 2)
LEVELS = ["low", "mid", "none at all", "high"]


class Species(enum.Enum):
    CAT = 1
    DOG = 2


def repeated(*values):
    return [*values] * (COUNT // len(values))


def objects(*values):
    return np.array(repeated(*values), object)


# Name: labels, names of the classes.
LABELS = {
    "composed and decomposed": (
        repeated("caf\u00e9", "tea", "cafe\u0301", "tea"),
        ("caf\u00e9", "tea"),
    ),
    "bytes": (np.array(repeated(b"no", b"yes")), ("no", "yes")),
    "objects of bytes": (objects(b"no", b"yes"), ("no", "yes")),
    "booleans": (np.array(repeated(True, False)), ("False", "True")),
    "nullable booleans": (
        pd.Series(repeated(True, False, None, True), dtype="boolean"),
        ("False", "True"),
    ),
    "-1 and 1": (np.array(repeated(-1, 1)), ("-1", "1")),
    "objects of integers": (objects(3, 7), ("3", "7")),
    "nullable integers": (
        pd.Series(repeated(1, 2, None, 2), dtype="Int64"),
        ("1", "2"),
    ),
    "whole floats": (np.array(repeated(1.0, 2.0)), ("1", "2")),
    "decimals": (objects(decimal.Decimal(1), decimal.Decimal(2)), ("1", "2")),
    "words with spaces": (
        pd.Series(repeated(" a", "b ", None, "a"), dtype="string"),
        ("a", "b"),
    ),
    "long digits": (
        repeated("12345678901234567890", "12345678901234567891"),
        ("12345678901234567890", "12345678901234567891"),
    ),
    "categories of pandas in their order": (
        pd.Series(pd.Categorical(repeated("low", "high", "mid", "low"), LEVELS)),
        ("low", "mid", "high"),
    ),
    "enum of polars in its order": (
        pl.Series(repeated("low", "high"), dtype=pl.Enum(LEVELS)),
        ("low", "high"),
    ),
    "categories that are numbers": (
        pd.Series(pd.Categorical(repeated(5, 3))),
        ("3", "5"),
    ),
}


@pytest.mark.parametrize("labels, names", LABELS.values(), ids=LABELS)
def test_arrays_and_frames_take_the_same_labels(labels, names):
    frame = {"a": X[:, 0], "b": X[:, 1], "label": labels}
    frame = (
        pl.DataFrame(frame) if isinstance(labels, pl.Series) else pd.DataFrame(frame)
    )
    for dataset in (recipes.from_arrays(X, labels), recipes.load(frame)):
        assert dataset.class_names == names
        total = sum(map(len, (dataset.train, dataset.validation, dataset.test)))
        missing = sum(value is None or value is pd.NA for value in labels)
        assert total == COUNT - missing
        told = [note for note in dataset.notes if "their label is missing" in note]
        assert len(told) == bool(missing)


REFUSED = {
    "dates": objects(datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)),
    "members of an enum": objects(Species.CAT, Species.DOG),
    "complex numbers": np.array(repeated(1j, 2)),
}


@pytest.mark.parametrize("labels", REFUSED.values(), ids=REFUSED)
def test_labels_of_other_types_are_refused(labels):
    with pytest.raises(InputError, match=r"abels .*must be integers or text, got"):
        recipes.from_arrays(X, labels)
