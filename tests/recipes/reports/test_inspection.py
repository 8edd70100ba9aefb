"""What `recipes.inspect` and `zoo data` find, for each kind of data."""

import base64
import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import recipes
from recipes.reports.inspection.origin import model_for
from recipes.reports.inspection.samples import samples_of
from tests.recipes.reports.inspected_data import (
    RNG,
    TWO,
    Page,
    book,
    clips,
    images,
    marks,
    pairs,
    series,
    table,
    texts,
    tokens,
)
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.registry import find
from zoo.targets import OF_TASK

# What is inspected, the options, and attributes or words that must be found.
FOUND = {
    "table": (
        table,
        {},
        {
            "kind": "table",
            "task": "classification",
            "target": ("label",),
            "model": "mlp",
            "command": 'recipes.fit("mlp", data)',
        },
        [
            "'no' has 192 examples, 'yes' has 8: always answering 'no' is right for",
            "fewer than 10 training examples of the class 'yes' (5)",
            "examples have a copy with another class",
            "'age': 1 of 150 numbers lie far from the rest, such as 9,999",
            "'constant' is constant: every cell is 1",
            "'nearly' is nearly constant: 99.5% of the cells are 'a'",
            "'gaps': 95% of the cells are missing",
        ],
    ),
    "numbers to predict": (
        lambda: {"area": RNG.normal(size=60), "price": [*RNG.normal(50, 9, 59), -999]},
        {"target": "price"},
        {"task": "regression", "target": ("price",), "model": "mlp", "classes": ()},
        ["column 'price': 1 of 60 numbers lie far from the rest, such as -999"],
    ),
    "labels": (marks, {}, {"task": "multilabel", "model": "mlp"}, []),
    "images": (
        lambda: recipes.from_arrays(*images()),
        {},
        {"kind": "images", "model": "cnn"},
        [
            "2 of 60 images are blank",
            "5 examples have a copy with another class",
        ],
    ),
    "texts": (texts, {}, {"kind": "text", "model": "recurrent"}, []),
    "audio": (
        clips,
        {"sample_rate": 1000},
        {"kind": "audio", "model": "recurrent"},
        [],
    ),
    "sequences": (
        lambda: (RNG.normal(size=(60, 9, 2)), TWO),
        {"sequences": True},
        {"kind": "sequences", "model": "recurrent"},
        [],
    ),
    "series": (
        series,
        {"task": "forecasting", "target": "load", "time": "time"},
        {"task": "forecasting", "target": ("load",), "duplicates": None},
        [],
    ),
    "steps": (
        lambda: recipes.from_arrays(*tokens()),
        {},
        {"task": "sequence_labelling", "model": "recurrent"},
        [],
    ),
    "pairs": (pairs, {"task": "translation"}, {"task": "translation"}, []),
    "text": (book, {}, {"task": "text_generation", "duplicates": None}, []),
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """Return the findings of each kind of data."""
    folder = tmp_path_factory.mktemp("data")

    def inspected(make, options):
        source = make(folder) if make in (book, pairs) else make()
        return recipes.inspect(source, **options)

    return {name: inspected(*case[:2]) for name, case in FOUND.items()}


@pytest.mark.parametrize("name", FOUND)
def test_what_is_found(findings, name):
    found = findings[name]
    _, _, attributes, warnings = FOUND[name]
    assert {key: getattr(found, key) for key in attributes} == attributes
    for sentence in warnings:
        assert any(sentence in warning for warning in found.warnings), found.warnings
    assert len(found.warnings) == len(warnings), found.warnings
    assert found.notes == found.dataset.notes
    page = repr(found)
    for part in found.parts:
        assert part.examples == len(getattr(found.dataset, part.name))
    for note in (*found.notes, *found.warnings):
        assert note[:60] in page
    assert found.command in page


ANSWERED = {  # every task that data of a kind can have
    Kind.IMAGES: ("classification", "multilabel", "regression"),
    Kind.TABLE: ("classification", "multilabel", "regression"),
    Kind.AUDIO: ("classification", "multilabel", "regression"),
    Kind.SEQUENCES: (
        "classification",
        "multilabel",
        "regression",
        "sequence_labelling",
        "forecasting",
    ),
    Kind.TEXT: tuple(task for task in OF_TASK if task != "forecasting"),
}


@pytest.mark.parametrize("kind", ANSWERED)
def test_the_suggested_model_answers_every_task(kind):
    name = model_for(SimpleNamespace(kind=kind))
    assert kind in find(name).kinds
    assert {OF_TASK[task] for task in ANSWERED[kind]} <= {*find(name).load().targets}


MEASURED = {  # where: name, least, largest
    "images": ("inputs", "brightness", 7, 7),
    "texts": ("inputs", "length of text", 1, 60),
    "audio": ("inputs", "duration without padding", 0.1, 5.9),
    "sequences": ("inputs", "length", 9, 9),
    "labels": ("values", "labels per example", 0, 3),
    "pairs": ("inputs", "length of answer", 2, 2),
}


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_measured(findings, name):
    where, measure, low, high = MEASURED[name]
    spread = next(d for d in getattr(findings[name], where) if d.name == measure)
    assert spread.minimum == pytest.approx(low, rel=0.05)
    assert name == "images" or spread.maximum == pytest.approx(high, rel=0.05)
    assert spread.minimum <= spread.median <= spread.maximum
    assert 0 < len(spread.histogram) <= 16


def test_the_columns_of_a_table(findings):
    columns = {column.name: column for column in findings["table"].columns}
    roles = {name: column.role for name, column in columns.items()}
    assert roles == {
        "id": "id",
        "age": "number",
        "sex": "category",
        "constant": "number",
        "nearly": "category",
        "gaps": "number",
        "label": "target",
    }
    assert columns["age"].missing == 50
    assert sum(columns["age"].numbers.histogram) == 150
    assert sum(count for _, count in columns["sex"].frequent) == 200
    assert "names the rows" in columns["id"].why


def test_words_without_a_code_are_told_as_rare():
    words = np.array([*["a"] * 90, *"bcdefghijk"])
    rows = {"word": words, "number": RNG.normal(size=100), "label": np.arange(100) % 2}
    column = recipes.inspect(rows).columns[0]
    assert column.frequent == (("a", 90), ("(rare)", 10))


def test_dates_are_shown_as_dates():
    days = RNG.permutation(np.arange("2024-01-01", "2024-04-10", dtype="M8[D]"))
    days = days.astype("M8[s]")
    days[3], days[7] = np.datetime64("1900-01-01"), np.datetime64("NaT")
    found = recipes.inspect({"day": days, "label": np.arange(100) % 2})
    column = found.columns[0]
    assert (column.role, column.missing, column.low) == ("date", 1, "1900-01-01")
    assert "1 of 99 dates lie far from the rest, such as 1900-01-01" in repr(found)
    assert f"{column.low} … {column.high}" in repr(found)
    (rows,) = samples_of(found.dataset)
    assert {row[1] for row in rows.rows} <= {*np.datetime_as_string(days, "D"), ""}


def test_many_columns_with_one_fault_are_told_in_one_sentence():
    rows = RNG.normal(size=(60, 30))
    rows[:, 3:20] = 0
    warnings = recipes.inspect((rows, TWO)).warnings
    names = ", ".join(f"column {n}" for n in range(3, 13))
    assert warnings == (f"17 columns are constant: {names}, …",)


CLASS = np.arange(60) % 3
DECIDING = {  # a column, and whether it alone decides `CLASS`
    "words": (np.array(["x", "y", "z"])[CLASS], True),
    "several words of a class": (np.array([*"abcdef"])[np.arange(60) % 6], True),
    "one word of two classes": (np.array(["x", "y", "y"])[CLASS], False),
    "words that hardly repeat": (
        np.array([f"{n // 6 * 3 + n % 3}" for n in range(60)]),
        False,
    ),
    "ranges": (CLASS * 10 + RNG.uniform(0, 9, 60), True),
    "ranges that overlap": (CLASS * 10 + RNG.uniform(0, 13, 60), False),
    "codes in any order": (
        np.array([5.0, 1.0, 5.5, 2.0, 7.0, 0.0])[np.arange(60) % 6],
        True,
    ),
    "missing in one class": (np.where(CLASS == 1, np.nan, CLASS), True),
    "missing in two classes": (np.where(CLASS > 0, np.nan, RNG.normal(size=60)), False),
    "chance": (RNG.normal(size=60), False),
}


@pytest.mark.parametrize("column, decides", DECIDING.values(), ids=DECIDING)
def test_a_column_that_decides_the_class_alone(column, decides):
    rows = {"column": column, "other": RNG.normal(size=60), "label": CLASS}
    told = [w for w in recipes.inspect(rows).warnings if "alone decides the class" in w]
    assert len(told) == decides
    assert all("column 'column'" in sentence for sentence in told)


def test_classes_and_copies_are_counted_by_part(findings):
    found = findings["images"]
    parts = ("train", "validation", "test")
    for number, each in enumerate(found.classes):
        counts = [(getattr(found.dataset, p).labels == number).sum() for p in parts]
        assert [each.train, each.validation, each.test] == counts
    copies = found.duplicates
    assert sum(copies.within.values()) + sum(copies.across.values()) == 3
    assert copies.contradictory == 5


def test_how_parts_were_made(findings):
    def origins(found):
        return [part.origin for part in found.parts]

    drawn = "split off, stratified, with a fixed seed"
    assert origins(findings["table"]) == ["", drawn, drawn]
    drawn = "split off at random, with a fixed seed"
    assert origins(findings["steps"]) == ["", drawn, drawn]
    assert origins(findings["series"]) == ["", "", ""]
    x, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    drawn = "split off, stratified, with a fixed seed"
    own = recipes.inspect(((x, y), (x + 0.5, y)))
    assert origins(own) == ["", drawn, "of its own"]


def test_a_class_that_a_part_lacks_is_told():
    x, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    found = recipes.inspect(((x, y), (x[::2] + 0.5, y[::2])))
    assert "the test part has no example of '1'" in found.warnings


@pytest.mark.parametrize("name", FOUND)
def test_the_page_needs_no_other_file(findings, name):
    found = findings[name]
    text = found.html()
    page = Page(text)
    assert page.open == []
    assert "://" not in text
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "b1", "bold")
        assert not any(key.startswith("on") for key in attributes)
        if tag == "img":
            assert attributes["alt"]
            kind, _, data = attributes["src"].partition(",")
            assert kind in ("data:image/png;base64", "data:image/jpeg;base64")
            Image.open(io.BytesIO(base64.b64decode(data))).load()
        if tag == "svg":
            assert attributes["aria-label"]
    for sentence in (*found.notes, *found.warnings, found.command):
        assert sentence in page.words
    drawn = {tag for tag, _ in page.tags}
    expected = {"images": "img", "audio": "img", "texts": "blockquote"}
    assert expected.get(name, "table") in drawn


