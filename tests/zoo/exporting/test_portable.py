"""Exports have warm-up requests for the server, and do not need cuDNN."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import zoo
from zoo.exporting.portable import refuse_cudnn, without_cudnn
from zoo.exporting.trial import ExportError
from zoo.exporting.warmup import WARMUP

# The messages of TensorFlow Serving that a prediction request needs:
# name of the message: [(field, number, type of the field, or None for a string)]
SERVING = {
    "ModelSpec": [("name", 1, None), ("signature_name", 3, None)],
    "InputsEntry": [("key", 1, None), ("value", 2, "tensorflow.TensorProto")],
    "PredictRequest": [
        ("model_spec", 1, "ModelSpec"),
        ("inputs", 2, "InputsEntry"),
    ],
    "PredictLog": [("request", 1, "PredictRequest")],
    "PredictionLog": [("predict_log", 6, "PredictLog")],
}


def prediction_log_class():
    """Build the class `PredictionLog` from the table above, with protobuf."""
    tensor = tf.make_tensor_proto(0).DESCRIPTOR.file
    pool = descriptor_pool.Default()
    file = descriptor_pb2.FileDescriptorProto(
        name="serving_for_tests.proto", package="serving", dependency=[tensor.name]
    )
    field = descriptor_pb2.FieldDescriptorProto
    for name, fields in SERVING.items():
        message = file.message_type.add(name=name)
        for field_name, number, held in fields:
            message.field.add(
                name=field_name,
                number=number,
                label=field.LABEL_REPEATED
                if field_name == "inputs"
                else field.LABEL_OPTIONAL,
                type=field.TYPE_MESSAGE if held else field.TYPE_STRING,
                type_name=held and (f".{held}" if "." in held else f".serving.{held}"),
            )
    pool.Add(file)
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("serving.PredictionLog")
    )


PredictionLog = prediction_log_class()


SERVED = {  # model: (how to make it, an output)
    "digits": (lambda: zoo.CNN((8, 8, 1), 3, widths=(4,), depth=1), "probabilities"),
    "generator": (lambda: zoo.DCGAN(width=2, latent_dim=5), "images"),
}


@pytest.mark.parametrize("name", SERVED)
def test_warm_up_requests_fit_the_signatures(tmp_path, name):
    make, output = SERVED[name]
    version = zoo.export(make(), tmp_path / name)
    signatures = tf.saved_model.load(str(version)).signatures
    records = tf.data.TFRecordDataset(str(version / WARMUP))
    asked = set()
    for record in records.as_numpy_iterator():
        request = PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == name
        inputs = {
            entry.key: tf.convert_to_tensor(tf.make_ndarray(entry.value))
            for entry in request.inputs
        }
        signature = request.model_spec.signature_name
        answer = signatures[signature](**inputs)[output]
        first = next(iter(inputs.values()))  # a batch, or a count
        assert len(answer) == (len(first) if first.shape.rank else int(first))
        asked.add(signature)
    assert asked == set(signatures)


class Recording(keras.layers.Layer):
    """Records the value of `use_cudnn` at each call."""

    use_cudnn = "auto"

    def __init__(self):
        super().__init__()
        self.seen = []

    def call(self, inputs):
        self.seen.append(self.use_cudnn)
        return inputs


def test_recurrent_layers_are_traced_without_cudnn(tmp_path):
    recording = Recording()
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(2, activation="softmax")(recording(inputs))
    recording.seen.clear()
    zoo.export(keras.Model(inputs, outputs), tmp_path / "model")
    assert False in recording.seen
    assert recording.use_cudnn == "auto"


def test_use_cudnn_is_restored_after_a_failure():
    layer = keras.layers.GRU(2)

    def fail_in_between():
        with without_cudnn([layer, keras.layers.Dense(1)]):
            assert layer.use_cudnn is False
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_between()
    assert layer.use_cudnn == "auto"


def test_a_graph_with_cudnn_is_refused(tmp_path):
    class OnGpuOnly(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([3, 2, 4])])
        def serve(self, x):
            state = tf.zeros([1, 2, 4])
            size = tf.raw_ops.CudnnRNNParamsSize(
                num_layers=1, num_units=4, input_size=4, T=tf.float32, S=tf.int32
            )
            return tf.raw_ops.CudnnRNNV3(
                input=x,
                input_h=state,
                input_c=state,
                params=tf.zeros([tf.reshape(size, [])]),
                sequence_lengths=np.array([3, 3], "int32"),
            ).output

    module = OnGpuOnly()
    tf.saved_model.save(module, str(tmp_path), signatures=module.serve)
    with pytest.raises(ExportError, match="CudnnRNN"):
        refuse_cudnn(tmp_path)
