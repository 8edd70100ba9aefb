"""Names of the arrays of a data set, as archives and folders spell them."""

import re
from collections.abc import Iterable

from recipes.sources.parts import part_named
from zoo.errors import InputError

ROLES = {
    **dict.fromkeys(("x", "xs", "images", "image", "inputs", "input", "data"), "x"),
    **dict.fromkeys(("features", "samples", "texts"), "x"),
    **dict.fromkeys(("y", "ys", "labels", "label", "targets", "target"), "y"),
    **dict.fromkeys(("lengths", "length"), "lengths"),
}


def arrays_named(names: Iterable[str], where: str) -> dict[str, str]:
    """The names of arrays by what they hold: `x_train`, `y_validation`, ….

    Names of other arrays are left out.

    Args:
        names: The names that a file or a folder has.
        where: What has them, for messages.

    Raises:
        InputError: If two names stand for the same array, or a name has a role, such
            as `x_`, and a part that is not known.

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
    words = re.sub("(?<=[a-z])(?=[A-Z])", "_", name)  # trainX is train_X.
    words = re.sub("[-. ]", "_", words).lower()
    if words in ROLES:
        return f"{ROLES[words]}_train"
    first, _, rest = words.partition("_")
    before, _, last = words.rpartition("_")
    for role, part in ((first, rest), (last, before)):
        if role in ROLES and (known := part_named(part)):
            return f"{ROLES[role]}_{known}"
    if first in ("x", "y"):
        raise InputError(
            f"{where} has the array {name!r}, and {rest!r} is not the name of a part; "
            f"rename it to {first}_train, {first}_validation or {first}_test, or leave "
            "it out."
        )
    return None
