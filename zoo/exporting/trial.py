"""Tries a SavedModel in a process that cannot import this package."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import tensorflow as tf

from zoo.exporting import probe
from zoo.exporting.versions import disk_full

start_process = subprocess.Popen  # The tests have a faster one.
TIMEOUT = 600  # seconds; a slow disk and a large model, not a hang


class ExportError(RuntimeError):
    """The export does not work, or does not answer as the model does."""


class Trial:
    """A process that waits for a SavedModel until the `with` block ends.

    It starts early, because importing TensorFlow takes most of its time, and this can
    happen while the model is being written. It does not use a GPU, whose memory the
    model occupies, and runs in an empty folder.
    """

    def __init__(self, workplace: pathlib.Path) -> None:
        self._folder = workplace.resolve() / "trial"

    def __enter__(self):
        empty = self._folder / "empty"
        empty.mkdir(parents=True)
        packages = pathlib.Path(tf.__file__).parents[1]
        self._log = (self._folder / "log").open("w+b")
        self._process = start_process(
            [sys.executable, "-I", pathlib.Path(probe.__file__).resolve(), packages],
            cwd=empty,
            env={
                **os.environ,
                "CUDA_VISIBLE_DEVICES": "-1",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
        )
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def run(self, model_folder: pathlib.Path, questions: list) -> None:
        """Asks the SavedModel each `Question`, which checks the answer."""
        asked, answered = self._folder / "questions.npz", self._folder / "answers.npz"
        np.savez(
            asked,
            **{
                f"{number}/{question.signature}/{name}": value
                for number, question in enumerate(questions)
                for name, value in question.inputs.items()
            },
        )
        work = json.dumps([str(model_folder.resolve()), str(asked), str(answered)])
        try:
            self._process.communicate(work.encode(), timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise ExportError(
                f"The exported model did not answer within {TIMEOUT} seconds. "
                "Nothing was exported."
            ) from None
        if self._process.returncode != 0:
            self._report_failure()
        found: list[dict[str, np.ndarray]] = [{} for _ in questions]
        with np.load(answered) as answers:
            for key, value in answers.items():
                number, name = key.split("/")
                found[int(number)][name] = value
        for question, answer in zip(questions, found, strict=True):
            question.check(answer)

    def _report_failure(self):
        self._log.seek(0)
        printed = self._log.read().decode(errors="replace").strip()
        full = disk_full(printed, self._folder)
        if full is not None:
            raise full
        last = printed.rpartition("\n")[2].rstrip(".") or "it printed nothing"
        raise ExportError(
            "The exported model does not run where only TensorFlow is installed "
            f"(status {self._process.returncode}): {last}. Nothing was exported."
        )
