"""Packages that only some users need: the extras of this package."""

import importlib
from typing import Any

from zoo.errors import InputError


def require(package: str, extra: str, purpose: str) -> Any:
    """Imports a package of an extra.

    Args:
        package: Name of the module to import.
        extra: The extra of `zoo-keras` that installs it.
        purpose: What needs it, as the subject of a sentence.

    Raises:
        InputError: If the package is missing; names the command that installs it.

    >>> require("no_such_package", "hub", "The hub")
    Traceback (most recent call last):
    zoo.errors.InputError: The hub needs no_such_package: pip install 'zoo-keras[hub]'.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{purpose} needs {package}: pip install 'zoo-keras[{extra}]'."
        ) from error
