"""Our code and a peer take turns; the result is the ratio within a turn.

Other work on the machine slows both sides of a turn, so it changes their ratio less
than either time. Each side is a separate process that starts once and sleeps while the
other side works, so that threads, warm-up and memory are not shared.
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
RESAMPLES = 2_000  # of the turns, for the confidence interval


@dataclasses.dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        case: Name of the case in the suite.
        setting: Model, shapes, number of requests.
        peer: Name of the alternative.
        unit: Unit of both figures.
        ours: Our median.
        theirs: The median of the peer.
        ratio: How many times better ours is; above 1 is better, whatever the unit.
        interval: 95 % confidence interval of the ratio's median.
        goal: The ratio to reach, or `None`.
        limit: Fraction of the machine's limit that ours reaches, or `None`.
        memory: Peak memory of both in MB, or `None`.
        facts: Resolved settings and other details.
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
    """Makes the row of some turns, each a pair `(ours, theirs)`.

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
    """Confidence interval of a median, by resampling with a fixed seed.

    >>> interval([3.0, 3.0, 3.0])
    (3.0, 3.0)
    """
    rng = np.random.default_rng(0)
    samples = rng.choice(values, (RESAMPLES, len(values)))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.median(samples, axis=1), [tail, 1 - tail])
    return float(low), float(high)


class Side:
    """A process that prepares once and measures on request.

    Args:
        make: Returns the function that measures, which returns figures by name. It
            is sent to another process, so it must be a function of a module.
        *arguments: Arguments of `make`.
    """

    def __init__(self, make: Callable, *arguments):
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, make, arguments))
        self._process.start()
        other.close()

    def measure(self) -> dict:
        """Figures of one repetition, and `memory`, the peak so far in MB."""
        try:
            with contextlib.suppress(OSError):  # Its error may be waiting already.
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
    except EOFError:  # The other end has closed the pipe.
        return
    except Exception as error:
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))


def alternated(makers: dict, repetitions: int, *, optional=()) -> list[dict]:
    """Measures in turns after one warm-up; returns the figures of each turn.

    Args:
        makers: Name of each side, with `make` and its arguments for a `Side`.
        repetitions: Number of turns.
        optional: Sides that may fail during warm-up. They are then left out, and the
            reason is printed.
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
    """One figure of both sides for each turn."""
    return [(turn[ours][figure], turn[theirs][figure]) for turn in turns]


def seconds(work: Callable) -> float:
    """Seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory() -> float:
    """Peak memory of this process in MB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def threads() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0))
