"""What the tests of recipes have in common."""

import pytest


@pytest.fixture
def no_export(monkeypatch):
    """Runs leave no SavedModel: each takes a process of its own, and seconds."""
    for task in ("classification", "generation"):
        monkeypatch.setattr(
            f"recipes.training.tasks.{task}.export", lambda *_, **__: None
        )
