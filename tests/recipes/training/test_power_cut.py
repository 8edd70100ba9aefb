"""After a power cut at any moment, a run resumes exactly, or has not begun."""

import json
import shutil
import warnings
import zipfile

import pytest

import recipes
from recipes.reports.run_folder import RunFolder
from recipes.training.checkpoints.storage import Checkpoints
from tests.recipes.training.power_cut import Recorder, written
from tests.recipes.training.test_resume import assert_same

RESUMED = 3  # states from which the run is resumed to its end


@pytest.fixture
def recorded(tmp_path):
    """A finished run, and what the disk may have held while it was written."""
    root = tmp_path / "disk"
    root.mkdir()
    with Recorder(root) as recorder:
        recipes.fit(
            "mlp",
            out=root / "run",
            epochs=2,
            checkpoint_steps=7,
            progress=False,
            model_arguments={"hidden_units": [8]},
        )
    return root / "run", recorder.states


def what_is_left(folder, finished):
    """What can be done with a run: "nothing", "resume" or "use"; fails otherwise."""
    run = RunFolder(folder)
    if not folder.exists():
        return "nothing"
    run.remove_abandoned_drafts()  # as `resume` does
    assert json.loads(run.config.read_text()) == json.loads(finished.config.read_text())
    if not run.checkpoints.exists():
        for file in ("metrics", "evaluation", "model"):
            left, whole = getattr(run, file), getattr(finished, file)
            assert left.read_bytes() == whole.read_bytes(), file
        return "use"
    assert zipfile.is_zipfile(run.untrained)
    with warnings.catch_warnings(action="error"):  # A damaged one is warned of.
        assert Checkpoints(run.checkpoints).newest() is not None
    return "resume"


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_power_cut_at_any_moment_leaves_nothing_or_a_whole_run(recorded, tmp_path):
    folder, states = recorded
    resumable, found = [], []
    for number, state in enumerate(states):
        root = written(state, tmp_path / f"{number}")
        found.append(what_is_left(root / "run", RunFolder(folder)))
        if found[-1] == "resume":
            resumable.append(root / "run")
        else:
            shutil.rmtree(root)
    assert len(states) > 40
    assert {"nothing", "resume", "use"} == set(found)
    assert found[-1] == "use"
    assert "nothing" not in found[len(found) // 2 :]  # what was flushed stays
    for index in range(RESUMED):
        run = resumable[index * (len(resumable) - 1) // (RESUMED - 1)]
        recipes.resume(run, progress=False)
        assert_same(run, folder)
        assert names_in(run) == names_in(folder)
