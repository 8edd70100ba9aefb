"""The command, as the tests of recipes run it."""

from tests.recipes.conftest import zoo

__all__ = ["zoo"]
