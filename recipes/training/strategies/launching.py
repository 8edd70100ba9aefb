"""Starting several workers as processes of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import BinaryIO

from recipes.training.strategies.cluster import TRY_AGAIN, Cluster

PAUSE = 0.05  # seconds between two looks at the processes
GRACE = 10.0  # seconds that a process has to end after SIGTERM
PASSED_ON = (signal.SIGINT, signal.SIGTERM)
LAUNCHED = "ZOO_LAUNCHED"  # set for workers, whose standard input the launcher holds


def run_workers(command: list[str], count: int) -> int:
    """Runs a command as the workers of one cluster, until all have ended.

    The first worker, the chief, writes to the terminal as this process does. Of another
    worker only standard error is kept, and shown if it is the one that fails. If a
    worker fails, the others are ended. SIGINT and SIGTERM are passed on to all workers,
    which also end if this process is killed.

    Returns:
        The exit status of the chief, or of the worker that failed first.
    """
    addresses = tuple(f"127.0.0.1:{port}" for port in free_ports(count))
    with contextlib.ExitStack() as stack:
        errors = [stack.enter_context(tempfile.TemporaryFile()) for _ in addresses]
        workers: list[subprocess.Popen] = []
        stack.callback(_end, workers)
        received = stack.enter_context(_passing_on(workers))
        for index in range(count):
            cluster = Cluster(addresses, index, "zoo launch")
            workers.append(_start(command, cluster, errors[index]))
        for number, started in received:
            for late in workers[started:]:
                late.send_signal(number)
        failed = _first_failure(workers)
        if failed is None or received:
            for worker in workers:
                worker.wait()
            return _status(workers[0])
        if failed > 0:
            _show(errors[failed], failed)
        return _status(workers[failed])


def free_ports(count: int) -> list[int]:
    """Different ports of this machine that no process listens at."""
    with contextlib.ExitStack() as stack:
        listening = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(count)
        ]
        return [each.getsockname()[1] for each in listening]


def _start(command: list[str], cluster: Cluster, errors: BinaryIO) -> subprocess.Popen:
    # Each worker gets its share of the cores, unless the user has set a number.
    threads = max(1, (os.cpu_count() or 1) // len(cluster.addresses))
    environment = {
        "TF_NUM_INTRAOP_THREADS": str(threads),
        **os.environ,
        "TF_CONFIG": cluster.as_tf_config(),
        LAUNCHED: "1",
    }
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=None if cluster.is_chief else subprocess.DEVNULL,
        stderr=None if cluster.is_chief else errors,
        # In a process group of its own: Ctrl-C at the terminal reaches this process
        # alone, which passes it on, once.
        process_group=0,
    )


def end_with_launcher() -> None:
    """Ends this process when the launcher is gone, if `run_workers` started it.

    The launcher holds the other end of standard input, which the system closes when the
    launcher ends. A worker that waits for another one inside TensorFlow handles no
    signal, so it ends a while later.
    """
    if os.environ.pop(LAUNCHED, None) is None:
        return

    def watch():
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(TRY_AGAIN)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _passing_on(workers: list[subprocess.Popen]) -> Iterator[list[tuple[int, int]]]:
    """Passes signals on; gives a list of signals, each with its number of receivers."""
    received: list[tuple[int, int]] = []

    def pass_on(number, frame):
        received.append((number, len(workers)))
        for worker in workers:
            worker.send_signal(number)

    before = [signal.signal(number, pass_on) for number in PASSED_ON]
    try:
        yield received
    finally:
        for number, handler in zip(PASSED_ON, before, strict=True):
            signal.signal(number, handler)


def _first_failure(workers: list[subprocess.Popen]) -> int | None:
    """Index of the worker that fails first; `None` if none does.

    If several have failed at once, one that was killed comes first: the others failed
    because they lost it.
    """
    while True:
        statuses = [worker.poll() for worker in workers]
        failed = [(status, index) for index, status in enumerate(statuses) if status]
        if failed:
            return min(failed)[1]
        if None not in statuses:
            return None
        time.sleep(PAUSE)


def _status(worker: subprocess.Popen) -> int:
    """The exit status as a shell has it: 128 plus the signal for a killed process."""
    return worker.returncode if worker.returncode >= 0 else 128 - worker.returncode


def _show(errors: BinaryIO, index: int) -> None:
    errors.seek(0)
    text = errors.read().decode(errors="replace")
    sys.stderr.write(f"worker {index} has failed:\n{text}")


def _end(workers: list[subprocess.Popen]) -> None:
    """Ends the workers that still run; those that ignore SIGTERM are killed."""
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    end = time.monotonic() + GRACE
    for worker in workers:
        try:
            worker.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
        if worker.stdin is not None:
            worker.stdin.close()
