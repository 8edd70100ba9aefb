"""Searches: the first trial, the best, cut off and continued, lost trials."""

import dataclasses
import errno
import json
import shlex
import shutil
import signal
import subprocess
import sys

import keras
import pytest

import recipes
from recipes.experiments.search import searching, trial as trials_module
from recipes.experiments.search.request import Request
from recipes.experiments.search.searching import open_study
from recipes.experiments.search.workers import main as work_alone
from recipes.training.metrics_file import read_metrics
from zoo.errors import InputError

ARGUMENTS = {
    "model": "mlp",
    "data": "two_moons",
    "trials": 5,
    "epochs": 3,
    "batch_size": 64,
    "checkpoint_steps": 5,
    "model_arguments": {"hidden_units": [8], "activation": "relu"},
    "space": {
        "learning_rate": "log:1e-6:1e-1",
        "optimizer": "default,momentum",
        "dropout": "0:0.3",
    },
    "seed": 3,
    "progress": False,
}
MEASURES = ("number", "state", "score", "settings", "epochs")


def outcomes(found):
    return [{name: getattr(trial, name) for name in MEASURES} for trial in found.trials]


@pytest.fixture(scope="module")
def quick():
    """Leaves out what follows the last trial of a search: pictures and export."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            searching, "report_run", lambda run, data: _scores_only(run, data)
        )
        yield


def _scores_only(run, data):
    from recipes.training.resume import report_run

    return report_run(run, data, scores_only=True)


@pytest.fixture(scope="module")
def found(tmp_path_factory, quick):
    return recipes.search(**ARGUMENTS, out=tmp_path_factory.mktemp("search") / "one")


def test_the_first_trial_has_the_defaults_and_the_best_is_no_worse(found):
    first = found.trials[0]
    assert first.settings == {}
    assert first.state == "complete"
    assert found.best.score <= first.score
    assert found.best.score == min(
        trial.score for trial in found.trials if trial.state == "complete"
    )
    assert found.ended == "complete"
    assert found.note.startswith("The validation part has only 80 examples")
    config = json.loads((found.folder / "trials" / "0" / "config.json").read_text())
    assert config["training"]["settings"]["learning_rate"] == 0.001


def test_trials_have_the_settings_that_they_say(found):
    for trial in found.trials[1:]:
        run = found.folder / "trials" / str(trial.number)
        config = json.loads((run / "config.json").read_text())
        settings = config["training"]["settings"]
        assert settings["learning_rate"] == trial.settings["learning_rate"]
        assert settings["optimizer"] == trial.settings.get("optimizer", "keras.adam")
        model = config["model"]["configuration"]
        assert model["dropout"] == trial.settings["dropout"]
        assert trial.epochs == len(read_metrics(run / "metrics.csv"))


def test_poor_trials_are_pruned(found):
    states = [trial.state for trial in found.trials]
    assert "pruned" in states
    assert set(states) == {"complete", "pruned"}
    pruned = found.trials[states.index("pruned")]
    assert pruned.epochs < 3
    assert pruned.score > found.best.score


def test_the_test_part_is_scored_for_the_best_alone(found):
    scored = [path.parent.name for path in found.folder.glob("trials/*/*ation.json")]
    assert scored == [str(found.best.number)]
    assert found.run == found.folder / "trials" / scored[0]
    assert found.evaluation["accuracy"] > 0.5
    assert found.summary.startswith("test accuracy")


def test_the_folder_tells_the_result(found):
    written = json.loads((found.folder / "search.json").read_text())
    assert written["best"]["settings"] == found.best.settings
    assert written["command"] == found.command
    assert len(written["trials"]) == 5
    for picture in ("history.png", "slices.png"):
        assert (found.folder / picture).stat().st_size > 5000


def test_the_command_repeats_the_best_trial(found, zoo, tmp_path, no_export):
    words = shlex.split(found.command)
    assert words[:2] == ["zoo", "fit"]
    status, _, errors = zoo(*words[1:], "--out", tmp_path / "again")
    assert status == 0, errors
    rows = read_metrics(tmp_path / "again" / "metrics.csv")
    assert min(row["val_loss"] for row in rows) == found.best.score


KILLED = """
import os, signal
import recipes
from recipes.experiments.search import trial

once = trial.ReportScores.on_epoch_end
def on_epoch_end(self, epoch, logs=None):
    once(self, epoch, logs)
    if self._trial.number == 1 and epoch == 1:
        os.kill(os.getpid(), signal.SIGKILL)
