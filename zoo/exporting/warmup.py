"""Requests that TensorFlow Serving runs before a version receives traffic.

The first call of a signature traces, allocates memory and loads kernels. A server that
finds these requests beside a model runs them before the first client's request.
"""

import pathlib
from collections.abc import Sequence

import tensorflow as tf

WARMUP = "assets.extra/tf_serving_warmup_requests"  # the name that the server reads


def write_warmup(folder: pathlib.Path, name: str, questions: Sequence) -> None:
    """Writes requests into a SavedModel."""
    path = folder / WARMUP
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as file:
        for question in questions:
            file.write(_prediction_log(name, question.signature, question.inputs))


def _prediction_log(name, signature, inputs) -> bytes:
    """The bytes of a `tensorflow.serving.PredictionLog`.

    The classes for these messages come with the server's own package, which is large
    and would be needed for nothing else. Each field that is used here holds bytes and
    takes one line; the numbers are those of `prediction_log.proto`, `predict.proto`
    and `model.proto`.
    """
    model_spec = _field(1, name.encode()) + _field(3, signature.encode())
    request = _field(1, model_spec)
    for input_name, value in inputs.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        entry = _field(1, input_name.encode()) + _field(2, tensor)  # of a map
        request += _field(2, entry)
    return _field(6, _field(1, request))  # PredictionLog.predict_log.request


def _field(number: int, payload: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
