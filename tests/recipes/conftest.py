"""Fixtures shared by the tests of recipes."""

import matplotlib.figure
import pytest

import recipes.command


@pytest.fixture(scope="session", autouse=True)
def _no_explanations():
    """Leave out what is explained in the report of each run, which takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recipes.training.run_report.explanations_of", lambda *_: ())
        yield


@pytest.fixture
def no_pictures(monkeypatch):
    """Writes empty pictures and an empty report: a third of the time of a small run."""
    monkeypatch.setattr(
        matplotlib.figure.Figure, "savefig", lambda _, path, **__: path.touch()
    )
    monkeypatch.setattr(
        "recipes.training.loop.write_report",
        lambda _, run, __: run.folder.report.touch(),
    )


@pytest.fixture
def no_export(monkeypatch, no_pictures):
    """Leaves out pictures and the export, which takes seconds and another process."""
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
