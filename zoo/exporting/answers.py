"""What a Keras classifier takes, and how its outputs become answers."""

import keras
import numpy as np

from zoo.columns import Columns
from zoo.errors import InputError
from zoo.kinds import Kind


class Answers:
    """A checked classifier: its inputs, its classes, its probabilities.

    The last layer decides how outputs become probabilities: a softmax gives them
    already, logits (a linear last layer) need one, a single sigmoid p stands for the
    two classes 1 − p and p, and a perceptron's sign for all or nothing of either.

    Attributes:
        model: The Keras model.
        kind: What an example is, a `Kind`.
        input_shape: Shape of one example: `()` for text, `(None,)` for waveforms.
        sample_rate: Samples in a second of a waveform; `None` for other kinds.
        max_length: Greatest length of a sequence, or `None`.
        activation: Of the last layer: `"softmax"`, `"linear"`, `"sigmoid"` or `"sign"`.
        class_names: Name of each class; by default the model's own, else `"0"`…
        feature_names: Name of each column, or None.
        columns: What the columns of a table are, where they hold words or may lack
            numbers; else None.

    Raises:
        InputError: If the model is no such classifier, or the names do not fit.
    """

    def __init__(self, model, *, class_names=None, feature_names=None):
        self.model = model
        self.kind = _kind(model)
        self.input_shape, width = _checked_shapes(model, self.kind)
        self.sample_rate = None
        if self.kind == Kind.AUDIO:
            self.sample_rate = model.get_config()["sample_rate"]
        self.max_length = getattr(model, "_configuration", {}).get("max_length")
        self.activation = _checked_activation(model, width)
        classes = max(width, 2)
        if class_names is None:
            class_names = getattr(model, "class_names", None) or range(classes)
        self.class_names = _checked_names("class_names", class_names, classes)
        columns = getattr(model, "columns", None)
        self.columns = columns if isinstance(columns, Columns) else None
        self.feature_names = self.columns and self.columns.row_names
        if feature_names:
            self.feature_names = _checked_names(
                "feature_names", feature_names, self.input_shape[-1]
            )

    def in_graph(self, inputs):
        """Probabilities, label and class name, as TensorFlow operations."""
        import tensorflow as tf

        inputs = self.as_model_takes(inputs)
        outputs = tf.cast(self.model(inputs, training=False), tf.float32)
        if self.activation == "linear":
            outputs = tf.nn.softmax(outputs)
        elif self.activation in ("sigmoid", "sign"):
            if self.activation == "sign":
                outputs = (1 + outputs) / 2
            outputs = tf.concat([1 - outputs, outputs], axis=-1)
        label = tf.argmax(outputs, axis=-1, output_type=tf.int64)
        return {
            "probabilities": outputs,
            "label": label,
            "class_name": tf.gather(tf.constant(self.class_names), label),
        }

    def as_model_takes(self, inputs):
        """A tensor in the type of the model's input; strings are of one type."""
        import tensorflow as tf

        if self.kind == Kind.TEXT:
            return tf.convert_to_tensor(inputs, tf.string)
        return tf.cast(inputs, self.model.inputs[0].dtype)

    def probabilities(self, outputs) -> np.ndarray:
        """The model's outputs as float32 probabilities, in NumPy."""
        outputs = np.asarray(outputs, "float32")
        if self.activation == "linear":
            outputs = outputs.astype("float64")
            outputs = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
            outputs /= outputs.sum(axis=-1, keepdims=True)
        elif self.activation in ("sigmoid", "sign"):
            if self.activation == "sign":
                outputs = (1 + outputs) / 2
            outputs = np.concatenate([1 - outputs, outputs], axis=-1)
        return outputs.astype("float32")


def _kind(model):
    """The kind of data a model takes, by its input and what it says of it."""
    entries = getattr(model, "inputs", None) or ()
    if len(entries) == 1 and entries[0].dtype == "string":
        return Kind.TEXT
    read = getattr(model, "_configuration", {}).get("inputs")
    if read in ("waveform", "tokens"):
        return Kind.AUDIO if read == "waveform" else Kind.TOKENS
    rank = len(entries[0].shape) if len(entries) == 1 else None
    return {4: Kind.IMAGES, 3: Kind.SEQUENCES}.get(rank, Kind.TABLE)


def _checked_shapes(model, kind):
    """Shape of one example, and width of the output."""
    if not isinstance(model, keras.Model):
        raise InputError(f"`model` must be a Keras model, got {type(model).__name__}.")
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise InputError(
            f"The model {model.name!r} has no fixed input shape: build it from a "
            "keras.Input."
        )
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            f"The model {model.name!r} has {len(inputs)} inputs and {len(outputs)} "
            "outputs; only classifiers with one of each are supported."
        )
    shape, output_shape = inputs[0].shape[1:], outputs[0].shape
    if kind in (Kind.IMAGES, Kind.TABLE) and (
        len(shape) not in (1, 3) or None in shape
    ):
        raise InputError(
            f"The model {model.name!r} takes inputs of shape {tuple(shape)}; only "
            "images (height, width, channels), rows (features,), sequences (time, "
            "features) or (time,) of tokens, texts () and waveforms (samples,) are "
            "supported."
        )
    if kind == Kind.TEXT and len(shape) != 0:
        raise InputError(
            f"The model {model.name!r} takes texts of shape {tuple(shape)}; only one "
            "text for an example is supported."
        )
    if len(output_shape) != 2 or output_shape[1] is None:
        raise InputError(
            f"The model {model.name!r} is no classifier: its output has shape "
            f"{tuple(output_shape)} where (batch, classes) is needed."
        )
    return tuple(shape), output_shape[1]


def _checked_activation(model, width):
    """`"softmax"`, `"linear"` (logits), `"sigmoid"` or `"sign"`, of the last layer."""
    layer = model
    while isinstance(layer, keras.Model):
        layer = layer.outputs[0]._keras_history.operation
    activation = getattr(layer, "activation", None)
    # Without one: a layer such as `Softmax`, or the operation of `keras.ops.softmax`.
    name = getattr(activation, "__name__", type(layer).__name__.lower())
    if name in (("softmax", "linear") if width > 1 else ("sigmoid", "sign")):
        return name
    raise InputError(
        f"The model {model.name!r} ends in {name!r} with {width} output"
        f"{'s' * (width > 1)}, which gives no class probabilities: end it in a "
        "softmax, in logits (no activation), or in a single sigmoid."
    )


def _checked_names(argument, names, count):
    names = tuple(str(name) for name in names)
    if len(names) != count:
        raise InputError(
            f"`{argument}` has {len(names)} names where the model has {count}."
        )
    return names
