"""Tables of series: windows, parts in the order of time, columns, refusals."""

import datetime

import numpy as np
import pytest

import recipes
from recipes.data.time_axis import TimeAxis
from recipes.pipeline import ordered_batches, training_batches
from zoo.errors import InputError

ROWS, WINDOW, HORIZON = 200, 10, 4
START = datetime.datetime(2024, 1, 1)
PARTS = ("train", "validation", "test")


def hours(count=ROWS):
    return [str(START + datetime.timedelta(hours=n)) for n in range(count)]


def months(count):
    return [f"{1990 + n // 12}-{n % 12 + 1:02}" for n in range(count)]


def load(columns=None, **options):
    """A data set of distinct values: each row's is its number."""
    columns = columns or {"time": hours(), "load": np.arange(ROWS) + 0.5}
    given = {"time": "time", "target": "load", "window": WINDOW, "horizon": HORIZON}
    given |= options
    given = {name: value for name, value in given.items() if value is not None}
    return recipes.load(columns, task="forecasting", **given)


def noted(dataset, text):
    return any(text in note for note in dataset.notes)


def windows_of(dataset):
    for name in PARTS:
        part = getattr(dataset, name)
        yield name, part.model_inputs[:], part.answers


def test_windows_are_slices_of_a_series_that_is_kept_once():
    dataset = load()
    values = np.arange(ROWS) + 0.5
    for _, inputs, answers in windows_of(dataset):
        for window, answer in zip(inputs[..., 0], answers, strict=True):
            first = int(window[0])
            np.testing.assert_array_equal(window, values[first : first + WINDOW])
            ahead = values[first + WINDOW : first + WINDOW + HORIZON]
            np.testing.assert_array_equal(answer, ahead)
    assert dataset.train.inputs.base is dataset.test.inputs.base is not None
    assert dataset.input_shape == (WINDOW, 1)


@pytest.mark.parametrize("several", [False, True], ids=["one series", "two series"])
def test_no_window_leaks_an_answer(several):
    columns = {"time": hours(), "load": np.random.default_rng(0).permutation(ROWS)}
    if several:
        columns = {name: [*values, *values] for name, values in columns.items()}
        columns["load"] = np.array(columns["load"]) + np.repeat([0, 1000], ROWS)
        columns["place"] = np.repeat(["north", "south"], ROWS)
    dataset = load(columns, group="place" if several else None)
    row = {value: n % ROWS for n, value in enumerate(columns["load"])}
    last = -1
    for _, inputs, answers in windows_of(dataset):
        for window, answer in zip(inputs[..., 0], answers, strict=True):
            assert not {*window} & {*answer}
            assert len({value // 1000 for value in (*window, *answer)}) == 1
        read = [row[value] for value in answers.ravel()]
        assert min(read) > last  # The answers of two parts never overlap.
        last = max(read)
    assert last == ROWS - 1
    held = {*dataset.train.inputs[:, 0]}
    assert not held & {*dataset.validation.answers.ravel()}
    assert not held & {*dataset.test.answers.ravel()}


def test_what_is_planted_after_training_changes_nothing_in_it():
    columns = {"time": hours(), "load": np.sin(np.arange(ROWS) / 3.0)}
    first = load(columns, window=None, horizon=None)
    border = int(np.argmax(np.isclose(columns["load"], first.validation.answers[0, 0])))
    columns["load"][border:] = 1e6 * np.random.default_rng(0).normal(size=ROWS - border)
    second = load(columns, window=None, horizon=None)
    np.testing.assert_array_equal(first.train.inputs, second.train.inputs)
    np.testing.assert_array_equal(first.train.starts, second.train.starts)


@pytest.mark.parametrize("known", [(), ("load_tomorrow",)])
@pytest.mark.parametrize("target", ["load", ("load", "rain")])
def test_batches_are_what_the_parts_hold(known, target):
    columns = {"time": hours()} | {
        name: np.random.default_rng(n).normal(size=ROWS)
        for n, name in enumerate(("load", "rain", "load_tomorrow"))
    }
    part = load(columns, known=known, target=target).train
    inputs, answers = next(ordered_batches(part, batch_size=7).as_numpy_iterator())
    np.testing.assert_array_equal(inputs, part.model_inputs[:7])
    np.testing.assert_array_equal(answers, part.answers[:7])
    if known:
        assert (inputs[:, WINDOW:, :-1] == 0).all()
        assert (inputs[:, WINDOW:, -1] != 0).all()
    shuffled = training_batches(part, batch_size=len(part), seed=3)
    inputs, answers = next(shuffled.as_numpy_iterator())
    assert sorted(inputs[:, 0, 0]) == sorted(part.model_inputs[:][:, 0, 0])
    assert not np.array_equal(inputs, part.model_inputs[:])


def test_no_window_crosses_a_missing_step():
    kept = np.delete(np.arange(ROWS), [50, 51, 60])
    columns = {"time": np.array(hours())[kept], "load": kept + 0.5}
    dataset = load(columns)
    assert noted(
        dataset, "3 time steps are missing, the first before row 50; no window"
    )
    for _, inputs, answers in windows_of(dataset):
        whole = np.concatenate([inputs[..., 0], answers], axis=1)
        assert (np.diff(whole, axis=1) == 1).all()


def test_several_series_may_be_mixed_in_a_table():
    order = np.random.default_rng(0).permutation(2 * ROWS)
    order = order[np.argsort(np.tile(np.arange(ROWS), 2)[order], kind="stable")]
    columns = {
        "time": np.tile(hours(), 2)[order],
        "place": np.repeat(["a", "b"], ROWS)[order],
        "load": np.concatenate([np.arange(ROWS), 1000 + np.arange(ROWS)])[order],
    }
    dataset = load(columns, group="place")
    assert len(dataset.train) == 2 * len(load().train)
    assert noted(dataset, "2 series, told apart by 'place'")


def test_the_rest_of_the_columns_is_read_or_its_absence_told():
    columns = {
        "time": hours(),
        "load": np.arange(ROWS) % 24.0,
        "wind": np.cos(np.arange(ROWS)),
        "holiday": np.arange(ROWS) % 2,
        "place": ["here"] * ROWS,
        "id": np.arange(ROWS),
        "sparse": [None, *np.cos(np.arange(ROWS - 1))],
        "also": hours(),
    }
    dataset = load(columns, known="holiday", calendar=["hour", "month"])
    parts = [f"{p} ({t})" for p in ("hour", "month") for t in ("sine", "cosine")]
    assert dataset.feature_names == ("load", "wind", "holiday", *parts)
    assert dataset.train.known == 5
    for told in ("'place' is left out: it holds", "'id' is left out", "'wind'"):
        assert noted(dataset, told)
    assert noted(
        dataset, "'sparse' is left out: 1 of its values are missing, the first"
    )
    assert noted(dataset, "'also' is left out: it holds dates (--time also orders")
    sine = dataset.train.inputs[:24, 3]
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * np.arange(24) / 24), atol=1e-6)


