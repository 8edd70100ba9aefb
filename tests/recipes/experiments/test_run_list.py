"""Lists of runs: what each folder tells, also old, cut off and damaged ones."""

import json
import shutil

import pytest

from recipes.experiments.repeated import run_once
from recipes.experiments.run_list import runs_in, summarize_run
from zoo.errors import InputError

ARGUMENTS = {"model": "mlp", "data": "xor", "epochs": 2, "seed": 5, "progress": False}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return run_once(
        tmp_path_factory.mktemp("list") / "run", scores_only=True, **ARGUMENTS
    )


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "runs" / "one")


def edit(run, change):
    config = json.loads((run / "config.json").read_text())
    change(config)
    (run / "config.json").write_text(json.dumps(config))


def test_a_run_tells_what_it_was(run):
    found = summarize_run(run)
    scores = json.loads((run / "evaluation.json").read_text())
    lines = (run / "metrics.csv").read_text().splitlines()
    last = dict(zip(lines[0].split(","), lines[-1].split(","), strict=True))
    assert (found.model, found.data, found.task) == ("mlp", "xor", "classification")
    assert (found.settings, found.seed) == ({"epochs": 2}, 5)
    assert (found.score_name, found.score) == ("accuracy", scores["accuracy"])
    assert (found.ended, found.epochs, found.is_finished) == ("complete", 2, True)
    assert found.seconds == float(last["seconds"])
    assert found.kept_epoch == 2
    assert found.higher_is_better
    json.dumps(found.as_json())


def test_a_run_that_was_killed_is_unfinished(run):
    (run / "checkpoints").mkdir()
    (run / "outcome.json").unlink()
    (run / "evaluation.json").unlink()
    found = summarize_run(run)
    assert (found.ended, found.is_finished, found.score) == ("unfinished", False, None)


def test_a_run_of_an_earlier_version_tells_what_it_has(run):
    (run / "outcome.json").unlink()

    def older(config):
        del config["training"]["given"], config["data"]["task"]

    edit(run, older)
    found = summarize_run(run)
    assert found.model == "mlp"
    assert (found.ended, found.is_finished, found.task) == ("finished", True, "")
    assert found.settings["optimizer"]
    assert "seed" not in found.settings


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"model": 3, "data": {}, "training": {}}'], ids=repr
)
def test_a_damaged_run_is_listed_with_the_reason(run, content):
    (run / "config.json").write_text(content)
    (found,) = runs_in(run.parent)
    assert (found.ended, found.folder) == ("damaged", run)
    assert str(run / "config.json") in found.problem
    with pytest.raises(InputError, match=r"damaged"):
        summarize_run(run)


def test_runs_in_folders_inside_are_found(run):
    inside = run.parent / "search" / "trials" / "0"
    shutil.copytree(run, inside, copy_function=shutil.copyfile)
    assert summarize_run(inside).started == summarize_run(run).started
    preset = run.parent / "preset"
    preset.mkdir()
    (preset / "config.json").write_text("{}")
    (run.parent / ".draft").mkdir()
    assert {each.folder for each in runs_in(run.parent)} == {run, inside}


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"There is no folder .*zoo fit"):
        runs_in(tmp_path / "runs")
