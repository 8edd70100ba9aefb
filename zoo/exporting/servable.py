"""A classifier with the inputs and outputs a client wants."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import InputError
from zoo.exporting.trial import Question
from zoo.images import decode, decode_batch

FORMAT = 1  # of zoo.json; a reader refuses a higher one


class Servable:
    """A Keras classifier, checked, with what serving adds to it.

    Attributes:
        kind: `"images"` or `"table"`.
        input_shape: Shape of one example.
        class_names: Name of each class.
        feature_names: Name of each column, or None.
    """

    def __init__(self, model, *, class_names=None, feature_names=None):
        self._model = model
        self.input_shape, classes = _checked_shapes(model)
        self.kind = "images" if len(self.input_shape) == 3 else "table"
        self._activation = _checked_activation(model, classes)
        classes = max(classes, 2)  # A single sigmoid tells two classes apart.
        if class_names is None:
            class_names = getattr(model, "class_names", None) or range(classes)
        self.class_names = _names("class_names", class_names, classes, "class")
        self.feature_names = feature_names and _names(
            "feature_names", feature_names, self.input_shape[-1], "feature"
        )

    def save(self, folder: pathlib.Path) -> None:
        """Writes the SavedModel, and its description with it.

        `keras.export.ExportArchive` tracks the variables and lookup tables that
        the signatures use, and nothing else of the model; names of inputs and
        outputs are exactly those of the specification and the dictionary.
        """
        archive = keras.export.ExportArchive()
        archive.track(self._model)
        for name, (function, specification) in self._signatures().items():
            archive.add_endpoint(name, function, [specification])
        level = tf.get_logger().level
        tf.get_logger().setLevel("ERROR")
        try:
            archive.write_out(str(folder), verbose=False)
        finally:
            tf.get_logger().setLevel(level)
        extra = folder / "assets.extra"
        extra.mkdir()
        (extra / "zoo.json").write_text(
            json.dumps(self._description(), ensure_ascii=False, indent=2) + "\n",
            encoding="utf-8",
        )

    def checked_examples(self, examples) -> np.ndarray:
        """A batch of what `serving_default` takes; random if `examples` is None."""
        dtype = "uint8" if self.kind == "images" else "float32"
        if examples is None:
            rng = np.random.default_rng(0)
            size = (4, *self.input_shape)
            drawn = rng.integers(256, size=size), rng.normal(size=size)
            return drawn[self.kind == "table"].astype(dtype)
        given = np.asarray(examples)
        if given.shape[1:] != self.input_shape or len(given) == 0:
            needed = ", ".join(map(str, self.input_shape))
            raise InputError(
                f"`examples` must have shape (n, {needed}) with n at least 1, got "
                f"{given.shape}."
            )
        with np.errstate(invalid="ignore"):
            examples = given.astype(dtype)
        if dtype == "uint8" and not np.array_equal(examples, given):
            raise InputError("`examples` must be whole numbers from 0 to 255.")
        return examples

    def questions(self, examples: np.ndarray) -> list[Question]:
        """What the SavedModel is asked, with the model's own answers.

        One example alone and all together; images also as files, of their own and
        of another size, of both formats.
        """
        name = "images" if self.kind == "images" else "rows"
        questions = [
            self._question("serving_default", name, examples[:1], examples[:1]),
            self._question("serving_default", name, examples, examples),
        ]
        if self._takes_files:
            same = [tf.io.encode_png(image).numpy() for image in examples]
            questions.append(self._file_question(same))
            larger = np.pad(examples[0], [(1, 2), (3, 1), (0, 0)], mode="edge")
            other = [same[0], tf.io.encode_png(larger).numpy()]
            if self.input_shape[-1] != 4:
                other.append(tf.io.encode_jpeg(larger).numpy())
            questions.append(self._file_question(other))
        return questions

    @property
    def _takes_files(self):
        return self.kind == "images" and self.input_shape[-1] in (1, 3, 4)

    def _signatures(self):
        """Function and input of each signature, by its name."""
        dtype = self._model.inputs[0].dtype
        if self.kind == "table":
            rows = tf.TensorSpec([None, *self.input_shape], tf.float32, name="rows")
            return {"serving_default": (lambda x: self._serve(tf.cast(x, dtype)), rows)}
        images = tf.TensorSpec([None, *self.input_shape], tf.uint8, name="images")
        signatures = {
            "serving_default": (lambda x: self._serve(tf.cast(x, dtype)), images)
        }
        if self._takes_files:
            files = tf.TensorSpec([None], tf.string, name="encoded_images")

            def serve_files(encoded):
                pixels = decode_batch(encoded, *self.input_shape)
                return self._serve(tf.cast(pixels, dtype))

            signatures["encoded_images"] = (serve_files, files)
        return signatures

    def _serve(self, inputs):
        outputs = tf.cast(self._model(inputs, training=False), tf.float32)
        if self._activation == "linear":
            outputs = tf.nn.softmax(outputs)
        elif self._activation == "sigmoid":
            outputs = tf.concat([1 - outputs, outputs], axis=-1)
        label = tf.argmax(outputs, axis=-1, output_type=tf.int64)
        return {
            "probabilities": outputs,
            "label": label,
            "class_name": tf.gather(tf.constant(self.class_names), label),
        }

    def _question(self, signature, name, inputs, examples):
        return Question(
            signature,
            name,
            inputs,
            self._own_probabilities(examples),
            self.class_names,
            self._tolerance,
        )

    def _file_question(self, files):
        examples = np.stack([decode(file, *self.input_shape).numpy() for file in files])
        # NumPy drops zero bytes from the end; PNG and JPEG files end in none.
        return self._question(
            "encoded_images", "encoded_images", np.array(files), examples
        )

    def _own_probabilities(self, examples):
        """The model's answers, without the graph that is exported."""
        with tf.device("CPU:0"):  # as the trial computes, so that rounding is alike
            outputs = self._model(examples, training=False)
        outputs = keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))
        outputs = outputs.astype("float64")
        if self._activation == "linear":
            exponentials = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
            return exponentials / exponentials.sum(axis=-1, keepdims=True)
        if self._activation == "sigmoid":
            return np.concatenate([1 - outputs, outputs], axis=-1)
        return outputs

    @property
    def _tolerance(self):
        """Rounding that a probability may collect on its way through the layers.

        A logit of size 10 to 100 carries a few units of its precision, and a
        probability moves by at most a quarter of what its logit moves: 1e-4 in
        float32, 16 units of roundoff where layers compute with fewer bits.
        """
        roundoff = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
        layers = self._model._flatten_layers(include_self=False)
        return max(
            [1e-4, *(16 * roundoff.get(layer.compute_dtype, 0) for layer in layers)]
        )

    def _description(self):
        return {
            "format": FORMAT,
            "kind": self.kind,
            "input_shape": list(self.input_shape),
            "class_names": list(self.class_names),
            "feature_names": self.feature_names and list(self.feature_names),
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        }


