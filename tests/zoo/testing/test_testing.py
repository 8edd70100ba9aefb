"""The batteries for layers, models and presets find each broken promise by name."""

import keras
import numpy as np
import pytest
from keras import ops

import custom
import zoo
from custom import layers
from zoo.testing import (
    BrokenPromise,
    check_layer,
    check_model,
    check_preset,
)

register = keras.saving.register_keras_serializable(package="test_testing")
SIGNAL = np.random.default_rng(0).normal(size=(3, 6, 2)).astype("float32")
ROWS = np.random.default_rng(1).normal(size=(4, 5)).astype("float32")
LABELS = np.arange(4) % 3

# Correct components


@pytest.mark.parametrize(
    "name", ["LpPooling1D", "MixedPooling1D", "StochasticPooling1D"]
)
def test_a_correct_layer_passes(name):
    arguments = {"pool_size": 3, "strides": 2, "padding": "same"}
    check_layer(getattr(layers, name), SIGNAL, arguments=arguments)


@pytest.mark.parametrize(
    "built_in", [keras.layers.Dense, keras.layers.LayerNormalization]
)
def test_a_layer_of_keras_passes(built_in):
    arguments = {"units": 3} if built_in is keras.layers.Dense else {}
    check_layer(built_in, ROWS, arguments=arguments)


def test_a_shipped_preset_passes():
    check_preset("cnn_digits")


# Broken components