trial.ReportScores.on_epoch_end = on_epoch_end
recipes.search(**{arguments!r}, out={out!r})
"""


def test_a_killed_search_ends_as_if_it_had_never_stopped(found, quick, tmp_path):
    out = tmp_path / "killed"
    code = KILLED.format(arguments=ARGUMENTS, out=str(out))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with (out / "study" / "journal.log").open("ab") as journal:
        journal.write(b'{"op_code": 8, "worker')  # the power went as it was written
    assert (out / "trials" / "1" / "checkpoints").exists()
    again = recipes.resume_search(out, progress=False)
    assert outcomes(again) == outcomes(found)


def test_a_search_can_be_extended_and_its_best_trained_again(
    found, tmp_path, no_export
):
    folder = tmp_path / "copy"
    shutil.copytree(found.folder, folder)
    more = recipes.resume_search(folder, trials=6, retrain=True, progress=False)
    assert outcomes(more)[:5] == outcomes(found)
    assert len(more.trials) == 6
    assert more.run == folder / "best"
    epochs = json.loads((folder / "best" / "config.json").read_text())
    assert epochs["training"]["settings"]["epochs"] == 40
    assert "--epochs" not in more.command
    same = recipes.resume_search(folder, trials=6, retrain=True, progress=False)
    assert same.evaluation == more.evaluation is not None


def test_workers_share_the_trials(tmp_path, quick):
    arguments = {**ARGUMENTS, "epochs": 1}
    out = tmp_path / "shared"
    first = recipes.search(**arguments | {"trials": 1}, out=out)
    assert len(first.trials) == 1
    request = dataclasses.replace(Request.read(out), trials=3)
    one, other = open_study(out, request), open_study(out, request)
    with one.claim(3) as mine, other.claim(3) as theirs:
        assert {mine.number, theirs.number} == {1, 2}
        assert one.others_at_work()
        with other.claim(3) as none:
            assert none is None
    assert not one.others_at_work()
    with one.claim(3) as left_behind:
        assert left_behind.number == 1


def test_a_worker_takes_what_is_left(found, tmp_path):
    with pytest.raises(SystemExit) as request:
        work_alone(str(found.folder), "null")
    assert request.value.code == 0


def small(**space):
    return {**ARGUMENTS, "trials": 2, "epochs": 1, "space": space}


def test_a_trial_that_diverges_is_lost_and_the_search_goes_on(tmp_path, quick):
    arguments = small(learning_rate=[1e30], optimizer=["gradient_descent"])
    found = recipes.search(**arguments, out=tmp_path / "search")
    assert [trial.state for trial in found.trials] == ["complete", "lost"]
    assert found.trials[1].settings["learning_rate"] == 1e30
    assert "not finite" in found.trials[1].reason
    assert found.best.number == 0


class Stop(keras.callbacks.Callback):
    error: BaseException = KeyboardInterrupt()
    number = 1

    def __init__(self, study, trial, by, deadline):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        if self.trial.number == self.number:
            raise self.error


@pytest.mark.parametrize(
    "error, is_full",
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (RuntimeError("write failed; No space left on device"), True),
        (InputError("Cannot make runs/a: No space left on device."), True),
        (OSError(errno.EACCES, "Permission denied"), False),
    ],
)
def test_a_full_disk_is_recognised(error, is_full):
    assert trials_module.disk_is_full(error) is is_full


def test_a_full_disk_is_told_and_what_is_done_remains(tmp_path, quick, monkeypatch):
    error = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(Stop, "error", error)
    monkeypatch.setattr(trials_module, "ReportScores", Stop)
    out = tmp_path / "search"
    with pytest.raises(InputError, match=r"The disk is full at .*1: all trials"):
        recipes.search(**small(dropout="0:0.3"), out=out)
    monkeypatch.undo()
    assert (out / "trials" / "0" / "model.keras").exists()
    after = recipes.resume_search(out, progress=False)
    assert [trial.state for trial in after.trials] == ["complete"] * 2


def test_control_c_and_the_time_limit_keep_what_is_done(tmp_path, monkeypatch, quick):
    monkeypatch.setattr(Stop, "error", KeyboardInterrupt())
    monkeypatch.setattr(trials_module, "ReportScores", Stop)
    out = tmp_path / "search"
    found = recipes.search(**small(dropout="0:0.3") | {"epochs": 2}, out=out)
    assert found.ended == "interrupted"
    assert [trial.state for trial in found.trials] == ["complete", "unfinished"]
    assert found.evaluation is None
    monkeypatch.undo()
    later = recipes.resume_search(out, time_limit=1e-3, progress=False)
    assert later.ended == "time limit"
    assert [trial.state for trial in later.trials] == ["complete", "unfinished"]
    assert later.evaluation is not None


def test_a_search_without_a_finished_trial_can_go_on(tmp_path):
    out = tmp_path / "search"
    with pytest.raises(InputError, match=r"No trial of .* was finished; continue"):
        recipes.search(**{**ARGUMENTS, "epochs": 2, "time_limit": 1e-3}, out=out)
    assert [trial.state for trial in open_study(out, Request.read(out)).trials()] == [
        "unfinished"
    ]


def test_a_refused_search_leaves_nothing(tmp_path):
    out = tmp_path / "made" / "search"
    with pytest.raises(InputError, match="There is no validation measure 'acc'"):
        recipes.search(**{**ARGUMENTS, "by": "acc", "epochs": 1}, out=out)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"model": "dcgan", "data": "digits"}, "do not tell how good it is"),
        ({"model": keras.Sequential()}, "must be a name, whose settings can vary"),
        ({"model": "cnn"}, "takes images"),
        ({"batchsize": 3}, "did you mean 'batch_size'"),
        ({"callbacks": []}, "is not for the runs of a search"),
        ({"preset": "mlp_digits"}, "`preset` is not for a search"),
        ({"optimizer": keras.optimizers.Adam()}, "must be given by name"),
        ({"data": ([[1.0], [2.0]] * 9, [0, 1] * 9), "jobs": 2}, "`jobs` of more than"),
        ({"space": ["dropout"]}, "`space` must be a dictionary"),
    ],
)
def test_what_cannot_be_searched_is_refused(tmp_path, arguments, sentence):
    given = {"model": "mlp", "data": "xor", "progress": False} | arguments
    with pytest.raises(InputError, match=sentence):
        recipes.search(**given, out=tmp_path / "search")
    assert [*tmp_path.iterdir()] == []


def test_other_folders_are_not_resumed(tmp_path):
    with pytest.raises(InputError, match="is not the folder of a search"):
        recipes.resume_search(tmp_path)
