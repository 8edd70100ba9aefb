"""What a run saves for the process that resumes it."""

import json
import os
import pathlib
import signal
from unittest import mock

import pytest

import recipes
from recipes.training.callbacks import Interruptible, Terminated
from tests.recipes.training.test_resume import TerminatedAt


@pytest.fixture
def cut_off(tmp_path):
    """A run with `checkpoint_steps=7` that was terminated after two steps."""
    interruptible = mock.patch(
        "recipes.training.loop.Interruptible", return_value=TerminatedAt(2)
    )
    with interruptible, pytest.raises(Terminated):
        recipes.fit(
            "mlp", out=tmp_path / "run", epochs=1, checkpoint_steps=7, progress=False
        )
    return tmp_path / "run"


@pytest.mark.parametrize("given, expected", [(None, 7), (3, 3)])
def test_steps_between_checkpoints_are_kept(cut_off, given, expected):
    with mock.patch("recipes.training.resume.run_training") as training:
        recipes.resume(cut_off, checkpoint_steps=given)
    assert training.call_args.kwargs["checkpoint_steps"] == expected


def test_a_run_of_an_earlier_version_writes_checkpoints_by_time(cut_off):
    file = cut_off / "config.json"
    config = json.loads(file.read_text())
    del config["training"]["settings"]["checkpoint_steps"]
    file.write_text(json.dumps(config))
    with mock.patch("recipes.training.resume.run_training") as training:
        recipes.resume(cut_off)
    assert training.call_args.kwargs["checkpoint_steps"] is None


class TerminatedBeforeTraining(Interruptible):
    """SIGTERM between the first checkpoint and the first step."""

    def on_train_begin(self, logs=None):
        signal.raise_signal(signal.SIGTERM)


def test_a_run_that_was_terminated_before_its_first_step_is_resumed(tmp_path):
    interruptible = mock.patch(
        "recipes.training.loop.Interruptible", return_value=TerminatedBeforeTraining()
    )
    with interruptible, pytest.raises(Terminated):
        recipes.fit("mlp", out=tmp_path / "run", epochs=1, progress=False)
    assert recipes.resume(tmp_path / "run", progress=False).ended == "complete"


def test_files_that_resume_needs_are_flushed_to_disk(tmp_path, monkeypatch):
    flushed = set()
    fsync = os.fsync

    def recorded(descriptor):
        flushed.add(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", recorded)
    recipes.fit("mlp", out=tmp_path / "run", epochs=1, progress=False)
    files = {"config.json", "untrained.keras", "metrics.csv", "model.keras"}
    assert flushed >= {*files, "arrays.npz", "facts.json", "run", tmp_path.name}
