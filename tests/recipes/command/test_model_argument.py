"""Every command that takes a trained model takes every reference to one."""

import json

import numpy as np
import pytest
from PIL import Image

from zoo.presets.index import SHIPPED

ADDRESS = "https://host/models/mine.zip"


@pytest.fixture
def digit(tmp_path):
    path = tmp_path / "five.png"
    Image.fromarray(np.zeros((8, 8), "uint8")).save(path)
    return path


COMMANDS = {  # a preset, further arguments, and a word of the answer
    "predict": ("mlp_digits", ("FILE", "--json"), "class_name"),
    "explain": ("mlp_digits", ("FILE", "--json"), "attributions"),
    "evaluate": ("mlp_digits", ("--json",), "accuracy"),
    "export": ("mlp_digits", ("OUT", "--json"), "path"),
    "generate": ("recurrent_movie_characters", ("--length", 3, "--json"), "texts"),
}


@pytest.mark.parametrize("reference", [None, ADDRESS, "hf://user/name"])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_take_every_reference(
    zoo, monkeypatch, tmp_path, digit, command, reference
):
    preset, arguments, word = COMMANDS[command]
    asked = []

    def located(given, track):
        asked.append(given)
        return SHIPPED / preset

    if reference is not None:
        monkeypatch.setattr("recipes.command.model_argument.located", located)
    monkeypatch.setattr("zoo.exporting.export", lambda model, out, **_: out)
    values = {"FILE": digit, "OUT": tmp_path / "out"}
    words = [values.get(each, each) for each in arguments]
    status, output, errors = zoo(command, reference or preset, *words)
    assert status == 0, errors
    result = json.loads(output)
    assert word in (result[0] if isinstance(result, list) else result)
    assert asked == ([] if reference is None else [reference])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "reference, message",
    [
        ("cnn_digit", "did you mean 'cnn_digits'?"),
        ("https://host/m.pkl", "must end in .keras or .zip"),
        ("hf://name", "is hf://user/name"),
        ("", "must be a path, not empty"),
    ],
)
def test_commands_refuse_what_is_no_model(zoo, command, reference, message, digit):
    rest = [str(digit)] if command in ("predict", "explain", "export") else []
    status, output, errors = zoo(command, reference, *rest)
    assert (status, output) == (2, "")
    assert message in errors
    assert "Traceback" not in errors
