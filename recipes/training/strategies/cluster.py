"""Which processes train together, from `TF_CONFIG` or from Slurm's variables."""

import dataclasses
import json
import os
import re
from collections.abc import Iterable, Mapping

from custom.arguments import shown
from zoo.errors import InputError
from zoo.json_files import parse_json

ROLES = ("chief", "worker")  # in the order of their indices
SLURM_PORT = 23456  # port of a job's first process; the others use the next ones

DIGITS = 6  # of a number in Slurm's lists: a cluster has fewer than a million nodes
TRY_AGAIN = 75  # exit status `os.EX_TEMPFAIL`, which Windows does not have


class WorkerLost(RuntimeError):
    """Another worker no longer answers, and the others cannot go on without it."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Processes that train together, of which this one is a member.

    Attributes:
        addresses: `host:port` of each.
        index: Index of this process.
        origin: Where the addresses come from, for messages.
    """

    addresses: tuple[str, ...]
    index: int
    origin: str

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the files."""
        return self.index == 0

    def as_tf_config(self) -> str:
        """The same as `TF_CONFIG`, which `tf.distribute` reads.

        >>> Cluster(("a:1", "b:1"), 1, "here").as_tf_config()
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}'
        """  # noqa: E501
        task = {"type": "worker", "index": self.index}
        return json.dumps({"cluster": {"worker": list(self.addresses)}, "task": task})


def find_cluster(environment: Mapping[str, str] = os.environ) -> Cluster | None:
    """The cluster that the environment describes, or `None` without one.

    `TF_CONFIG` takes precedence over Slurm's variables.

    >>> find_cluster({}) is None
    True
    """
    if environment.get("TF_CONFIG"):
        return _by_tf_config(environment["TF_CONFIG"])
    if _slurm_number(environment, "SLURM_STEP_NUM_TASKS", "1") > 1:
        return _by_slurm(environment)
    return None


def is_chief(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process writes files: a single one, or the first of several."""
    cluster = find_cluster(environment)
    return cluster is None or cluster.is_chief


def _by_tf_config(text: str) -> Cluster:
    try:
        config = parse_json(text)
    except ValueError as error:
        raise _wrong(str(error)) from error
    jobs = config.get("cluster") if isinstance(config, dict) else None
    if not isinstance(jobs, dict) or not jobs:
        raise _wrong("it has no 'cluster'")
    unknown = sorted(set(jobs) - set(ROLES))
    if unknown:
        raise _wrong(f"{unknown[0]!r} in 'cluster' is not one of {', '.join(ROLES)}")
    addresses = []
    for role in ROLES:
        addresses += _checked_addresses(role, jobs.get(role, []))
    if not addresses:
        raise _wrong("'cluster' does not name any process")
    for address in addresses:
        if addresses.count(address) > 1:
            raise _wrong(f"the address {address} appears twice")
    return Cluster(tuple(addresses), _number(config.get("task"), jobs), "TF_CONFIG")


def _checked_addresses(role, addresses) -> list[str]:
    if not isinstance(addresses, list):
        raise _wrong(f"'{role}' must be a list of addresses, got {shown(addresses)}")
    if role == "chief" and len(addresses) > 1:
        raise _wrong("there is more than one 'chief'")
    for address in addresses:
        host, colon, port = str(address).rpartition(":")
        known = isinstance(address, str) and host and colon
        port = port if known and re.fullmatch("[0-9]{1,5}", port) else "0"
        if not 0 < int(port) < 2**16:
            raise _wrong(f"{shown(address)} is not an address such as 'node1:12345'")
    return addresses


def _number(task, jobs) -> int:
    """Index of this process over all roles."""
    if not isinstance(task, dict):
        raise _wrong("it has no 'task', which says which process this is")
    role, index = task.get("type"), task.get("index")
    if not isinstance(role, str) or role not in jobs:
        raise _wrong(f"the task's type {shown(role)} is not in 'cluster'")
    count = len(jobs[role])
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < count:
        raise _wrong(
            f"the task's index {shown(index)} is out of range: there "
            f"{'is 1' if count == 1 else f'are {count}'} of {role!r}, counted from 0"
        )
    return index + (len(jobs.get("chief", ())) if role == "worker" else 0)


