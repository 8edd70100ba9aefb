"""The roles of the columns of a table, with what their cells hold."""

import collections
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from recipes.data.roles import ColumnRole, Role
from recipes.sources.labels.missing import is_missing
from zoo.calendar import moments_of

SAMPLED = 20_000  # numbers among which different ones are counted


def column_role(name: str, role: Role, values: Any, why: str = "") -> ColumnRole:
    """The role of a column, and what its cells hold.

    Args:
        name: Name of the column.
        role: What it is.
        values: Its cells, as they are written or as `read_column` gives them.
        why: Why it is left out, if it is.

    >>> role = column_role("age", "number", np.array([3.0, np.nan, 5.0]))
    >>> role.missing, role.distinct, role.low, role.high
    (1, 2, 3.0, 5.0)
    """
    cells = values if isinstance(values, np.ndarray) else np.array(values, object)
    if role == "date" and cells.dtype.kind == "f":
        cells = moments_of(cells)
    if cells.dtype.kind in "iufbM" and cells.ndim == 1:
        present = cells[cells == cells]  # without NaN and NaT
        found = np.unique(present[:: max(1, len(present) // SAMPLED)])
        ends = (present.min(), present.max()) if len(present) else ()
        low, high = map(_plain, ends) if ends else (None, None)
        gone = len(cells) - len(present)
        return ColumnRole(name, role, why, gone, len(found), low, high)
    try:
        counts = collections.Counter(cells.tolist())
    except TypeError:  # Lists of labels cannot be counted.
        counts = collections.Counter(map(repr, cells.tolist()))
    missing = [value for value in counts if is_missing(value)]
    gone = sum(counts[value] for value in missing)
    return ColumnRole(name, role, why, gone, len(counts) - len(missing))


def roles_of_cells(
    cells: Mapping[str, Any],
    learnt: Iterable[ColumnRole] = (),
    *,
    why: Mapping[str, str],
    **named: Collection[str | None],
) -> tuple[ColumnRole, ...]:
    """The roles of all columns of a table, in their order.

    Args:
        cells: The columns as they are written.
        learnt: Roles that are known from what was learnt.
        why: Why columns are left out that are not learnt from.
        named: The columns that options name, by their role.
    """
    found = {role.name: role for role in learnt}
    roles: dict[str | None, Any] = {n: role for role in named for n in named[role]}
    return tuple(
        found[name]
        if name in found
        else column_role(name, roles.get(name, "left out"), values, why.get(name, ""))
        for name, values in cells.items()
    )


def iso(moment: np.datetime64) -> str:
    """A date in ISO 8601, with the time of day unless it is midnight."""
    return str(moment.astype("datetime64[s]")).removesuffix("T00:00:00")


def _plain(value: np.generic) -> float | str:
    return iso(value) if isinstance(value, np.datetime64) else float(value)
