"""Splitting off a validation and a test part that a data set lacks."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Part
from recipes.sources.labels import is_labelled
from zoo.errors import InputError

# Fixed and independent of the run's seed, so that runs with different seeds are
# scored on the same examples.
SEED = 0
SHARES = {"test": 0.2, "validation": 0.1}
FEWEST = 10  # examples with numbers to predict


def complete(
    train: Part,
    validation: Part | None,
    test: Part | None,
    class_names: Sequence[str],
    groups: np.ndarray | None = None,
    test_groups: tuple[str, ...] = (),
    contents: Sequence[bytes] | None = None,
    split: bool = True,
) -> tuple[Part, Part, Part, tuple[str, ...]]:
    """The three parts, split off the training part where missing, and notes.

    Examples without a label are left out first. With `contents`, which are the digests
    of the training examples, examples with the same content stay in one part. Without
    `split`, as for scoring, a part that lacks is empty, and examples that are alone are
    the test part.
    """
    has_label = is_labelled(train.labels)
    if groups is not None:
        groups = groups[has_label]
    if contents is not None:
        contents = [contents[row] for row in np.flatnonzero(has_label).tolist()]
    train = _labelled(train)
    parts: dict[str, Any] = {"test": test, "validation": validation}
    parts = {name: part and (_labelled(part) or None) for name, part in parts.items()}
    if not split:
        nothing = train.take(slice(0, 0))
        if parts["test"] is parts["validation"] is None:
            return nothing, nothing, train, (f"all {len(train):,} examples are used",)
        return train, parts["validation"] or nothing, parts["test"] or nothing, ()
    lacking = [name for name, part in parts.items() if part is None]
    if contents is not None:
        if not lacking:
            raise InputError(
                "The data have a test and a validation part of their own, so there is "
                "nothing to split; leave out `keep_duplicates_together`."
            )
        _, first, numbers = np.unique(
            np.array(contents), return_index=True, return_inverse=True
        )
        _check_counts(_strata(train)[first], lacking, class_names)
        copies = np.bincount(numbers)[numbers] > 1
        told = f"{int(copies.sum()):,} of {len(train):,} examples are copies"
    elif groups is None:
        _check_counts(_strata(train), lacking, class_names)
    else:
        _check_groups(groups, lacking, test_groups)
    notes = []
    drawn = "stratified" if class_names else "at random"
    for name in lacking:
        if contents is not None:
            kept, split_off = _whole_contents(
                _strata(train), numbers, SHARES[name], max(1, len(class_names))
            )
            how = f"split off, {drawn}, with a fixed seed; {told} that stay together"
            numbers = numbers[kept]
        elif groups is None:
            classes = max(1, len(class_names))
            kept, split_off = _stratified(_strata(train), SHARES[name], classes)
            how = f"split off, {drawn}, with a fixed seed"
        else:
            chosen = test_groups if name == "test" else ()
            kept, split_off = _whole_groups(train, groups, SHARES[name], chosen)
            held = ", ".join(np.unique(groups[split_off]))
            how = f"of groups that no other part has: {held}"
            groups = groups[kept]
        parts[name], train = train.take(split_off), train.take(kept)
        notes.append(f"{name} part: {len(split_off):,} examples {how}")
    if groups is not None or contents is not None:
        _check_training(train, class_names)
    return train, parts["validation"], parts["test"], tuple(notes)


def _labelled(part: Part) -> Part:
    """The examples that have a label."""
    has_label = is_labelled(part.labels)
    return part if has_label.all() else part.take(np.flatnonzero(has_label))


def _strata(part: Part) -> np.ndarray:
    """The class of each example; numbers to predict are not stratified."""
    return part.labels if part.labels.ndim == 1 else np.zeros(len(part), "int64")


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


def _check_groups(groups, lacking, test_groups):
    names = np.unique(groups)
    if not lacking:
        raise InputError(
            "The data have a test and a validation part of their own, so there is "
            "nothing to split by groups; leave out `group`."
        )
    unknown = [name for name in test_groups if name not in names]
    if unknown:
        shown = ", ".join(names[:10]) + ", …" * (len(names) > 10)
        raise InputError(f"There is no group {unknown[0]!r}; there are {shown}.")
    if test_groups and "test" not in lacking:
        raise InputError(
            "The data have a test part of their own; leave out the groups."
        )
    left = len(names) - len(set(test_groups))
    needed = 1 + len(lacking) - bool(test_groups)
    if left < needed:
        raise InputError(
            f"There are {len(names)} groups; the "
            f"{' and the '.join(['training', *lacking])} part need one each."
        )


def _check_training(train, class_names):
    if not class_names:
        return
    counts = np.bincount(train.labels, minlength=len(class_names))
    if (counts == 0).any():
        raise InputError(
            f"Class {class_names[int(counts.argmin())]!r} occurs only in held-out "
            "groups; hold out others, or split without groups."
        )


def _stratified(labels: np.ndarray, share: float, num_classes: int):
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
    labels: np.ndarray, numbers: np.ndarray, share: float, num_classes: int
):
    """Indices to keep and to split off; no content is on both sides.

    The contents are split as `_stratified` splits examples, by their first labels.
    """
    contents, first = np.unique(numbers, return_index=True)
    _, split_off = _stratified(labels[first], share, num_classes)
    held_out = np.isin(numbers, contents[split_off])
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _whole_groups(part: Part, groups: np.ndarray, share: float, chosen):
    """Indices to keep and to split off; no group is on both sides.

    Groups are taken in a seeded order until they have the share of the examples.
    """
    if not chosen:
        names, sizes = np.unique(groups, return_counts=True)
        order = np.random.default_rng(SEED).permutation(len(names))
        reached = np.cumsum(sizes[order]) >= share * len(part)
        # At least one group must stay.
        chosen = names[order[: min(int(reached.argmax()) + 1, len(names) - 1)]]
    held_out = np.isin(groups, list(chosen))
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