def _checked_shapes(model):
    """Shape of one example, and width of the output."""
    if not isinstance(model, keras.Model):
        raise InputError(f"`model` must be a Keras model, got {type(model).__name__}.")
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise InputError(
            f"The model {model.name!r} has no fixed input shape: build it with "
            "keras.Input before exporting it."
        )
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            "Only models with one input and one output can be exported; "
            f"{model.name!r} has {len(inputs)} and {len(outputs)}."
        )
    shape, output_shape = inputs[0].shape[1:], outputs[0].shape
    if len(shape) not in (1, 3) or None in shape:
        raise InputError(
            "Only models of images (height, width, channels) or rows (features,) "
            f"can be exported; {model.name!r} takes {tuple(shape)}."
        )
    if len(output_shape) != 2 or output_shape[1] is None:
        raise InputError(
            f"The model {model.name!r} is no classifier: it gives "
            f"{tuple(output_shape)} where (batch, classes) is needed."
        )
    return tuple(shape), output_shape[1]


def _checked_activation(model, width):
    """`"softmax"`, `"linear"` (logits) or `"sigmoid"`, from the last layer."""
    layer = model
    while isinstance(layer, keras.Model):
        layer = layer.outputs[0]._keras_history.operation
    activation = getattr(layer, "activation", None)
    # A layer such as `Softmax`, or the operation behind `keras.ops.softmax`.
    name = getattr(activation, "__name__", type(layer).__name__.lower())
    if (width > 1 and name in ("softmax", "linear")) or (width, name) == (1, "sigmoid"):
        return name
    raise InputError(
        f"The model {model.name!r} ends in {name} with {width} output"
        f"{'s' * (width > 1)}, which are no class probabilities: end it in a softmax, "
        "in logits (no activation), or in a single sigmoid."
    )


def _names(argument, names, count, thing):
    names = tuple(str(name) for name in names)
    if len(names) != count:
        raise InputError(
            f"`{argument}` has {len(names)} names for {count} outputs of the model; "
            f"give one name per {thing}."
        )
    return names
