"""Files and arrays of sequences with labels that are refused, with the place."""

import json

import pytest

import recipes
from tests.recipes.sources.step_sequences import sentences, write_columns
from tests.recipes.sources.test_step_labels import npy
from zoo.errors import InputError

SENTENCES = list(sentences())


def rows(**changes):
    row = {"tokens": ["a", "b"], "labels": ["X", "Y"]}
    return [json.dumps(row)] * 2 + [json.dumps(row | changes)] + [json.dumps(row)] * 9


BAD_LINES = {
    "unequal lengths": (rows(labels=["X"]), "line 3, has 2 tokens and 1 labels"),
    "no steps": (rows(tokens=[], labels=[]), "line 3, has no steps"),
    "an empty token": (rows(tokens=["a", ""]), "line 3, has the token ''"),
    "a number among tokens": (rows(tokens=["a", 5]), "line 3, has the token 5"),
    "a null byte": (rows(tokens=["a", "b\0"]), "line 3, has the token 'b"),
    "half a character": (rows(tokens=["a", "\ud800"]), "line 3, has a token with half"),
    "a fraction": (rows(labels=["X", 0.5]), "line 3, has the label 0.5"),
    "a list for a label": (rows(labels=["X", ["Y"]]), r"line 3, has the label \['Y'\]"),
    "no list": (rows(labels="XY"), "line 3, has 'labels' 'XY', which must be a list"),
    "one class": ([rows()[0].replace("Y", "X")] * 12, "Every step has the label 'X'"),
    "no label": ([rows()[0].replace('"X", "Y"', "null, null")] * 12, "No step of the"),
    "no labels": (['{"tokens": ["a"]}'] * 12, "line 1, has no list of labels"),
    "no tokens": (['{"a": [1]}'] * 12, 'line 1, has neither "tokens" nor "values"'),
    "another name": ([rows()[0], '{"tokens": ["a"]}'], "line 2, has no 'labels'"),
    "not JSON": ([rows()[0], "{tokens"], "line 2: it is not JSON"),
    "not an object": ([rows()[0], "[1]"], "line 2, must hold an object"),
    "NaN": (['{"values": [[NaN]], "labels": [1]}'], "line 1: NaN is not a finite"),
    "too large": (
        ['{"values": [[1], [1e99]], "labels": [1, 2]}'],
        "line 1, has a number that is NaN, infinite or beyond float32 at step 1",
    ),
    "other features": (
        ['{"values": [[1]], "labels": [1]}', '{"values": [[1, 2]], "labels": [2]}'],
        "line 2, has 2 numbers at each step, the first sequence 1",
    ),
    "ragged": (
        ['{"values": [[1], [1, 2]], "labels": [1, 2]}'],
        "line 1, must hold the same count of numbers",
    ),
    "zeros at the end": (
        ['{"values": [[1], [0]], "labels": [1, 2]}'],
        "line 1, ends in a step of zeros",
    ),
    "too few": (rows()[:2], "too few sequences .* Add sequences"),
    "nothing": ([""], "no sequences|no line"),
}


@pytest.mark.parametrize("lines, message", BAD_LINES.values(), ids=BAD_LINES)
def test_bad_lines_are_refused_with_their_number(lines, message, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=message):
        recipes.load(path)


BAD_COLUMNS = {
    "one column": ("a\nb\n", "line 1, has one column only, 'a'"),
    "other columns": ("a X\nb Y Z\n", "line 2, has 3 columns, the lines before 2"),
    "no label": ("a\tX\nb\t\n", "line 2, has no label"),
    "no token": ("a\tX\n\tY\n", "line 2, has no token"),
    "empty": ("\n# text\n", "has no line with a token"),
}


@pytest.mark.parametrize("text, message", BAD_COLUMNS.values(), ids=BAD_COLUMNS)
def test_bad_columns_are_refused_with_their_number(text, message, tmp_path):
    path = tmp_path / "a.conll"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        recipes.load(path)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "a.conll"
    path.write_bytes(b"a X\n\xff Y\n")
    with pytest.raises(InputError, match=r"is not UTF-8 \(byte 4\)"):
        recipes.load(path)


OPTIONS = {
    "a column": ({"label_column": "9"}, "'9' is not a column of .*: give 1 to 2"),
    "a group": ({"group": "who"}, "'who' does not fit .* grouped by 'document'"),
    "one document": ({"group": "document"}, "has one document only"),
    "a task": ({"task": "regression"}, "`task` 'regression' does not fit"),
}


@pytest.mark.parametrize("options, message", OPTIONS.values(), ids=OPTIONS)
def test_options_that_do_not_fit_columns_are_refused(options, message, tmp_path):
    path = write_columns(tmp_path / "a.conll", SENTENCES)
    with pytest.raises(InputError, match=message):
        recipes.load(path, **options)


def test_a_label_of_the_test_file_alone_is_refused_by_its_name(tmp_path):
    write_columns(tmp_path / "train.conll", SENTENCES)
    write_columns(tmp_path / "test.conll", [(["a", "b"], ["D", "W"])])
    message = r"test\.conll, line 1, has the label 'W', which the training part lacks"
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path)


FOLDERS = {
    "no training part": (["test.conll"], "has no file of the training part"),
    "two of a part": (["dev.conll", "valid.conll"], "two files of the validation part"),
}


@pytest.mark.parametrize("names, message", FOLDERS.values(), ids=FOLDERS)
def test_folders_without_clear_parts_are_refused(names, message, tmp_path):
    for name in names:
        write_columns(tmp_path / name, SENTENCES)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path)


def test_mapped_sequences_with_labels_at_each_step_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("recipes.sources.arrays.mapped.IN_MEMORY", 100)
    with pytest.raises(InputError, match="a label at each step; at most 0 MB are read"):
        recipes.load(npy(tmp_path))
