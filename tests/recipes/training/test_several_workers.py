"""Several devices, and several processes, learn what one device learns."""

import json
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
NEAR = 1e-5  # of the largest; measured: 4e-7 at most, and 2e-5 for DCGAN
FAR = {"mixed_float16": 2e-3, "dcgan": 2e-4}


@pytest.fixture(scope="module")
def apart():
    """By case, how far one device and two are apart; devices are set up at a start."""
    script = HERE / "on_two_devices.py"
    done = subprocess.run(
        [*COMMAND, script], check=True, cwd=HERE.parents[2], stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("case", on_two_devices.CASES)
def test_two_devices_learn_what_one_learns(apart, case):
    differences = apart[case]
    assert max(differences.values()) < FAR.get(case, NEAR), differences


def test_every_component_is_tried_on_two_devices():
    tried = set(on_two_devices.CASES) | on_two_devices.USED
    for kind in ("losses", "optimizers", "regularizers"):
        assert set(getattr(custom, kind).__all__) <= tried
    assert set(zoo.list_models()) - {"recurrent"} <= tried  # by "texts"


@pytest.fixture(scope="module")
def of_workers(tmp_path_factory):
    """What two workers end with, after a `kill -9` of the second and a new start."""
    folder = tmp_path_factory.mktemp("workers")
    script = [*COMMAND, str(HERE / "worker.py"), str(folder)]
    assert run_workers([*script, "33"], 2) == 128 + signal.SIGKILL
    assert run_workers([*script, "0"], 2) == 0
    return folder, [dict(np.load(folder / f"worker-{n}.npz")) for n in range(2)]


@pytest.mark.slow
def test_workers_end_alike(of_workers):
    _, (one, other) = of_workers
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(other[name], values, err_msg=name)


@pytest.mark.slow
def test_workers_that_were_ended_learn_what_one_process_learns(
    of_workers, tmp_path, no_export
):
    _, (found, _) = of_workers
    run = worker.train(tmp_path / "run")
    assert run.ended == found["ended"]
    assert found["ended"] == "early"
    np.testing.assert_allclose(found["measures"], worker.measures(run), rtol=1e-4)
    for number, weights in enumerate(run.model.get_weights()):
        np.testing.assert_allclose(found[f"arr_{number}"], weights, atol=1e-4)


@pytest.mark.slow
def test_workers_predict_and_evaluate_together(of_workers):
    _, (found, _) = of_workers
    np.testing.assert_allclose(found["predicted"], found["alone"], rtol=1e-5)
    np.testing.assert_allclose(found["evaluated"], found["score"], rtol=1e-5)


@pytest.mark.slow
def test_the_chief_alone_writes(of_workers):
    folder, _ = of_workers
    written = {path.name for path in folder.iterdir()}
    assert written == {"run", "worker-0.npz", "worker-1.npz"}
    config = json.loads((folder / "run" / "config.json").read_text())
    strategy = config["resolved"]["strategy"]
    assert (strategy["name"], strategy["replicas"]) == ("multiworker", 2)
    assert "TF_CONFIG names 2 workers" in strategy["reason"]
