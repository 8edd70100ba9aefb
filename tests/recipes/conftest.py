"""Fixtures shared by the tests of recipes."""

import pytest

import recipes.command


@pytest.fixture
def no_export(monkeypatch):
    """Leaves out the export, which takes seconds and a separate process."""
    for task in ("supervised", "generation"):
        monkeypatch.setattr(
            f"recipes.training.tasks.{task}.export", lambda *_, **__: None
        )


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
