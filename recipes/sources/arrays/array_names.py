"""Names of the arrays of a data set, as archives and folders spell them."""

from collections.abc import Iterable

from recipes.sources.parts.parts import OTHERS, part_named, words_of
from zoo.errors import InputError

ROLES = {
    **dict.fromkeys(("x", "xs", "images", "image", "inputs", "input", "data"), "x"),
    **dict.fromkeys(("features", "samples", "texts"), "x"),
    **dict.fromkeys(("y", "ys", "labels", "label", "targets", "target"), "y"),
    **dict.fromkeys(("lengths", "length"), "lengths"),
}
# Words of arrays that choose the examples of a part.
CHOICES = {"mask", "masks", "index", "indices", "idx", "fold", "split"}


def arrays_named(names: Iterable[str], where: str) -> dict[str, str]:
    """The names of arrays by what they hold: `x_train`, `y_validation`, ….

    Names of other arrays are left out. The name of a part alone stands for its inputs.

    Args:
        names: The names that a file or a folder has.
        where: What has them, for messages.

    Raises:
        InputError: If two names stand for the same array, or a name is like that of a
            part, such as `x_extra` or `train_mask`, and is not known.

    >>> arrays_named(["X_train", "trainLabels", "x_dev", "speakers"], "a.npz")
    {'x_train': 'X_train', 'y_train': 'trainLabels', 'x_validation': 'x_dev'}
    """
    found: dict[str, str] = {}
    for name in names:
        holds = _array_named(name, where)
        if holds is None:
            continue
        if holds in found:
            raise InputError(
                f"{where} has {found[holds]!r} and {name!r}, which are both "
                f"{holds!r}; keep one of them."
            )
        found[holds] = name
    return found


def _array_named(name: str, where: str) -> str | None:
    words = words_of(name)
    first, rest = words[0], "_".join(words[1:])
    before, last = "_".join(words[:-1]), words[-1]
    if not rest and first in ROLES:
        return f"{ROLES[first]}_train"
    if not rest and (known := part_named(first)):
        return f"x_{known}"
    for role, part in ((first, rest), (last, before)):
        if role in ROLES and (known := part_named(part)):
            return f"{ROLES[role]}_{known}"
    has_role = first in ROLES or last in ROLES
    is_other = not OTHERS.isdisjoint(words) and (has_role or not rest)
    is_choice = not CHOICES.isdisjoint(words) and any(map(part_named, words))
    if first in ("x", "y") or is_other or is_choice:
        raise InputError(
            f"{where} has the array {name!r}, which is named like a part of the data "
            "and is not the training, validation or test part: rename it to x_train, "
            "y_train, x_test or the like, or leave it out."
        )
    return None
