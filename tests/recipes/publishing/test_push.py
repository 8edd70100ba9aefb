"""Models with their cards and reports, in folders and at a hub that is made up."""

import json
import shutil

import huggingface_hub
import keras
import numpy as np
import pytest

import recipes
import zoo
from recipes.experiments.repeated import run_once
from tests.recipes.reports.inspected_data import RNG, Page
from tests.recipes.sources.source_files import write_csv
from zoo.errors import InputError
from zoo.presets.readme import PIPELINES, readme_of

HOSTILE = "<script>alert(1)</script> `x`"
LIGHT = {"scores_only": True, "progress": False}
ROWS = RNG.normal(size=(60, 2)).round(3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the folder of a run on a table of a secret folder."""
    folder = tmp_path_factory.mktemp("secret")
    cells = [[*row, HOSTILE if row[0] > 0 else "no"] for row in ROWS.tolist()]
    table = write_csv(folder / "rows.csv", ["a", "b", "label"], cells)
    options = {"model_arguments": {"hidden_units": [4]}, "epochs": 1}
    return run_once(folder / "run", model="mlp", data=table, **LIGHT, **options)


@pytest.fixture(scope="module")
def pushed(run):
    """Return the folder that the run was written to."""
    folder = run.parent / "pushed"
    assert recipes.push(run, folder, license="MIT") == str(folder)
    return folder


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Return the calls of a hub that keeps what is uploaded."""
    calls = []

    def upload_folder(*, repo_id, folder_path, revision, commit_message):
        calls.append(("upload", repo_id, revision))
        shutil.copytree(folder_path, tmp_path / repo_id)
        return f"https://huggingface.co/{repo_id}/commit/1"

    made = {
        "create_repo": lambda name, **options: calls.append(("repo", name, options)),
        "create_branch": lambda name, **options: calls.append(
            ("branch", name, options)
        ),
        "upload_folder": upload_folder,
        "snapshot_download": lambda name, **_: str(tmp_path / name),
    }
    for name, function in made.items():
        monkeypatch.setattr(huggingface_hub, name, function)
    return calls


def test_a_folder_has_what_is_read_again(run, pushed):
    """A preset with card and report; it answers as the run does."""
    assert {file.name for file in pushed.iterdir()} == {
        "README.md",
        "card.json",
        "config.json",
        "metadata.json",
        "model.weights.h5",
        "report.html",
    }
    rows = ROWS[:3].astype("float32")
    ours, theirs = (zoo.load_model(each).probabilities(rows) for each in (pushed, run))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert {*zoo.load_model(pushed).class_names} == {HOSTILE, "no"}


def test_the_hub_can_read_the_card(run, pushed):
    card = huggingface_hub.ModelCard.load(pushed / "README.md")
    data, recorded = card.data, json.loads((run / "evaluation.json").read_text())
    assert (data.library_name, data.license) == ("keras", "mit")
    assert (data.pipeline_tag, data.tags) == ("tabular-classification", ["zoo-keras"])
    results = {each.metric_type: each.metric_value for each in data.eval_results}
    assert results["accuracy"] == recorded["accuracy"]
    assert results["auc"] == recorded["auc"]
    assert data.eval_results[0].dataset_name == "rows"
    assert f"zoo.load_model({str(pushed)!r})" in card.text
    assert "zoo fit mlp --data rows.csv --set" in card.text
    assert "<script>" not in card.text


def test_neither_data_nor_paths_are_published(run, pushed):
    texts = {file.name: file.read_bytes() for file in pushed.iterdir()}
    for name, content in texts.items():
        if name != "README.md":  # It tells where it lies.
            assert str(run.parent).encode() not in content
        assert str(ROWS[0, 0]).encode() not in content
        assert not content.startswith(b"\x80")  # as pickles do
    page = Page(texts["report.html"].decode())
    assert "calibration error" in page.words
    assert "Mistakes" not in page.words
    assert "script" not in {tag for tag, _ in page.tags}


@pytest.mark.parametrize(
    "reference, public, branch",
    [("hf://me/mine", False, None), ("hf://me/mine@v1", True, "v1")],
)
def test_the_hub_gets_the_same_files(
    run, pushed, hub, tmp_path, reference, public, branch
):
    """A new repository is private by default, and `hf://` reads what was written."""
    address = recipes.push(run, reference, public=public)
    assert address == "https://huggingface.co/me/mine/commit/1"
    assert hub[0] == ("repo", "me/mine", {"private": not public, "exist_ok": True})
    assert [call for call in hub if call[0] == "branch"] == (
        [("branch", "me/mine", {"branch": "v1", "exist_ok": True})] if branch else []
    )
    assert hub[-1] == ("upload", "me/mine", branch)
    files = {file.name for file in (tmp_path / "me" / "mine").iterdir()}
    assert files == {file.name for file in pushed.iterdir()}
    model = zoo.load_model("hf://me/mine")
    rows = ROWS[:2].astype("float32")
    expected = zoo.load_model(run).probabilities(rows)
    np.testing.assert_allclose(model.probabilities(rows), expected, rtol=1e-6)
    assert "zoo.load_model('hf://me/mine')" in (
        tmp_path / "me" / "mine" / "README.md"
    ).read_text("utf-8")


def test_a_preset_and_a_model_of_ones_own(tmp_path):
    """The examples of a preset stay behind; another model is a `.keras` file."""
    recipes.push("perceptron_breast_cancer", tmp_path / "preset")
    assert not (tmp_path / "preset" / "examples.npz").exists()
    card = huggingface_hub.ModelCard.load(tmp_path / "preset" / "README.md")
    assert card.data.license == "apache-2.0"
    zoo.from_preset(tmp_path / "preset")
    inputs = keras.Input((2,))
    own = keras.Model(inputs, keras.layers.Dense(2, "softmax")(inputs))
    names = np.array(["no", "yes"])[(ROWS[:, 0] > 0).astype(int)]
    out = run_once(
        tmp_path / "run",
        model=own,
        data=recipes.from_arrays(ROWS, names),
        epochs=1,
        **LIGHT,
    )
    recipes.push(out, tmp_path / "own")
    files = {"README.md", "config.json", "model.keras", "report.html"}
    assert {file.name for file in (tmp_path / "own").iterdir()} == files
    assert zoo.load_model(tmp_path / "own").class_names == ("no", "yes")
    card = huggingface_hub.ModelCard.load(tmp_path / "own" / "README.md")
    assert card.data.pipeline_tag == "tabular-classification"


@pytest.mark.parametrize("task", [*PIPELINES, "sequence classification", ""])
def test_each_task_has_a_card(task):
    card = {
        "task": task,
        "model": "CNN",
        "parameters": 9,
        "versions": {"keras": "3"},
        "class_names": [HOSTILE] * 99,
        "data": HOSTILE,
    }
    read = huggingface_hub.ModelCard(readme_of(card, "a: b", "hf://me/mine"))
    assert read.data.pipeline_tag == PIPELINES.get(task)
    assert task in PIPELINES or task.replace(" ", "-") in ["", *read.data.tags]
    assert "<script>" not in read.text
    call = "generate" if task.endswith("generation") else "answers"
    assert call in read.text


@pytest.mark.parametrize(
    "model, destination, options, sentence",
    [
        ("perceptron_breast_cancer", "hf://me", {}, "hf://user/name"),
        ("perceptron_breast_cancer", "https://me/x", {}, "must be hf://user/name or a"),
        ("perceptron_breast_cancer", "new", {"public": True}, "is for the hub"),
        ("perceptron_breast_cancer", ".", {}, "exists already"),
        ("absent", "new", {}, "There is no model absent"),
        (".", "new", {}, "is not a run folder"),
    ],
)
def test_what_cannot_be_pushed(
    model, destination, options, sentence, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=sentence):
        recipes.push(model, destination, **options)
    assert [*tmp_path.iterdir()] == []


def test_the_hub_refuses(run, hub, monkeypatch):
    def refuse(*_, **__):
        raise huggingface_hub.errors.LocalTokenNotFoundError("none")

    monkeypatch.setattr(huggingface_hub, "create_repo", refuse)
    with pytest.raises(InputError, match="cannot be uploaded to: there is no token"):
        recipes.push(run, "hf://me/mine")


def test_the_commands(run, zoo, tmp_path):
    """`zoo push` and `zoo report`, as a user calls them."""
    status, out, _ = zoo("push", run, tmp_path / "new", "--json")
    assert (status, json.loads(out)) == (0, {"written": str(tmp_path / "new")})
    status, _, errors = zoo("push", run, tmp_path / "new")
    assert status == 2
    assert "exists already" in errors
    page = tmp_path / "page.html"
    status, out, _ = zoo("report", run, "--out", page)
    assert (status, out) == (0, f"report: {page}\n")
    assert "Mistakes" in Page(page.read_text("utf-8")).words
