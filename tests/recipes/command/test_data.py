"""`zoo data`, and the command that it suggests."""

import importlib
import json
import os
import shlex
import subprocess
import sys

import pytest

import recipes
from recipes.command import zoo as group
from recipes.command.start import SilentImport
from recipes.reports.inspection.origin import command_for
from recipes.sources import DIGITS, OPTIONS
from tests.recipes.reports.inspected_data import Page, table
from tests.recipes.sources.source_files import write_csv, write_folder

COMMANDS = {  # options, and what the command says for them
    "plain": ({}, ""),
    "text": ({"label_column": "my label"}, " --label-column 'my label'"),
    "several": ({"target": ("a", "b")}, " --target a --target b"),
    "flag": ({"download": False, "skip_corrupt": True}, " --offline --skip-corrupt"),
    "size": ({"image_size": (8, 6)}, " --image-size 8x6"),
    "part": (
        {"test": "te st.csv", "split": (0.8, 0.2)},
        " --test 'te st.csv' --split 0.8/0.2",
    ),
    "default": ({"data_seed": 0, "horizon": None}, ""),
}


@pytest.mark.parametrize("options, expected", COMMANDS.values(), ids=COMMANDS)
def test_the_command_to_train_has_the_options(options, expected):
    expected = expected.replace("--offline", OPTIONS["download"].flag)
    command = command_for("mlp", "my data/", options)
    assert command == f"zoo fit mlp --data 'my data/'{expected}"
    options = {n: "0.8/0.2" if n == "split" else v for n, v in options.items()}
    given = group.commands["fit"].make_context("fit", shlex.split(command)[2:]).params
    assert {name: given[name] for name in options} == options


FRAME = {"a": [1.0, 2.0]}
CALLS = {  # the source, options, and the call that trains on them
    "frame": (FRAME, {}, "data"),
    "option": (FRAME, {"target": "a"}, "recipes.load(data, target='a')"),
    "both": (FRAME, {"test": FRAME}, "recipes.load(data, test=test)"),
    "part": ("x.csv", {"test": FRAME}, "recipes.load('x.csv', test=test)"),
    "parts": (
        DIGITS,
        {"train": "x", "test": FRAME},
        "recipes.load(train='x', test=test)",
    ),
}


@pytest.mark.parametrize("source, options, expected", CALLS.values(), ids=CALLS)
def test_data_in_memory_are_trained_on_by_a_call(source, options, expected):
    assert command_for("mlp", source, options) == f'recipes.fit("mlp", {expected})'


def test_parts_are_files_of_their_own(zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("train", "test"):
        rows = [[n / 7, n % 5, "ab"[n % 2]] for n in range(40)]
        write_csv(tmp_path / f"{name}.csv", ["x", "y", "label"], rows)
    arguments = ("--train", "train.csv", "--test", "test.csv")
    status, output, errors = zoo("data", *arguments, "--json")
    assert (status, errors) == (0, "")
    content = json.loads(output)
    train, validation, test = content["parts"]
    assert test == {"name": "test", "examples": 40, "origin": "of test.csv"}
    assert train["examples"] + validation["examples"] == 40
    assert content["duplicates"]["across"]["test"] == 40
    assert content["command"] == f"zoo fit mlp {' '.join(arguments)}"


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


def test_the_command_prints_json(zoo, tmp_path):
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
    "no data": ([], "Give the data: a path or a name, or --train."),
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


def test_what_is_written_while_a_module_starts_is_dropped(tmp_path, monkeypatch, capfd):
    text = "import os; os.write(2, b'log'); from . import inside"
    package = tmp_path / "noisy_package"
    package.mkdir()
    (package / "__init__.py").write_text(text)
    (package / "inside.py").write_text("import os; os.write(2, b'log')")
    monkeypatch.syspath_prepend(tmp_path)
    finder = SilentImport("noisy_package")
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    module = importlib.import_module("noisy_package")
    assert capfd.readouterr().err == ""
    assert finder not in sys.meta_path
    assert module.__loader__ is module.__spec__.loader is not finder
    assert module.inside.__name__ == "noisy_package.inside"
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_a_table_is_shown_without_tensorflow(tmp_path):
    write_csv(
        tmp_path / "a.csv", ["x", "label"], [[n % 7, "ab"[n % 2]] for n in range(40)]
    )
    program = (
        "import sys; sys.argv = ['zoo', 'data', 'a.csv', '--html', 'a.html'];"
        "import recipes.command; recipes.command.main();"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
