"""Clusters of processes: configuration, the wait for all workers, and launching."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from recipes.training.strategies.cluster import Cluster, find_cluster
from recipes.training.strategies.launching import free_ports, run_workers
from recipes.training.strategies.rendezvous import wait_for_workers
from zoo.errors import InputError

TWO = {"worker": ["a:1", "b:2"]}
FIRST = {"type": "worker", "index": 0}


def config(cluster=TWO, task=FIRST):
    return json.dumps({"cluster": cluster, "task": task})


WRONG = {  # what is wrong: (TF_CONFIG, part of the message)
    "not JSON": ("{worker", "it is not JSON"),
    "a list": ("[]", "it has no 'cluster'"),
    "no cluster": (json.dumps({"task": FIRST}), "it has no 'cluster'"),
    "an empty cluster": (config({}), "it has no 'cluster'"),
    "no workers": (config({"worker": []}), "does not name any process"),
    "a parameter server": (
        config({**TWO, "ps": ["c:3"]}),
        "'ps' in 'cluster' is not",
    ),
    "not a list": (config({"worker": "a:1"}), "'worker' must be a list"),
    "two chiefs": (config({"chief": ["a:1", "b:1"]}), "more than one 'chief'"),
    "no port": (config({"worker": ["a", "b:2"]}), "'a' is not an address"),
    "no host": (config({"worker": [":1", "b:2"]}), "':1' is not an address"),
    "port with letters": (config({"worker": ["a:x"]}), "'a:x' is not an address"),
    "port too high": (config({"worker": ["a:65536"]}), "'a:65536' is not an address"),
    "a number": (config({"worker": [1]}), "1 is not an address"),
    "the same twice": (config({"worker": ["a:1", "a:1"]}), "a:1 appears twice"),
    "no task": (config(task=None), "it has no 'task'"),
    "an unknown task": (config(task={"type": "ps", "index": 0}), "type 'ps' is not in"),
    "index too high": (config(task={**FIRST, "index": 2}), "index 2 is out of range"),
    "index below 0": (config(task={**FIRST, "index": -1}), "index -1 is out of range"),
    "no index": (config(task={"type": "worker"}), "index None is out of range"),
    "a boolean index": (
        config(task={**FIRST, "index": True}),
        "index True is out of range",
    ),
}


@pytest.mark.parametrize("text, complaint", WRONG.values(), ids=WRONG)
def test_a_wrong_tf_config_is_explained(text, complaint):
    with pytest.raises(InputError, match=complaint):
        find_cluster({"TF_CONFIG": text})


SLURM = {
    "SLURM_STEP_NUM_TASKS": "5",
    "SLURM_STEP_NODELIST": "gpu[09-10],n1",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2),1",
    "SLURM_PROCID": "3",
}
NODES = ["gpu09:23456", "gpu09:23457", "gpu10:23458", "gpu10:23459", "n1:23460"]
CLUSTERS = {  # name: (environment, (addresses, index))
    "none": ({}, None),
    "one task": ({"SLURM_STEP_NUM_TASKS": "1"}, None),
    "TF_CONFIG": (
        {"TF_CONFIG": config(task={**FIRST, "index": 1})},
        (TWO["worker"], 1),
    ),
    "a chief": (
        {"TF_CONFIG": config({**TWO, "chief": ["c:3"]})},
        (["c:3", "a:1", "b:2"], 1),
    ),
    "Slurm": (SLURM, (NODES, 3)),
    "both": ({**SLURM, "TF_CONFIG": config()}, (TWO["worker"], 0)),
}


@pytest.mark.parametrize("environment, expected", CLUSTERS.values(), ids=CLUSTERS)
def test_the_cluster_is_read_from_the_environment(environment, expected):
    cluster = find_cluster(environment)
    if expected is None:
        assert cluster is None
        return
    addresses, index = expected
    assert cluster == Cluster(tuple(addresses), index, cluster.origin)
    again = find_cluster({"TF_CONFIG": cluster.as_tf_config()})
    assert (again.addresses, again.index) == (cluster.addresses, cluster.index)


@pytest.mark.parametrize(
    "changed, complaint",
    [
        ({"SLURM_PROCID": None}, "SLURM_PROCID is not"),
        ({"SLURM_PROCID": "9"}, "SLURM_PROCID is 9, but there are 5 tasks"),
        ({"SLURM_PROCID": "²"}, "SLURM_PROCID must be a whole number, got '²'"),
        ({"SLURM_STEP_NUM_TASKS": "many"}, "must be a whole number, got 'many'"),
        ({"SLURM_STEP_TASKS_PER_NODE": "5"}, "3 nodes but the tasks of 1"),
        ({"SLURMD_NODENAME": "n1"}, "places it on gpu10"),
    ],
)
def test_wrong_slurm_variables_are_explained(changed, complaint):
    environment = {k: v for k, v in {**SLURM, **changed}.items() if v is not None}
    with pytest.raises(InputError, match=complaint):
        find_cluster(environment)


def loopback(count):
    return tuple(f"127.0.0.1:{port}" for port in free_ports(count))


def test_a_worker_that_does_not_start_is_named():
    addresses = loopback(3)
    second = socket.create_server(("127.0.0.1", int(addresses[1].split(":")[1])))
    with second, pytest.raises(InputError) as error:
        wait_for_workers(Cluster(addresses, 0, "test"), patience=0.0)
    assert f"Worker 0 of 3 waited 0 seconds for {addresses[2]}," in str(error.value)


def test_an_address_in_use_is_named():
    addresses = loopback(2)
    port = int(addresses[0].split(":")[1])
    with (
        socket.create_server(("", port)),
        pytest.raises(
            InputError, match=f"worker's address {addresses[0]}: Address already"
        ),
    ):
        wait_for_workers(Cluster(addresses, 0, "test"))


def test_workers_may_start_in_any_order():
    addresses = loopback(3)
    clusters = [Cluster(addresses, index, "test") for index in range(3)]
    met, failed = threading.Barrier(3), []

    def start(cluster):
        try:
            wait_for_workers(cluster, patience=30)
            # The strategy then listens at the address until all workers have met.
            port = int(cluster.addresses[cluster.index].split(":")[1])
            with socket.create_server(("", port)):
                met.wait(30)
        except (InputError, OSError, threading.BrokenBarrierError) as error:
            failed.append(error)

    threads = [threading.Thread(target=start, args=(each,)) for each in clusters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


REPORT = """
import json, os, signal, sys
task = json.loads(os.environ["TF_CONFIG"])["task"]
print("out", task["index"], flush=True)
print("error", task["index"], file=sys.stderr, flush=True)
"""
LAUNCHED = {  # case: (code after the report, status, whether worker 1 is shown)
    "all succeed": ("", 0, False),
    "the chief fails": ("sys.exit(3 if task['index'] == 0 else 0)", 3, False),
    "another fails": ("sys.exit(4) if task['index'] else signal.pause()", 4, True),
    "another is killed": (
        "os.kill(os.getpid(), 9) if task['index'] else signal.pause()",
        137,
        True,
    ),
}


@pytest.mark.parametrize("then, status, shown", LAUNCHED.values(), ids=LAUNCHED)
def test_workers_on_this_machine_are_launched(then, status, shown, capfd):
    assert run_workers([sys.executable, "-c", REPORT + then], 2) == status
    out, error = capfd.readouterr()
    # If another worker fails, the chief may be ended before it has written.
    assert shown or ("out 0" in out and "error 0" in error)
    assert "out 1" not in out
    assert ("worker 1 has failed:\nerror 1" in error) is shown


def test_signals_are_passed_on_to_workers():
    """The chief sends SIGTERM to its parent, which is this process."""
    code = (
        "import json, os, signal\n"
        "task = json.loads(os.environ['TF_CONFIG'])['task']\n"
        "signal.signal(signal.SIGTERM, lambda *_: os._exit(75 + task['index']))\n"
        "if task['index'] == 0: os.kill(os.getppid(), signal.SIGTERM)\n"
        "signal.pause()\n"
    )
    before = signal.getsignal(signal.SIGTERM)
    assert run_workers([sys.executable, "-c", code], 1) == 75
    assert signal.getsignal(signal.SIGTERM) is before


def test_launch_runs_the_command(capfd):
    command = "from recipes.command import main; main()"
    arguments = [sys.executable, "-c", command, "launch", "--workers", "2", "--"]
    assert os.spawnv(os.P_WAIT, sys.executable, [*arguments, "list"]) == 0
    assert capfd.readouterr().out.count("dcgan") == 1


ZOO = "from recipes.command import main; main()"


def test_launch_exits_with_the_status_of_the_worker(capfd):
    arguments = ["launch", "--workers", "2", "--", "fit", "nope"]
    status = subprocess.run([sys.executable, "-c", ZOO, *arguments], check=False)
    assert status.returncode == 2
    assert "nope" in capfd.readouterr().err


LAUNCHER = """
import sys
from recipes.training.strategies.launching import run_workers
worker = '''
import os, time
from recipes.training.strategies.launching import end_with_launcher
end_with_launcher()
print(os.getpid(), flush=True)
time.sleep(60)
'''
run_workers([sys.executable, "-c", worker], 1)
"""


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_end_when_their_launcher_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER], stdout=subprocess.PIPE, text=True
    ) as launcher:
        worker = int(launcher.stdout.readline())
        launcher.kill()
        launcher.wait()
        end = time.monotonic() + 30
        while is_running(worker) and time.monotonic() < end:
            time.sleep(0.05)
        assert not is_running(worker)
