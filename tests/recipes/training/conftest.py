"""The tests of training look at numbers; tests/recipes/reports looks at pictures."""

import pytest


@pytest.fixture(autouse=True)
def without_pictures(no_pictures):
    """Runs write empty pictures."""