SEASONS = {
    "hours": (hours(), 24),
    "months": (months(ROWS), 12),
    "days": ([str(START + datetime.timedelta(days=n)) for n in range(ROWS)], 7),
    "minutes, whose day is too long": (
        [str(START + datetime.timedelta(minutes=n)) for n in range(ROWS)],
        9,
    ),
    "quarters of an hour": (
        [str(START + datetime.timedelta(minutes=15 * n)) for n in range(4 * ROWS)],
        96,
    ),
    "numbers, by the autocorrelation": (np.arange(ROWS), 9),
    "no column, by the autocorrelation": (None, 9),
}


@pytest.mark.parametrize("times, season", SEASONS.values(), ids=SEASONS)
def test_chooses_season_horizon_and_window(times, season):
    rows = np.arange(ROWS if times is None else len(times))
    load_ = np.sin(2 * np.pi * rows / 9) + 0.01 * rows
    columns = {"load": load_} if times is None else {"time": times, "load": load_}
    time = None if times is None else "time"
    dataset = load(columns, time=time, window=None, horizon=None)
    part = dataset.train
    assert (part.season, part.horizon, part.window) == (season, season, 2 * season)
    assert noted(dataset, f"season of {season} steps")


def test_noise_has_no_season():
    noise = np.random.default_rng(0).normal(size=ROWS)
    dataset = load({"load": noise}, time=None, window=None, horizon=None)
    assert (dataset.train.season, dataset.train.horizon) == (1, 1)
    assert noted(dataset, "no season")


LATER = {
    "hours": (TimeAxis("day", 1 / 24), 19723.0, 25, "2024-01-02 01:00"),
    "months from the last day": (TimeAxis("month", 1), 19753.0, 1, "2024-02-29"),
    "years": (TimeAxis("month", 12), 19723.0, 2, "2026-01-01"),
    "numbers": (TimeAxis("number", 0.5), 3.0, 3, "4.5"),
    "seconds": (TimeAxis("day", 1 / 86400), 19723.0, 1, "2024-01-01 00:00:01"),
}


@pytest.mark.parametrize("axis, time, steps, label", LATER.values(), ids=LATER)
def test_times_go_on(axis, time, steps, label):
    assert axis.label(axis.later(time, steps)) == label


def changed(name, row, value):
    columns = {"time": hours(), "load": [f"{n}.5" for n in range(ROWS)]}
    columns[name][row] = value
    return columns


def csv(folder, columns):
    lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
    path = folder / "power.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


