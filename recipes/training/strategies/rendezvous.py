"""Waiting for the other workers; an error names those that do not start."""

import socket
import time

from recipes.training.strategies.cluster import Cluster
from zoo.errors import InputError

PATIENCE = 300.0  # seconds: machines of a queue do not all start at once
PAUSE = 0.1  # seconds between two tries


def wait_for_workers(cluster: Cluster, patience: float = PATIENCE) -> None:
    """Returns once every other worker of the cluster can be reached.

    `tf.distribute` waits without saying for whom. Here each worker listens at its own
    address, which is free until the strategy is made, and connects to the others. A
    worker that has reached all others stops listening, but the strategy that it then
    makes listens instead.
    """
    with _listening(cluster.addresses[cluster.index]):
        missing = [a for n, a in enumerate(cluster.addresses) if n != cluster.index]
        end = time.monotonic() + patience
        while missing:
            missing = [address for address in missing if not _answers(address)]
            if missing and time.monotonic() > end:
                raise InputError(
                    f"Worker {cluster.index} of {len(cluster.addresses)} waited "
                    f"{patience:g} seconds for {' and '.join(missing)}, which did not "
                    "answer. Check that the process was started there, and that the "
                    "address is right and its port open."
                )
            if missing:
                time.sleep(PAUSE)  # There is no event for a port that opens elsewhere.


def _listening(address: str) -> socket.socket:
    port = int(address.rpartition(":")[2])
    try:
        return socket.create_server(("", port), backlog=1024)
    except OSError as error:
        raise InputError(
            f"Cannot listen at this worker's address {address}: {error.strerror}."
        ) from error


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
