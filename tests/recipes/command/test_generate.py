"""`zoo generate`: texts and pictures, and what it refuses."""

import json

import numpy as np
import pytest
from PIL import Image

import zoo as package
from zoo.models.dcgan.pictures import grid

WRITER = "recurrent_movie_characters"
DRAWER = "dcgan_mnist"


def expected(**given):
    return package.from_preset(WRITER).generate(**{"length": 60, "seed": 3, **given})


WRITTEN = {  # options, arguments of `generate`
    "a text": ((), {}),
    "a prompt": (("--prompt", "the film "), {"prompt": "the film "}),
    "limits": (
        ("--temperature", 0.5, "--top-k", 5, "--top-p", 0.9),
        {"temperature": 0.5, "top_k": 5, "top_p": 0.9},
    ),
    "stops": (("--stop", "e", "--stop", "xyz"), {"stop": ["e", "xyz"]}),
    "greedy": (("--temperature", 0), {"temperature": 0}),
}


@pytest.mark.parametrize("options, arguments", WRITTEN.values(), ids=WRITTEN)
def test_a_text_is_written(options, arguments, zoo):
    status, out, err = zoo("generate", WRITER, "--length", 60, "--seed", 3, *options)
    assert (status, out) == (0, f"{expected(**arguments)[0]}\n"), err
    status, out, _ = zoo(
        "generate", WRITER, "--length", 60, "--seed", 3, "--json", *options
    )
    assert json.loads(out) == {"texts": expected(**arguments), "seed": 3}


def test_several_texts_and_a_prompt_that_is_not_known(zoo):
    status, out, err = zoo(
        *("generate", WRITER, "--length", 20, "--seed", 3, "--count", 2),
        *("--prompt", "Ωmega "),
    )
    first, second = expected(length=20, count=2, prompt="Ωmega ")
    assert (status, out) == (0, f"--- 1 of 2\n{first}\n--- 2 of 2\n{second}\n")
    assert "does not know the characters 'Ω' of the prompt" in err


def test_pictures_are_drawn_into_a_grid_or_a_folder(zoo, tmp_path):
    images = package.from_preset(DRAWER).generate(5, seed=2)
    given = ("generate", DRAWER, "--count", 5, "--seed", 2, "--out")
    file = tmp_path / "grid.png"
    for options, columns in (((), 3), (("--columns", 2), 2), (("--columns", 9), 5)):
        status, out, _ = zoo(*given, file, *options)
        assert (status, out) == (0, f"5 pictures: {file} (seed 2)\n")
        np.testing.assert_array_equal(Image.open(file), grid(images, columns)[..., 0])
    status, out, _ = zoo(*given, tmp_path / "new" / "digits", "--json")
    folder = tmp_path / "new" / "digits"
    assert json.loads(out) == {"path": str(folder), "count": 5, "seed": 2}
    assert sorted(path.name for path in folder.parent.iterdir()) == ["digits"]
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == [f"{n:04d}.png" for n in range(1, 6)]
    for path, image in zip(files, images, strict=True):
        np.testing.assert_array_equal(Image.open(path), image[..., 0])


REFUSED = {
    "temperature": ((WRITER, "--temperature", "-1"), "`temperature` must be"),
    "temperature NaN": ((WRITER, "--temperature", "nan"), "`temperature` must be"),
    "a word": ((WRITER, "--temperature", "warm"), "`temperature` must be"),
    "top p": ((WRITER, "--top-p", "2"), r"`top_p` must be in (0, 1], got 2"),
    "top k": ((WRITER, "--top-k", "0"), "--top-k"),
    "length": ((WRITER, "--length", "0"), "--length"),
    "count": ((WRITER, "--count", "0"), "--count"),
    "empty prompt": ((WRITER, "--prompt", ""), "--prompt and --stop must not be empty"),
    "empty stop": ((WRITER, "--stop", ""), "--prompt and --stop must not be empty"),
    "pictures of a writer": (
        (WRITER, "--out", "a.png"),
        "--out is for models that draw",
    ),
    "columns of a writer": ((WRITER, "--columns", "2"), "--columns is for models that"),
    "a prompt to draw": (
        (DRAWER, "--prompt", "a"),
        "--prompt is for models that write",
    ),
    "stops to draw": ((DRAWER, "--stop", "a"), "--stop is for models that write"),
    "no output": ((DRAWER,), "Pictures go to a file: give --out"),
    "another format": ((DRAWER, "--out", "a.jpg"), "must end in .png"),
    "no folder": ((DRAWER, "--out", "no/a.png"), "is not a folder"),
    "an old folder": ((DRAWER, "--out", "old"), "exists already"),
    "columns of files": ((DRAWER, "--out", "f", "--columns", "2"), "is for a grid"),
    "a classifier": (("mlp_digits",), "neither writes nor draws"),
    "a wrong name": (("dcgan_mnits", "--out", "a.png"), "did you mean 'dcgan_mnist'?"),
    "no model": (("absent",), "There is no model absent; give"),
    "no model file": (("old",), "does not hold a model"),
}


@pytest.mark.parametrize("arguments, message", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(arguments, message, zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    status, out, err = zoo("generate", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_a_writer_classifies_nothing(zoo, tmp_path):
    (tmp_path / "a.txt").write_text("good")
    status, _, err = zoo("predict", WRITER, tmp_path / "a.txt")
    assert (status, "zoo generate" in err) == (2, True)