BAD = {
    "text to predict": (changed("load", 7, "much"), {}, r"line 9.*'much' is not a fin"),
    "infinite": (changed("load", 7, "inf"), {}, r"line 9.*'inf' is not a finite"),
    "too large": (changed("load", 7, "1e39"), {}, "line 9.*'1e39' is not a finite"),
    "NaN": (changed("load", 7, "nan"), {}, "line 9: the 'load' to predict is missing"),
    "missing": (changed("load", 7, ""), {}, "line 9: the 'load' to predict is missing"),
    "constant": (
        {"time": hours(), "load": ["5"] * ROWS},
        {},
        "Every 'load' of the training part is 5: there is nothing to predict",
    ),
    "unsorted": (changed("time", 7, "2023-01-01"), {}, "line 9: the times are not sor"),
    "doubled": (
        changed("time", 7, hours()[6]),
        {},
        "line 9: .*doubled, it is in line 8",
    ),
    "uneven": (changed("time", 7, "2024-01-01 07:30"), {}, "line 9: .* evenly spaced"),
    "no time": (changed("time", 7, "noon"), {}, "line 9: 'noon' is not a time"),
    "short": (changed("load", 0, "1"), {"window": 195}, "200 rows; a window of 195 st"),
    "horizon beyond": (changed("load", 0, "1"), {"horizon": 300}, "a horizon of 300"),
    "another target": ({}, {"target": "lod"}, "no column 'lod' .*mean 'load'"),
    "another time": ({}, {"time": "tme"}, r"no column 'tme' .*\(--time\).*mean 'time'"),
    "another known": ({}, {"known": "holidays"}, r"'holidays' for `known` \(--known\)"),
    "another group": ({}, {"group": "place"}, r"'place' for `group` \(--group\)"),
    "named twice": ({}, {"known": "load"}, "'load' is both `target` and `known`"),
    "a part of the calendar": ({}, {"calendar": "year"}, "`calendar` must be one of"),
    "calendar without dates": (
        {"time": [str(n) for n in range(ROWS)], "load": [str(n) for n in range(ROWS)]},
        {"calendar": "hour"},
        "`calendar` 'hour' needs dates",
    ),
    "a short window": (
        {},
        {"calendar": "hour", "horizon": 20},
        "at least `horizon` 20",
    ),
    "a long season": ({}, {"season": 30}, "`season` 30 is longer than `window` 10"),
    "groups": (
        {**changed("load", 0, "1"), "place": ["here"] * ROWS},
        {"group": "place", "test_groups": ["here"]},
        "`test_groups` chooses examples",
    ),
    "copies": ({}, {"keep_duplicates_together": True}, "`keep_duplicates_together`"),
    "texts": ({}, {"text_column": "load"}, "`text_column` 'load' does not apply"),
    "categories": ({}, {"categorical_columns": "load"}, "`categorical_columns`"),
    "without the task": ({}, {"task": None}, r"`time` \(--time\) is for forecasts"),
    "another task": ({}, {"task": "regression"}, "give task='forecasting'"),
}


@pytest.mark.parametrize("columns, options, message", BAD.values(), ids=BAD)
def test_bad_input_is_refused(columns, options, message, tmp_path):
    columns = columns or changed("load", 0, "1.5")
    given = {"time": "time", "target": "load", "window": WINDOW, "horizon": HORIZON}
    given |= {"task": "forecasting"} | options
    with pytest.raises(InputError, match=message):
        recipes.load(csv(tmp_path, columns), **given)


def test_a_series_of_short_pieces_is_refused_with_the_remedy():
    days = [START + datetime.timedelta(days=n) for n in range(ROWS)]
    working = [day for day in days if day.weekday() < 5]
    columns = {"time": [str(d) for d in working], "load": np.arange(len(working))}
    with pytest.raises(InputError, match=r"at most 5 of them .* leave out `time`"):
        load(columns)


@pytest.mark.parametrize("task", ["forecasting", "text_generation"])
def test_arrays_have_no_order_of_time(task):
    arrays = np.zeros((40, 3)), np.arange(40) % 2
    with pytest.raises(InputError, match=f"`task` '{task}' needs data of another form"):
        recipes.load(arrays, task=task)


def test_rows_of_the_future_are_left_out():
    columns = {"time": hours(), "load": [*np.arange(ROWS - 5.0), *[None] * 5]}
    dataset = load(columns)
    assert noted(dataset, "5 last rows without a value to predict are left out")
    assert dataset.test.answers.max() == ROWS - 6


def test_the_origin_of_a_data_set_loads_it_again(tmp_path):
    columns = changed("load", 0, "1.5")
    options = {"time": "time", "target": "load", "calendar": "hour", "window": WINDOW}
    dataset = recipes.load(
        csv(tmp_path, columns), task="forecasting", horizon=HORIZON, **options
    )
    again = recipes.load(**dataset.origin)
    np.testing.assert_array_equal(
        again.test.model_inputs[:], dataset.test.model_inputs[:]
    )
