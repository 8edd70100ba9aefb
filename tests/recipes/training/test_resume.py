"""A run that is cut off continues as if it had never stopped, bit for bit."""

import dataclasses
import json
import os
import shutil
import signal
from unittest import mock

import numpy as np
import pytest

import recipes
from recipes.data.dataset import Dataset
from recipes.data.text_part import TextPart
from recipes.reports.run_folder import RunFolder
from recipes.training.callbacks import Interruptible, Terminated
from recipes.training.checkpoints.state import optimizers_of
from tests.recipes.training import killed_run
from zoo.errors import InputError
from zoo.keras_file import load_keras_file


def results_of(folder):
    """Return metrics, scores, weights and optimizer state of a run, without times."""
    folder = RunFolder(folder)
    rows = [line.split(",") for line in folder.metrics.read_text().splitlines()]
    assert rows[0][-1] == "seconds"
    scores = folder.evaluation.read_text() if folder.evaluation.exists() else None
    model = load_keras_file(folder.model, compiled=True)
    optimizers = [v for each in optimizers_of(model) for v in each.variables]
    return [row[:-1] for row in rows], scores, [*model.weights, *optimizers]


def assert_same(one, other):
    rows, scores, variables = results_of(one)
    assert rows == results_of(other)[0]
    assert scores == results_of(other)[1]
    for a, b in zip(variables, results_of(other)[2], strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The run of `killed_run`, but never killed."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    recipes.fit("mlp", "digits", out=folder, progress=False, **killed_run.ARGUMENTS)
    return folder


# Calls at which the process is killed: before the first step; anywhere among the
# 3,000 calls of a whole run; in functions that write files; and after training.
BEFORE = ["write_start", "write_first_checkpoint", "run_training"]
ANYWHERE = np.random.default_rng(0).integers(30, 700, 7).tolist()
WRITING = ["_append", "flush_to_disk", "sha256", "on_epoch_end", "write"]
AFTERWARDS = ["write_json", "draw_curves", "write_warmup", "publish", "remove"]
LAST_CALLS = [
    *BEFORE,
    *np.random.default_rng(1).permutation(np.array([*ANYWHERE, *WRITING], object)),
    *AFTERWARDS,
]


def test_a_run_killed_at_twenty_points_ends_with_the_same_numbers(tmp_path, unbroken):
    folder = tmp_path / "run"
    for call in LAST_CALLS:
        assert killed_run.run_once(folder, call) == -signal.SIGKILL, call
    assert killed_run.run_once(folder, None) == 0
    assert_same(folder, unbroken)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert paths_in(folder) == paths_in(unbroken)


def paths_in(folder):
    """Return all paths in a run folder; each process has its own TensorBoard files."""
    paths = {path.relative_to(folder) for path in folder.rglob("*")}
    return {path for path in paths if not path.name.startswith("events.out.tfevents")}


class TerminatedAt(Interruptible):
    """Raises SIGTERM at the beginning of a given step, counted from 1."""

    def __init__(self, steps):
        super().__init__()
        self.steps_left = steps

    def on_train_batch_begin(self, batch, logs=None):
        self.steps_left -= 1
        if self.steps_left == 0:
            signal.raise_signal(signal.SIGTERM)


@pytest.fixture
def terminated_at():
    """Return a context in which training gets SIGTERM at a given step."""
    return lambda steps: mock.patch(
        "recipes.training.loop.Interruptible", return_value=TerminatedAt(steps)
    )


def texts():
    rng = np.random.default_rng(0)
    words = [["dull", "weak", "plot"], ["bright", "fine", "plot"]]
    labels = [n % 2 for n in range(60)]
    return recipes.from_arrays(
        [" ".join(rng.choice(words[label], 4)) for label in labels], labels
    )


def unequal():
    rng = np.random.default_rng(0)
    labels = (rng.random(120) < 0.3).astype(int)
    return recipes.from_arrays(rng.normal(size=(120, 3)), labels)


def prose():
    """A text to learn to write from."""
    tokens = np.random.default_rng(0).integers(2, 8, 700, dtype="int32")
    parts = [
        TextPart(each, each, None, None, "".join(map(str, each)), (*"abcdef",))
        for each in np.split(tokens, [500, 600])
    ]
    return Dataset("prose", "text", *parts, (), task="text_generation")


SMALL = {"units": [4], "bidirectional": False}
# Every kind of data and of answer is resumed in tests/jobs.
RUNS = {  # what is special: (model, data, arguments, step of the SIGTERM)
    "batch normalisation": ("cnn", "digits", {"model_arguments": {"widths": [4]}}, 50),
    "averaged weights": (
        "recurrent",
        texts,
        {"model_arguments": SMALL, "batch_size": 16},
        4,
    ),
    "a state that is carried on": (
        "recurrent",
        prose,
        {
            "model_arguments": {"units": [4], "dropout": 0.3},
            "batch_size": 5,
            "segment_length": 8,
        },
        17,
    ),
    "rebalanced": ("mlp", unequal, {"rebalance": "smote", "batch_size": 16}, 5),
    "scaled loss, accumulated": (
        "mlp",
        "digits",
        {"precision": "mixed_float16", "accumulation_steps": 3},
        50,
    ),
    "the first step": ("mlp", "digits", {}, 1),
    "the last step of an epoch": ("mlp", "digits", {"batch_size": 431}, 3),
    "the last step of the run": ("mlp", "digits", {"batch_size": 431}, 6),
}


@pytest.mark.parametrize("model, data, arguments, steps", RUNS.values(), ids=RUNS)
def test_a_run_ended_by_sigterm_is_resumed_exactly(
    tmp_path, terminated_at, model, data, arguments, steps
):
    data = recipes.load(data) if isinstance(data, str) else data()

    def fit(name):
        recipes.fit(
            model, data, out=tmp_path / name, epochs=2, progress=False, **arguments
        )

    fit("unbroken")
    with terminated_at(steps), pytest.raises(Terminated) as ended:
        fit("run")
    assert ended.value.code == os.EX_TEMPFAIL
    recipes.resume(tmp_path / "run", data=data, progress=False)
    assert_same(tmp_path / "run", tmp_path / "unbroken")


@pytest.fixture
def cut_off(tmp_path, terminated_at):
    """A run folder to resume, and its data."""
    data = texts()
    with terminated_at(2), pytest.raises(Terminated):
        recipes.fit(
            "recurrent",
            data,
            out=tmp_path / "run",
            progress=False,
            model_arguments=SMALL,
        )
    return tmp_path / "run", data


def changed(data):
    labels = data.train.labels.copy()
    labels[0] = 1 - labels[0]
    return dataclasses.replace(
        data, train=dataclasses.replace(data.train, labels=labels)
    )


def test_changed_data_are_refused_unless_accepted(cut_off):
    folder, data = cut_off
    with pytest.raises(InputError, match="give it again, as `data`"):
        recipes.resume(folder, progress=False)
    with pytest.raises(InputError, match="examples have changed"):
        recipes.resume(folder, data=changed(data), progress=False)
    run = recipes.resume(
        folder, data=changed(data), accept_changed_data=True, progress=False
    )
    assert run.ended in ("complete", "early")
    with pytest.raises(InputError, match="is finished; there is nothing to resume"):
        recipes.resume(folder, data=data)


def test_a_damaged_checkpoint_is_skipped(cut_off):
    folder, data = cut_off
    checkpoints = sorted((folder / "checkpoints").glob("step-*"))
    assert [path.name[-1] for path in checkpoints] == ["0", "2"]
    arrays = checkpoints[-1] / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes()[:-100])
    with pytest.warns(UserWarning, match="step-0000000002 is damaged"):
        run = recipes.resume(folder, data=data, progress=False)
    assert run.metrics[0]["epoch"] == 1
    for path in checkpoints:
        assert not path.exists()


