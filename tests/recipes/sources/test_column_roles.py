"""What each column of a table is, as data."""

import dataclasses
import json

import numpy as np
import pytest

import recipes
from recipes.data.roles import ColumnRole
from tests.recipes.sources.source_files import write_csv

NUMBER = np.arange(40)
TABLE = {
    "row_id": [f"r{n}" for n in NUMBER],
    "age": ["" if n == 3 else 20 + n % 9 for n in NUMBER],
    "colour": ["red", "blue", "NA", "red"] * 10,
    "remark": [f"remark {n} of many" for n in NUMBER],
    "nothing": ["", "NA"] * 20,
    "site": [f"s{n % 8}" for n in NUMBER],
    "code": [str(n % 3) for n in NUMBER],
    "dropped": [n % 2 for n in NUMBER],
    "label": ["yes", "no", "yes"] * 13 + ["NA"],
}
# name: role, missing, distinct, low, high, and the beginning of why
EXPECTED = {
    "row_id": ("id", 0, 39, None, None, "it names the rows"),
    "age": ("number", 1, 9, 20, 28, ""),
    "colour": ("category", 10, 2, None, None, ""),
    "remark": ("left out", 0, 39, None, None, "its words hardly repeat"),
    "nothing": ("left out", 39, 0, None, None, "it is empty"),
    "site": ("group", 0, 8, None, None, ""),
    "code": ("category", 0, 3, None, None, ""),
    "dropped": ("left out", 0, 2, None, None, "--drop-column"),
    "label": ("target", 1, 2, None, None, ""),
}


@pytest.mark.parametrize("form", ["file", "frame"])
def test_every_column_has_a_role_that_agrees_with_the_notes(tmp_path, form):
    source = TABLE
    if form == "file":
        rows = list(zip(*TABLE.values(), strict=True))
        source = write_csv(tmp_path / "t.csv", list(TABLE), rows)
    dataset = recipes.load(
        source, group="site", drop_columns=["dropped"], categorical_columns=["code"]
    )
    assert [role.name for role in dataset.roles] == list(TABLE)
    notes = "\n".join(dataset.notes)
    for role in dataset.roles:
        kind, missing, distinct, low, high, why = EXPECTED[role.name]
        assert (role.role, role.missing) == (kind, missing), role
        assert (role.low, role.high) == (low, high) or role.name == "dropped"
        assert role.distinct == distinct
        assert role.why.startswith(why)
        assert bool(role.why) == bool(why)
        assert (role.note in notes) == (role.name != "dropped")
    stored = json.loads(json.dumps([*map(dataclasses.asdict, dataset.roles)]))
    assert tuple(ColumnRole(**each) for each in stored) == dataset.roles


OTHERS = {  # columns beside the label, the options, and the roles of these columns
    "numbers": ({"x": NUMBER % 7, "y": NUMBER % 5 / 2}, {}, "number number"),
    "text": ({"id": NUMBER, "t": [f"a text {n}" for n in NUMBER]}, {}, "id text"),
    "named text": (
        {"x": NUMBER % 7, "t": [f"a text {n}" for n in NUMBER]},
        {"text_column": "t"},
        "left out text",
    ),
    "pairs": (
        {"t": [f"a text {n}" for n in NUMBER], "x": NUMBER % 7},
        {"task": "translation", "text_column": "t", "target": ["label"]},
        "text left out",
    ),
    "forecast": (
        {"day": NUMBER, "x": np.sin(NUMBER)},
        {"time": "day", "task": "forecasting", "window": 4},
        "time number",
    ),
}


@pytest.mark.parametrize("columns, options, roles", OTHERS.values(), ids=OTHERS)
def test_roles_of_other_tables(columns, options, roles):
    label = [["a", "b"], NUMBER % 6][options.get("task") == "forecasting"]
    frame = columns | {"label": [*label] * (40 // len(label))}
    found = recipes.load(frame, **options).roles
    assert " ".join(role.role for role in found) == f"{roles} target"


def test_many_columns_left_out_for_one_reason_have_one_note():
    frame = {f"empty {n}": [""] * 40 for n in range(3)} | {"x": ["a", "b", ""] * 13}
    frame = {k: (v * 2)[:40] for k, v in frame.items()} | {"label": [0, 1] * 20}
    told = "3 columns are left out, each because it is empty: empty 0, empty 1, empty 2"
    assert told in recipes.load(frame).notes
