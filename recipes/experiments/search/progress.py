"""Progress of a search."""

import sys
import time

from recipes.experiments.search.request import Request
from recipes.experiments.search.study import Study, Trial, best_of


class Progress:
    """Shows a line for each trial, with the time left, on standard error."""

    def __init__(self, request: Request, study: Study, deadline: float) -> None:
        self._request, self._study, self._deadline = request, study, deadline
        self._began, self._done = time.monotonic(), 0

    def __call__(self, trial: Trial) -> None:
        self._done += 1
        trials = self._study.trials()
        spent = time.monotonic() - self._began
        missing = sum(each.state == "unfinished" for each in trials)
        missing += max(0, self._request.trials - len(trials))
        left = min(
            spent / self._done * missing, max(0, self._deadline - time.monotonic())
        )
        result = trial.state if trial.score is None else f"{trial.score:.4g}"
        if trial.state == "pruned":
            result = f"pruned at {result}"
        best = best_of(trials, self._request.is_loss)
        record = f", best {best.score:.4g} of trial {best.number}" if best else ""
        print(
            f"trial {trial.number} of {self._request.trials - 1}: "
            f"{self._request.by} {result}{record}; {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )
