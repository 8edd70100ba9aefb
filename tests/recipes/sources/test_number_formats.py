"""Numbers, amounts, percentages, dates and times as columns of a table."""

import datetime

import numpy as np
import pytest

import recipes
from recipes.sources.tables.number_formats import read_numbers
from tests.recipes.sources.source_files import write_csv
from zoo.calendar import days_of
from zoo.columns import Category
from zoo.errors import InputError

FORMATS = {  # name: (two cells, their numbers)
    "thousands": (["1,234", "12,345,678"], [1234, 12345678]),
    "thousands and point": (["1,234.5", "7"], [1234.5, 7]),
    "decimal comma": (["0,5", "1,25"], [0.5, 1.25]),
    "comma with a zero": (["0,123", "1,250"], [0.123, 1.25]),
    "point and comma": (["1.234,5", "12"], [1234.5, 12]),
    "two points": (["1.234.567", "2.000"], [1234567, 2000]),
    "spaces": (["1 234", "5 678 901"], [1234, 5678901]),
    "narrow spaces": (["1\u202f234,5", "2\u00a0000"], [1234.5, 2000]),
    "apostrophes": (["1'234.5", "2"], [1234.5, 2]),
    "lakhs": (["1,23,456", "5"], [123456, 5]),
    "percent": (["45%", "3.5 %"], [0.45, 0.035]),
    "dollars": (["$1,200.50", "-$3"], [1200.5, -3]),
    "euros": (["1.200,50 €", "3 €"], [1200.5, 3]),
    "codes": (["USD 12", "USD 7"], [12, 7]),
    "brackets": (["(1,200)", "5"], [-1200, 5]),
    "brackets and dollars": (["($1,234.50)", "$5"], [-1234.5, 5]),
    "minus behind": (["1,234.50-", "5"], [-1234.5, 5]),
    "per cent in words": (["45 percent", "3 pct"], [0.45, 0.03]),
    "plural units": (["1 day", "2 days"], [1, 2]),
    "written units": (["1 hr.", "3 hrs"], [1, 3]),
    "spelling of a unit": (["5 KG", "12 kg"], [5, 12]),
    "minus sign": (["−5", "+3"], [-5, 3]),
    "unit": (["12 kg", "13kg"], [12, 13]),
    "powers": (["1e5", "2.5E-3"], [1e5, 0.0025]),
    "plain": (["1.234", "2.5"], [1.234, 2.5]),
    "dates": (["2024-01-31", "2024-02-01"], [19753, 19754]),
    "moments": (["2024-01-31T12:00:00Z", "2024-01-31 13:30:00"], [19753.5, 19753.5625]),
    "day first": (["31/01/2024", "02/03/2024"], [19753, 19784]),
    "month first": (["01/31/2024", "02/03/2024"], [19753, 19756]),
    "dots": (["31.01.2024", "1.2.2024"], [19753, 19754]),
    "month names": (["Jan 31, 2024", "Feb 1, 2024"], [19753, 19754]),
    "times": (["12:30", "7:15"], [12.5, 7.25]),
}


@pytest.mark.parametrize("cells, numbers", FORMATS.values(), ids=FORMATS)
def test_numbers_are_read(cells, numbers):
    read = read_numbers([*cells, "NA"])
    np.testing.assert_allclose(read.numbers, [*numbers, np.nan], rtol=1e-12)
    assert not read.problem


