"""Columns that alone decide the class are told, and kept."""

import numpy as np
import pytest

import recipes

NUMBER = 300
RNG = np.random.default_rng(0)
CLASS = RNG.integers(0, 3, NUMBER)
NOISE = RNG.normal(size=NUMBER)
SWAPPED = np.where(np.arange(NUMBER) == 7, (CLASS + 1) % 3, CLASS)
DAYS = np.datetime64("2024-01-01") + CLASS * 100 + RNG.integers(0, 90, NUMBER)

COLUMNS = {  # name: a column, and whether it is told that it decides the class
    "words": (np.array(["paid", "due", "sent"], object)[CLASS], True),
    "words but for one": (np.array(["x", "y", "z"], object)[SWAPPED], True),
    "some words": (np.where(CLASS == 0, "x", "y").astype(object), False),
    "many words": (RNG.integers(0, 150, NUMBER).astype(str).astype(object), False),
    "codes": (np.array([5, 1, 9])[CLASS], True),
    "ranges": (CLASS + RNG.uniform(0, 0.9, NUMBER), True),
    "ranges but for one": (SWAPPED + RNG.uniform(0, 0.9, NUMBER), True),
    "ranges that overlap": (CLASS + RNG.uniform(0, 1.5, NUMBER), False),
    "missing in one class": (np.where(CLASS == 1, np.nan, CLASS), True),
    "dates": (DAYS, True),
    "noise": (NOISE, False),
    "same": (np.ones(NUMBER), False),
}


@pytest.mark.parametrize("column, decides", COLUMNS.values(), ids=COLUMNS)
def test_a_column_that_decides_the_class_is_told_and_kept(column, decides):
    frame = {"outcome": column, "x": NOISE, "label": CLASS}
    dataset = recipes.load(frame)
    notes = [note for note in dataset.notes if "alone decides the class" in note]
    assert len(notes) == decides
    assert all("with --drop-column outcome" in note for note in notes)
    assert [role.warning for role in dataset.roles if role.warning] == notes
    assert any(name.startswith("outcome") for name in dataset.feature_names)
    dropped = recipes.load(frame, drop_columns=["outcome"])
    assert not any("decides" in note for note in dropped.notes)


CHANCE = {  # the classes
    "few rows": np.arange(18) % 2,
    "a rare class": (np.arange(NUMBER) < 4).astype(int),
}


@pytest.mark.parametrize("classes", CHANCE.values(), ids=CHANCE)
def test_what_follows_by_chance_is_not_told(classes):
    rng = np.random.default_rng(1)
    frame = {"outcome": classes, "x": rng.normal(size=len(classes)), "label": classes}
    assert not any("decides" in note for note in recipes.load(frame).notes)


def test_many_such_columns_have_one_note_and_other_tasks_none():
    frame = {f"outcome {n}": CLASS + n for n in range(5)} | {"x": NOISE}
    notes = recipes.load(frame | {"label": CLASS}).notes
    (told,) = [note for note in notes if "decide" in note]
    assert told.startswith("5 columns each decide the class alone")
    numbers = recipes.load(frame | {"label": CLASS + NOISE}, task="regression")
    assert not any("decide" in note for note in numbers.notes)
