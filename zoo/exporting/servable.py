"""A classifier as a SavedModel, and the questions that prove it."""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError
from zoo.exporting.answers import Answers
from zoo.exporting.questions import TargetQuestion
from zoo.exporting.requests import checked, in_range, pictures
from zoo.exporting.saved_model import write_saved_model
from zoo.exporting.table_inputs import TableInputs
from zoo.images import decode, decode_batch
from zoo.kinds import Kind

FILES = tf.TensorSpec([None], tf.string, name="encoded_images")  # its signature too
LACKING = {  # what ONNX and LiteRT have not, by the kind of data
    Kind.TEXT: "no lookup of words",
    Kind.AUDIO: "no spectra of audio",
}
STEPS = 12  # of a synthetic sequence


class Servable:
    """What serving adds to a classifier: signatures, a description, a proof."""

    def __init__(self, answers: Answers):
        self._answers = answers
        kind, shape = answers.kind, answers.input_shape
        self._takes_files = kind is Kind.IMAGES and shape[-1] in (1, 3, 4)
        self._input = tf.TensorSpec(
            [None, *shape], tf.as_dtype(kind.input_dtype), name=kind.input_name
        )
        columns = answers.columns
        self._table = None if columns is None else TableInputs(columns)

    def save(self, folder: pathlib.Path) -> None:
        """Writes the SavedModel, and its description with it.

        `keras.export.ExportArchive` stores the variables that the signatures use
        and nothing else of the model; names of inputs and outputs are exactly
        those of the specification and the dictionary. Lookup tables must be tracked
        by hand; its `track` stores the weights of what it is given once more, so it
        is given the layers without any.
        """
        archive = keras.export.ExportArchive()
        for layer in self._layers():
            if not layer.variables:
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
        write_saved_model(folder, archive, self._layers(), self._description())

    def checked_examples(self, examples) -> np.ndarray:
        """A batch of what the model takes; random if `examples` is None."""
        dtype, shape = self._input.dtype.as_numpy_dtype, self._answers.input_shape
        longest = self._answers.max_length
        if self._answers.kind is Kind.TEXT:
            made_up = ["", "a few words"[:longest]]
            return _as_bytes(made_up if examples is None else examples)
        if examples is None and None in shape:
            steps = self._answers.sample_rate or STEPS
            steps = min(steps, longest or steps)
            shape = [size or steps for size in shape]
        if examples is None and self._table is not None:
            examples = self._table.made_up(4)
        if examples is None:
            rng = np.random.default_rng(0)
            if dtype == np.uint8:
                return rng.integers(256, size=(4, *shape), dtype=dtype)
            if dtype == np.int32:
                return np.ones((4, *shape), dtype)  # a token that every network has
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
            raise InputError("`examples` must be whole numbers from 0 to 255.")
        if self._table is not None:  # Behind a mark, the number that missing ones get.
            examples = self._table.columns.rows(self._table.columns.raw(examples))
        return examples

    def refuse_file(self, format: str) -> None:
        """Refuses what a format of one file cannot hold.

        Raises:
            InputError: Naming what the format lacks.
        """
        lacking = LACKING.get(Kind.TEXT if self._table else self._answers.kind)
        if any(isinstance(layer, keras.layers.RNN) for layer in self._layers()):
            lacking = lacking or "no loop that a recurrent layer could become"
        if lacking is not None:
            raise InputError(
                f"The format {format!r} has {lacking}, which the model "
                f"{self._answers.model.name!r} needs: export a SavedModel."
            )

    def questions(self, examples: np.ndarray) -> list[TargetQuestion]:
        """What the SavedModel is asked, with the model's own answers.

        One example alone and all together; images also as files, of their own and
        of another size, of both formats.
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
        pixels = decode_batch(encoded, *self._answers.input_shape)
        return self._answers.in_graph(pixels)

    def _question_of_files(self, files):
        shape = self._answers.input_shape
        pixels = np.stack([decode(file, *shape).numpy() for file in files])
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
        """The model's answers, without the graph that is exported."""
        model = self._answers.model
        with tf.device("CPU:0"):  # as the trial computes, so that rounding is alike
            inputs = self._answers.as_model_takes(examples)
            outputs = model(inputs, training=False)
        answers = self._answers.in_numpy(tf.cast(outputs, tf.float32))
        for name, values in answers.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise InputError(
                    f"The model {model.name!r} gives {name} that are not finite for "
                    "the examples: its weights or the examples hold NaN or infinity."
                )
        return answers

    def _tolerance(self):
        """Rounding that a probability may collect on its way through the layers.

        A logit of size 10 to 100 carries a few units of its precision, and a
        probability moves by at most a quarter of what its logit moves: 1e-4 in
        float32, 16 units of roundoff where layers compute with fewer bits.
        """
        roundoff = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
        return max(
            1e-4,
            *(16 * roundoff.get(layer.compute_dtype, 0) for layer in self._layers()),
        )

    def _layers(self):
        """Every layer of the model, those of layers and models within it too."""
        return self._answers.model._flatten_layers(include_self=False)

    def _description(self):
        answers = self._answers
        own = {}
        if answers.kind is Kind.AUDIO:
            own = {"sample_rate": answers.sample_rate}
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


def _as_bytes(texts) -> np.ndarray:
    """Texts in UTF-8, which `np.savez` keeps without pickling."""
    return np.array([t if isinstance(t, bytes) else t.encode() for t in texts])