class Scale(keras.layers.Layer):
    """A correct layer; each subclass breaks one promise."""

    def __init__(self, by=1.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def build(self, input_shape):
        self.gain = self.add_weight(
            shape=(input_shape[-1],), initializer="ones", name="gain"
        )

    def call(self, inputs):
        return inputs * self.by * ops.cast(self.gain, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "by": self.by}


@register
class CorrectLayer(Scale):
    pass


@register
class ForgetfulLayer(Scale):
    def get_config(self):
        config = super().get_config()
        del config["by"]
        return config


@register
class RoundingLayer(Scale):
    def get_config(self):
        return {**super().get_config(), "by": float(np.float32(self.by))}


@register
class TensorInConfig(Scale):
    def get_config(self):
        return {**super().get_config(), "by": object()}


class UnregisteredLayer(Scale):
    pass


@register
class WrongShape(Scale):
    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


@register
class FixedBatch(Scale):
    def call(self, inputs):
        return ops.reshape(super().call(inputs), (len(ROWS), -1))


@register
class MixesExamples(Scale):
    def call(self, inputs):
        return super().call(inputs) - ops.mean(inputs, axis=0)


@register
class IdleWeight(Scale):
    def call(self, inputs):
        return inputs * self.by


@register
class StoppedGradient(Scale):
    def call(self, inputs):
        gain = ops.stop_gradient(ops.convert_to_tensor(self.gain))
        return inputs * self.by * ops.cast(gain, inputs.dtype)


@register
class InfiniteGradient(Scale):
    def call(self, inputs):
        # The derivative of the square root is infinite at 0.
        return super().call(inputs) + ops.sqrt(0 * inputs)


@register
class AlwaysFloat32(Scale):
    def call(self, inputs):
        return ops.cast(super().call(inputs), "float32")


@register
class OverflowingLayer(Scale):
    def call(self, inputs):
        return super().call(inputs) + 0 * ops.square(inputs * 300)


BROKEN_LAYERS = {  # class: (promise, part of the message)
    ForgetfulLayer: ("configuration", "forgets the argument `by`"),
    RoundingLayer: (
        "configuration",
        "`by` was given as 0.1, but `get_config` has 0.10000000",
    ),
    TensorInConfig: ("configuration", "not plain|object"),
    UnregisteredLayer: ("saving", "UnregisteredLayer"),
    WrongShape: ("shapes", r"gives \(None, 1\)"),
    FixedBatch: ("shapes", ""),
    MixesExamples: ("batch of one", "the output for a single example differs"),
    IdleWeight: ("training", "gain (gets no gradient|.*is zero everywhere)|zero every"),
    StoppedGradient: ("training", "gain|zero everywhere"),
    InfiniteGradient: ("training", "gradient of the inputs is not finite"),
    AlwaysFloat32: ("precision", "is float32, not float16"),
    OverflowingLayer: ("precision", "under mixed_float16 is not finite"),
}


def test_a_users_layer_passes():
    check_layer(CorrectLayer, ROWS, arguments={"by": 0.1})


@pytest.mark.parametrize(
    "broken, promise, message",
    [(broken, *row) for broken, row in BROKEN_LAYERS.items()],
    ids=[broken.__name__ for broken in BROKEN_LAYERS],
)
def test_a_broken_layer_is_found(broken, promise, message):
    with pytest.raises(
        BrokenPromise,
        match=f"(?s){broken.__name__} breaks the promise '{promise}'.*({message})",
    ):
        check_layer(broken, ROWS, arguments={"by": 0.1})


@register
class ForgetfulModel(zoo.MLP):
    def get_config(self):
        config = super().get_config()
        del config["dropout"]
        return config


@register
class SharedRows(zoo.MLP):
    def call(self, inputs, training=None, mask=None):
        outputs = super().call(inputs, training=training, mask=mask)
        return outputs - ops.mean(outputs, axis=0, keepdims=True)


@register
class FrozenModel(zoo.MLP):
    def call(self, inputs, training=None, mask=None):
        return ops.stop_gradient(super().call(inputs, training=training, mask=mask))


@register
class NewBody(zoo.MLP):
    def with_head(self, num_classes, class_names=None, *, freeze_body=False):
        config = {"num_classes": num_classes, "class_names": class_names}
        return self.from_config({**self.get_config(), **config})


@register
class WarmHead(zoo.MLP):
    def with_head(self, num_classes, class_names=None, *, freeze_body=False):
        return super().with_head(num_classes, class_names)


class UnregisteredModel(zoo.MLP):
    pass


BROKEN_MODELS = {
    ForgetfulModel: ("configuration", "forgets the argument `dropout`"),
    SharedRows: ("batch of one", "the output for a single example differs"),
    FrozenModel: ("training", ""),
    NewBody: ("new head", "trains .* of the frozen body"),
    WarmHead: ("new head", "trains .* of the frozen body"),
    UnregisteredModel: ("saving", ""),
}


@pytest.mark.parametrize(
    "broken, promise, message",
    [(broken, *row) for broken, row in BROKEN_MODELS.items()],
    ids=[broken.__name__ for broken in BROKEN_MODELS],
)
def test_a_broken_model_is_found(broken, promise, message):
    skip = {"jit_compile", "precision", "training"} - {promise}
    with pytest.raises(
        BrokenPromise,
        match=f"(?s){broken.__name__} breaks the promise '{promise}'.*{message}",
    ):
        check_model(
            broken,
            ROWS,
            LABELS,
            arguments={"input_shape": (5,), "num_classes": 3, "hidden_units": (4,)},
            loss="sparse_categorical_crossentropy",
            skip=skip,
        )


def test_a_broken_preset_is_found(tmp_path):
    model = zoo.MLP((5,), 3, hidden_units=(4,))
    folder = model.save_to_preset(tmp_path / "mine", examples=ROWS)
    check_preset(folder)
    with np.load(folder / "examples.npz") as examples:
        inputs, outputs = examples["inputs"], examples["outputs"]
    np.savez(folder / "examples.npz", inputs=inputs, outputs=outputs + 0.1)
    with pytest.raises(BrokenPromise, match="promise 'examples': the output differs"):
        check_preset(folder)
    text = (folder / "card.json").read_text()
    (folder / "card.json").write_text(text.replace('"MLP"', '"CNN"'))
    with pytest.raises(
        BrokenPromise, match="promise 'card': `model` is 'CNN' on the card"
    ):
        check_preset(folder)
    with (folder / "model.weights.h5").open("ab") as file:
        file.write(b"?")
    with pytest.raises(BrokenPromise, match=r"promise 'weights'.*is damaged"):
        check_preset(folder)


# The batteries themselves


def test_skipping_an_unknown_promise_is_refused():
    with pytest.raises(ValueError, match=r"`skip` must contain promises.*'training'"):
        check_layer(CorrectLayer, ROWS, skip=["trainig"])


def test_a_single_example_is_refused():
    with pytest.raises(ValueError, match="at least two examples"):
        check_layer(CorrectLayer, ROWS[:1])
    with pytest.raises(ValueError, match="at least two examples"):
        check_model(zoo.MLP, ROWS[:1])


def test_the_global_policy_is_restored():
    before = keras.config.dtype_policy().name
    with pytest.raises(BrokenPromise):
        check_layer(OverflowingLayer, ROWS)
    assert keras.config.dtype_policy().name == before


def test_every_kind_of_component_has_a_battery():
    kinds = {"layers", "losses", "optimizers", "regularizers"}
    assert kinds < {*custom.__all__}
    assert {f"check_{kind[:-1].replace('losse', 'loss')}" for kind in kinds} < {
        *zoo.testing.__all__
    }
