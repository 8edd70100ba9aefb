"""Sizes of a family: one name for several arguments."""

from collections.abc import Mapping
from typing import Any

from custom.arguments import one_of


def resolved_size(
    size: str, sizes: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a size, except for those that were `given` and are not `None`.

    >>> sizes = {"small": {"widths": (8,), "depth": 1}}
    >>> resolved_size("small", sizes, {"widths": None, "depth": 2})
    {'widths': (8,), 'depth': 2}
    """
    arguments = sizes[one_of("size", size, sizes)]
    return {
        name: value if given[name] is None else given[name]
        for name, value in arguments.items()
    }
