"""Splitting off a validation and a test part that a data set lacks."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from recipes.data.dataset import Part
from recipes.sources.labels.labels import is_labelled
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.parts.folds import SEED, fold_of
from recipes.sources.parts.parts import SPELLINGS, part_named
from recipes.sources.tables.number_formats import read_numbers
from zoo.errors import InputError

FEWEST = 10  # examples with numbers to predict

Share = float | Fraction
Units = np.ndarray  # what each example is drawn by
# Indices to keep and to split off.
Drawn = tuple[np.ndarray, np.ndarray]


def complete(
    train: Part,
    validation: Part | None,
    test: Part | None,
    class_names: Sequence[str],
    division: Division = USUAL,
    keys: np.ndarray | None = None,
    contents: np.ndarray | None = None,
) -> tuple[Part, Part, Part, tuple[str, ...]]:
    """The three parts, split off the training part where missing, and notes.

    Examples without a label are left out first. Without `division.split`, as for
    scoring, a part that lacks is empty, and examples that are alone are the test part.

    Args:
        train: The training examples.
        validation: The validation part; `None` if it lacks.
        test: The test part; `None` if it lacks.
        class_names: The names of the classes; empty if the labels are numbers.
        division: What is split off, and how.
        keys: What `division.by` says of each training example, as text.
        contents: The digests of the training examples, if those with the same content
            are to stay in one part.
    """
    has_label = is_labelled(train.labels)
    places = np.flatnonzero(has_label)
    if keys is not None:
        keys = keys[has_label]
    if contents is not None:
        contents = contents[has_label]
    train = _labelled(train)
    given = {"test": test, "validation": validation}
    parts: dict[str, Any] = {
        name: _labelled(part)
        for name, part in given.items()
        if part is not None and is_labelled(part.labels).any()
    }
    nothing = train.take(slice(0, 0))
    if not division.split:
        if not parts and not division.elsewhere:
            return nothing, nothing, train, (f"all {len(train):,} examples are used",)
        whole = (parts.get(name, nothing) for name in ("validation", "test"))
        return train, *whole, ()
    notes = []
    if division.fold is not None and parts.pop("test", None) is not None:
        notes.append("the test part of its own stays out of the folds")
    if division.rule == "column" and keys is not None:
        train, named = _named(train, keys, division, parts)
        keys, parts = None, parts | named
        notes += [
            f"{name} part: {len(part):,} examples, as the column {division.by!r} says"
            for name, part in named.items()
        ]
    lacking = division.lacking(parts)
    shares = division.shares(lacking)
    draw, units = _drawing(train, lacking, class_names, division, keys, contents)
    for name in lacking:
        if name == "test" and division.fold is not None:
            kept, split_off, how = fold_of(train, units, class_names, division)
        else:
            kept, split_off, how = draw(train, units, shares[name], name)
        if name == "test" and division.seen is not None:
            division.seen["test"] = places[split_off]
        units, places = units[kept], places[kept]
        parts[name], train = train.take(split_off), train.take(kept)
        notes.append(f"{name} part: {len(split_off):,} examples {how}")
    if division.by is not None or contents is not None:
        _check_training(train, class_names, division)
    held = (parts.get(name, nothing) for name in ("validation", "test"))
    return train, *held, tuple(notes)


def _labelled(part: Part) -> Part:
    """The examples that have a label."""
    has_label = is_labelled(part.labels)
    return part if has_label.all() else part.take(np.flatnonzero(has_label))


def _strata(part: Part) -> np.ndarray:
    """The class of each example; numbers to predict are not stratified."""
    return part.labels if part.labels.ndim == 1 else np.zeros(len(part), "int64")


def _drawing(
    train: Part,
    lacking: Sequence[str],
    class_names: Sequence[str],
    division: Division,
    keys: np.ndarray | None,
    contents: np.ndarray | None,
) -> tuple[Callable[[Part, Units, Share, str], tuple], Units]:
    """How a part is drawn, and what each example is drawn by.

    The function takes the examples, what they are drawn by, the share to split off, and
    the name of its part. It returns indices to keep and to split off, and how it was
    done.
    """
    classes = max(1, len(class_names))
    drawn = "stratified" if class_names else "at random"
    drawn = f"split off, {drawn}, with a fixed seed"
    if contents is not None:
        if not lacking:
            raise InputError(
                "The data have a test and a validation part of their own, so there is "
                "nothing to split; leave out `keep_duplicates_together`."
            )
        _, first, numbers = np.unique(contents, return_index=True, return_inverse=True)
        _check_counts(_strata(train)[first], lacking, class_names)
        copies = int((np.bincount(numbers)[numbers] > 1).sum())
        told = f"{copies:,} of {len(train):,} examples are copies that stay together"

        def contents_of(
            part: Part, units: np.ndarray, share: Share, name: str
        ) -> tuple:
            found = _whole_contents(_strata(part), units, share, classes)
            return *found, f"{drawn}; {told}"

        return contents_of, numbers
    if keys is None:
        _check_counts(_strata(train), lacking, class_names)

        def examples(part: Part, units: Units, share: Share, name: str) -> tuple:
            return *_stratified(_strata(part), share, classes), drawn

        return examples, np.arange(len(train))
    if division.rule == "time":

        def latest(part: Part, units: Units, share: Share, name: str) -> tuple:
            kept, split_off = _latest(units, share, division)
            first = keys[order[units[split_off].min()]]
            return kept, split_off, f"from {division.by} {first} on"

        times = _times(keys, division)
        order = np.argsort(times, kind="stable")
        ranks = np.searchsorted(times[order], times)
        return latest, ranks
    _check_groups(keys, lacking, division)

    def groups(part: Part, units: Units, share: Share, name: str) -> tuple:
        chosen = division.test if name == "test" else ()
        kept, split_off = _whole_groups(part, units, share, chosen)
        held = ", ".join(np.unique(units[split_off]))
        return kept, split_off, f"of groups that no other part has: {held}"

    return groups, keys


def _named(
    train: Part, keys: np.ndarray, division: Division, found: dict[str, Any]
) -> tuple[Part, dict[str, Part]]:
    """The training examples, and the parts whose names stand in a column."""
    named = np.array([part_named(key.strip()) or "" for key in keys.tolist()])
    wrong = np.flatnonzero(named == "")
    if len(wrong):
        words = ", ".join(word for some in SPELLINGS.values() for word in some)
        raise InputError(
            f"{division.option} says the part of each example; {len(wrong):,} have "
            f"{str(keys[wrong[0]])!r} or others, and the names of parts are {words}."
        )
    parts = {
        part: train.take(np.flatnonzero(named == part))
        for part in SPELLINGS
        if (named == part).any()
    }
    twice = parts.keys() & {*found, *division.elsewhere}
    if twice:
        raise InputError(
            f"{division.option} names a {min(twice)} part, and the data have one of "
            "their own besides: keep one of them."
        )
    if "train" not in parts:
        raise InputError(f"{division.option} names no example of the training part.")
    return parts.pop("train"), parts


def _check_counts(labels, lacking, class_names):
    """Every class needs an example to keep, and one for each part split off."""
    if not class_names:
        if lacking and len(labels) < FEWEST:
            raise InputError(
                f"There are {len(labels)} examples; splitting off a "
                f"{' and a '.join(lacking)} part takes at least {FEWEST}. Add "
                "examples, or give the parts yourself."
            )
        return
    counts = np.bincount(labels, minlength=len(class_names))
    rarest, needed = int(counts.argmin()), 1 + len(lacking)
    if counts[rarest] < needed:
        raise InputError(
            f"Class {class_names[rarest]!r} has {counts[rarest]} of {len(labels)} "
            f"examples; splitting off a {' and a '.join(lacking)} part takes at least "
            f"{needed} of each class. Add examples, or give the parts yourself."
        )


def _check_groups(groups, lacking, division):
    names = np.unique(groups)
    if not lacking:
        raise InputError(
            "The data have a test and a validation part of their own, so there is "
            "nothing to split by groups; leave out `group`."
        )
    unknown = [name for name in division.test if name not in names]
    if unknown:
        shown = ", ".join(names[:10]) + ", …" * (len(names) > 10)
        raise InputError(f"There is no group {unknown[0]!r}; choose from {shown}.")
    if division.test and "test" not in lacking:
        raise InputError(
            "The data have a test part of their own; leave out the groups."
        )
    left = len(names) - len(set(division.test))
    needed = 1 + len(lacking) - bool(division.test)
    if left < needed:
        raise InputError(
            f"There are {len(names)} groups; the "
            f"{' and the '.join(['training', *lacking])} part need one each."
        )


def _check_training(train, class_names, division):
    if not class_names:
        return
    counts = np.bincount(train.labels, minlength=len(class_names))
    if (counts == 0).any():
        held = "groups" if division.rule == "group" else "parts"
        raise InputError(
            f"Class {class_names[int(counts.argmin())]!r} occurs only in held-out "
            f"{held}; hold out others, or split at random."
        )


def _stratified(labels: np.ndarray, share: Share, num_classes: int) -> Drawn:
    """Indices to keep and to split off, each class in the same proportion.

    At least one example of each class is split off.
    """
    from sklearn.model_selection import train_test_split

    size = max(math.ceil(share * len(labels)), num_classes)
    kept, split_off = train_test_split(
        np.arange(len(labels)), test_size=size, stratify=labels, random_state=SEED
    )
    lacking = np.setdiff1d(labels[kept], labels[split_off])
    moved = [np.flatnonzero(labels[kept] == label)[0] for label in lacking]
    split_off = np.append(split_off, kept[moved]) if moved else split_off
    return np.delete(kept, moved), split_off


def _whole_contents(
    labels: np.ndarray, numbers: np.ndarray, share: Share, num_classes: int
) -> Drawn:
    """Indices to keep and to split off; no content is on both sides.

    The contents are split as `_stratified` splits examples, by their first labels.
    """
    contents, first = np.unique(numbers, return_index=True)
    _, split_off = _stratified(labels[first], share, num_classes)
    held_out = np.isin(numbers, contents[split_off])
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _whole_groups(part: Part, groups: np.ndarray, share: Share, chosen) -> Drawn:
    """Indices to keep and to split off; no group is on both sides.

    Groups are taken in a seeded order until they have the share of the examples.
    """
    if not chosen:
        names, sizes = np.unique(groups, return_counts=True)
        order = np.random.default_rng(SEED).permutation(len(names))
        reached = np.cumsum(sizes[order]) >= float(share * len(part))
        # At least one group must stay.
        chosen = names[order[: min(int(reached.argmax()) + 1, len(names) - 1)]]
    held_out = np.isin(groups, list(chosen))
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _times(keys: np.ndarray, division: Division) -> np.ndarray:
    """Numbers in the order of the times that are written in `keys`."""
    reading = read_numbers([key.strip() for key in keys.tolist()])
    wrong = np.flatnonzero(~np.isfinite(reading.numbers))
    if reading.problem or len(wrong):
        found = reading.problem or f"{str(keys[wrong[0]])!r} is not a time"
        raise InputError(
            f"{division.option} orders the examples: {found}; write numbers, or dates "
            "such as 2024-01-31 13:00."
        )
    return reading.numbers


def _latest(ranks: np.ndarray, share: Share, division: Division) -> Drawn:
    """Indices to keep and to split off: the last ones, equal ones together."""
    border = np.sort(ranks)[-max(1, math.ceil(share * len(ranks)))]
    held_out = ranks >= border
    if held_out.all():
        raise InputError(
            f"{division.option} has too few different times: the "
            f"{len(ranks):,} first examples have one time, and examples of one time "
            "stay in one part."
        )
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