@pytest.mark.parametrize("form", ["table", "frame"])
@pytest.mark.parametrize("cells, numbers", FORMATS.values(), ids=FORMATS)
def test_columns_of_numbers_are_no_categories(tmp_path, cells, numbers, form):
    # A column that counts would be left out; here each cell comes many times.
    columns = {
        "amount": [cells[n // 2 % 2] for n in range(40)],
        "word": ["ab"[n % 2] for n in range(40)],
        "label": ["yn"[n // 3 % 2] for n in range(40)],
    }
    data = columns
    if form == "table":
        rows = list(zip(*columns.values(), strict=True))
        data = write_csv(tmp_path / "t.csv", list(columns), rows)
    dataset = recipes.load(data)
    raw = dataset.columns.raw(dataset.train.inputs)["amount"]
    raw = days_of("amount", raw) if raw.dtype.kind == "M" else raw
    expected = np.unique(np.float32(numbers))
    np.testing.assert_allclose(np.unique(raw), expected, rtol=1e-6)
    changed = any(cell.strip("+-0123456789.eE−") for cell in cells)
    beginnings = ("column 'amount' is read as numbers", "column 'amount' holds dates")
    told = any(note.startswith(beginnings) for note in dataset.notes)
    assert told or not changed


WORDS = {
    "ranges": ["18-24", "25-30"],
    "codes": ["A1", "B2"],
    "sizes": ["12a", "13b"],
    "words": ["$", "%"],
    "postal codes": ["01067", "99084"],
    "one with a zero": ["12", "007"],
    "phone numbers": ["+49 351 1234567", "0351 7654321"],
    "underscores": ["1_000", "2_000"],
    "unknown units": ["5 foo", "6 foo"],
    "booleans": ["Yes", "No"],
}


@pytest.mark.parametrize("cells", WORDS.values(), ids=WORDS)
def test_words_stay_categories(cells):
    word = [cells[n // 2 % 2] for n in range(40)]
    dataset = recipes.load({"word": word, "x": [*range(8)] * 5, "label": [0, 1] * 20})
    assert isinstance(dataset.columns.columns[0], Category)


@pytest.mark.parametrize("name", ["zip", "Postal Code", "phoneNumber", "customer tel"])
@pytest.mark.parametrize("cells", [["10115", "80331"], [10115, 80331]], ids=str)
def test_columns_that_are_named_as_codes_are_categories(name, cells):
    code = [cells[n // 2 % 2] for n in range(40)]
    dataset = recipes.load({name: code, "x": [*range(8)] * 5, "label": [0, 1] * 20})
    assert dataset.columns.columns[0] == Category(name, ("10115", "80331"))
    assert f"column {name!r} holds codes, as its name says: categories" in dataset.notes


def test_codes_with_missing_cells_are_the_same_in_files_and_frames(tmp_path):
    code = [10115.0, float("nan"), 80331.0, 10115.0] * 10
    frame = {"zip": code, "x": [*range(8)] * 5, "label": [0, 1] * 20}
    rows = list(zip(*frame.values(), strict=True))
    path = write_csv(tmp_path / "t.csv", list(frame), rows)
    columns = recipes.load(path).columns
    assert columns.columns[0] == Category("zip", ("", "10115", "80331"))
    expected = recipes.load(frame).train.inputs
    for source in (path, frame):
        dataset = recipes.load(source, columns=columns.get_config())
        np.testing.assert_array_equal(dataset.train.inputs, expected)


@pytest.mark.parametrize("form", ["table", "frame"])
def test_yes_and_no_in_several_spellings_are_one_word(tmp_path, form):
    cells = ["Yes", "NO", "yes", "no", "YES", "No", "NA", "no"] * 6
    data = {"paid": cells, "x": [*range(12)] * 4, "label": [0, 1, 1] * 16}
    if form == "table":
        rows = list(zip(*data.values(), strict=True))
        data = write_csv(tmp_path / "t.csv", list(data), rows)
    dataset = recipes.load(data)
    assert dataset.columns.columns[0].categories == ("", "no", "yes")
    told = "column 'paid': upper and lower case are the same word"
    assert dataset.notes.count(told) == 1
    again = recipes.load(data, columns=dataset.columns.get_config())
    np.testing.assert_array_equal(again.train.inputs, dataset.train.inputs)


REFUSED = {
    "ambiguous dates": (["01/02/2024", "02/03/2024"], r"ambiguous: dates .*2024-01-31"),
    "percent and none": (["5%", "7"], "ambiguous: the units differ"),
    "two units": (["5 kg", "7 lb"], "ambiguous: the units differ: kg, lb"),
    "two currencies": (["$5", "7 €"], "ambiguous: the units differ"),
    "a word": (["1,234", "2,345", "many"], "line 4: 'many' is not a finite number"),
    "infinite": (["$1", "$2", "inf"], "'inf' is not a finite number"),
}


@pytest.mark.parametrize("cells, message", REFUSED.values(), ids=REFUSED)
def test_what_is_not_certain_is_refused_with_the_remedy(tmp_path, cells, message):
    rows = [[cells[n % len(cells)], n % 2] for n in range(30)]
    path = write_csv(tmp_path / "t.csv", ["amount", "label"], rows)
    with pytest.raises(InputError, match=message + r".*--drop-column amount"):
        recipes.load(path)
    assert recipes.load(path, categorical_columns=["amount"]).columns is not None


DATES = {
    "datetime64": np.array(["2024-01-31", "2024-02-01"], "datetime64[ns]"),
    "date": np.array([datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)]),
    "datetime": np.array([datetime.datetime(2024, 1, 31), None], object),
}


@pytest.mark.parametrize("dates", DATES.values(), ids=DATES)
def test_dates_of_frames_are_dates(dates):
    frame = {"day": dates[np.arange(40) // 2 % 2], "x": [*range(8)] * 5}
    dataset = recipes.from_arrays(frame, [0, 1] * 20)
    raw = dataset.columns.raw(dataset.train.inputs)["day"]
    assert np.datetime64("2024-01-31") in raw
    (role, _) = dataset.roles
    assert (role.role, role.low) == ("date", "2024-01-31")
    assert any(note.startswith("column 'day' holds dates") for note in dataset.notes)
