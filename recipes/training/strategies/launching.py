"""Several workers as processes of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from recipes.training.strategies.cluster import Cluster

PAUSE = 0.05  # seconds between two looks at the processes
GRACE = 10.0  # seconds that a process has to end after it was asked to
PASSED_ON = (signal.SIGINT, signal.SIGTERM)


def run_workers(command: list[str], count: int) -> int:
    """Runs a command as the workers of one cluster, until all have ended.

    The first worker, the chief, writes where this process does; of another only
    standard error is kept, and shown if it is the one that fails. If a worker fails,
    the others are ended. SIGINT and SIGTERM are passed on to all of them.

    Args:
        command: Program and arguments.
        count: How many workers.

    Returns:
        The exit status of the chief, or of the worker that failed first.
    """
    addresses = tuple(f"127.0.0.1:{port}" for port in free_ports(count))
    with contextlib.ExitStack() as stack:
        errors = [stack.enter_context(tempfile.TemporaryFile()) for _ in addresses]
        workers = []
        stack.callback(_end, workers)
        asked = stack.enter_context(_passing_on(workers))
        for index in range(count):
            cluster = Cluster(addresses, index, "zoo launch")
            workers.append(_started(command, cluster, errors[index]))
        for number, there in asked:
            for late in workers[there:]:
                late.send_signal(number)
        failed = _first_failure(workers)
        if failed is None or asked:
            for worker in workers:
                worker.wait()
            return _status(workers[0])
        if failed > 0:
            _show(errors[failed], failed)
        return _status(workers[failed])


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens at, all different."""
    with contextlib.ExitStack() as stack:
        listening = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(count)
        ]
        return [each.getsockname()[1] for each in listening]


def _started(command, cluster, errors) -> subprocess.Popen:
    # Its share of the cores; a number that the user has set comes first.
    threads = max(1, (os.cpu_count() or 1) // len(cluster.addresses))
    environment = {
        "TF_NUM_INTRAOP_THREADS": str(threads),
        **os.environ,
        "TF_CONFIG": cluster.as_tf_config(),
    }
    quiet = {} if cluster.is_chief else {"stdout": subprocess.DEVNULL, "stderr": errors}
    # In a group of its own: Ctrl-C at the terminal comes to this process alone, which
    # passes it on, once.
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, process_group=0, **quiet
    )


@contextlib.contextmanager
def _passing_on(workers):
    """Gives a list: the signals that have come, and to how many they were passed on."""
    asked = []

    def pass_on(number, frame):
        asked.append((number, len(workers)))
        for worker in workers:
            worker.send_signal(number)

    before = [signal.signal(number, pass_on) for number in PASSED_ON]
    try:
        yield asked
    finally:
        for number, handler in zip(PASSED_ON, before, strict=True):
            signal.signal(number, handler)


def _first_failure(workers) -> int | None:
    """Number of the worker that fails first; `None` if none does.

    Of several at once, one that was killed: the others have failed for want of it.
    """
    while True:
        ended = {n: w.poll() for n, w in enumerate(workers) if w.poll() is not None}
        failed = [number for number, status in ended.items() if status]
        if failed:
            return min(failed, key=lambda number: ended[number])
        if len(ended) == len(workers):
            return None
        time.sleep(PAUSE)


def _status(worker) -> int:
    """As a shell has it: 128 and the signal's number for one that was killed."""
    return worker.returncode if worker.returncode >= 0 else 128 - worker.returncode


def _show(errors, number):
    errors.seek(0)
    text = errors.read().decode(errors="replace")
    sys.stderr.write(f"worker {number} has failed:\n{text}")


def _end(workers):
    """Ends those that still run; one that waits for a worker hears no request."""
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
