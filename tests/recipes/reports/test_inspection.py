"""What `recipes.inspect` and `zoo data` find, for each kind of data."""

import base64
import html.parser
import io
import json
import shlex
import sys

import numpy as np
import pytest
from PIL import Image

import recipes
from recipes.command import zoo as group
from recipes.reports.inspection.origin import command_for
from recipes.sources import OPTIONS
from tests.recipes.sources.source_files import write_csv, write_folder
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.registry import find

RNG = np.random.default_rng(0)
WORDS = np.array(["good", "bad", "long", "short", "film", "<b>bold</b>"])
TWO = np.arange(60) % 2


def table():
    """Columns with each fault that a warning names, and a rare class."""
    age = RNG.normal(40, 5, 200).round()
    age[::4], age[3] = np.nan, 9999
    return {
        "id": np.arange(1, 201),
        "age": age,
        "sex": RNG.choice(["f", "m"], 200),
        "constant": np.ones(200),
        "nearly": np.array([*["a"] * 199, "b"], object),
        "gaps": np.where(np.arange(200) % 20, np.nan, np.arange(200)),
        "label": np.array([*["no"] * 192, *["yes"] * 8]),
    }


def images():
    pixels = RNG.integers(0, 256, (60, 6, 5, 3), dtype="uint8")
    pixels[:2] = 7
    pixels[4] = pixels[2]
    pixels[5] = pixels[2]
    return pixels, TWO


def texts():
    return [" ".join(RNG.choice(WORDS, n + 1)) for n in range(60)], TWO


def clips():
    return [RNG.uniform(-1, 1, 100 * (n + 1)) for n in range(60)], TWO


def series():
    times = np.arange("2024-01-01", "2024-03-01", 6, dtype="datetime64[h]")
    return {"time": times, "load": np.sin(np.arange(len(times))) + 2}


def marks():
    return RNG.normal(size=(60, 2)), RNG.integers(0, 2, (60, 3))


def tokens():
    return [["a", "dog"], ["no", "dog"]] * 15, [["D", "N"], ["D", "N"]] * 15


def book(folder):
    text = "It was a dark and stormy night; the rain fell in torrents. " * 9
    (folder / "book.txt").write_text(text)
    return folder / "book.txt"


def pairs(folder):
    rows = [[f"{n} apples", f"{n} Äpfel"] for n in range(40)]
    return write_csv(folder / "pairs.csv", ["source", "target"], rows)


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
        lambda: {"area": RNG.normal(size=60), "price": RNG.normal(50, 9, 60)},
        {"target": "price"},
        {"task": "regression", "target": ("price",), "model": "mlp", "classes": ()},
        [],
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


@pytest.mark.parametrize("name", FOUND)
def test_the_suggested_model_answers_the_task(findings, name):
    found = findings[name]
    assert Kind(found.kind) in find(found.model).kinds
    family = find(found.model).load()
    assert found.dataset.target_class in family.targets


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


def test_classes_and_copies_are_counted_by_part(findings):
    found = findings["images"]
    parts = ("train", "validation", "test")
    for number, each in enumerate(found.classes):
        counts = [(getattr(found.dataset, p).labels == number).sum() for p in parts]
        assert [each.train, each.validation, each.test] == counts
    copies = found.duplicates
    assert sum(copies.within.values()) + sum(copies.across.values()) == 3
    assert copies.contradictory == 5


def test_a_class_that_a_part_lacks_is_told():
    x, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    found = recipes.inspect(((x, y), (x[::2] + 0.5, y[::2])))
    assert "the test part has no example of '1'" in found.warnings