def test_one_of_several_series_is_drawn():
    one = series()
    several = {name: np.tile(column, 3) for name, column in one.items()}
    several["name"] = np.repeat([*"abc"], len(one["time"]))
    options = {"task": "forecasting", "target": "load", "time": "time"}
    found = recipes.inspect(several, **options, group="name")
    drawing = samples_of(found.dataset)[0].items[0]
    assert drawing.names == ("train", "validation", "test")
    assert all((np.diff(line[:, 0]) > 0).all() for line in drawing.series)


def test_names_are_escaped_on_the_page():
    name = "<script>alert(1)</script> & \"'>"
    rows = {name: RNG.normal(size=40), "label": np.array([name, "b"] * 20)}
    found = recipes.inspect(rows)
    assert Page(found.html()).words.count(name) > 2
    assert "script" not in {tag for tag, _ in Page(found.html()).tags}
    assert "&lt;script&gt;" in found.html()
    assert Page(found._repr_html_()).tags[0][0] == "iframe"


def test_wrong_uses_of_the_function():
    with pytest.raises(InputError, match="loaded"):
        recipes.inspect(recipes.load("digits"), image_size=(4, 4))
    with pytest.raises(ValueError, match="did you mean 'image_size'"):
        recipes.inspect("digits", image_siz=(4, 4))