def test_resuming_without_a_complete_checkpoint_is_refused(cut_off):
    folder, data = cut_off
    for path in (folder / "checkpoints").glob("step-*/facts.json"):
        path.write_text("{}")
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(InputError, match=r"All checkpoints in .* are damaged"),
    ):
        recipes.resume(folder, data=data, progress=False)
    for path in (folder / "checkpoints").glob("step-*"):
        shutil.rmtree(path)
    with pytest.raises(InputError, match="before its first step; start it again"):
        recipes.resume(folder, data=data, progress=False)


def test_resuming_with_other_versions_warns(cut_off):
    folder, data = cut_off
    config = json.loads((folder / "config.json").read_text())
    config["versions"]["keras"] = "3.0.0"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.warns(UserWarning, match="the numbers can differ"):
        recipes.resume(folder, data=data, progress=False)


def test_a_run_in_use_by_another_process_is_refused(cut_off):
    from recipes.training.checkpoints.lock import locked

    folder, data = cut_off
    with (
        locked(RunFolder(folder).lock),
        pytest.raises(InputError, match=f"is in use by process {os.getpid()};"),
    ):
        recipes.resume(folder, data=data, progress=False)
    assert (folder / "checkpoints" / "untrained.keras").exists()


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a run folder"):
        recipes.resume(tmp_path)
