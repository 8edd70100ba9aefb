"""What an export is asked, and what must come back."""

import abc
import dataclasses

import numpy as np

from zoo.exporting.trial import ExportError


@dataclasses.dataclass(frozen=True)
class Question(abc.ABC):
    """Inputs of a signature, and a judge of its outputs.

    Attributes:
        signature: Name of the signature.
        inputs: Its inputs by name; texts and encoded files as arrays of bytes.
    """

    signature: str
    inputs: dict[str, np.ndarray]

    @abc.abstractmethod
    def check(self, answers: dict[str, np.ndarray]) -> None:
        """Compares the outputs of the signature with what must come back.

        Raises:
            ExportError: That says what differs, and by how much.
        """

    def _require(self, holds, found):
        if not holds:
            raise ExportError(
                f"The exported model differs from the model: {self.signature} {found}. "
                "Nothing was exported."
            )


@dataclasses.dataclass(frozen=True)
class Classification(Question):
    """Examples, and the classes that the model finds in them.

    Attributes:
        probabilities: The model's own answer, `[n, classes]`.
        class_names: Name of each class.
        tolerance: Largest difference of two probabilities that rounding explains.
    """

    probabilities: np.ndarray
    class_names: tuple[str, ...]
    tolerance: float

    def check(self, answers):
        served, label = answers["probabilities"], answers["label"]
        names = [name.decode() for name in answers["class_name"].tolist()]
        count = len(self.probabilities)
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


@dataclasses.dataclass(frozen=True)
class Drawing(Question):
    """What a generator draws from, and the images that the model makes of it.

    Attributes:
        images: The model's own, uint8.
        tolerance: Steps of brightness that rounding explains.
    """

    images: np.ndarray
    tolerance: int

    def check(self, answers):
        drawn = answers["images"]
        self._require(
            drawn.shape == self.images.shape,
            f"gave images of shape {drawn.shape} where the model gives "
            f"{self.images.shape}",
        )
        difference = np.abs(drawn.astype(int) - self.images.astype(int)).max()
        self._require(
            difference <= self.tolerance,
            f"draws other images: up to {difference} of 255 steps of brightness away, "
            f"allowed {self.tolerance}",
        )
