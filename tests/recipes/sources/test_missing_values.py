"""Missing labels, numbers, words and texts: one definition in every reader."""

import math

import numpy as np
import pytest

import recipes
from recipes.sources.labels.missing import is_missing
from tests.recipes.sources.source_files import write_csv, write_folder


class NAType:
    """Stands in for `pandas.NA`."""

    def __eq__(self, other):
        return self

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")

    __hash__ = object.__hash__

    def __repr__(self):
        return "<NA>"


SPELLINGS = ["", " ", "NA", "n/a", "NaN", "-nan", "null", "NULL", "None", "<NA>", "NaT"]
SPELLINGS += ["#N/A", "#NA", "?", "-", "--", "—", "N.A.", "(null)", " na ", r"\N"]
OBJECTS = [None, math.nan, np.float32("nan"), np.datetime64("NaT"), NAType(), b"NA"]


@pytest.mark.parametrize("value", [*SPELLINGS, *OBJECTS], ids=repr)
def test_missing_values_are_known(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", ["no", "0", 0, False, "nano", "n", b"x", "-1", "ok"])
def test_other_values_are_not_missing(value):
    assert not is_missing(value)


def labels_with(missing, number=60):
    labels = np.array(["yes", "no"], object)[np.arange(number) % 2]
    labels[[7, 20]] = [missing, missing]
    return labels


def numbers(number=60):
    return np.arange(number) * 7 % 11


@pytest.mark.parametrize("missing", SPELLINGS, ids=repr)
def test_rows_of_a_table_without_a_label_are_left_out(tmp_path, missing):
    rows = list(zip(numbers(), labels_with(missing), strict=True))
    dataset = recipes.load(write_csv(tmp_path / "t.csv", ["x", "label"], rows))
    assert dataset.class_names == ("no", "yes")
    assert sum(map(len, (dataset.train, dataset.validation, dataset.test))) == 58
    told = "2 of 60 examples are left out because their label is missing"
    assert f"{told}, the first: line 9" in dataset.notes


@pytest.mark.parametrize("missing", [*SPELLINGS, *OBJECTS], ids=repr)
@pytest.mark.parametrize("form", ["rows", "columns", "frame", "groups"])
def test_examples_without_a_label_are_left_out(missing, form):
    labels, x = labels_with(missing), numbers()
    if form == "frame":
        dataset = recipes.load({"x": x, "label": labels})
    elif form == "groups":
        groups = [f"g{n % 6}" for n in range(60)]
        dataset = recipes.from_arrays(np.stack([x, x], 1), labels, groups=groups)
    else:
        x = np.stack([x, x], 1) if form == "rows" else {"x": x}
        dataset = recipes.from_arrays(x, labels)
    assert dataset.class_names == ("no", "yes")
    assert sum(map(len, (dataset.train, dataset.validation, dataset.test))) == 58
    assert any("2 of 60 examples are left out" in note for note in dataset.notes)


def test_numbers_as_labels_may_be_nan():
    labels = np.where(np.arange(60) == 5, np.nan, np.arange(60) % 2)
    dataset = recipes.from_arrays(np.stack([numbers()] * 2, 1), labels)
    assert (dataset.class_names, dataset.names_given) == (("0", "1"), False)
    assert sum(map(len, (dataset.train, dataset.validation, dataset.test))) == 59


def test_a_part_without_any_label_is_split_off():
    x, labels = np.stack([numbers()] * 2, 1), np.arange(60) % 2
    dataset = recipes.from_arrays(x, labels, x, np.full(60, np.nan))
    assert (len(dataset.test), len(dataset.train)) == (12, 43)


@pytest.mark.parametrize("missing", SPELLINGS, ids=repr)
def test_missing_numbers_and_words_of_a_table(tmp_path, missing):
    rows = [[n * 7 % 11, "ab"[n % 2], "yn"[n // 2 % 2]] for n in range(60)]
    for n in range(0, 60, 5):
        rows[n][:2] = [missing, missing]
    path = write_csv(tmp_path / "t.csv", ["number", "word", "label"], rows)
    number, word = recipes.load(path).columns.columns
    assert number.marked
    assert word.categories == ("", "a", "b")
    notes = "\n".join(recipes.load(path).notes)
    assert "column 'number' lacks" in notes
    assert "column 'word' lacks" in notes


@pytest.mark.parametrize("missing", ["", "NA", "null", None, math.nan], ids=repr)
@pytest.mark.parametrize("form", ["arrays", "table"])
def test_missing_texts_are_left_out(tmp_path, missing, form):
    texts = [f"a {'good' if n % 2 else 'bad'} film, take {n}" for n in range(40)]
    texts[0] = texts[9] = missing
    if form == "arrays":
        dataset = recipes.from_arrays(texts, np.arange(40) % 2)
        first = "number 0 of the train part, counted from 0"
    else:
        rows = [[text, n % 2] for n, text in enumerate(texts)]
        path = write_csv(tmp_path / "t.csv", ["text", "label"], rows)
        dataset, first = recipes.load(path), "line 2"
    assert dataset.kind == "text"
    assert sum(map(len, (dataset.train, dataset.validation, dataset.test))) == 38
    told = "2 of 40 examples are left out because their text is missing, the first: "
    assert told + first in dataset.notes


def test_the_name_of_a_folder_is_a_class_whatever_it_says(tmp_path):
    write_folder(tmp_path, {"none": 10, "NA": 10, "01": 10})
    assert recipes.load(tmp_path).class_names == ("01", "NA", "none")


def test_a_given_name_is_a_class_whatever_it_says():
    labels = np.array(["none", "minor", ""])[np.arange(60) % 3]
    x = np.stack([numbers()] * 2, 1)
    dataset = recipes.from_arrays(x, labels, class_names=["none", "minor"])
    assert sum(map(len, (dataset.train, dataset.validation, dataset.test))) == 40