def _wrong(what) -> InputError:
    return InputError(
        f"TF_CONFIG is wrong: {what}. It looks like this: "
        '{"cluster": {"worker": ["node1:12345", "node2:12345"]}, '
        '"task": {"type": "worker", "index": 0}}, with the index of this process.'
    )


def _by_slurm(environment) -> Cluster:
    """The tasks of a job step: node by node, all tasks of a node together."""

    def variable(name):
        try:
            return environment[name]
        except KeyError:
            raise InputError(
                f"SLURM_STEP_NUM_TASKS is set, but {name} is not: start the processes "
                "with `srun`, or describe the cluster in TF_CONFIG."
            ) from None

    hosts = expanded_hosts(variable("SLURM_STEP_NODELIST"))
    counts = _expanded_counts(variable("SLURM_STEP_TASKS_PER_NODE"))
    if len(hosts) != len(counts):
        raise InputError(
            f"Slurm names {len(hosts)} nodes but the tasks of {len(counts)}; describe "
            "the cluster in TF_CONFIG."
        )
    nodes = [
        host for host, count in zip(hosts, counts, strict=True) for _ in range(count)
    ]
    variable("SLURM_PROCID")
    index = _slurm_number(environment, "SLURM_PROCID")
    if index >= len(nodes):
        raise InputError(
            f"SLURM_PROCID is {index}, but there are {len(nodes)} tasks, counted from "
            "0: start the processes with `srun`, or describe the cluster in TF_CONFIG."
        )
    node = environment.get("SLURMD_NODENAME", nodes[index])
    if nodes[index] != node:
        raise InputError(
            f"Task {index} is on {node}, but SLURM_STEP_NODELIST places it on "
            f"{nodes[index]}: start with `srun --distribution=block`."
        )
    # The port depends on the index, so that tasks of one node have different ports.
    addresses = [f"{host}:{SLURM_PORT + n}" for n, host in enumerate(nodes)]
    return Cluster(tuple(addresses), index, "Slurm")


def _slurm_number(environment, name: str, default: str = "") -> int:
    value = environment.get(name, default)
    if not re.fullmatch("[0-9]{1,9}", value):
        raise InputError(f"{name} must be a whole number, got {shown(value)}.")
    return int(value)


def expanded_hosts(hosts: str) -> list[str]:
    """The host names of a list in Slurm's notation.

    >>> expanded_hosts("n[08-10],gpu1,r2n[1,4]")
    ['n08', 'n09', 'n10', 'gpu1', 'r2n1', 'r2n4']
    """
    names = []
    for entry in re.findall(r"[^,\[]+(?:\[[^\]]*\][^,\[]*)?", hosts):
        before, bracket, rest = entry.partition("[")
        if not bracket:
            names.append(entry)
            continue
        numbers, _, after = rest.partition("]")
        for span in numbers.split(","):
            first, _, last = span.partition("-")
            _check_spans(hosts, (first, last or first))
            names += [
                f"{before}{number:0{len(first)}}{after}"
                for number in range(int(first), int(last or first) + 1)
            ]
    return names


def _expanded_counts(counts: str) -> list[int]:
    """`"2(x3),1"` is `[2, 2, 2, 1]`."""
    pairs = re.findall(r"([0-9]+)(?:\(x([0-9]+)\))?", counts)
    for count, times in pairs:
        _check_spans(counts, (count, times or "1"))
    return [int(count) for count, times in pairs for _ in range(int(times or 1))]


def _check_spans(given: str, numbers: Iterable[str]) -> None:
    """Refuses what Slurm does not write, before it is expanded."""
    if not all(re.fullmatch(f"[0-9]{{1,{DIGITS}}}", number) for number in numbers):
        raise InputError(
            f"Slurm's list {shown(given)} cannot be understood; describe the cluster "
            "in TF_CONFIG."
        )
