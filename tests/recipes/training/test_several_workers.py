"""Several devices and several processes learn the same as one device."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

import custom
import zoo
from recipes.training.strategies.launching import run_workers
from tests.recipes.training import on_two_devices, worker

HERE = pathlib.Path(__file__).parent
COMMAND = [sys.executable, "-W", "ignore"]
# Relative to the largest value. Measured: at most 4e-7, but 2e-5 for DCGAN.
TOLERANCE = 1e-5
TOLERANCES = {"mixed_float16": 2e-3, "dcgan": 2e-4}


@pytest.fixture(scope="module")
def all_differences():
    """Differences between one device and two, by case, from a process of their own."""
    script = HERE / "on_two_devices.py"
    # With one thread, gradients of DCGAN that should be 0 are rounded in another way,
    # and Adam makes steps of full size of them.
    threads = {"TF_NUM_INTRAOP_THREADS"}
    done = subprocess.run(
        [*COMMAND, script],
        check=True,
        cwd=HERE.parents[2],
        stdout=subprocess.PIPE,
        env={name: os.environ[name] for name in os.environ.keys() - threads},
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("case", on_two_devices.CASES)
def test_two_devices_learn_what_one_learns(all_differences, case):
    differences = all_differences[case]
    assert max(differences.values()) < TOLERANCES.get(case, TOLERANCE), differences


def test_every_component_is_tested_on_two_devices():
    tried = set(on_two_devices.CASES) | on_two_devices.USED
    for kind in ("losses", "optimizers", "regularizers"):
        assert set(getattr(custom, kind).__all__) <= tried
    assert (
        set(zoo.list_models()) - {"recurrent"} <= tried
    )  # "texts" is a recurrent network


@pytest.fixture(scope="module")
def workers_results(tmp_path_factory):
    """Results of two workers, after a `kill -9` of the second and a restart."""
    folder = tmp_path_factory.mktemp("workers")
    script = [*COMMAND, str(HERE / "worker.py"), str(folder)]
    assert run_workers([*script, "33"], 2) == 128 + signal.SIGKILL
    assert run_workers([*script, "0"], 2) == 0
    return folder, [dict(np.load(folder / f"worker-{n}.npz")) for n in range(2)]


@pytest.mark.slow
def test_workers_end_with_the_same_results(workers_results):
    _, (one, other) = workers_results
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(other[name], values, err_msg=name)


@pytest.mark.slow
def test_resumed_workers_learn_what_one_process_learns(workers_results, tmp_path):
    _, (found, _) = workers_results
    run = worker.train(tmp_path / "run")
    assert run.ended == found["ended"]
    assert found["ended"] == "early"
    expected = worker.measures(run)
    np.testing.assert_allclose(found["measures"][:2], expected[:2], rtol=1e-4)
    # With a learning rate that makes the loss rise, rounding grows in each epoch.
    np.testing.assert_allclose(found["measures"], expected, rtol=0.1)
    for number, weights in enumerate(run.model.get_weights()):
        np.testing.assert_allclose(found[f"arr_{number}"], weights, atol=1e-3)


@pytest.mark.slow
def test_workers_predict_and_evaluate_together(workers_results):
    _, (found, _) = workers_results
    np.testing.assert_allclose(found["predicted"], found["alone"], rtol=1e-5)
    np.testing.assert_allclose(found["evaluated"], found["score"], rtol=1e-5)


@pytest.mark.slow
def test_only_the_chief_writes(workers_results):
    folder, _ = workers_results
    written = {path.name for path in folder.iterdir()}
    assert written == {"run", "worker-0.npz", "worker-1.npz"}
    config = json.loads((folder / "run" / "config.json").read_text())
    strategy = config["resolved"]["strategy"]
    assert (strategy["name"], strategy["replicas"]) == ("multiworker", 2)
    assert "TF_CONFIG names 2 workers" in strategy["reason"]
