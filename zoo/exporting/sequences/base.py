"""The base class of all exports of recurrent networks."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from custom.types import Tensor
from zoo.exporting.questions import Question
from zoo.exporting.requests import checked, in_range
from zoo.exporting.saved_model import write_saved_model
from zoo.models.recurrent.inputs import token_count
from zoo.models.recurrent.network import RecurrentNetwork

STEPS = 5  # in a synthetic sequence
SECONDS = 0.3  # in a synthetic audio clip


@dataclasses.dataclass(frozen=True)
class SequenceQuestion(Question):
    """A request, and the outputs of the model for it.

    Attributes:
        expected: Outputs by name.
        tolerance: Largest difference of two numbers that rounding explains; outputs of
            other types must be equal.
    """

    expected: dict[str, np.ndarray]
    tolerance: float

    def check(self, answers: dict[str, np.ndarray]) -> None:
        for name, expected in self.expected.items():
            found = answers[name]
            self._require(
                found.shape == expected.shape,
                f"gave {name!r} of shape {found.shape} where the model gives "
                f"{expected.shape}",
            )
            if expected.dtype.kind == "f":
                difference = np.abs(found - expected).max(initial=0)
                same = difference <= self.tolerance
                by = f": up to {difference:.3g}, allowed {self.tolerance:.3g}"
            else:
                same, by = np.array_equal(found, expected), ""
            self._require(same, f"gave a different {name!r}{by}")


class SequenceExport:
    """A network with one signature, `serving_default`.

    Attributes:
        specifications: The inputs of the signature.
    """

    kind: str  # in the description of the export

    def __init__(self, model: RecurrentNetwork) -> None:
        self.model = model
        self.config = model.get_config()
        self.shape = tuple(self.config["input_shape"])
        name = "vectors" if self._repeats_a_vector() else model.kind.input_name
        self.specifications = [
            tf.TensorSpec([None, *self.shape], model.kind.input_dtype, name=name)
        ]

    def answer(self, *inputs: Tensor) -> dict[str, Tensor]:
        """The outputs of the signature by name, as TensorFlow operations."""
        raise NotImplementedError

    def questions(self) -> Sequence[Question]:
        """Requests that test the export."""
        raise NotImplementedError

    def lookup_layers(self) -> list[keras.layers.Layer]:
        """The layers with lookup tables, which an archive must track."""
        return [layer for layer in self._layers() if not layer.variables]

    def save(self, folder: pathlib.Path) -> None:
        """Writes the SavedModel with its description."""
        archive = keras.export.ExportArchive()
        for layer in self.lookup_layers():
            archive.track(layer)
        archive.add_endpoint("serving_default", self.answer, self.specifications)
        write_saved_model(folder, archive, self._layers(), self.description())

    def description(self) -> dict[str, Any]:
        """What `zoo.json` says of the signature."""
        return {
            "kind": self.kind,
            "mode": self.config["mode"],
            "inputs": [specification.name for specification in self.specifications],
            "class_names": self.config["class_names"],
        }

    def checked_inputs(self, inputs: Tensor) -> Tensor:
        """The inputs of the network, with the checks of a request."""
        specification = self.specifications[0]
        if self.config["inputs"] == "tokens":
            return in_range(inputs, specification, 0, token_count(self.config) - 1)
        return checked(inputs, specification)

    def examples(self) -> np.ndarray:
        """Two synthetic inputs of the network."""
        limit = self.config["max_length"]
        if self.config["inputs"] == "text":
            words = self.config["vocabulary"][: limit or STEPS]
            separator = "" if self.config["split"] == "character" else " "
            return np.array([words[0].encode(), separator.join(words).encode()])
        steps = STEPS
        if self.config["inputs"] == "waveform":
            steps = int(SECONDS * self.config["sample_rate"])
        steps = min(steps, limit or steps)
        shape = (2, *(steps if size is None else size for size in self.shape))
        rng = np.random.default_rng(0)
        if self.config["inputs"] == "tokens":
            return rng.integers(token_count(self.config), size=shape, dtype="int32")
        return rng.normal(size=shape).astype("float32")

    def tolerance(self) -> float:
        """The rounding error of an output of size 1."""
        roundoff = {"float16": 2.0**-7, "bfloat16": 2.0**-4}
        return max(
            1e-4, *(roundoff.get(layer.compute_dtype, 0) for layer in self._layers())
        )

    def _repeats_a_vector(self) -> bool:
        return self.config["inputs"] == "numbers" and len(self.shape) == 1

    def _layers(self) -> list[Any]:
        return self.model._flatten_layers(include_self=False)
