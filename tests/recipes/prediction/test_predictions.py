"""Predicting: kinds of models, times what is given, times where the answers go."""

import csv
import io
import json
import re
import types

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

import recipes
from tests.recipes.prediction.networks import NETWORKS, write_files, write_run
from zoo.errors import InputError
from zoo.loading import load_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prediction")
    write_files(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A function from the name of a network to its run folder."""
    runs, folder = {}, tmp_path_factory.mktemp("runs")

    def run(name):
        if name not in runs:
            runs[name] = write_run(name, folder / name)
        return runs[name]

    return run


@pytest.fixture(autouse=True)
def inside(folder, monkeypatch):
    monkeypatch.chdir(folder)


CLASSES = ["class_name", "probability_0", "probability_1"]
KINDS = ["class_name", "probability_no", "probability_yes"]
SERIES = ["input", "series", "step", "time", "load", "load_lower", "load_upper"]
STEPS = ["input", "step", "token", "label", "probability"]
ROWS = ["t.csv:2", "t.csv:3", "t.csv:4"]
PETS = ["class_name", "probability_cat", "probability_dog"]
REVIEWS = ["class_name", "probability_bad", "probability_good"]
WORDS = ["class_name", "probability_=no", "probability_yes"]
PRICE = ["price", "price_lower", "price_upper"]
LABELS = ["labels", "probability_red", "probability_round"]
TRANSLATIONS = ["text", "translation", "log_probability"]
IDS = {"id_columns": ["id"]}
FRAME = pd.DataFrame({"b": [2, 3, 4], "id": ["u", "v", "w"], "a": [1, 2, 3]})
PART = recipes.load(
    {"day": [*range(12)], "load": [*range(12)]},
    task="forecasting", target="load", time="day", window=3, horizon=2,
).test.take(slice(0, 1))  # fmt: skip
CASES = {  # name: (network, data, options, names of the answers, columns)
    "a table": ("classes", "t.csv", {}, ROWS, KINDS),
    "an ID": ("classes", "t.csv", IDS, ["007", "1e5", "8"], KINDS),
    "a data frame": ("classes", FRAME, {}, [0, 1, 2], KINDS),
    "a frame with IDs": ("classes", FRAME, IDS, ["u", "v", "w"], KINDS),
    "a list of rows": ("classes", [[1, 2], [2, 3]], {}, [0, 1], KINDS),
    "an archive": ("classes", "rows.npz", {}, ["rows.npz:0", "rows.npz:1"], KINDS),
    "words": ("words", "words.csv", {}, ["words.csv:2", "words.csv:3"], WORDS),
    "a formula": ("words", "words.csv", {"id_columns": "name"}, ["=1+1", "'x"], WORDS),
    "numbers": ("numbers", "t.csv", {}, ROWS, PRICE),
    "labels": ("labels", "t.csv", {}, ROWS, LABELS),
    "a folder of images": (
        "images",
        "photos",
        {},
        ["photos/9.JPG", "photos/cat/0.png", "photos/cat/1.png"],
        PETS,
    ),
    "names of images": (
        "images",
        "photos/names.csv",
        IDS,
        ["a", "b"],
        PETS,
    ),
    "an image": ("images", np.zeros((6, 5, 3)), {}, [0], PETS),
    "an array of images": ("images", np.zeros((2, 6, 5, 3)), {}, [0, 1], PETS),
    "two places": (
        "images",
        ["photos/cat/1.png", "photos"],
        {},
        ["photos/cat/1.png", "photos/9.JPG", "photos/cat/0.png", "photos/cat/1.png"],
        PETS,
    ),
    "a column of texts": (
        "texts",
        "reviews.csv",
        {},
        ["reviews.csv:2", "reviews.csv:3"],
        REVIEWS,
    ),
    "JSON lines": (
        "texts",
        "reviews.jsonl",
        {},
        ["reviews.jsonl:1", "reviews.jsonl:2"],
        REVIEWS,
    ),
    "a text": ("texts", "lines.txt", {}, ["lines.txt"], REVIEWS),
    "texts": ("texts", ["good", "bad"], {}, ["good", "bad"], REVIEWS),
    "a series of pandas": ("texts", pd.Series(["a", "b"]), {}, ["a", "b"], REVIEWS),
    "audio files": ("audio", "clips", {}, ["clips/a.wav", "clips/b.wav"], CLASSES),
    "names of clips": ("audio", "clips.csv", IDS, ["c", "d"], CLASSES),
    "clips": ("audio", [np.zeros(90), np.ones(50)], {}, [0, 1], CLASSES),
    "sequences": (
        "sequences",
        ["sequence.npy", "values.jsonl", "sequences.npy"],
        {},
        ["sequence.npy", "values.jsonl:1", "sequences.npy:0", "sequences.npy:1"],
        CLASSES,
    ),
    "a sequence": ("sequences", np.zeros((4, 2)), {}, [0], CLASSES),
    "IDs of sequences": ("sequences", "values.jsonl", IDS, ["q"], CLASSES),
    "tokens": ("tokens", "tokens.npy", {}, ["tokens.npy:0", "tokens.npy:1"], CLASSES),
    "sentences": (
        "steps",
        ["lines.txt"],
        {},
        ["lines.txt:1", "lines.txt:1", "lines.txt:3"],
        STEPS,
    ),
    "sentences in JSON": ("steps", ["steps.jsonl"], IDS, [5, 5], STEPS),
    "sentences in lists": ("steps", [["a", "b"], ["b"]], {}, [0, 0, 1], STEPS),
    "series": ("series", "series.csv", {}, ["series.csv"] * 4, SERIES),
    "windows of a data set": ("series", PART, {}, [0, 0], SERIES),
    "windows": ("series", np.zeros((1, 3, 1)), {}, [0, 0], SERIES),
    "pairs": (
        "translation",
        "pairs.tsv",
        {},
        ["pairs.tsv:2", "pairs.tsv:3"],
        TRANSLATIONS,
    ),
}  # fmt: skip


def as_given(data, network):
    """Strings in a list are texts for models of texts, and paths of files otherwise."""
    import pathlib

    if network == "steps" and data[0] in ("lines.txt", "steps.jsonl"):
        return [*map(pathlib.Path, data)]
    return data


@pytest.mark.parametrize(
    "network, data, options, names, columns", CASES.values(), ids=CASES
)
def test_each_example_has_an_answer(model, network, data, options, names, columns):
    answers = recipes.predict(model(network), as_given(data, network), **options)
    first = "id" if options == IDS else "name" if "id_columns" in options else "input"
    header = [first, *columns] if columns[0] != "input" else [first, *columns[1:]]
    assert list(answers.columns) == header
    assert answers.columns[first].tolist() == names
    frame = pd.DataFrame(answers.columns)
    assert len(frame) == len(names)
    assert frame.notna().all(axis=None)
    if columns not in (STEPS, SERIES):
        told = [
            [*row["id"].values()] if "id" in row else [row["input"]] for row in answers
        ]
        assert told == [[name] for name in names]


def test_every_network_has_a_case():
    assert {case[0] for case in CASES.values()} == {*NETWORKS}


INPUTS = {  # name: (network, data, what the model reads)
    "columns by name": ("classes", "t.csv", [[1, 2], [2, 3], [3, 4]]),
    "words and no number": ("words", "words.csv", [[30, 1, 1], [31, 0, 2]]),
    "texts": ("texts", "reviews.csv", np.array(["good film", "bad"], object)),
    "windows": ("series", "series.csv", [[[3], [4], [5]]] * 2),
}


@pytest.mark.parametrize("network, data, inputs", INPUTS.values(), ids=INPUTS)
def test_the_answers_are_those_of_the_model(model, network, data, inputs):
    trained = load_model(model(network))
    expected = trained.answers(np.asarray(inputs, "O" if network == "texts" else "f4"))
    answers = recipes.predict(model(network), data).columns
    if network == "series":
        assert answers["load"].tolist() == expected["values"].reshape(-1).tolist()
        assert answers["time"].tolist() == ["2024-01-06", "2024-01-07"] * 2
        assert answers["series"].tolist() == ["x", "x", "y", "y"]
        return
    found = [v for name, v in answers.items() if name.startswith("probability_")]
    np.testing.assert_allclose(np.stack(found, 1), expected["probabilities"], rtol=1e-6)


def test_pieces_give_the_answers_of_the_whole(model, monkeypatch):
    whole = recipes.predict(model("classes"), "t.csv", id_columns="id").columns
    monkeypatch.setattr("recipes.prediction.predictions.ROWS", 2)
    pieces = recipes.predict(model("classes"), "t.csv", id_columns="id").columns
    for name, column in whole.items():
        assert pieces[name].tolist() == column.tolist()


def test_what_is_not_read_is_told_once(model):
    notes = recipes.predict(model("images"), "photos").notes
    assert any("2 files in photos are not images" in note for note in notes), notes
    notes = recipes.predict(model("classes"), ["t.csv", "t.csv"]).notes
    assert notes == ("columns that the model does not read: 'id', 'kind'",)


FORMS = {  # of the same table
    "t.csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "semicolons.csv": lambda frame, path: frame.to_csv(path, index=False, sep=";"),
    "t.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "t.parquet": lambda frame, path: frame.to_parquet(path),
    "t.feather": lambda frame, path: frame.to_feather(path),
    "t.jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "t.xlsx": lambda frame, path: frame.to_excel(path, index=False),
}


@pytest.mark.parametrize("name", FORMS)
def test_tables_of_every_form_have_the_same_answers(model, tmp_path, name):
    frame = pd.DataFrame({"when": ["x", "y"], "b": [2.5, 3], "a": [1, 2]})
    FORMS[name](frame, tmp_path / name)
    answers = recipes.predict(model("classes"), tmp_path, id_columns="when").columns
    expected = recipes.predict(model("classes"), frame, id_columns="when").columns
    for column, values in expected.items():
        assert answers[column].tolist() == values.tolist()


TEXT = {".csv": ",", ".tsv": "\t"}


def read_back(text, suffix):
    if suffix in TEXT:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=TEXT[suffix])
        return [*rows]
    rows = [json.loads(line) for line in text.splitlines()]
    return [[*rows[0]], *([*row.values()] for row in rows)]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_answers_go_to_a_file(zoo, model, tmp_path, suffix):
    out = tmp_path / f"answers{suffix}"
    out.write_text("old")
    arguments = ("predict", model("words"), "words.csv", "--id-column", "name")
    status, output, errors = zoo(*arguments, "--out", out)
    assert (status, output) == (0, f"2 answers: {out}\n"), errors
    assert [each.name for each in tmp_path.iterdir()] == [out.name]
    expected = recipes.predict(model("words"), "words.csv", id_columns="name").columns
    if suffix == ".parquet":
        found = pyarrow.parquet.read_table(out).to_pydict()
        assert found == {name: values.tolist() for name, values in expected.items()}
        return
    header, *rows = read_back(out.read_text(encoding="utf-8"), suffix)
    assert header == ["name", *WORDS]
    assert [row[0] for row in rows] == ["=1+1", "'x"]
    shares = np.array([row[2:] for row in rows], "float32")
    assert shares[:, 0].tolist() == expected["probability_=no"].tolist()
    status, printed, _ = zoo(*arguments, "--format", "jsonl")
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["name"] for line in lines] == ["=1+1", "'x"]


def test_a_failure_leaves_the_old_file(zoo, model, tmp_path, monkeypatch):
    out = tmp_path / "a.csv"
    out.write_text("old")
    (tmp_path / "bad.csv").write_text("a,b\n1,x\n")
    arguments = ("t.csv", tmp_path / "bad.csv", "--out", out)
    status, _, _ = zoo("predict", model("classes"), *arguments)
    assert (status, out.read_text()) == (2, "old")


PIPED = {  # name: (network, bytes, arguments, names of the answers)
    "a table": ("classes", b"b,a\n2,1\n", (), ["-:2"]),
    "JSON lines": ("classes", b'{"b": 2, "a": 1}\n', (), ["-:1"]),
    "other separators": ("classes", b"b;a\n2;1\n", ("--separator", ";"), ["-:2"]),
    "texts": ("texts", b"good\n\nbad film\n", (), ["-:1", "-:3"]),
    "a table of texts": ("texts", b"n,t\n1,bad\n", ("--text-column", "t"), ["-:2"]),
    "an image": ("images", "photos/9.JPG", (), ["-"]),
    "audio": ("audio", "clips/a.wav", (), ["-"]),
    "a sequence": ("sequences", "sequence.npy", (), ["-"]),
    "sentences": ("steps", b"a b\n", (), ["-:1"]),
    "a file beside it": ("classes", b"b,a\n2,1\n", ("t.csv",), ["-:2", *ROWS]),
}


@pytest.mark.parametrize("network, given, arguments, names", PIPED.values(), ids=PIPED)
def test_standard_input(
    zoo, model, folder, monkeypatch, network, given, arguments, names
):
    content = given if isinstance(given, bytes) else (folder / given).read_bytes()
    pipe = types.SimpleNamespace(buffer=io.BytesIO(content))
    monkeypatch.setattr("sys.stdin", pipe)
    status, output, errors = zoo("predict", model(network), "-", *arguments, "--json")
    assert status == 0, errors
    assert [row["input"] for row in json.loads(output)] == names


def test_a_preset_is_asked(zoo, folder):
    from PIL import Image

    Image.fromarray(np.zeros((9, 9), "uint8")).save(folder / "five.png")
    status, output, errors = zoo("predict", "cnn_digits", "five.png", "--top", 2)
    assert status == 0, errors
    assert re.fullmatch(r"five\.png: \d [\d.]+%, \d [\d.]+%\n", output)


REFUSED = {  # name: (network, arguments, part of the sentence)
    "no column": ("classes", ("words.csv",), "no column 'a', which the model needs"),
    "no ID column": ("classes", ("t.csv", "--id-column", "x"), "no column 'x' to"),
    "an ID of a file": (
        "images",
        ("photos/9.JPG", "--id-column", "id"),
        "`id_columns` (--id-column) 'id' is for tables",
    ),
    "an ID named like an answer": (
        "numbers",
        ("clash.csv", "--id-column", "price", "--format", "csv"),
        "The answers have a column 'price' of their own",
    ),
    "an ID of a forecast": (
        "series",
        ("series.csv", "--id-column", "day"),
        "does not apply to forecasts",
    ),
    "a table for audio": ("audio", ("t.csv",), "names of audio files beside it"),
    "an image for a table": ("classes", ("photos/9.JPG",), "give tables"),
    "an empty folder": ("sequences", ("photos",), "has no sequences: none of its 5"),
    "two formats": ("classes", ("t.csv", "--json", "--format", "csv"), "or --json"),
    "a format and a file": (
        "classes",
        ("t.csv", "--out", "x.csv", "--format", "csv"),
        "or --out",
    ),
    "an unknown ending": ("classes", ("t.csv", "--out", "x.xls"), "--out must end in"),
    "over the input": ("classes", ("t.csv", "--out", "t.csv"), "is the file to read"),
    "top of numbers": ("numbers", ("t.csv", "--top", 2), "--top is for the classes"),
    "a beam": ("classes", ("t.csv", "--beam", 2), "--beam is for a model that transl"),
    "a time": ("texts", ("lines.txt", "--time", "t"), "--time is for a model that fo"),
    "a text": ("images", ("--text", "x"), "--text is for texts"),
    "nothing on standard input": ("classes", ("-",), "Standard input is empty"),
    "twice standard input": ("classes", ("-", "-"), "can be read once"),
    "an image that is none": ("images", ("photos/notes.txt",), "notes.txt"),
}  # fmt: skip


@pytest.mark.parametrize("network, arguments, message", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_one_sentence(
    zoo, model, folder, monkeypatch, network, arguments, message
):
    (folder / "clash.csv").write_text("a,b,price\n1,2,3\n")
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BytesIO(b" ")))
    before = sorted(folder.rglob("*"))
    status, output, errors = zoo("predict", model(network), *arguments)
    assert (status, output) == (2, "")
    assert message in errors
    assert errors.strip().splitlines()[-1].startswith("Error: ")
    assert sorted(folder.rglob("*")) == before


WRONG = {  # name: (network, data, part of the sentence)
    "a path that is not there": ("texts", "a good film", "texts are given in a list"),
    "rows of another width": ("classes", [[1, 2, 3]], r"shape \(2,\), got \(3,\)"),
    "an empty text": ("texts", ["good", " "], "Text number 2 is empty"),
    "a number for a text": ("texts", ["good", 5], "Text number 2 must be a string"),
    "nothing": ("classes", [], "There are no examples to predict"),
    "no text": ("texts", [], "There are no texts to predict"),
    "no data": ("classes", None, "`data` must be tables or an array .* got None"),
    "inputs and labels": ("classes", (np.ones((2, 2)), [0, 1]), "examples of one sha"),
    "a missing number": ("classes", {"a": [1, None], "b": [1, 2]}, "1 missing values"),
}


@pytest.mark.parametrize("network, data, message", WRONG.values(), ids=WRONG)
def test_data_in_memory_that_do_not_fit(model, network, data, message):
    with pytest.raises(InputError, match=message):
        recipes.predict(model(network), data)
