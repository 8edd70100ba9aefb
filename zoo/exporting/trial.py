"""A written SavedModel, tried in a process that has none of this package."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import tensorflow as tf

from zoo.exporting import probe
from zoo.exporting.versions import disk_full

TIMEOUT = 600  # seconds; a slow disk and a large model, not a hang


class ExportError(RuntimeError):
    """What was written does not work, or does not answer as the model does."""


@dataclasses.dataclass(frozen=True)
class Question:
    """Inputs of a signature, and what must come back.

    Attributes:
        signature: Name of the signature.
        input_name: Name of its one input.
        inputs: A batch; encoded files as an array of bytes.
        probabilities: The model's own answer, `[n, classes]`.
        class_names: Name of each class.
        tolerance: Largest difference of two probabilities that rounding explains.
    """

    signature: str
    input_name: str
    inputs: np.ndarray
    probabilities: np.ndarray
    class_names: tuple[str, ...]
    tolerance: float

    def check(self, answers):
        """Compares the outputs of the signature with what must come back.

        Raises:
            ExportError: That says what differs, and by how much.
        """
        served, label = answers["probabilities"], answers["label"]
        names = [name.decode() for name in answers["class_name"].tolist()]
        count = len(self.inputs)
        self._require(
            served.shape == self.probabilities.shape
            and label.shape == (count,)
            and len(names) == count,
            f"gave shapes {served.shape}, {label.shape} and ({len(names)},) for "
            f"{count} inputs and {len(self.class_names)} classes",
        )
        difference = np.abs(served - self.probabilities)
        wrong = np.argwhere(~(difference <= self.tolerance))  # NaN counts as wrong.
        if len(wrong):
            row, column = max(wrong, key=lambda at: np.nan_to_num(difference[*at]))
            self._require(
                False,
                f"gave {served[row, column]:.6g} where the model gives "
                f"{self.probabilities[row, column]:.6g} (example {row}, class "
                f"{self.class_names[column]!r}, allowed difference "
                f"{self.tolerance:.2g})",
            )
        # A tie within the tolerance may go either way, but the three outputs
        # agree with each other.
        self._require(
            np.array_equal(label, served.argmax(axis=1)),
            f"gave labels {label.tolist()} for its most probable classes "
            f"{served.argmax(axis=1).tolist()}",
        )
        expected = [self.class_names[index] for index in label]
        self._require(
            names == expected, f"gave class names {names} where {expected} are right"
        )

    def _require(self, holds, found):
        if not holds:
            raise ExportError(
                f"The exported model differs from the model: {self.signature} {found}. "
                "Nothing was exported."
            )


class Trial:
    """A process that waits for a SavedModel, from `with` to the end of its block.

    It starts early, because most of its time goes into importing TensorFlow, which
    it can do while the model is being written. It sees no GPU, whose memory the
    model has, and runs in an empty folder.
    """

    def __init__(self, workplace: pathlib.Path):
        self._folder = workplace.resolve() / "trial"

    def __enter__(self):
        empty = self._folder / "empty"
        empty.mkdir(parents=True)
        packages = pathlib.Path(tf.__file__).parents[1]
        self._log = (self._folder / "log").open("w+b")
        self._process = subprocess.Popen(
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

    def run(self, model_folder: pathlib.Path, questions: list[Question]) -> None:
        """Asks the SavedModel and compares.

        Raises:
            ExportError: If it fails or answers differently.
            OSError: If the disk is full.
        """
        asked, answered = self._folder / "questions.npz", self._folder / "answers.npz"
        np.savez(
            asked,
            **{
                f"{number}/{question.signature}/{question.input_name}": question.inputs
                for number, question in enumerate(questions)
            },
        )
        work = json.dumps([str(model_folder.resolve()), str(asked), str(answered)])
        try:
            self._process.communicate(work.encode(), timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise ExportError(
                f"The exported model gave no answer within {TIMEOUT} seconds. "
                "Nothing was exported."
            ) from None
        if self._process.returncode != 0:
            self._report_failure()
        with np.load(answered) as answers:
            for number, question in enumerate(questions):
                question.check(
                    {
                        name: answers[f"{number}/{name}"]
                        for name in ("probabilities", "label", "class_name")
                    }
                )

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
