"""Requests that test an export, and checks of the answers."""

import abc
import dataclasses

import numpy as np

from zoo.exporting.trial import ExportError
from zoo.targets import Target


@dataclasses.dataclass(frozen=True)
class Question(abc.ABC):
    """Inputs of a signature, and a check of its outputs.

    Attributes:
        signature: Name of the signature.
        inputs: Its inputs by name; texts and encoded files as arrays of bytes.
    """

    signature: str
    inputs: dict[str, np.ndarray]

    @abc.abstractmethod
    def check(self, answers: dict[str, np.ndarray]) -> None:
        """Compares the outputs of the signature with the expected ones."""

    def _require(self, holds, found):
        if not holds:
            raise ExportError(
                f"The exported model differs from the model: {self.signature} {found}. "
                "Nothing was exported."
            )


@dataclasses.dataclass(frozen=True)
class TargetQuestion(Question):
    """Inputs, and the model's answers to them by its target.

    Attributes:
        target: What the model answers.
        expected: The model's own answers, by name.
        tolerance: The largest difference of two numbers that rounding explains.
    """

    target: Target
    expected: dict[str, np.ndarray]
    tolerance: float

    def check(self, answers: dict[str, np.ndarray]) -> None:
        difference = self.target.difference(answers, self.expected, self.tolerance)
        self._require(difference is None, difference)
