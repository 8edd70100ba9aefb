"""The folds of a cross-validation: what is tested on, and what is learnt from."""

import numpy as np
import pandas as pd
import pytest

import recipes
from recipes.sources import load_with_defaults
from zoo.errors import InputError

FOLDS = 3
RNG = np.random.default_rng(0)
COUNT = 60
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(size=COUNT),
        "word": RNG.choice(["a", "b", "c"], COUNT),
        "patient": [f"p{number}" for number in RNG.integers(0, 12, COUNT)],
        "day": RNG.permutation(COUNT),
        "price": RNG.normal(size=COUNT).round(3),
        "label": ["yes", "no", "no"] * (COUNT // 3),
    }
)
COPIES = pd.concat([FRAME.head(30)] * 2, ignore_index=True)
MARKS = (RNG.normal(size=(COUNT, 2)) > 0).astype(int)
CASES = {
    "classes": (FRAME, {}),
    "groups": (FRAME, {"group": "patient"}),
    "numbers": (FRAME, {"target": "price", "task": "regression"}),
    "numbers in groups": (
        FRAME,
        {"target": "price", "task": "regression", "group": "patient"},
    ),
    "copies": (COPIES, {"keep_duplicates_together": True}),
    "several labels": ((FRAME[["x", "day"]].to_numpy(), MARKS), {}),
    "shares of the rest": (FRAME, {"split": "70/30"}),
}


def folds_of(source, folds=FOLDS, **options):
    """Yield the data set of each fold, and the indices of its test part."""
    for number in range(1, folds + 1):
        seen = {}
        given = {**options, "fold": f"{number}/{folds}"}
        yield load_with_defaults(source, {}, given, {"seen": seen}), seen["test"]


@pytest.mark.parametrize("source, options", CASES.values(), ids=CASES)
def test_each_example_is_tested_once(source, options):
    found = [*folds_of(source, **options)]
    count = len(source[1]) if isinstance(source, tuple) else len(source)
    tested = np.concatenate([test for _, test in found])
    assert sorted(tested.tolist()) == [*range(count)]
    for dataset, test in found:
        assert sum(map(len, dataset.parts.values())) == count
        assert len(dataset.test) == len(test)
        assert abs(len(test) - count / FOLDS) <= count / 6
        assert any("fold " in note for note in dataset.notes)
    if "split" in options:
        assert len(found[0][0].validation) == 12


def test_classes_keep_their_shares_and_groups_and_copies_stay_whole():
    for dataset, _ in folds_of(FRAME):
        assert np.bincount(dataset.test.labels).tolist() in ([13, 7], [14, 6])
    groups = FRAME["patient"].to_numpy()
    for _, test in folds_of(FRAME, group="patient"):
        others = np.delete(np.arange(COUNT), test)
        assert not {*groups[test]} & {*groups[others]}
    for _, test in folds_of(COPIES, keep_duplicates_together=True):
        assert {*(test % 30)} == {*(test[test < 30])}


def test_training_comes_before_testing_in_the_order_of_time():
    days = FRAME["day"].to_numpy()
    ends = []
    for dataset, test in folds_of(FRAME, split="time:day"):
        assert len(test) == COUNT // (FOLDS + 1)
        assert len(dataset.train) + len(dataset.validation) == days[test].min()
        ends.append(days[test].max())
    assert ends == [29, 44, 59]


def test_forecasts_are_tested_on_stretches_after_their_training():
    series = pd.DataFrame({"t": np.arange(200), "y": np.sin(np.arange(200) / 3)})
    options = {"task": "forecasting", "target": "y", "time": "t", "window": 8}
    begins = []
    for dataset in (
        recipes.load(series, fold=f"{number}/3", horizon=2, season=1, **options)
        for number in (1, 2, 3)
    ):
        times = {name: part.times for name, part in dataset.parts.items()}
        assert times["train"].max() < times["test"].max()
        begins.append(times["test"][dataset.test.starts[0] + 8])
    assert begins == [50.0, 100.0, 150.0]


def test_words_and_missing_numbers_are_learnt_from_the_training_part():
    frame = FRAME.drop(columns=["patient", "day", "price"])
    seen = {}
    load_with_defaults(frame, {}, {"fold": "1/3"}, {"seen": seen})
    frame.loc[seen["test"], "word"] = "only in the fold"
    (word,) = (
        each
        for each in recipes.load(frame, fold="1/3").columns.columns
        if each.name == "word"
    )
    assert "only in the fold" not in word.categories


def test_a_test_part_of_its_own_stays_out():
    data = {"train": FRAME, "test": FRAME.head(10)}
    dataset = recipes.load(data, fold="1/3")
    assert sum(map(len, dataset.parts.values())) == COUNT
    assert "the test part of its own stays out of the folds" in dataset.notes
    arrays = ((FRAME[["x"]], FRAME["label"]), (FRAME[["x"]], FRAME["label"]))
    assert sum(map(len, recipes.load(arrays, fold="1/3").parts.values())) == COUNT


def test_names_of_examples_are_lines_and_files(tmp_path):
    path = tmp_path / "a.csv"
    FRAME.to_csv(path, index=False)
    seen = {}
    load_with_defaults(path, {}, {"fold": "1/3"}, {"seen": seen})
    assert list(seen["names"]) == [*range(2, COUNT + 2)]


def test_the_origin_of_a_fold_loads_it_again(tmp_path):
    path = tmp_path / "a.csv"
    FRAME.to_csv(path, index=False)
    dataset = recipes.load(path, fold="2/3", group="patient")
    again = recipes.load(**dataset.origin)
    np.testing.assert_array_equal(again.test.inputs, dataset.test.inputs)


REFUSED = {
    "no number": ({"fold": "two"}, "`fold` must be the number of a fold"),
    "a number too high": ({"fold": "6/5"}, "`fold` must be the number of a fold"),
    "one fold": ({"fold": "1/1"}, "`fold` must be the number of a fold"),
    "more folds than examples": ({"fold": "1/50"}, "Class 'yes' has 20 examples"),
    "more folds than groups": ({"fold": "1/15", "group": "patient"}, "12 groups"),
    "a test part besides": ({"fold": "1/3", "test": FRAME}, "`test` .* has it"),
    "a column of parts": ({"fold": "1/3", "split": "column:word"}, "chooses the test"),
    "groups to test on": (
        {"fold": "1/3", "group": "patient", "test_groups": ["p1"]},
        "`test_groups` chooses the test part",
    ),
    "more folds than times": ({"fold": "1/59", "split": "time:day"}, "60 different"),
}


@pytest.mark.parametrize("options, message", REFUSED.values(), ids=REFUSED)
def test_refuses(options, message):
    with pytest.raises(InputError, match=message):
        recipes.load(FRAME, **options)
