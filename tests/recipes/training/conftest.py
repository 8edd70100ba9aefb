"""The tests of training look at numbers.

Pictures and exports are looked at in tests/recipes/reports, tests/zoo/exporting and
tests/jobs; a test that exports here is marked.
"""

import pytest


@pytest.fixture(autouse=True)
def small_runs(request):
    """Runs write empty pictures, and no export unless the test is marked."""
    is_exporting = request.node.get_closest_marker("exports") is not None
    request.getfixturevalue("no_pictures" if is_exporting else "no_export")
