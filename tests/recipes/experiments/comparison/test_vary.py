"""A run for each value and each seed."""

import json
import re
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

import recipes
from recipes.command import zoo
from recipes.experiments.comparison.vary import combinations
from zoo.errors import InputError

TWO = {"optimizer": ["keras.adam", "keras.sgd"]}
SHORT = {"epochs": 1, "seeds": 2, "progress": False}


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    out = tmp_path_factory.mktemp("vary") / "out"
    return recipes.vary("mlp", "xor", vary=TWO, out=out, seed=3, **SHORT), out


def test_each_value_is_trained_with_each_seed(varied):
    found, out = varied
    assert {group.name for group in found.groups} == {
        "optimizer=keras.adam",
        "optimizer=keras.sgd",
    }
    for group in found.groups:
        assert [run.seed for run in group.runs] == [3, 4]
        assert all(run.settings["epochs"] == 1 for run in group.runs)
    assert len(found.verdicts) == 1
    assert found.verdicts[0].found.pairs == 2
    assert (out / "comparison.html").is_file()


def test_the_same_call_reads_what_is_there(varied):
    found, out = varied
    times = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/metrics.csv")}
    again = recipes.vary("mlp", "xor", vary=TWO, out=out, seed=3, **SHORT)
    assert again == found
    assert all(path.stat().st_mtime_ns == before for path, before in times.items())
    with pytest.raises(InputError, match=r"holds a comparison that differs in its val"):
        recipes.vary("mlp", "xor", vary={"batch_size": [8]}, out=out, seed=3, **SHORT)


def test_a_grid_has_every_combination():
    assert combinations({"a": [1, 2], "b": [3], "c": [4, 5]}) == [
        {"a": 1, "b": 3, "c": 4},
        {"a": 1, "b": 3, "c": 5},
        {"a": 2, "b": 3, "c": 4},
        {"a": 2, "b": 3, "c": 5},
    ]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--vary", "optimizr=a,b"], r"`optimizr` is not a setting to vary; did you"),
        (["--vary", "optimizer=adagrad,adagard"], r"adagard"),
        (["--vary", "optimizer"], r"'optimizer' is not NAME=VALUES"),
        (["--vary", "dropout=0:0.5"], r"must have values to compare.*zoo search"),
        (["--vary", "batch_size=8,0"], r"batch_size"),
        (["--vary", "epochs=1,2", "--epochs", "3"], r"`epochs` is to vary"),
        (["--seeds", "2"], r"leave out --seeds"),
        (["--vary", "epochs=1", "--seeds", "1"], r"a comparison needs two"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_varied_is_refused_before_training(arguments, said, tmp_path):
    out = tmp_path / "out"
    command = ["compare", "mlp", "--data", "xor", "--out", str(out), *arguments]
    if "--vary" not in arguments:
        command = ["compare", "one", "two", *arguments]
    result = CliRunner().invoke(zoo, command)
    assert result.exit_code != 0
    message = f"{result.output} {result.exception}"
    assert re.search(said, message), message
    assert not out.exists()


def test_a_run_that_diverges_is_told_and_left_out(tmp_path):
    values = {"learning_rate": [1e30, 0.01]}
    found = recipes.vary("mlp", "xor", vary=values, out=tmp_path / "out", **SHORT)
    assert [len(group.runs) for group in found.groups] == [2]
    assert sum("left out: Training diverged" in note for note in found.notes) == 2
    assert (tmp_path / "out" / "varied.json").is_file()


def test_a_killed_comparison_goes_on(varied, tmp_path):
    expected, _ = varied
    program = (
        "import recipes; recipes.vary('mlp', 'xor', "
        f"vary={TWO!r}, out={str(tmp_path / 'out')!r}, seed=3, epochs=1, seeds=2)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.DEVNULL
    )
    runs = tmp_path / "out" / "runs"
    while len([*runs.glob("*/config.json")]) < 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out" / "comparison.json").exists()
    again = recipes.vary("mlp", "xor", vary=TWO, out=tmp_path / "out", seed=3, **SHORT)
    assert [group.scores for group in again.groups] == [
        group.scores for group in expected.groups
    ]
    record = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert record["groups"][0]["mean"] == expected.groups[0].mean
