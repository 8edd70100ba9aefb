"""The report of a run: written last, never at the cost of the run, and again later."""

import shlex

import keras
import pytest

import recipes
from recipes.command import zoo as command
from recipes.training.given import command_of, given_arguments
from zoo.errors import InputError

ARGUMENTS = {
    "model": "mlp",
    "data": "xor",
    "model_arguments": {"hidden_units": [8]},
    "epochs": 1,
    "progress": False,
}


@pytest.fixture(autouse=True)
def small_runs(monkeypatch):
    """Leave out the export, but not the pictures and the report."""
    monkeypatch.setattr("recipes.training.tasks.supervised.export", lambda *_, **__: 0)


def test_a_report_that_fails_costs_no_run(tmp_path, monkeypatch):
    def full_disk(facts):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("recipes.training.run_report.page_of", full_disk)
        with pytest.warns(UserWarning, match=r"report\.html could not be written"):
            run = recipes.fit(**ARGUMENTS, out=tmp_path / "run")
    assert (run.ended, run.evaluation.accuracy > 0) == ("complete", True)
    assert run.folder.model.is_file()
    assert run.folder.evaluation.is_file()
    assert not run.folder.checkpoints.exists()
    assert not run.folder.report.exists()
    assert recipes.report(run.folder.path) == run.folder.report
    page = run.folder.report.read_text("utf-8")
    for words in ("Right, and sure", "all epochs done", "zoo fit mlp --data xor"):
        assert words in page
    moved = tmp_path / "page.html"
    assert recipes.report(run.folder.path, data="two_moons", out=moved) == moved
    with pytest.raises(InputError, match="takes inputs of shape"):
        recipes.report(run.folder.path, data="digits")


def test_a_run_killed_before_its_report_gets_it_when_it_is_resumed(
    tmp_path, monkeypatch
):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("recipes.training.loop.write_report", killed)
        with pytest.raises(KeyboardInterrupt):
            recipes.fit(**ARGUMENTS, out=tmp_path / "run")
    assert not (tmp_path / "run" / "report.html").exists()
    run = recipes.resume(tmp_path / "run", progress=False)
    assert "all epochs done" in run.folder.report.read_text("utf-8")


@pytest.mark.parametrize(
    "given, origin, expected",
    [
        ({}, {"source": "digits"}, "zoo fit cnn --data digits"),
        (
            {"epochs": 3, "learning_rate": 0.1, "seed": 7, "clip_norm": None},
            {"source": "my photos/"},
            "zoo fit cnn --data 'my photos/' --learning-rate 0.1 --epochs 3 --seed 7",
        ),
        (
            {"model_arguments": {"widths": [8, 16], "size": "a b"}},
            {"source": "digits"},
            "zoo fit cnn --data digits --set 'widths=[8, 16]' --set 'size=\"a b\"'",
        ),
        (
            {"metrics": ["auc", "f1_score"], "jit_compile": False, "calibrate": True},
            {"source": "digits"},
            "zoo fit cnn --data digits --calibrate --metric auc --metric f1_score "
            "--no-jit-compile",
        ),
        (
            {"optimizer": "momentum:momentum=0.9", "augment": "light"},
            {"source": "a.csv", "target": ["price", "size; rm"], "image_size": [8, 9]},
            "zoo fit cnn --data a.csv --target price --target 'size; rm' --image-size "
            "8x9 --augment light --optimizer momentum:momentum=0.9",
        ),
        (
            {"augment": "none", "strategy": "cpu", "out": "x", "progress": False},
            {"source": "digits"},
            "zoo fit cnn --data digits",
        ),
    ],
)
def test_the_command_does_the_run_again(given, origin, expected):
    """What was given is recorded, and the command takes what is written."""
    config = {
        "training": {"given": given_arguments({"model": "cnn", "given": given})},
        "data": {"origin": origin},
    }
    assert command_of(config) == expected
    words = shlex.split(expected)[2:]
    context = command.commands["fit"].make_context("fit", words)
    for name, value in config["training"]["given"].items():
        if name not in ("model_arguments", "metrics"):
            assert context.params[name] == value, name


def test_a_run_with_objects_has_the_call():
    """JSON holds names of objects, and no command can give them."""
    given = given_arguments(
        {
            "model": keras.Sequential(),
            "optimizer": keras.optimizers.Adam(),
            "given": {"epochs": 2, "augment": len},
        }
    )
    assert given["optimizer"]["object"] == "Adam"
    for origin, data in ((None, "data"), ({"source": "xor"}, "recipes.load('xor')")):
        config = {"training": {"given": given}, "data": {"origin": origin}}
        assert command_of(config) == (
            f"recipes.fit(Sequential(…), {data}, augment=len(…), optimizer=Adam(…), "
            "epochs=2)"
        )


def test_a_run_of_an_earlier_version_has_no_command():
    assert command_of({"training": {}, "data": {"origin": None}}) == ""
