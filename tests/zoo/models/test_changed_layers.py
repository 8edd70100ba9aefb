"""What happens to layers after a model is built survives its file, or is refused."""

import keras
import numpy as np
import pytest

import custom
import zoo
from zoo.errors import InputError
from zoo.loading import as_classifier, load_classifier
from zoo.models.layer_changes import described

# Keras warns of the layers that it does not quantize.
pytestmark = pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`")

IMAGE = {"input_shape": (8, 8, 1), "num_classes": 3, "widths": (4, 6), "depth": 1}
SEQUENCE = {"input_shape": (None, 3), "num_classes": 3, "units": (4,)}
MODELS = {  # name: (family, arguments, inputs)
    "mlp": (
        "mlp",
        {"input_shape": (4,), "num_classes": 3, "hidden_units": (5,)},
        np.linspace(-2, 2, 8).reshape(2, 4),
    ),
    "cnn": ("cnn", IMAGE, np.arange(128.0).reshape(2, 8, 8, 1)),
    "bidirectional": (
        "recurrent",
        {**SEQUENCE, "bidirectional": True},
        np.ones((2, 5, 3)),
    ),
    "lstm": ("recurrent", {**SEQUENCE, "cell": "lstm"}, np.ones((2, 5, 3))),
    "stateful": (
        "recurrent",
        {**SEQUENCE, "mode": "many_to_many", "stateful_batch_size": 2},
        [np.ones((2, 5, 3)), np.array([True, False])],
    ),
    "perceptron": ("perceptron", {"input_shape": (4,)}, np.eye(4)),
    "dcgan": ("dcgan", {"width": 4, "latent_dim": 5}, np.eye(5)),
}


def build(name):
    """A model whose weights are not those of its initializers."""
    family, arguments, inputs = MODELS[name]
    model = zoo.create(family, **arguments)
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(rng.uniform(-0.9, 0.9, variable.shape))
    return model, inputs


def first(model, kind):
    return next(layer for layer in model._flatten_layers() if isinstance(layer, kind))


def changing(kind, of=None, **attributes):
    """Sets attributes of the first layer of a kind, or of a part of it."""

    def change(model):
        part = first(model, kind)
        for name, value in attributes.items():
            setattr(getattr(part, of) if of else part, name, value)

    return change


def freeze_all_but_the_last(model):
    model.trainable = False
    model.layers[-1].trainable = True


L = keras.layers
KEPT = {  # what is done: (model, change)
    "activation": ("mlp", changing(L.Dense, activation=keras.activations.tanh)),
    "last activation": (
        "mlp",
        lambda model: setattr(model.layers[-1], "activation", keras.activations.linear),
    ),
    "our activation": (
        "mlp",
        changing(L.Dense, activation=custom.activations.softsign),
    ),
    "regularizer": (
        "cnn",
        changing(L.Conv2D, kernel_regularizer=custom.regularizers.L2(0.3)),
    ),
    "regularizer of a weight": (
        "cnn",
        changing(L.Conv2D, of="kernel", regularizer=keras.regularizers.L2(0.3)),
    ),
    "activity regularizer": (
        "mlp",
        changing(L.Dense, activity_regularizer=keras.regularizers.L1(0.1)),
    ),
    "constraint": (
        "mlp",
        changing(L.Dense, kernel_constraint=keras.constraints.NonNeg()),
    ),
    "constraint of a weight": (
        "mlp",
        changing(L.Dense, of="kernel", constraint=keras.constraints.MaxNorm(0.1)),
    ),
    "rate": ("mlp", changing(L.Dropout, rate=0.7)),
    "use_bias": ("mlp", changing(L.Dense, use_bias=False)),
    "strides": ("cnn", changing(L.Conv2D, strides=(2, 2))),
    "pooling": ("cnn", changing(L.MaxPooling2D, pool_size=(3, 3), strides=(1, 1))),
    "normalization": ("cnn", changing(L.BatchNormalization, momentum=0.5, epsilon=0.1)),
    "name": ("mlp", changing(L.Dense, name="mine")),
    "mixed precision": ("mlp", changing(L.Dense, dtype_policy="mixed_bfloat16")),
    "half precision": ("cnn", changing(L.Conv2D, dtype_policy="mixed_float16")),
    "int8": ("mlp", lambda model: model.quantize("int8")),
    "int8 of a CNN": ("cnn", lambda model: model.quantize("int8")),
    "int8 of a recurrent network": (
        "bidirectional",
        lambda model: model.quantize("int8"),
    ),
    "int8 of a DCGAN": ("dcgan", lambda model: model.quantize("int8")),
    "int8 of a perceptron": ("perceptron", lambda model: model.quantize("int8")),
    "int4": ("mlp", lambda model: model.quantize("int4")),
    "float8": ("mlp", lambda model: model.quantize("float8")),
    "int8 of one layer": ("mlp", lambda model: first(model, L.Dense).quantize("int8")),
    "frozen layer": ("cnn", changing(L.Conv2D, trainable=False)),
    "frozen weight": ("mlp", changing(L.Dense, of="kernel", trainable=False)),
    "frozen model": ("cnn", lambda model: setattr(model, "trainable", False)),
    "frozen but the last": ("cnn", freeze_all_but_the_last),
    "frozen layer of a generator": ("dcgan", changing(L.Dense, trainable=False)),
    "frozen generator": (
        "dcgan",
        lambda model: setattr(model.generator, "trainable", False),
    ),
    "slope in a discriminator": ("dcgan", changing(L.LeakyReLU, negative_slope=0.4)),
    "frozen direction": (
        "bidirectional",
        changing(L.Bidirectional, of="backward_layer", trainable=False),
    ),
    "cell": ("lstm", changing(L.LSTMCell, activation=keras.activations.softsign)),
    "cell in a wrapper": (
        "bidirectional",
        changing(L.GRUCell, recurrent_activation=keras.activations.hard_sigmoid),
    ),
    "cell of a stateful layer": (
        "stateful",
        changing(L.GRUCell, activation=keras.activations.relu),
    ),
    "dropout of a cell": ("lstm", changing(L.LSTMCell, dropout=0.4)),
    "direction": ("lstm", changing(L.LSTM, go_backwards=True)),
}


@pytest.mark.parametrize("name, change", KEPT.values(), ids=KEPT)
def test_a_change_survives_the_file(name, change, tmp_path):
    model, inputs = build(name)
    before = described(model)
    change(model)
    assert described(model) != before
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert described(loaded) == described(model)
    outputs, own = (keras.ops.convert_to_numpy(m(inputs)) for m in (loaded, model))
    np.testing.assert_array_equal(outputs, own)
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    loaded.save(tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    assert described(again) == described(model)


REFUSED = {  # what is done: (model, change, what the sentence says)
    "lambda": (
        "mlp",
        changing(L.Dense, activation=lambda x: x),
        r"'dense.*' was changed \(activation\)",
    ),
    "low rank": (
        "mlp",
        lambda model: first(model, L.Dense).enable_lora(2),
        "was changed .*lora_rank",
    ),
    "added layer": (
        "mlp",
        lambda model: setattr(model, "extra", L.Dense(2, name="extra")),
        "'extra' was added",
    ),
    "quantization of one's own": (
        "mlp",
        lambda model: model.quantize(
            config=keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
        ),
        "quantization_config",
    ),
}


@pytest.mark.parametrize("name, change, says", REFUSED.values(), ids=REFUSED)
def test_a_change_that_no_file_holds_is_refused(name, change, says, tmp_path):
    model, _ = build(name)
    change(model)
    with pytest.raises(InputError, match=f"cannot be saved: its layer .*{says}"):
        model.save(tmp_path / "model.keras")


def test_an_unchanged_model_is_not_built_twice(monkeypatch):
    model, _ = build("cnn")
    monkeypatch.setattr(type(model), "__init__", None)
    assert "changed_layers" not in model.get_config()


def test_saving_a_changed_model_does_not_change_what_is_drawn_later():
    drawn = []
    for change in (None, KEPT["activation"][1]):
        keras.utils.set_random_seed(1)
        model, _ = build("mlp")
        if change:
            change(model)
        model.get_config()
        drawn.append(L.Dense(3).kernel_initializer((2, 2)).numpy())
    np.testing.assert_array_equal(*drawn)


def test_probabilities_follow_a_changed_last_layer(tmp_path):
    (unchanged, inputs), (model, _) = build("mlp"), build("mlp")
    expected = as_classifier(unchanged).probabilities(inputs)
    KEPT["last activation"][1](model)
    np.testing.assert_allclose(
        as_classifier(model).probabilities(inputs), expected, rtol=1e-5
    )
    model.save(tmp_path / "model.keras")
    loaded = load_classifier(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.probabilities(inputs), expected, rtol=1e-5)


def test_a_new_head_is_not_changed_as_the_old_one_was():
    model, _ = build("mlp")
    first(model, L.Dense).activation = keras.activations.tanh
    model.layers[-1].trainable, model.layers[-1].name = False, "mine"
    KEPT["last activation"][1](model)
    new = model.with_head(2)
    assert first(new, L.Dense).activation is keras.activations.tanh
    assert new.layers[-1].activation is keras.activations.softmax
    assert new.layers[-1].trainable


def test_a_copy_that_carries_its_state_refuses_to_lose_a_change():
    model = zoo.create("recurrent", **SEQUENCE, mode="many_to_many")
    model.layers[-1].trainable = False
    assert not model.with_carried_state(2).layers[-1].trainable
    first(model, L.GRUCell).activation = keras.activations.relu
    with pytest.raises(InputError, match="copy first, then change"):
        model.with_carried_state(2)
