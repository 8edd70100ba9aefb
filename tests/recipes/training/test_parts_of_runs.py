"""A run whose validation and test parts are files of their own."""

import numpy as np
import pytest

import recipes
from tests.recipes.sources.test_given_parts import csv, frame
from tests.recipes.training.test_resume import TerminatedAt
from zoo.errors import InputError


def test_a_run_keeps_its_parts(tmp_path, monkeypatch):
    for name, count in (("train", 60), ("valid", 20), ("test", 10)):
        csv(tmp_path / f"{name}.csv", frame(count, count))
    out = tmp_path / "run"
    options = {"epochs": 2, "batch_size": 16, "progress": False, "out": out}
    given = {part: tmp_path / f"{part[:5]}.csv" for part in ("validation", "test")}
    stop = TerminatedAt(5)
    monkeypatch.setattr("recipes.training.loop.Interruptible", lambda: stop)
    with pytest.raises(SystemExit):
        recipes.fit("mlp", tmp_path / "train.csv", **given, **options)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    valid = (tmp_path / "valid.csv").read_text()
    csv(tmp_path / "valid.csv", frame(20, 5))
    with pytest.raises(InputError, match="its examples have changed"):
        recipes.resume(out, progress=False)
    (tmp_path / "valid.csv").write_text(valid)
    monkeypatch.setattr(
        "recipes.training.tasks.supervised.export", lambda *_, **__: None
    )
    run = recipes.resume(out, progress=False)
    again = recipes.evaluate(out, "train.csv")
    assert again.as_json() == run.evaluation.as_json()
    part = recipes.evaluate(out, "train.csv", part="validation")
    assert int(np.sum(part.confusion)) == 20
