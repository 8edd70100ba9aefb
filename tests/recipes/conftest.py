"""Fixtures shared by the tests of recipes."""

import pytest

import recipes.command
from tests.light_runs import EXPORTS, PICTURES, replace


@pytest.fixture
def no_pictures(monkeypatch):
    """Writes empty pictures and an empty report: a third of the time of a small run."""
    replace(monkeypatch, PICTURES)


@pytest.fixture
def no_export(monkeypatch, no_pictures):
    """Leaves out pictures and the export, which takes seconds and another process."""
    replace(monkeypatch, EXPORTS)


@pytest.fixture
def zoo(monkeypatch, capsys):
    """Return a function that runs the command and returns status, output and errors."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["zoo", *map(str, arguments)])
        status = 0
        try:
            recipes.command.main()
        except SystemExit as request:
            status = request.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
