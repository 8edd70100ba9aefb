"""Columns of dates, and the parts of the calendar that a model reads."""

import datetime

import numpy as np
import pytest

import recipes
from recipes.reports.run_folder import RunFolder
from recipes.sampling import Smote
from recipes.training.resume import _dataset
from tests.recipes.sources.source_files import write_csv
from zoo.columns import Date
from zoo.errors import InputError

DAYS = np.arange("2024-01-29", "2025-06-21", 7, dtype="datetime64[D]")  # all Mondays
NUMBER = len(DAYS)
LABEL = np.array(["a", "b"])[np.arange(NUMBER) % 2]
TIMES = (np.arange(NUMBER) * 977 % 1440).astype("timedelta64[m]")

COLUMNS = {  # name: the dates, and the parts that vary
    "weekly": (DAYS, ("year", "month")),
    "daily": (DAYS[0] + np.arange(NUMBER), ("year", "month", "weekday")),
    "one month": (DAYS[-1] + np.arange(NUMBER) % 8, ("year", "weekday")),
    "hours of a day": (DAYS[0] + TIMES, ("hour",)),
    "noon": (DAYS + np.timedelta64(12, "h"), ("year", "month")),
    "moments": (DAYS + TIMES, ("year", "month", "hour")),
}
FORMS = {  # how dates are written
    "iso": lambda day: str(day.astype("datetime64[s]")),
    "us": lambda day: day.astype(datetime.datetime).strftime("%m/%d/%Y %H:%M:%S"),
    "datetime": lambda day: day.astype("datetime64[s]").astype(datetime.datetime),
    "datetime64": lambda day: day,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dates, parts", COLUMNS.values(), ids=COLUMNS)
def test_the_parts_that_vary_are_encoded(dates, parts, form):
    dates = dates.astype("datetime64[s]")
    cells = [FORMS[form](day) for day in dates]
    cells = np.array(cells) if form == "datetime64" else cells
    dataset = recipes.load({"on": cells, "label": LABEL})
    assert dataset.columns.columns[0].parts == parts
    raw = [dataset.columns.raw(p.inputs)["on"] for p in (dataset.train, dataset.test)]
    assert {*raw[0].tolist(), *raw[1].tolist()} <= {*dates.tolist()}
    (role, _) = dataset.roles
    assert (role.role, role.missing) == ("date", 0)
    assert role.low == str(dates.min()).removesuffix("T00:00:00")
    (told,) = [note for note in dataset.notes if "holds dates; the model reads" in note]
    assert all(part in told for part in parts)
    assert (" sine and cosine" in told) == (parts != ("year",))


@pytest.mark.parametrize("form", ["iso", "us"])
def test_a_table_with_missing_dates_is_encoded_as_the_model_reads_it(tmp_path, form):
    cells = [FORMS[form](day.astype("datetime64[s]")) for day in DAYS + TIMES]
    cells[3:50:5] = ["NA"] * len(cells[3:50:5])
    path = write_csv(
        tmp_path / "t.csv", ["on", "label"], [*zip(cells, LABEL, strict=True)]
    )
    dataset = recipes.load(path)
    (column,) = dataset.columns.columns
    assert isinstance(column, Date)
    assert column.marked
    lacks = f"column 'on' lacks 10 of {NUMBER} dates; they are replaced by the median"
    assert any(note.startswith(lacks) for note in dataset.notes)
    missing = dataset.train.inputs[:, -1] == 1
    assert len(np.unique(dataset.train.inputs[missing], axis=0)) == 1
    again = recipes.load(path, columns=dataset.columns.get_config())
    np.testing.assert_array_equal(again.train.inputs, dataset.train.inputs)
    assert again.roles == dataset.roles


def test_models_of_earlier_versions_read_days(tmp_path):
    rows = [*zip(DAYS.astype(str), np.arange(NUMBER) % 9, LABEL, strict=True)]
    path = write_csv(tmp_path / "t.csv", ["on", "x", "label"], rows)
    days = [
        {"name": "on", "fill": 19753.0, "marked": False},
        {"name": "x", "fill": 4.0, "marked": False},
    ]
    found = recipes.load(path, columns=days).train.inputs[:, 0]
    assert {*found.tolist()} <= {*DAYS.astype("int64").tolist()}


def test_the_same_date_in_every_row_is_left_out():
    frame = {"on": ["2024-01-31"] * NUMBER, "x": np.arange(NUMBER) % 9, "label": LABEL}
    dataset = recipes.load(frame)
    assert dataset.roles[0].why == "it has the same date in every row"
    assert dataset.feature_names == ("x",)


def test_an_unfinished_run_reads_the_columns_that_it_began_with(tmp_path):
    rows = [*zip(DAYS.astype(str), np.arange(NUMBER) % 9, LABEL, strict=True)]
    path = write_csv(tmp_path / "t.csv", ["on", "x", "label"], rows)
    data = {"kind": "table", "feature_names": ["on", "x"], "origin": {"source": path}}
    config = {"data": data | {"fingerprint": ""}, "model": {"configuration": {}}}
    older = _dataset(RunFolder(tmp_path), config, None, True)
    assert older.feature_names == ("on", "x")
    assert {*older.train.inputs[:, 0].tolist()} <= {*DAYS.astype("int64").tolist()}
    columns = recipes.load(path).columns
    config["model"] = {"configuration": {"columns": columns.get_config()}}
    assert _dataset(RunFolder(tmp_path), config, None, True).columns == columns


def test_dates_of_a_test_part_of_its_own_are_encoded_alike():
    given = ({"on": DAYS}, LABEL, {"on": DAYS[::-1].astype(str).tolist()}, LABEL[::-1])
    dataset = recipes.from_arrays(*given)
    raw = dataset.columns.raw(dataset.test.inputs)["on"]
    np.testing.assert_array_equal(raw, DAYS[::-1])
    assert any("test examples are copies" in note for note in dataset.notes)


def test_dates_may_be_numbers_to_predict_and_are_augmented_and_interpolated():
    many = np.tile(DAYS, 2)
    labels = (np.arange(len(many)) < 40).astype(int)
    dataset = recipes.from_arrays({"on": many}, labels)
    sampler = Smote(neighbours=2)
    batches = recipes.training_batches(
        dataset.train, batch_size=32, rebalance=sampler, augment=None
    )
    for rows, _ in batches.take(3):
        raw = dataset.columns.raw(rows.numpy())["on"]
        assert raw.min() >= DAYS[0]
        assert raw.max() <= DAYS[-1]
    frame = {"x": np.arange(NUMBER) % 9, "on": DAYS, "z": DAYS + TIMES}
    predicted = recipes.load(frame, target=["on"], task="regression")
    assert predicted.train.labels.max() <= DAYS[-1].astype("int64")


def test_ambiguous_dates_are_refused():
    frame = {"on": ["01/02/2024", "02/03/2024"] * 20, "label": LABEL[:40]}
    with pytest.raises(InputError, match=r"ambiguous: dates .*2024-01-31"):
        recipes.load(frame)


def test_data_keep_their_name_beside_a_column_of_dates():
    table = {"on": DAYS, "size": np.arange(NUMBER) % 5}
    tests = {name: column[:6] for name, column in table.items()}
    dataset = recipes.from_arrays(table, LABEL, tests, LABEL[:6], name="visits")
    assert dataset.name == "visits"
