"""What the services of recurrent networks have in common."""

import dataclasses
import pathlib

import keras
import numpy as np
import tensorflow as tf

from zoo.exporting.questions import Question
from zoo.exporting.requests import checked, in_range
from zoo.exporting.saved_model import write_saved_model
from zoo.models.recurrent.inputs import token_count

STEPS = 5  # of a made-up sequence
SECONDS = 0.3  # of a made-up sound
NAMES = {  # of what a network reads
    "numbers": ("sequences", tf.float32),
    "tokens": ("tokens", tf.int32),
    "text": ("texts", tf.string),
    "waveform": ("waveforms", tf.float32),
}


@dataclasses.dataclass(frozen=True)
class Sequences(Question):
    """A request, and the model's own answer.

    Attributes:
        expected: Outputs by name.
        tolerance: Largest difference of two numbers that rounding explains; all else
            must be equal.
    """

    expected: dict[str, np.ndarray]
    tolerance: float

    def check(self, answers):
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
            self._require(same, f"gave another {name!r}{by}")


class Service:
    """A network with one signature, `serving_default`.

    Args:
        model: The network, without carried state.

    Attributes:
        specifications: Of what the signature takes.
    """

    kind: str

    def __init__(self, model):
        self.model = model
        self.config = model.get_config()
        self.specifications = [self._read()]

    def answer(self, *inputs) -> dict:
        """The outputs of the signature by name, as TensorFlow operations."""
        raise NotImplementedError

    def tracked(self) -> list:
        """What has lookup tables."""
        return [layer for layer in self._layers() if not layer.variables]

    def save(self, folder: pathlib.Path) -> None:
        """Writes the SavedModel, and its description with it."""
        archive = keras.export.ExportArchive()
        for layer in self.tracked():
            archive.track(layer)
        archive.add_endpoint("serving_default", self.answer, self.specifications)
        description = {
            "kind": self.kind,
            "mode": self.config["mode"],
            "inputs": [specification.name for specification in self.specifications],
            "class_names": self.config["class_names"],
        }
        write_saved_model(folder, archive, self._layers(), description)

    def read(self, inputs):
        """What the network reads, checked."""
        specification = self.specifications[0]
        if self.config["inputs"] == "tokens":
            most = token_count(self.config) - 1
            return in_range(inputs, specification, 0, most)
        return checked(inputs, specification)

    def examples(self) -> np.ndarray:
        """Two made-up examples of what the network reads."""
        longest = self.config["max_length"]
        if self.config["inputs"] == "text":
            known = self.config["vocabulary"][: longest or STEPS]
            between = " " if self.config["split"] == "word" else ""
            return np.array([known[0].encode(), between.join(known).encode()])
        steps = STEPS
        if self.config["inputs"] == "waveform":
            steps = int(SECONDS * self.config["sample_rate"])
        steps = min(steps, longest or steps)
        shape = (2, *(steps if size is None else size for size in self._shape()))
        rng = np.random.default_rng(0)
        if self.config["inputs"] == "tokens":
            return rng.integers(token_count(self.config), size=shape, dtype="int32")
        return rng.normal(size=shape).astype("float32")

    def tolerance(self) -> float:
        """Rounding that a number of size 1 collects on its way."""
        coarse = {"float16": 2.0**-7, "bfloat16": 2.0**-4}
        return max(
            1e-4, *(coarse.get(each.compute_dtype, 0) for each in self._layers())
        )

    def _shape(self):
        return tuple(self.config["input_shape"])

    def _read(self):
        name, dtype = NAMES[self.config["inputs"]]
        if len(self._shape()) == 1 and dtype == tf.float32 and name == "sequences":
            name = "vectors"
        return tf.TensorSpec([None, *self._shape()], dtype, name=name)

    def _layers(self):
        return self.model._flatten_layers(include_self=False)