class Page(html.parser.HTMLParser):
    """The text, the pictures, the addresses and the headings of a page."""

    def __init__(self, text):
        super().__init__()
        self.words, self.tags, self.pictures, self.open = "", [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in ("meta", "img", "rect", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


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
            assert kind == "data:image/png;base64"
            Image.open(io.BytesIO(base64.b64decode(data))).load()
        if tag == "svg":
            assert attributes["aria-label"]
    for sentence in (*found.notes, *found.warnings, found.command):
        assert sentence in page.words
    drawn = {tag for tag, _ in page.tags}
    expected = {"images": "img", "audio": "img", "texts": "blockquote"}
    assert expected.get(name, "table") in drawn


def test_names_are_escaped_on_the_page():
    name = "<script>alert(1)</script> & \"'>"
    rows = {name: RNG.normal(size=40), "label": np.array([name, "b"] * 20)}
    found = recipes.inspect(rows)
    assert Page(found.html()).words.count(name) > 2
    assert "script" not in {tag for tag, _ in Page(found.html()).tags}
    assert "&lt;script&gt;" in found.html()
    assert Page(found._repr_html_()).tags[0][0] == "iframe"


COMMANDS = {  # options, and what the command says for them
    "plain": ({}, ""),
    "text": ({"label_column": "my label"}, " --label-column 'my label'"),
    "several": ({"target": ("a", "b")}, " --target a --target b"),
    "flag": ({"download": False, "skip_corrupt": True}, " --offline --skip-corrupt"),
    "size": ({"image_size": (8, 6)}, " --image-size 8x6"),
    "default": ({"data_seed": 0, "horizon": None}, ""),
}


@pytest.mark.parametrize("options, expected", COMMANDS.values(), ids=COMMANDS)
def test_the_command_to_train_has_the_options(options, expected):
    expected = expected.replace("--offline", OPTIONS["download"].flag)
    command = command_for("mlp", "my data/", options)
    assert command == f"zoo fit mlp --data 'my data/'{expected}"
    given = group.commands["fit"].make_context("fit", shlex.split(command)[2:]).params
    assert {name: given[name] for name in options} == options


def test_the_command_shows_a_folder(zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "photos", {"<i>cat": 12, "dog": 12})
    write_folder(tmp_path / "photos", {"mouse": 12}, size=(9, 7))
    status, output, errors = zoo("data", "photos", "--html", "page.html")
    assert status == 0, errors
    for words in (
        "a folder of images: the folder holds 36 .png files",
        "height in the file",
        "<i>cat",
        "zoo fit cnn --data photos",
        "page: page.html",
        "images of 2 sizes were resized",
    ):
        assert words in output
    assert errors == ""
    page = Page((tmp_path / "page.html").read_text("utf-8"))
    assert sum(tag == "img" for tag, _ in page.tags) == 3 * 8
    assert "<i>cat" in page.words
    assert sorted(p.name for p in tmp_path.iterdir()) == ["page.html", "photos"]


def test_the_command_prints_json_without_tensorflow(zoo, tmp_path, monkeypatch):
    module = sys.modules["recipes.command.data"]
    monkeypatch.setattr(module, "start_tensorflow", lambda: 1 / 0)
    columns = {name: list(map(str, values)) for name, values in table().items()}
    rows = zip(*columns.values(), strict=True)
    path = write_csv(tmp_path / "people.csv", [*columns], rows)
    status, output, errors = zoo("data", path, "--drop-column", "gaps", "--json")
    assert (status, errors) == (0, "")
    content = json.loads(output)
    found = recipes.inspect(path, drop_columns=["gaps"])
    assert content == {**json.loads(json.dumps(found.to_dict())), "page": None}
    assert content["reason"] == "the name of the file ends in .csv"
    assert content["command"] == f"zoo fit mlp --data {path} --drop-column gaps"


REFUSED = {
    "nothing there": (["absent.csv"], "There is no"),
    "page of another kind": (["digits", "--html", "a.png"], "must be an .html file"),
    "page in no folder": (["digits", "--html", "no/a.html"], "there is no folder no"),
    "option of others": (["digits", "--window", "3"], "does not apply to digits"),
}


@pytest.mark.parametrize("arguments, sentence", REFUSED.values(), ids=REFUSED)
def test_wrong_uses_of_the_command(zoo, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    status, output, errors = zoo("data", *arguments)
    assert (status, output) == (2, "")
    assert sentence in errors
    assert errors.count("\n") == 1


def test_wrong_uses_of_the_function():
    with pytest.raises(InputError, match="loaded"):
        recipes.inspect(recipes.load("digits"), image_size=(4, 4))
    with pytest.raises(ValueError, match="did you mean 'image_size'"):
        recipes.inspect("digits", image_siz=(4, 4))
