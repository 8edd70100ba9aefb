"""Writes a model as a SavedModel, with the questions that test the export."""

import pathlib
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError
from zoo.exporting.answers import Answers
from zoo.exporting.questions import TargetQuestion
from zoo.exporting.requests import checked, in_range, pictures
from zoo.exporting.saved_model import write_saved_model
from zoo.exporting.table_inputs import TableInputs
from zoo.images import DEPTH, decode_batch, traced_decoder
from zoo.kinds import Kind

# The signature has the same name.
FILES = tf.TensorSpec([None], tf.string, name="encoded_images")
MISSING = {  # what ONNX and LiteRT do not have, by the kind of data
    Kind.TEXT: "no word lookup",
    Kind.AUDIO: "no spectrogram",
}
STEPS = 12  # of a synthetic sequence


class Servable:
    """The signatures, the description and the test of an exported model."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        kind, shape = answers.kind, answers.input_shape
        self._takes_files = kind is Kind.IMAGES and shape[-1] in (1, 3, 4)
        self._input = tf.TensorSpec(
            [None, *shape], tf.as_dtype(kind.input_dtype), name=kind.input_name
        )
        columns = answers.columns
        self._table = None if columns is None else TableInputs(columns)

    def save(self, folder: pathlib.Path) -> None:
        """Writes the SavedModel and its description."""
        archive = self.traced()
        write_saved_model(folder, archive, self._layers(), self._description())

    def traced(self) -> keras.export.ExportArchive:
        """The signatures, traced but not yet written.

        `keras.export.ExportArchive` stores only the variables that the signatures use.
        The names of inputs and outputs are those of the specification and the
        dictionary. Lookup tables must be tracked explicitly. `track` stores the weights
        of a layer a second time, so only layers without weights are tracked.
        """
        archive = keras.export.ExportArchive()
        for layer in self._layers():
            # The lookup inside a `TextVectorization` is never built.
            if layer.built and not layer.variables:
                archive.track(layer)
        if self._table is None:
            archive.add_endpoint("serving_default", self._answer, [self._input])
        else:
            for lookup in self._table.lookups.values():
                archive.track(lookup)
            inputs = self._table.specifications
            archive.add_endpoint("serving_default", self._answer_columns, inputs)
        if self._takes_files:
            archive.add_endpoint(FILES.name, self._answer_files, [FILES])
        return archive

    def checked_examples(self, examples: Any) -> np.ndarray:
        """A batch of inputs of the model; random if `examples` is None."""
        dtype, shape = self._input.dtype.as_numpy_dtype, self._answers.input_shape
        longest = self._answers.max_length
        if self._answers.kind is Kind.TEXT:
            synthetic = ["", "a few words"[:longest]]
            return _as_bytes(synthetic if examples is None else examples)
        if examples is None and None in shape:
            steps = self._answers.sample_rate or STEPS
            steps = min(steps, longest or steps)
            shape = [size or steps for size in shape]
        if examples is None and self._table is not None:
            examples = self._table.synthetic(4)
        if examples is None:
            rng = np.random.default_rng(0)
            if dtype == np.uint8:
                return rng.integers(256, size=(4, *shape), dtype=dtype)
            if dtype == np.int32:
                return np.ones((4, *shape), dtype)  # a token that every network knows
            return rng.normal(size=(4, *shape)).astype(dtype)
        given = np.asarray(examples)
        fits = len(given.shape) == 1 + len(shape) and all(
            size in (None, found)
            for size, found in zip(shape, given.shape[1:], strict=True)
        )
        if not fits or len(given) == 0:
            raise InputError(
                f"`examples` must have shape (n, {', '.join(map(str, shape))}) with n "
                f"at least 1, got {given.shape}."
            )
        with np.errstate(invalid="ignore", over="ignore"):
            examples = given.astype(dtype)
        if dtype == np.uint8 and not np.array_equal(examples, given):
            raise InputError("`examples` must be integers from 0 to 255.")
        if self._table is not None:  # A marked number gets the fill value.
            examples = self._table.columns.rows(self._table.columns.raw(examples))
        return examples

    def refuse_file(self, format: str) -> None:
        """Refuses a model that a single-file format cannot hold."""
        missing = MISSING.get(Kind.TEXT if self._table else self._answers.kind)
        if any(isinstance(layer, keras.layers.RNN) for layer in self._layers()):
            missing = missing or "no loop for recurrent layers"
        if missing is not None:
            raise InputError(
                f"The format {format!r} has {missing}, which the model "
                f"{self._answers.model.name!r} needs: export a SavedModel."
            )

    def questions(self, examples: np.ndarray) -> list[TargetQuestion]:
        """The questions to the SavedModel, with the model's own answers.

        They hold one example and all examples; images also as files, in their own
        size and another one, in both formats.
        """
        questions = [
            self._question("serving_default", self._request(batch), batch)
            for batch in (examples[:1], examples)
        ]
        if self._takes_files:
            same = [tf.io.encode_png(image).numpy() for image in examples]
            larger = np.pad(examples[0], [(1, 2), (3, 1), (0, 0)], mode="edge")
            other = [same[0], tf.io.encode_png(larger).numpy()]
            if self._answers.input_shape[-1] != 4:
                other.append(tf.io.encode_jpeg(larger).numpy())
            questions += [self._question_of_files(files) for files in (same, other)]
        return questions

    def _answer(self, inputs):
        if self._answers.kind is Kind.TOKENS:
            greatest = self._answers.model.get_layer("embedding").input_dim - 1
            inputs = in_range(inputs, self._input, 0, greatest)
        return self._answers.in_graph(checked(inputs, self._input))

    def _answer_columns(self, *inputs):
        return self._answers.in_graph(self._table.rows(*inputs))

    def _request(self, examples):
        if self._table is not None:
            return self._table.request(examples)
        return {self._input.name: examples}

    def _answer_files(self, encoded):
        encoded = pictures(encoded, FILES)
        pixels = decode_batch(
            encoded, *self._answers.input_shape, self._answers.bit_depth
        )
        return self._answers.in_graph(pixels)

    def _question_of_files(self, files):
        decode = traced_decoder(*self._answers.input_shape)
        pixels = np.stack([decode(file).numpy() for file in files])
        # NumPy drops zero bytes from the end; PNG and JPEG files end in none.
        return self._question(FILES.name, {FILES.name: np.array(files)}, pixels)

    def _question(self, signature, inputs, examples):
        return TargetQuestion(
            signature,
            inputs,
            self._answers.target,
            self._own_answers(examples),
            self._tolerance(),
        )

    def _own_answers(self, examples):
        """The model's answers, without the exported graph."""
        model = self._answers.model
        with tf.device("CPU:0"):  # as in the trial, so that rounding is the same
            inputs = self._answers.as_model_takes(examples)
            outputs = model(inputs, training=False)
        answers = self._answers.in_numpy(outputs)
        for name, values in answers.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise InputError(
                    f"The model {model.name!r} gives {name} that are not finite for "
                    "the examples: its weights or the examples hold NaN or infinity."
                )
        return answers

    def _tolerance(self):
        """The rounding error that a probability may accumulate in the layers.

        A logit of size 10 to 100 has an error of a few units of roundoff, and a
        probability changes by at most a quarter of the change in its logit: 1e-4 in
        float32, 16 units of roundoff for layers that compute with fewer bits.
        """
        roundoff = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
        return max(
            1e-4,
            *(16 * roundoff.get(layer.compute_dtype, 0) for layer in self._layers()),
        )

    def _layers(self):
        """Every layer of the model, including nested ones."""
        return self._answers.model._flatten_layers(include_self=False)

    def _description(self):
        answers = self._answers
        own = {}
        if answers.kind is Kind.AUDIO:
            own = {"sample_rate": answers.sample_rate}
        if answers.bit_depth != DEPTH:
            own = {"bit_depth": answers.bit_depth}
        if self._table is not None:
            own = {
                "columns": answers.columns.get_config(),
                "column_inputs": self._table.names,
            }
        return {
            "kind": answers.kind,
            "input_shape": list(answers.input_shape),
            **answers.target.description(),
            "feature_names": answers.feature_names and list(answers.feature_names),
            **own,
        }


def _as_bytes(texts: Iterable[str | bytes]) -> np.ndarray:
    """Texts in UTF-8, which `np.savez` keeps without pickling."""
    return np.array([t if isinstance(t, bytes) else t.encode() for t in texts])
