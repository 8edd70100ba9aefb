"""Ours beside a peer: they take turns, and what counts is the ratio within a turn.

Other work on a machine slows both sides of a turn; it does not change their ratio as
much as it changes either. Each side is a process of its own, started once, so that its
threads, its warm-up and its memory are its own, and it sleeps while the other works.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import pathlib
import re
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2_000  # of the turns, for the interval


@dataclasses.dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        case: The suite's name of what is compared.
        setting: Model, shapes, number of requests.
        peer: What ours is compared with.
        unit: Of both figures.
        ours: Median.
        theirs: Median.
        ratio: How many times as good ours is; above 1 is better, whatever the unit.
        interval: 95 % confidence interval of the ratio's median.
        goal: The ratio to reach, or `None`.
        limit: Part of the machine's limit that ours reaches, or `None`.
        memory: Peak of both in MB, or `None`.
        facts: What was resolved, and what else is worth knowing.
    """

    case: str
    setting: str
    peer: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    interval: tuple[float, float]
    goal: float | None = None
    limit: float | None = None
    memory: tuple[float, float] | None = None
    facts: dict = dataclasses.field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        return None if self.goal is None else self.ratio >= self.goal


def row(case, setting, peer, unit, turns, *, less_is_better=False, **rest) -> Row:
    """The row of some turns, `(ours, theirs)` each.

    >>> turns = [(2.0, 1.0), (6.0, 2.0), (4.0, 2.0)]
    >>> found = row("fit", "MLP", "Keras", "examples/s", turns, goal=1.3)
    >>> found.ours, found.theirs, found.ratio, found.reached
    (4.0, 2.0, 2.0, True)
    >>> row("start", "import", "Keras", "s", turns, less_is_better=True).ratio
    0.5
    """
    ratios = [b / a if less_is_better else a / b for a, b in turns]
    return Row(
        case,
        setting,
        peer,
        unit,
        statistics.median(a for a, _ in turns),
        statistics.median(b for _, b in turns),
        statistics.median(ratios),
        interval(ratios),
        **rest,
    )


def interval(values) -> tuple[float, float]:
    """Confidence interval of a median, by resampling (seeded).

    >>> interval([3.0, 3.0, 3.0])
    (3.0, 3.0)
    """
    rng = np.random.default_rng(0)
    samples = rng.choice(values, (RESAMPLES, len(values)))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.median(samples, axis=1), [tail, 1 - tail])
    return float(low), float(high)


class Side:
    """A process that prepares once, and measures whenever it is told to.

    Args:
        make: Gives the function that measures: it returns figures by name. It and
            its arguments go to another process, so it is one of a module.
        *arguments: For `make`.
    """

    def __init__(self, make: Callable, *arguments):
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, make, arguments))
        self._process.start()
        other.close()

    def measure(self) -> dict:
        """Figures of one repetition, with `memory`, the peak so far in MB."""
        try:
            self._pipe.send("measure")
            found = self._pipe.recv()
        except (EOFError, OSError):
            raise RuntimeError("A side of the comparison has ended.") from None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self._pipe.close()
        self._process.join()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def _serve(pipe, make, arguments):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        measure = make(*arguments)
        while True:
            pipe.recv()
            pipe.send({**measure(), "memory": peak_memory()})
    except EOFError:  # The other end is closed: done.
        return
    except Exception as error:
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))


def alternated(makers: dict, repetitions: int, *, optional=()) -> list[dict]:
    """Measures in turns, once beforehand to warm up; the figures of each turn.

    Args:
        makers: By the side's name, `make` and its arguments for a `Side`.
        repetitions: Turns.
        optional: Sides that may fail at their warm-up; they are left out then, and
            the reason is told.
    """
    with contextlib.ExitStack() as stack:
        sides = {
            name: stack.enter_context(Side(*maker)) for name, maker in makers.items()
        }
        for name in list(sides):
            try:
                sides[name].measure()
            except RuntimeError as error:
                if name not in optional:
                    raise
                print(f"{name} is left out: {error}", file=sys.stderr)
                del sides[name]
        turns = []
        for number in range(repetitions):
            names = list(sides)[:: -1 if number % 2 else 1]
            turns.append({name: sides[name].measure() for name in names})
    return turns


def pairs(turns, ours: str, theirs: str, figure: str) -> list[tuple[float, float]]:
    """One figure of two sides, turn by turn."""
    return [(turn[ours][figure], turn[theirs][figure]) for turn in turns]


def seconds(work: Callable) -> float:
    """How long some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory() -> float:
    """MB that this process held at most."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))
