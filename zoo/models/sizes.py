"""Sizes of a family: several arguments under one name."""

from custom.arguments import one_of


def resolved_size(size, sizes, given):
    """The arguments of a size, except where the user has given them by themselves.

    Args:
        size: Name of the size.
        sizes: Arguments by name of the size.
        given: What the user gave for each of these arguments; `None` for nothing.

    Raises:
        ValueError: If there is no such size.

    >>> sizes = {"small": {"widths": (8,), "depth": 1}}
    >>> resolved_size("small", sizes, {"widths": None, "depth": 2})
    {'widths': (8,), 'depth': 2}
    """
    arguments = sizes[one_of("size", size, sizes)]
    return {
        name: value if given[name] is None else given[name]
        for name, value in arguments.items()
    }
