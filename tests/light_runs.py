"""Runs without what takes most of the time of a small one."""

import pkgutil

# What takes the place of pictures and of the page of a run: empty files.
PICTURES = {
    "matplotlib.figure.Figure.savefig": lambda _, path, **__: path.touch(),
    "recipes.training.loop.write_report": lambda _, run, __: run.folder.report.touch(),
}
EXPORTS = {
    f"recipes.training.tasks.{task}.export": lambda *_, **__: None
    for task in ("supervised", "generation")
}
# Running the models of the answers that the page of a run explains.
EXPLANATIONS = {"recipes.training.run_report.explanations_of": lambda *_: ()}


def replace(monkeypatch, *parts: dict) -> None:
    """Leave out parts of runs until the monkeypatch ends."""
    for name, replacement in (item for part in parts for item in part.items()):
        monkeypatch.setattr(name, replacement)


def leave_out(*parts: dict) -> None:
    """Leave out parts of all runs of this process, such as `PICTURES`."""
    for name, replacement in (item for part in parts for item in part.items()):
        owner, _, attribute = name.rpartition(".")
        setattr(pkgutil.resolve_name(owner), attribute, replacement)
