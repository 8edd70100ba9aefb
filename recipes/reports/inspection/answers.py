"""What is to be predicted: class counts, labels and numbers, and copies of examples."""

import collections
import itertools

import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.inspection.columns import Held
from recipes.reports.inspection.findings import (
    ClassFound,
    Distribution,
    Duplicates,
    distribution,
)

SKEWED = 10  # times as many examples as the rarest class
FEW = 10  # training examples of a class
COMPARED = 1_000_000  # examples, at most


def classes_of(dataset: Dataset) -> tuple[tuple[ClassFound, ...], list[str]]:
    """Counts of each class or label in each part, and warnings."""
    names = dataset.class_names or dataset.label_names
    if not names:
        return (), []
    counts = [
        part.labels.sum(axis=0).astype(int)
        if dataset.label_names
        else np.bincount(part.classes(), minlength=len(names))
        for part in dataset.parts.values()
    ]
    found = tuple(
        ClassFound(name, *(int(count) for count in row))
        for name, row in zip(names, np.transpose(counts), strict=True)
    )
    return found, _class_warnings(dataset, found)


def _class_warnings(dataset: Dataset, classes: tuple[ClassFound, ...]) -> list[str]:
    noun = "label" if dataset.label_names else "class"
    unit = "steps" if dataset.task == "sequence_labelling" else "examples"
    warnings = []
    ordered = sorted(classes, key=lambda each: -each.total)
    most, least = ordered[0], ordered[-1]
    total = sum(each.total for each in classes)
    if not dataset.label_names and most.total > SKEWED * max(1, least.total):
        warnings.append(
            f"class {most.name!r} has {most.total:,} {unit}, {least.name!r} has "
            f"{least.total:,}: always answering {most.name!r} is right for "
            f"{most.total / total:.0%}; look at the scores of each class, or even the "
            "classes out with --rebalance"
        )
    trained = len(dataset.train) > 0
    few = [each for each in classes if trained and each.train < FEW]
    if few:
        told = ", ".join(f"{each.name!r} ({each.train:,})" for each in few[:5])
        more = f" and {len(few) - 5:,} more" * (len(few) > 5)
        plural = "es" if noun == "class" else "s"
        warnings.append(
            f"fewer than {FEW} training {unit} of the {noun}{plural * (len(few) > 1)} "
            f"{told}{more}"
        )
    for part in ("validation", "test"):
        lacking = [each.name for each in classes if not getattr(each, part)]
        if lacking and len(dataset.parts[part]):
            told = ", ".join(map(repr, lacking[:5])) + ", …" * (len(lacking) > 5)
            warnings.append(f"the {part} part has no example of {told}")
    return warnings


def values_of(dataset: Dataset) -> tuple[list[Distribution | None], list[str]]:
    """Where the numbers to predict lie, or the numbers of labels, and warnings."""
    labels = [part.labels for part in dataset.parts.values()]
    if dataset.label_names:
        numbers = np.concatenate([marks.sum(axis=1) for marks in labels])
        return [distribution("labels per example", numbers, "labels")], []
    if not dataset.value_names:
        return [], []
    columns = dict(zip(dataset.value_names, np.concatenate(labels).T, strict=True))
    found = [distribution(name, column) for name, column in columns.items()]
    if dataset.task == "forecasting":  # They are among the columns.
        return found, []
    faults = (Held(column).faults(name) for name, column in columns.items())
    return found, [sentence for each in faults for _, sentence in each]


def duplicates_of(dataset: Dataset) -> tuple[Duplicates | None, list[str]]:
    """Examples with the same inputs for a model, and warnings.

    Series and a long text have no examples to compare; more than a million are not
    compared, and no memory-mapped ones.
    """
    from recipes.sources.parts.duplicates import digests

    parts = dataset.parts
    total = sum(map(len, parts.values()))
    if dataset.task in ("forecasting", "text_generation") or total > COMPARED:
        return None, []
    contents = {name: digests(part) for name, part in parts.items()}
    if sum(map(len, contents.values())) < total:  # Some are memory-mapped.
        return None, []
    seen: set[bytes] = set()
    within, across = {}, {}
    for name, found in contents.items():
        within[name] = len(found) - len({*found})
        if name != "train":
            across[name] = sum(digest in seen for digest in found)
        seen.update(found)
    counts = collections.Counter(itertools.chain.from_iterable(contents.values()))
    answers = collections.defaultdict(set)
    for name, found in contents.items():
        labels = parts[name].labels
        for row, digest in enumerate(found):
            if counts[digest] > 1:
                label = labels[row]
                answers[digest].add(
                    label if isinstance(label, str) else label.tobytes()
                )
    told = sum(counts[digest] for digest, each in answers.items() if len(each) > 1)
    warnings = []
    if told and dataset.task in ("classification", "multilabel"):
        noun = "class" if dataset.task == "classification" else "set of labels"
        warnings.append(
            f"{told:,} examples have a copy with another {noun}: a model cannot tell "
            "them apart"
        )
    return Duplicates(within, across, told), warnings
