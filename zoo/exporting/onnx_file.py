"""ONNX files, tested in ONNX Runtime."""

import importlib
import logging
import pathlib
import warnings

import numpy as np

SUFFIX = ".onnx"
EXTRA = "onnx"  # the extra of the package that installs PACKAGES
PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
OPSET = 18  # from 2022; every current engine reads it


def convert(saved_model: pathlib.Path, signature: str, file: pathlib.Path) -> None:
    """Converts a signature to a file, with the same names of inputs and outputs.

    The file holds the model's description as the metadata `zoo.json`.
    """
    import onnx
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    from zoo.exporting.saved_model import DESCRIPTION, quiet

    loggers = quiet(logging.getLogger("tf2onnx")), quiet(tf.get_logger())
    with loggers[0], loggers[1], warnings.catch_warnings(action="ignore"):
        tf2onnx = importlib.import_module("tf2onnx")
        loaded = tf.saved_model.load(str(saved_model))
        function = loaded.signatures[signature]
        # Only weights: otherwise constants that the graph captures become inputs.
        frozen = convert_variables_to_constants_v2(function)
        tensors = [tensor.name for tensor in (*frozen.inputs, *frozen.outputs)]
        names = [tensor.name.removesuffix(":0") for tensor in frozen.inputs]
        names += sorted(function.structured_outputs)  # as TensorFlow flattens them
        model, _ = tf2onnx.convert.from_graph_def(
            frozen.graph.as_graph_def(),
            input_names=[tensor.name for tensor in frozen.inputs],
            output_names=[tensor.name for tensor in frozen.outputs],
            opset=OPSET,
            tensors_to_rename=dict(zip(tensors, names, strict=True)),
        )
    description = (saved_model / DESCRIPTION).read_text(encoding="utf-8")
    onnx.helper.set_model_props(model, {"zoo.json": description})
    onnx.save(model, file)


def answers(file: pathlib.Path, inputs: dict[str, np.ndarray]) -> dict:
    """The outputs of ONNX Runtime by name, strings as bytes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(names, inputs), strict=True))
    return {
        name: np.char.encode(value.astype(str)) if value.dtype == object else value
        for name, value in found.items()
    }
