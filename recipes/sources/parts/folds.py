"""The folds of a cross-validation: which examples each of them tests on."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Part
from recipes.sources.parts.division import Division
from zoo.errors import InputError

# Fixed and independent of the run's seed, so that runs with different seeds are
# scored on the same examples.
SEED = 0


def fold_of(
    train: Part, units: np.ndarray, class_names: Sequence[str], division: Division
) -> tuple[np.ndarray, np.ndarray, str]:
    """Indices to keep and to test on, and how they were chosen.

    Args:
        train: All examples.
        units: What each example is drawn by: examples of equal units stay together. In
            the order of time, its rank.
        class_names: The names of the classes; empty for numbers.
        division: What decides, with the number of the fold.

    Raises:
        InputError: If there are too few examples, groups or times.
    """
    assert division.fold is not None
    number, folds = division.fold
    told = f"in fold {number} of {folds}"
    if division.rule == "time" and division.by is not None:
        kept, held = _stretch(units, number, folds, division)
        later = len(units) - len(kept) - len(held)
        return kept, held, f"{told} in the order of time; {later:,} later ones wait"
    strata = np.zeros(len(train), "int64")
    is_stratified = bool(class_names) and train.labels.ndim == 1
    if is_stratified:
        strata = train.labels
        _check_classes(strata, class_names, folds)
    names, numbers = np.unique(units, return_inverse=True)
    what = "groups" if division.by is not None else "examples"
    if len(names) < max(folds, 3):  # One each to train, validate and test on.
        raise InputError(
            f"There are {len(names)} {what}; {folds} folds take at least "
            f"{max(folds, 3)}: give fewer folds, or more {what}."
        )
    grouped = len(names) < len(units)
    with warnings.catch_warnings():  # Rare classes are checked above, in words.
        warnings.simplefilter("ignore", UserWarning)
        splits = _splitter(is_stratified, grouped, folds).split(strata, strata, numbers)
        kept, held = next(each for n, each in enumerate(splits, 1) if n == number)
    drawn = "stratified" if is_stratified else "at random"
    how = f"{told}, {drawn}, with a fixed seed"
    return kept, held, f"{how}; {len(names):,} {what} stay whole" if grouped else how


def _splitter(is_stratified: bool, grouped: bool, folds: int) -> Any:
    from sklearn.model_selection import (
        GroupKFold,
        KFold,
        StratifiedGroupKFold,
        StratifiedKFold,
    )

    if grouped and not is_stratified:
        return GroupKFold(folds)  # It balances the sizes, and draws nothing.
    whole = StratifiedGroupKFold if grouped else StratifiedKFold
    kind = whole if is_stratified else KFold
    return kind(folds, shuffle=True, random_state=SEED)


def _check_classes(labels: np.ndarray, names: Sequence[str], folds: int) -> None:
    """Every class needs an example in each fold, and two that are left."""
    counts = np.bincount(labels, minlength=len(names))
    rarest = int(counts.argmin())
    count, needed = int(counts[rarest]), max(folds, 4)
    if count < needed:
        raise InputError(
            f"Class {names[rarest]!r} has {count} examples; {folds} folds take at "
            f"least {needed} of each class: give fewer folds, or more examples."
        )


def _stretch(
    ranks: np.ndarray, number: int, folds: int, division: Division
) -> tuple[np.ndarray, np.ndarray]:
    """The examples before a stretch of time, and those in it; equal times together."""
    from sklearn.model_selection import TimeSeriesSplit

    order = np.argsort(ranks, kind="stable")
    times = len(np.unique(ranks))
    if times < folds + 2:
        raise InputError(
            f"{division.option} has {times} different times; {folds} folds in their "
            f"order take at least {folds + 2}: give fewer folds."
        )
    splits = [*TimeSeriesSplit(folds).split(order)]
    borders = [ranks[order[held[0]]] for _, held in splits]
    borders.append(len(ranks))
    begin, end = borders[number - 1], borders[number]
    kept = np.flatnonzero(ranks < begin)
    held = np.flatnonzero((ranks >= begin) & (ranks < end))
    if not len(kept) or not len(held):
        raise InputError(
            f"{division.option} has too many examples of one time for {folds} folds "
            "in their order: give fewer folds."
        )
    return kept, held
