"""The list of sources: recognition, options and documentation."""

import inspect
import pathlib

import numpy as np
import pytest

import recipes
from recipes.data.options import documented_arguments
from recipes.sources import OPTIONS, load_with_defaults
from recipes.sources.registry import (
    EVERYWHERE,
    GROUPS,
    SCORED,
    SOURCES,
    WINDOWS,
    Location,
    source_of,
)
from recipes.sources.tables.table_format import FORMAT
from tests.recipes.sources.source_files import write_csv, write_folder
from zoo.errors import InputError

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "data.md"


def test_every_option_is_documented_and_applies_to_a_source():
    assert list(documented_arguments(recipes.load)) == ["source", *OPTIONS]
    taken = {name for source in SOURCES for name in source.options}
    assert taken | {*EVERYWHERE} == set(OPTIONS)


def test_loaders_accept_the_options_of_their_sources():
    for source in SOURCES:
        module, name = source.loader.split(":")
        function = getattr(__import__(module, fromlist=[name]), name)
        taken = [p for p in source.options if p not in (*GROUPS, *WINDOWS, *FORMAT)]
        taken += ["form"] if name == "load_table" else []  # frames have no text
        taken += ["windows"] if "window" in source.options else []
        taken += ["division", *({*source.of_model} - {*SCORED})]
        parameters = inspect.signature(function).parameters.values()
        keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        assert sorted(keywords) == sorted(taken), source.noun


def test_the_page_has_the_table_of_sources():
    rows = [
        f"| {source.example} | {', '.join(source.kinds)} | {source.holds} | "
        f"{', '.join(f'`{name}`' for name in source.options)} |"
        for source in SOURCES
    ]
    page = PAGE.read_text(encoding="utf-8")
    assert [row for row in rows if row not in page.splitlines()] == []


def npz(folder):
    rows = np.arange(80.0).reshape(40, 2)
    np.savez(folder / "a.npz", x=rows, y=np.arange(40) % 2)
    return folder / "a.npz"


def npy(folder):
    np.save(folder / "x_train.npy", np.arange(80.0).reshape(40, 2))
    np.save(folder / "y_train.npy", np.arange(40) % 2)
    return folder


def folder_of(suffix, number=2):
    def made(folder):
        for label in "ab":
            (folder / label).mkdir()
            for n in range(number):
                (folder / label / f"{n}{suffix}").write_bytes(b"some")
        return folder

    return made


def empty(name):
    def made(folder):
        (folder / name).write_bytes(b"")
        return folder / name

    return made


def with_metadata(folder):
    (folder / "metadata.csv").write_text("file_name,label")
    return folder


LOCATIONS = {
    "a data frame": lambda folder: {"x": [1, 2], "label": [0, 1]},
    "a tuple of arrays (x, y)": lambda folder: ([[1], [2]], [0, 1]),
    "TFRecord files": empty("a.tfrecord"),
    "a folder of .npy files": npy,
    "a folder with metadata of its files": with_metadata,
    "a table": empty("a.CSV"),
    "sequences with a label at each step": empty("a.jsonl"),
    "a text to learn to write from": empty("a.TXT"),
    "a folder of text files": folder_of(".txt"),
    "a folder of audio files": folder_of(".WAV"),
    "a folder of images": folder_of(".png"),
    "an .npz file": npz,
    "digits": lambda folder: "digits",
    "synthetic data (xor, two_moons, spirals)": lambda folder: "spirals",
    "synthetic pairs of texts (dates)": lambda folder: "dates",
    "a data set of TensorFlow Datasets": lambda folder: "mnist:3.0.1",
}


@pytest.mark.parametrize("noun, made", LOCATIONS.items(), ids=LOCATIONS)
def test_each_source_is_recognised(noun, made, tmp_path):
    assert source_of(Location(made(tmp_path))).noun == noun


def test_every_source_has_a_location():
    assert list(LOCATIONS) == [source.noun for source in SOURCES]


def test_a_path_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "digits", {"cats": 10, "dogs": 10})
    assert recipes.load("digits").class_names == ("cats", "dogs")


def table(folder):
    rows = [[n % 5, n % 2] for n in range(40)]
    return write_csv(folder / "t.csv", ["x", "label"], rows)


GIVEN = {  # a value of each option, other than the default
    "train": "xor",
    "validation": "xor",
    "test": "xor",
    "split": "70/30",
    "fold": "1/2",
    "task": "regression",
    "target": ("weight",),
    "tokens": "words",
    "vocabulary_size": 50,
    "data_dir": "there",
    "download": False,
    "label_column": "other",
    "text_column": "other",
    "categorical_columns": ("other",),
    "drop_columns": ("other",),
    "feature_columns": ("other",),
    "columns": [],
    "image_size": (8, 8),
    "decode": "batch",
    "sample_rate": 8000,
    "clip_seconds": 1.0,
    "sequences": True,
    "time": "other",
    "window": 8,
    "horizon": 4,
    "known": ("other",),
    "calendar": ("hour",),
    "season": 2,
    "separator": ";",
    "encoding": "cp1252",
    "decimal": ",",
    "sheet": "other",
    "group": "other",
    "test_groups": ("other",),
    "keep_duplicates_together": True,
    "skip_corrupt": True,
    "cache_dir": "there",
    "num_examples": 50,
    "noise": 0.5,
    "data_seed": 1,
}


def test_every_option_has_a_value_in_this_test():
    assert set(GIVEN) == set(OPTIONS)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.noun)
def test_an_option_that_does_not_apply_is_refused(source, tmp_path):
    location = LOCATIONS[source.noun](tmp_path)
    for name, value in GIVEN.items():
        if name not in (*source.options, *EVERYWHERE):
            with pytest.raises(InputError) as caught:
                recipes.load(location, **{name: value})
            message = str(caught.value)
            assert f"`{name}`" in message
            assert f"does not apply to {source.noun}; " in message
            takers = [each.noun for each in SOURCES if name in each.options]
            assert name in source.instead or all(noun in message for noun in takers)


@pytest.mark.parametrize("name, noun", [("image_size", "images"), ("clip_seconds", "")])
def test_an_option_for_another_kind_is_refused(name, noun, tmp_path):
    message = rf"`{name}` .* is for {noun}.*; a is a table"
    with pytest.raises(InputError, match=message):
        recipes.load(npz(tmp_path), **{name: GIVEN[name]})


def test_defaults_that_do_not_apply_are_left_out(tmp_path):
    defaults = {"cache_dir": "none", "label_column": "label", "noise": 0.5}
    dataset = load_with_defaults(table(tmp_path), defaults, {})
    assert dataset.origin == {
        "source": str(tmp_path / "t.csv"),
        "label_column": "label",
    }


def test_the_origin_of_a_data_set_loads_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table(tmp_path)
    dataset = recipes.load("t.csv", categorical_columns=["x"], label_column="label")
    monkeypatch.chdir(tmp_path.parent)
    again = recipes.load(**dataset.origin)
    np.testing.assert_array_equal(again.train.inputs, dataset.train.inputs)
    assert again.origin == dataset.origin


UNKNOWN = {
    "near a name": ("spiral", "did you mean 'spirals'"),
    "near nothing": ("qqqqqqq", "give TFRecord files, a folder .* or a data set of"),
    "no file": ("absent.csv", r"There is no file absent\.csv"),
}


@pytest.mark.parametrize("given, message", UNKNOWN.values(), ids=UNKNOWN)
def test_sources_that_do_not_exist_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        recipes.load(given)


def test_a_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(b"some")
    with pytest.raises(InputError, match=r"a\.docx cannot be read as data; give"):
        recipes.load(path)
