"""How the parts that a source lacks are split off: shares, times, names of parts."""

import datetime

import numpy as np
import pandas as pd
import pytest

import recipes
from recipes.data.roles import ColumnRole
from tests.recipes.sources.source_files import write_folder
from tests.recipes.sources.step_sequences import sentences, write_json_lines
from zoo.errors import InputError

NUMBER = 100
ROWS = np.arange(2.0 * NUMBER).reshape(NUMBER, 2)
CLASSES = np.arange(NUMBER) % 2


def table(**more):
    return {"x": ROWS[:, 0], "label": CLASSES, **more}


def sizes(data):
    return [len(data.train), len(data.validation), len(data.test)]


SHARES = {  # of 100 examples
    "three": ("70/15/15", [70, 15, 15]),
    "as fractions": ("0.7/0.2/0.1", [70, 20, 10]),
    "a tuple": ((0.7, 0.15, 0.15), [70, 15, 15]),
    "whole numbers": ([60, 20, 20], [60, 20, 20]),
    "two": ("60/40", [54, 6, 40]),
    "thirds": ((2 / 3, 1 / 6, 1 / 6), [66, 17, 17]),
}


@pytest.mark.parametrize("split, expected", SHARES.values(), ids=SHARES)
def test_shares_are_those_that_were_given(split, expected):
    frame = recipes.load(table(), split=split)
    assert sizes(frame) == sizes(recipes.from_arrays(ROWS, CLASSES, split=split))
    assert sizes(frame) == expected
    assert frame.notes[-2].startswith(f"test part: {expected[2]} examples split off")


def series(root):
    days = np.datetime64("2024-01-01") + np.arange(NUMBER)
    values = np.sin(np.arange(NUMBER) / 3)
    return {"day": days.astype(str).tolist(), "label": values.tolist()}


def text(root):
    (root / "a.txt").write_text("ab cd efg " * 11)
    return root / "a.txt"


def images(root):
    write_folder(root / "images", {"a": 10, "b": 10})
    return root / "images"


OF_SERIES = {"task": "forecasting", "time": "day", "window": 4, "horizon": 1}
SOURCES = {  # what is read, its options, sizes of the parts at 60/20/20
    "digits": (lambda r: "digits", {}, [1077, 360, 360]),
    "synthetic": (lambda r: "xor", {"num_examples": 50}, [30, 10, 10]),
    "pair": (lambda r: (ROWS, CLASSES), {}, [60, 20, 20]),
    "images": (images, {}, [12, 4, 4]),
    "text": (text, {}, [66, 22, 21]),
    "series": (series, OF_SERIES, [56, 20, 20]),
    "steps": (
        lambda r: write_json_lines(r / "a.jsonl", sentences(50)),
        *({}, [30, 10, 10]),
    ),
}


@pytest.mark.parametrize("make, options, expected", SOURCES.values(), ids=SOURCES)
def test_every_source_is_split_by_shares(tmp_path, make, options, expected):
    data = recipes.load(make(tmp_path), split="60/20/20", **options)
    assert sizes(data) == expected


DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(n // 4) for n in range(NUMBER)]
ORDER = np.random.default_rng(0).permutation(NUMBER)
TIMES = {  # the same order, written in several ways
    "dates": DAYS,
    "text": [f"{day:%Y-%m-%d}" for day in DAYS],
    "words": [f"{day:%d %b %Y}" for day in DAYS],
    "numbers": [n // 4 for n in range(NUMBER)],
    "pandas": pd.to_datetime(pd.Series(DAYS)),
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_the_last_times_are_the_test_part(times):
    frame = pd.DataFrame(table(when=pd.Series(times)))
    data = recipes.load(frame.iloc[ORDER], split="time:when")
    first = data.feature_names.index("x")
    parts = (data.train, data.validation, data.test)
    ordered = [np.sort(part.inputs[:, first] // 2) for part in parts]
    # Four rows have each time, and stay together.
    np.testing.assert_array_equal(np.concatenate(ordered), np.arange(NUMBER))
    assert sizes(data) == [72, 8, 20]
    assert any("test part: 20 examples from when" in note for note in data.notes)


def test_a_column_names_the_part_of_each_row():
    names = ["Train"] * 80 + ["val"] * 5 + ["TESTING"] * 15
    data = recipes.load(table(fold=names, y=ROWS[:, 1]), split="column:fold")
    assert sizes(data) == [80, 5, 15]
    assert data.feature_names == ("x", "y")
    assert data.test.inputs[0, 0] == ROWS[85, 0]
    roles = {role.name: role for role in data.roles}
    assert isinstance(roles["fold"], ColumnRole)
    assert any("5 examples, as the column 'fold' says" in note for note in data.notes)
    two = ["train"] * 85 + ["test"] * 15
    assert sizes(recipes.load(table(fold=two), split="column:fold")) == [76, 9, 15]


def test_a_group_may_be_given_as_a_split():
    groups = [f"g{n // 10}" for n in range(NUMBER)]
    data = recipes.load(table(g=groups), split="group:g")
    same = recipes.load(table(g=groups), group="g")
    assert (data.notes, sizes(data)) == (same.notes, sizes(same))
    shares = recipes.load(table(g=groups), group="g", split="50/20/30")
    assert sizes(shares) == [50, 20, 30]


REFUSED = {
    "one share": ({"split": "80"}, "must be the shares of training, validation and"),
    "a share of 0": ({"split": "80/0/20"}, "has a share of 0: every part needs"),
    "a sum": ({"split": "70/20/20"}, "add up to 110; they must add up to 1 or to 100"),
    "a rule": ({"split": "day:when"}, r"time:COLUMN, column:COLUMN or group:COLUMN"),
    "no column": ({"split": "time:absent"}, "no column 'absent' to split by"),
    "twice": ({"split": "group:x", "group": "x"}, "both say how to divide"),
    "test groups": ({"split": "time:x", "test_groups": ["1"]}, "Test groups need"),
    "words": ({"split": "time:word"}, "orders the examples: 'a' is not a time"),
    "one time": ({"split": "time:same"}, "has too few different times"),
    "no parts": ({"split": "column:word"}, "100 have 'a' or others, and the names of"),
    "only a test part": ({"split": "column:tests"}, "no example of the training part"),
    "a class that is late": (
        {"split": "time:x", "label_column": "late"},
        "occurs only in held-out parts",
    ),
}


@pytest.mark.parametrize("options, message", REFUSED.values(), ids=REFUSED)
def test_a_split_that_cannot_be_is_refused(options, message):
    more = {"word": ["a"] * NUMBER, "same": [1] * NUMBER, "tests": ["test"] * NUMBER}
    more["late"] = ["a"] * 90 + ["b"] * 10
    with pytest.raises(InputError, match=message):
        recipes.load(table(**more), **options)


OTHERS = {
    "no columns": ("xor", {}, r"'time:x' \(--split\) does not apply to synthetic"),
    "a forecast": (series(None), OF_SERIES, "does not apply to forecasts, which are"),
    "a file name": (images, {}, "must be a regular expression with parentheses"),
}


@pytest.mark.parametrize("source, options, message", OTHERS.values(), ids=OTHERS)
def test_a_rule_needs_what_it_reads(tmp_path, source, options, message):
    source = source(tmp_path) if callable(source) else source
    with pytest.raises(InputError, match=message):
        recipes.load(source, split="time:x", **options)


def test_file_names_may_hold_times(tmp_path):
    data = recipes.load(images(tmp_path), split=r"time:([0-9]+)\.png")
    assert sizes(data) == [14, 2, 4]
