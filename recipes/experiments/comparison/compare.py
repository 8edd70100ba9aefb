"""`recipes.compare`: runs side by side."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from recipes.data.options import checks_arguments
from recipes.experiments.comparison.groups import Group, grouped
from recipes.experiments.comparison.significance import LEVEL, Paired, holm, paired_t
from recipes.experiments.run_list import RunSummary, summarize_run
from recipes.reports.run_page.scores import label
from recipes.sources.options import Path
from zoo.errors import InputError

FEWEST = 2  # seeds that a test over seeds needs


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The best group beside another one.

    Attributes:
        best: Name of the best group.
        other: Name of the other group.
        found: The test.
        p: Its probability, corrected for the number of tests by Holm's method.
    """

    best: str
    other: str
    found: Paired
    p: float

    @property
    def is_more_than_chance(self) -> bool:
        return self.p < LEVEL

    def sentence(self, score: str) -> str:
        """What the test says."""
        found = self.found
        between = ""
        if found.low is not None and found.high is not None:
            ends = sorted(abs(end) for end in (found.low, found.high))
            crosses = found.low < 0 < found.high
            low, high = (found.low, found.high) if crosses else ends
            between = f" (95 % interval {low:.3g} to {high:.3g})"
        direction = "higher" if found.difference >= 0 else "lower"
        told = "larger" if self.is_more_than_chance else "not larger"
        return (
            f"The {score} of {self.best} is {abs(found.difference):.3g} {direction} "
            f"than that of {self.other}{between}. The difference is {told} than chance "
            f"explains: p = {self.p:.2g}, {found.method}."
        )


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Attributes:
        task: What they were trained for.
        score_name: The score on the test part by which they are compared.
        groups: Runs that differ in nothing but the seed, the best group first.
        verdicts: The best group beside each other one.
        notes: What limits the comparison.
    """

    task: str
    score_name: str
    groups: tuple[Group, ...]
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]

    def sentences(self) -> list[str]:
        """What the tests say, in a sentence for each."""
        measured = label(self.score_name)
        return [
            verdict.sentence(verdict.found.measured or measured)
            for verdict in self.verdicts
        ]

    def as_json(self) -> dict[str, Any]:
        """Returns the comparison in JSON types."""
        return {
            "task": self.task,
            "score": self.score_name,
            "groups": [
                {
                    "name": group.name,
                    "differing": group.differing,
                    "mean": group.mean if group.scores else None,
                    "spread": group.spread,
                    "seconds": group.seconds,
                    "runs": [run.as_json() for run in group.runs],
                }
                for group in self.groups
            ],
            "verdicts": [
                {
                    **dataclasses.asdict(verdict),
                    "is_more_than_chance": verdict.is_more_than_chance,
                }
                for verdict in self.verdicts
            ],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        from recipes.experiments.comparison.pages import sections_of
        from recipes.reports.page_text import as_text

        return as_text(sections_of(self))


@checks_arguments
def compare(
    runs: "Sequence[str | os.PathLike[str]]",
    *,
    data: Any = None,
    out: Path | None = None,
) -> Comparison:
    """Compares finished runs of one task on the same data.

    Runs that differ in nothing but the seed form a group, which has a mean and a
    spread. The best group is tested against each other one: over the seeds that both
    have, if there are at least two; else over the test examples, which both models
    answer again. Several tests at once are corrected by Holm's method.

    Args:
        runs: Run folders, at least two.
        data: The data, if the runs got them as an object. Default: those of the runs.
        out: Folder for `comparison.html`, `comparison.png` and `comparison.json`,
            which are overwritten. Default: none are written.

    Raises:
        InputError: If fewer than two of the runs are finished, or their tasks differ.

    >>> compare(["runs/absent", "runs/other"])
    Traceback (most recent call last):
    zoo.errors.InputError: runs/absent is not a run folder: it has no config.json.
    """
    return comparison_of(_folders(runs), data, out)


def comparison_of(
    runs: "Sequence[str | os.PathLike[str]]",
    data: Any,
    out: str | os.PathLike[str] | None,
    notes: Sequence[str] = (),
) -> Comparison:
    """As `compare`, with notes that the comparison is to tell as well."""
    found = [summarize_run(run) for run in runs]
    notes = (
        *notes,
        *(
            f"{run.folder} is {run.ended}: left out"
            for run in found
            if not run.is_finished
        ),
    )
    finished = [run for run in found if run.is_finished]
    if len(finished) < 2:
        raise InputError(
            f"Comparing needs two finished runs, got {len(finished)}"
            f"{': ' if notes else ''}{'; '.join(notes)}."
        )
    comparison = compared(finished, notes, data)
    if out is not None:
        from recipes.experiments.comparison.pages import write_comparison

        write_comparison(comparison, pathlib.Path(out))
    return comparison


def _folders(runs: Any) -> list[str | os.PathLike[str]]:
    if isinstance(runs, str | os.PathLike):
        raise InputError(f"`runs` must be a list of run folders, got {str(runs)!r}.")
    folders = [*runs]
    names = [os.path.realpath(run) for run in folders]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"The run {folders[place]} is given twice.")
    return folders


def compared(
    runs: Sequence[RunSummary], notes: tuple[str, ...] = (), data: Any = None
) -> Comparison:
    """The comparison of finished runs."""
    tasks = dict.fromkeys(run.task or run.score_name for run in runs)
    if len(tasks) > 1:
        each = ", ".join(f"{run.folder}: {run.task or run.score_name}" for run in runs)
        raise InputError(f"The runs have different tasks, and no common score: {each}.")
    groups = grouped(runs)
    told = [*notes]
    if len({run.fingerprint for run in runs}) > 1:
        told.append(
            "The runs were trained on different data: a difference can come from the "
            "data."
        )
    repeated = sum(len(group.scores) - len(group.by_seed()) for group in groups)
    if repeated:
        told.append(
            f"{repeated} of the runs repeat a seed of their group: a test counts each "
            "seed once, with its mean score."
        )
    lost = [
        str(run.folder) for group in groups for run in group.runs if not run.has_score
    ]
    if lost and any(group.scores for group in groups):
        told.append(f"Without a finite score, and not counted: {', '.join(lost)}.")
    verdicts, problems = _verdicts(groups, data)
    if any(verdict.found.is_by_example for verdict in verdicts):
        problems.append(
            "A test over examples compares two trained models. Whether one setting is "
            "better than another needs several seeds of each."
        )
    return Comparison(
        next(iter(tasks)),
        groups[0].runs[0].score_name,
        tuple(groups),
        tuple(verdicts),
        (*told, *problems),
    )


def _verdicts(groups: Sequence[Group], data: Any) -> tuple[list[Verdict], list[str]]:
    """The best group beside each other one, and why a test is missing."""
    best, *others = [group for group in groups if group.scores] or groups
    found: list[tuple[Group, Paired]] = []
    problems: list[str] = []
    answers: Any = None
    for other in others:
        runs = best.runs[0], other.runs[0]
        if runs[0].fingerprint != runs[1].fingerprint:
            continue
        pairs = _pairs(best, other)
        if len(pairs) >= FEWEST:
            found.append((other, paired_t(*zip(*pairs, strict=True))))
            continue
        try:
            if answers is None:
                from recipes.experiments.comparison.answers import TestAnswers

                answers = TestAnswers(best.runs[0], data)
            found.append((other, answers.compared(*runs)))
        except InputError as error:
            problems.append(f"{best.name} is not tested against {other.name}: {error}")
    corrected = holm([paired.p for _, paired in found])
    verdicts = [
        Verdict(best.name, other.name, paired, p)
        for (other, paired), p in zip(found, corrected, strict=True)
    ]
    return verdicts, problems


def _pairs(first: Group, second: Group) -> list[tuple[float, float]]:
    """The scores of the seeds that both groups have."""
    own, others = first.by_seed(), second.by_seed()
    return [(own[seed], others[seed]) for seed in own if seed in others]
