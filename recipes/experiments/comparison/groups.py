"""Groups of runs that differ in nothing but the seed, and what tells groups apart."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from recipes.experiments.run_list import RunSummary

SHORTEST = 8  # hexadecimal digits that tell data sets apart


@dataclasses.dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but the seed.

    Attributes:
        name: What tells it apart from the other groups.
        runs: The runs, by seed.
        differing: The values by which the groups differ.
    """

    name: str
    runs: tuple[RunSummary, ...]
    differing: dict[str, Any]

    @property
    def scores(self) -> list[float]:
        return [
            run.score for run in self.runs if run.score is not None and run.has_score
        ]

    def by_seed(self) -> dict[int, float]:
        """The mean score of each seed that is known."""
        found: dict[int, list[float]] = {}
        for run in self.runs:
            if run.seed is not None and run.score is not None and run.has_score:
                found.setdefault(run.seed, []).append(run.score)
        return {seed: float(np.mean(scores)) for seed, scores in found.items()}

    @property
    def mean(self) -> float:
        return float(np.mean(self.scores)) if self.scores else float("nan")

    @property
    def spread(self) -> float | None:
        """Standard deviation between the seeds; `None` for a single one."""
        scores = [*self.by_seed().values()]
        return None if len(scores) < 2 else float(np.std(scores, ddof=1))

    @property
    def seconds(self) -> float | None:
        """Mean time of a training."""
        known = [run.seconds for run in self.runs if run.seconds is not None]
        return float(np.mean(known)) if known else None

    @property
    def validation_loss(self) -> float | None:
        known = [
            run.validation_loss for run in self.runs if run.validation_loss is not None
        ]
        return float(np.mean(known)) if known else None


def grouped(runs: Sequence[RunSummary]) -> list[Group]:
    """Groups of runs, the best first."""
    found: dict[str, list[RunSummary]] = {}
    for run in runs:
        found.setdefault(_key(_facts(run)), []).append(run)
    facts = [_facts(runs[0]) for runs in found.values()]
    names = sorted({name for each in facts for name in each})
    telling = [
        name for name in names if len({_key(each.get(name)) for each in facts}) > 1
    ]
    groups = []
    for members, each in zip(found.values(), facts, strict=True):
        differing = {name: each.get(name) for name in telling}
        ordered = sorted(members, key=lambda run: (run.seed or 0, str(run.folder)))
        groups.append(Group(_name(differing, ordered), tuple(ordered), differing))
    sign = -1 if runs[0].higher_is_better else 1
    return sorted(groups, key=lambda group: (not group.scores, sign * group.mean))


def _facts(run: RunSummary) -> dict[str, Any]:
    """All that can tell two runs apart, without the seed."""
    settings = dict(run.settings)
    arguments = settings.pop("model_arguments", None) or {}
    data = f"{run.data} {run.fingerprint[:SHORTEST]}"
    return {"model": run.model, "data": data, **arguments, **settings}


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _name(differing: dict[str, Any], runs: Sequence[RunSummary]) -> str:
    """The differing values; of one group alone, its folder."""
    if not differing:
        return runs[0].folder.name
    return ", ".join(
        str(value) if name in ("model", "data") else f"{name}={shown_value(value)}"
        for name, value in differing.items()
    )


def shown_value(value: Any) -> str:
    """A value of a setting, as the command spells it."""
    if value is None:
        return "default"
    return value if isinstance(value, str) else json.dumps(value, default=str)
