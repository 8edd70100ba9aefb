"""Every job goes the whole way: raw files, a killed run, scores, an export, a client.

A row of `table.JOBS` is a job; what is tested here is the same for all.
"""

import csv
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.prediction.given import File
from recipes.prediction.predict import DEFAULTS
from recipes.prediction.readers import reader_of
from recipes.training.checkpoints.storage import Checkpoints
from tests.jobs.table import JOBS
from tests.light_runs import EXPORTS, PICTURES, replace
from tests.recipes.training import killed_run
from zoo.columns import Category
from zoo.loading import load_model

STEPS = 3  # before the process is killed

CLIENT = """
import json, sys
sys.path.append(sys.argv[1])
import numpy as np, tensorflow as tf
for path, request, answer, signature in json.load(open(sys.argv[2])):
    model, inputs = tf.saved_model.load(path), np.load(request)
    inputs = {name: tf.constant(inputs[name]) for name in inputs}
    answers = model.signatures[signature](**inputs)
    arrays = {name: np.asarray(value) for name, value in answers.items()}
    np.savez(answer, **{n: a.astype("S") if a.dtype == object else a
                        for n, a in arrays.items()})
assert not {"recipes", "zoo", "custom"} & {*sys.modules}
"""


def train(job, source, folder):
    """Trains the job, or resumes it."""
    if folder.exists():
        return recipes.resume(folder, progress=False)
    return recipes.fit(
        job.model,
        recipes.load(source, **job.data),
        out=folder,
        progress=False,
        **{"epochs": 2, "batch_size": 16, "checkpoint_steps": 1, **job.training},
    )


def train_until_killed(name, source, folder):
    """Trains until a checkpoint of the third step is there, and dies."""
    write = Checkpoints.write

    def write_and_die(self, checkpoint):
        write(self, checkpoint)
        if checkpoint.step >= STEPS:
            os.kill(os.getpid(), signal.SIGKILL)

    Checkpoints.write = write_and_die
    train(JOBS[name], source, folder)


@pytest.fixture(scope="module")
def questions():
    """Of each export: its folder, the files of a request and an answer, the answer."""
    return []


@pytest.fixture(scope="module", params=JOBS)
def job(request, tmp_path_factory):
    """A job: its row, its folder, the source, and the run that was killed once."""
    row = JOBS[request.param]
    folder = tmp_path_factory.mktemp(request.param.replace(" ", "-"))
    source = row.write(folder)
    process = killed_run.process_context().Process(
        target=train_until_killed, args=(request.param, source, folder / "run")
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    yield row, folder, source, train(row, source, folder / "run")
    keras.utils.clear_session(free_memory=False)


def test_the_killed_run_ends_like_one_that_was_not(job, tmp_path):
    row, _, source, run = job
    with pytest.MonkeyPatch.context() as patch:
        replace(patch, PICTURES, EXPORTS)
        unbroken = train(row, source, tmp_path / "run")
    for mine, other in zip(run.metrics, unbroken.metrics, strict=True):
        assert {**mine, "seconds": 0} == {**other, "seconds": 0}
    for mine, other in zip(run.model.weights, unbroken.model.weights, strict=True):
        np.testing.assert_array_equal(mine, other, err_msg=mine.path)


def test_the_run_is_scored_again_with_the_same_scores(job, zoo):
    _, folder, source, run = job
    if run.evaluation is None:
        return
    options = ("--part", "test", "--json")
    status, output, errors = zoo("evaluate", folder / "run", "--data", source, *options)
    assert status == 0, errors
    stored = flat(json.loads(run.folder.evaluation.read_text()))
    scores = flat(json.loads(output))
    assert len(scores) > 3
    # Yardsticks need the training part, so they are in the report of the run only.
    assert scores == pytest.approx({name: stored[name] for name in scores}, rel=1e-4)


def flat(value, path=""):
    """The numbers in a JSON value, by their path."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        leaves = (flat(each, f"{path}/{key}").items() for key, each in items)
        return dict(itertools.chain.from_iterable(leaves))
    return {path: value} if isinstance(value, int | float) else {}


def test_the_command_answers(job, zoo, monkeypatch):
    row, folder, *_ = job
    monkeypatch.chdir(folder)
    files = sorted(folder.glob(row.files))
    asked = ("predict", "run", *files) if not row.generate else ("generate", "run")
    status, output, errors = zoo(*asked, *row.generate, "--json")
    assert status == 0, errors
    answers = json.loads(output)
    assert row.generate or len(answers) >= len(files) > 0


def test_the_answers_are_those_of_the_model(job, questions):
    row, folder, source, run = job
    files = sorted(folder.glob(row.files))
    if row.request is None:
        trained = load_model(folder / "run")
        inputs = inputs_of(trained, files)
        request, answer = request_of(trained, files, inputs), trained.answers(inputs)
    else:
        request, answer = row.request(folder / "run", recipes.load(source, **row.data))
    np.savez(folder / "request.npz", **request)
    paths = run.folder.saved_model / "1", folder / "request.npz", folder / "answer.npz"
    questions.append((*paths, row.signature, answer))


def inputs_of(trained, files):
    """What the model reads of files."""
    reader = reader_of(trained, DEFAULTS, [])
    found = [*reader.examples([File(file, file.name) for file in files])]
    return np.concatenate([each.inputs(slice(0, len(each.names))) for each in found])


def request_of(trained, files, inputs):
    """What a client sends: raw columns of a table, or the inputs of another kind."""
    if trained.columns is None:
        return {trained.kind.input_name: as_bytes(inputs)}
    with files[0].open(newline="") as file:
        rows = [*csv.DictReader(file)]
    dtypes = [
        "S" if isinstance(column, Category) else "float32"
        for column in trained.columns.columns
    ]
    names = [column.name for column in trained.columns.columns]
    return {
        name: np.array([row[name] for row in rows], dtype)
        for name, dtype in zip(names, dtypes, strict=True)
    }


def as_bytes(array):
    """Texts as NumPy keeps them in a file without pickle."""
    return np.char.encode(array.astype(str)) if array.dtype.hasobject else array


@pytest.mark.slow
def test_clients_without_this_package_get_the_same_answers(questions, tmp_path):
    asked = [[*map(str, question[:-1])] for question in questions]
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    packages = pathlib.Path(tf.__file__).parents[1]
    subprocess.run(
        [sys.executable, "-I", "-c", CLIENT, packages, tmp_path / "asked.json"],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    for *_, answer, _, expected in questions:
        served = np.load(answer)
        for name, values in expected.items():
            if values.dtype.kind == "u":  # A pixel may be rounded the other way.
                assert np.abs(served[name].astype(int) - values).max() <= 1
            elif values.dtype.kind in "fib":
                np.testing.assert_allclose(served[name], values, rtol=1e-4, atol=1e-5)
            else:
                texts = as_bytes(values.astype(object))
                assert served[name].tolist() == texts.tolist()
