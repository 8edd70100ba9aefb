"""The shipped presets: outputs, cards, index, `zoo list` and training."""

import dataclasses
import json
import shlex
import subprocess
import sys

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.keras_file import load_keras_file
from zoo.presets.folder import PresetFolder
from zoo.presets.index import INDEX, SHIPPED
from zoo.testing import BrokenPromise, check_preset

# Presets and cards


@pytest.mark.parametrize("name", zoo.list_presets())
def test_shipped_preset_is_complete_and_has_its_stored_outputs(name):
    assert PresetFolder(SHIPPED / name).examples.is_file()
    check_preset(name)


# The sign of a perceptron hides small changes of weights; only its checksum helps.
@pytest.mark.parametrize(
    "name", sorted({*zoo.list_presets()} - {"perceptron_breast_cancer"})
)
def test_a_slightly_wrong_weight_breaks_the_promise(name, monkeypatch):
    model = zoo.from_preset(name)
    kernels = [w for w in model.weights if w.path.endswith("kernel")]
    kernels = [w for w in kernels if "discriminator" not in w.path]
    middle = kernels[len(kernels) // 3]
    middle.assign(middle * 1.005)
    monkeypatch.setattr("zoo.testing.presets.from_preset", lambda *_, **__: model)
    with pytest.raises(BrokenPromise, match="examples"):
        check_preset(name)


@pytest.mark.parametrize("name", zoo.list_presets())
def test_card_agrees_with_the_run_and_the_model(name):
    from tools.presets.cards import card_from
    from tools.presets.table import RECIPES

    folder = PresetFolder(SHIPPED / name)
    card, record = folder.read(folder.card), folder.read(folder.run)
    expected = card_from(name, record)
    assert {key: card[key] for key in expected} == expected
    assert record["recipe"] == RECIPES[name].training
    assert len(expected["score"]["by_seed"]) == len(RECIPES[name].seeds)
    model = zoo.from_preset(name, load_weights=False)
    assert card["parameters"] == record["parameters"] == model.count_params()
    assert card["model"] == type(model).__name__
    dtype = folder.read(folder.metadata)["weights_dtype"]
    assert dtype == RECIPES[name].weights_dtype
    assert (dtype == "float16") == ("as it ships, in float16" in _other_scores(card))
    assert tuple(card["class_names"] or ()) == (getattr(model, "class_names", ()) or ())


def _other_scores(card):
    return card["score"].get("beside", {})


def test_index_agrees_with_the_cards():
    from tools.presets.cards import index_of

    assert json.loads(INDEX.read_text()) == index_of(SHIPPED)


def test_shipped_presets_are_smaller_than_15_megabytes():
    files = [file for file in SHIPPED.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 15e6


@pytest.mark.parametrize("name", zoo.list_presets("*_digits"))
def test_card_has_the_accuracy_of_the_weights(name):
    import recipes

    if keras.backend.backend() != "tensorflow":
        pytest.skip("recipes evaluates on TensorFlow")
    folder = PresetFolder(SHIPPED / name)
    score = folder.read(folder.card)["score"]
    evaluation = recipes.evaluate(zoo.from_preset(name), "digits")
    seed = str(folder.read(folder.card)["seed"])
    assert evaluation.accuracy == score["by_seed"][seed]


@pytest.mark.parametrize("name", zoo.list_presets())
def test_recipe_on_the_card_is_an_existing_command(name):
    from recipes.command import zoo as command
    from tools.presets.table import RECIPES

    folder = PresetFolder(SHIPPED / name)
    program, *words = shlex.split(folder.read(folder.card)["recipe"])
    if program == "zoo":
        command.commands[words[0]].make_context(words[0], words[1:])
    else:
        assert [program, *words] == ["python", "-m", "tools.presets", name]
        assert name in RECIPES


def test_list_filters_by_name_and_task():
    assert {"cnn_digits", "mlp_digits"} <= {*zoo.list_presets()}
    assert zoo.list_presets("mlp_d*") == ["mlp_digits"]
    assert zoo.list_presets("*_digits", task="image*") == ["cnn_digits", "mlp_digits"]
    assert zoo.list_presets("*_digits", task="text*") == []


# zoo list


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs `zoo` in this process; returns its status, output and errors."""
    from recipes.command import main

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["zoo", *arguments])
        status = 0
        try:
            main()
        except SystemExit as request:
            status = request.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_list_shows_a_table(command):
    status, output, _ = command("list", "--presets")
    names = [line.split()[0] for line in output.splitlines()]
    assert status == 0
    assert names == ["name", *zoo.list_presets()]
    (row,) = [line for line in output.splitlines() if line.startswith("cnn_digits ")]
    for told in ("images", "image classification", "digits", "10", "98.98%"):
        assert told in row
    assert row.rstrip().endswith("grey signs and letters of 8×8 pixels")


def test_list_as_json_filters(command):
    _, output, _ = command(
        "list", "--presets", "*_digits", "--task", "image*", "--json"
    )
    presets = json.loads(output)
    assert [preset["name"] for preset in presets] == ["cnn_digits", "mlp_digits"]
    assert presets[0]["parameters"] == 289_066
    assert {key: presets[0][key] for key in ("kind", "classes", "good_start")} == {
        "kind": "images",
        "classes": 10,
        "good_start": "grey signs and letters of 8×8 pixels",
    }


@pytest.mark.parametrize(
    "arguments, hint",
    [
        (("--presets", "cnn_digit"), "did you mean 'cnn_digits'?"),
        (("--presets", "*zzz*"), "choose from cnn_cifar10, cnn_digits"),
        (("--presets", "--task", "images classification"), "'image classification'"),
        (("recurent",), "did you mean 'recurrent'?"),
    ],
)
def test_list_names_what_is_near_if_nothing_matches(command, arguments, hint):
    status, output, errors = command("list", *arguments)
    assert (status, output) == (0, "")
    assert hint in errors


def test_list_names_all_tasks_if_none_matches(command):
    status, output, errors = command("list", "--presets", "--task", "origami")
    assert (status, output) == (0, "")
    assert "the tasks are: audio classification, image classification" in errors
    status, _, errors = command("list", "--task", "image*")
    assert status == 2
    assert "--task only applies with --presets" in errors


def test_list_imports_neither_tensorflow_nor_numpy():
    program = (
        "import sys, recipes.command as c\n"
        "sys.argv = ['zoo', 'list', '--presets']\n"
        "c.main()\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'h5py'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


# Training


@pytest.fixture
def recipe(monkeypatch):
    """A recipe that trains in a moment."""
    from tools.presets.table import RECIPES

    recipe = dataclasses.replace(
        RECIPES["perceptron_breast_cancer"],
        settings={"learning_rate": 0.5, "epochs": 1},
        seeds=(3, 4),
        weights_dtype="float16",
    )
    monkeypatch.setitem(RECIPES, "quick", recipe)
    return recipe


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="recipes train on TensorFlow"
)
def test_interrupted_training_of_a_preset_continues(recipe, tmp_path, monkeypatch):
    from tools.presets import making, perceptron
    from tools.presets.table import RECIPES

    work, trained = tmp_path / "work", []

    def train(recipe, dataset, out, seed):
        if trained == [3]:
            out.mkdir()
            raise KeyboardInterrupt
        trained.append(seed)
        train_perceptron(recipe, dataset, out, seed)

    train_perceptron = perceptron.train
    monkeypatch.setattr(perceptron, "train", train)
    with pytest.raises(KeyboardInterrupt):
        making.make("quick", work, tmp_path)
    assert not (tmp_path / "quick").exists()
    trained.append("interrupted")
    folder = PresetFolder(making.make("quick", work, tmp_path))
    assert trained == [3, "interrupted", 4]
    making.make("quick", work, tmp_path)
    assert trained == [3, "interrupted", 4]

    card, record = folder.read(folder.card), folder.read(folder.run)
    runs = {str(run["seed"]): run["accuracy"] for run in record["runs"]}
    assert card["score"]["by_seed"] == runs
    assert card["seed"] == 3
    assert card["score"]["least"] == min(runs.values())
    rounded = perceptron.evaluate(zoo.from_preset(folder.path), perceptron.load(recipe))
    assert _other_scores(card) == {"as it ships, in float16": rounded["accuracy"]}
    for seed, accuracy in runs.items():
        wrote = json.loads(
            (work / "quick" / f"seed-{seed}/evaluation.json").read_text()
        )
        assert wrote["accuracy"] == accuracy
    check_preset(folder.path)
    first, last = (
        load_keras_file(work / f"quick/seed-{seed}/model.keras").get_weights()
        for seed in recipe.seeds
    )
    shipped = zoo.from_preset(folder.path).get_weights()
    for weight, expected in zip(shipped, first, strict=True):
        stored = expected.astype("float16") if expected.ndim > 1 else expected
        np.testing.assert_array_equal(weight, stored)
    assert any((a != b).any() for a, b in zip(first, last, strict=True))

    other = dataclasses.replace(recipe, settings={**recipe.settings, "epochs": 2})
    monkeypatch.setitem(RECIPES, "quick", other)
    with pytest.raises(
        InputError, match="seed-3 was trained by another recipe; remove it"
    ):
        making.make("quick", work, tmp_path)
