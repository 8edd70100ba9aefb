"""Training, export and prediction without `fcntl`, which Windows lacks."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

SCRIPT = """
import os
import pathlib
import signal
import sys
import warnings
from unittest import mock

sys.modules["fcntl"] = None  # Importing it fails.
del os.EX_TEMPFAIL
warnings.filterwarnings("ignore", "only soft file lock is available")

import filelock

import recipes
from recipes.command import main
from recipes.training.callbacks import Interruptible, Terminated
from recipes.training.checkpoints.lock import locked
from zoo.errors import InputError


class TerminatedAtTheSecondStep(Interruptible):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            signal.raise_signal(signal.SIGTERM)


assert filelock.FileLock is filelock.SoftFileLock
folder = pathlib.Path(sys.argv[1])
folder.mkdir()
with mock.patch("recipes.training.loop.Interruptible", TerminatedAtTheSecondStep):
    try:
        recipes.fit("mlp", "digits", out=folder / "run", epochs=1, progress=False)
    except Terminated:
        pass
with locked(folder / "run" / "checkpoints" / "lock"):
    try:
        recipes.resume(folder / "run", progress=False)
    except InputError as error:
        print(error)
run = recipes.resume(folder / "run", progress=False)
assert recipes.evaluate(folder / "run", "digits").accuracy > 0.5
sys.argv = ["zoo", "predict", str(folder / "run" / "saved_model"), sys.argv[2]]
main()
run.model.save_to_preset(folder / "preset")
run.model.save_to_preset(folder / "preset", overwrite=True)
print(*sorted(path.name for path in folder.iterdir()))
print(*folder.rglob(".draft-*"), *folder.rglob("checkpoints"))
"""


@pytest.mark.slow
def test_training_export_and_prediction_work_without_fcntl(tmp_path):
    image = tmp_path / "image.png"
    Image.fromarray(np.zeros((8, 8), "uint8")).save(image)
    script = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "written", image],
        capture_output=True,
        text=True,
        check=False,
    )
    assert script.returncode == 0, script.stderr
    busy, *answer, names, left = script.stdout.splitlines()
    assert "is in use by process" in busy
    assert "image.png" in "".join(answer)
    assert (names, left) == ("preset run", "")
