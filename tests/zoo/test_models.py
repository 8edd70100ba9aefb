"""Every registered model goes through the same battery."""

import inspect

import keras
import numpy as np
import pytest

import zoo
from zoo import registry
from zoo.cnn import POOLING
from zoo.errors import InputError

# name: (smallest useful arguments, other values for every further argument)
MODELS = {
    "cnn": (
        {"input_shape": (8, 8, 1), "num_classes": 3, "widths": (4, 8)},
        {
            "size": "small",
            "depth": 4,
            "residual": True,
            "kernel_size": 5,
            "activation": "elu",
            "pooling": "average",
            "dropout": 0.4,
            "kernel_regularizer": keras.regularizers.L2(0.125),
            "classifier_activation": None,
            "class_names": ["a", "b", "c"],
            "dtype": "mixed_bfloat16",
            "name": "another",
        },
    ),
    "mlp": (
        {"input_shape": (8, 8, 1), "num_classes": 3, "hidden_units": (16, 8)},
        {
            "size": "small",
            "residual": True,
            "activation": "tanh",
            "dropout": 0.4,
            "kernel_regularizer": keras.regularizers.L1(0.125),
            "input_scaling": "standardize",
            "classifier_activation": None,
            "class_names": ["a", "b", "c"],
            "dtype": "mixed_bfloat16",
            "name": "another",
        },
    ),
}

BAD = {  # what is wrong: (model, arguments, part of the message)
    "one class": ("mlp", {"num_classes": 1}, "num_classes"),
    "classes not whole": ("mlp", {"num_classes": 2.5}, "num_classes"),
    "names for other classes": ("mlp", {"class_names": ["a"]}, "1 names for 3"),
    "zero width": ("mlp", {"hidden_units": [8, 0]}, "hidden_units"),
    "dropout above one": ("mlp", {"dropout": 1.5}, "dropout"),
    "unknown scaling": ("mlp", {"input_scaling": "log"}, "input_scaling"),
    "unknown argument": ("mlp", {"hiden_units": [3]}, "hidden_units"),
    "rows to a cnn": ("cnn", {"input_shape": (8,)}, "height, width, channels"),
    "image too small": ("cnn", {"widths": [4] * 5}, "fewer `widths`"),
    "unknown pooling": ("cnn", {"pooling": "sum"}, "pooling"),
    "unknown activation": ("cnn", {"activation": "rleu"}, "rleu"),
    "no depth": ("cnn", {"depth": 0}, "depth"),
    "odd depth": ("cnn", {"depth": 3, "residual": True}, "even"),
    "unknown size": ("cnn", {"size": "huge"}, "small"),
    "residual not a truth": ("mlp", {"residual": 1}, "residual"),
    "even kernel of zero": ("cnn", {"kernel_size": 0}, "kernel_size"),
}


def inputs_for(model, number=5, seed=0):
    shape = (number, *model.input_shape[1:])
    return np.random.default_rng(seed).integers(0, 256, shape, dtype="uint8")


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


def test_every_model_is_here():
    assert sorted(MODELS) == zoo.list_models()


def test_every_argument_is_here(name):
    required, others = MODELS[name]
    parameters = inspect.signature(registry.find(name).load()).parameters
    assert {*required, *others} == {*parameters}


def test_summary_is_the_docstring_first_line(name):
    model_class = registry.find(name).load()
    assert inspect.getdoc(model_class).splitlines()[0] == registry.find(name).summary


def test_every_argument_is_documented(name):
    model_class = registry.find(name).load()
    documented = inspect.getdoc(model_class)
    for argument in inspect.signature(model_class).parameters:
        assert f"\n    {argument}: " in documented, argument


@pytest.mark.parametrize("others", [False, True], ids=["default", "other"])
def test_configuration_round_trip(name, others):
    required, optional = MODELS[name]
    model = zoo.create(name, **required, **(optional if others else {}))
    config = model.get_config()
    again = type(model).from_config(config)
    assert again.get_config() == config
    assert again.name == model.name
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    for argument, value in {**required, **(optional if others else {})}.items():
        kept = config[argument]
        if argument == "dtype":
            assert kept["config"] == {"name": value}
        elif argument == "kernel_regularizer":
            assert kept["config"] == value.get_config()
        else:
            assert kept == (list(value) if isinstance(value, tuple) else value)


def test_saves_and_loads(name, tmp_path):
    required, optional = MODELS[name]
    model = zoo.create(name, **required, **optional)
    if name == "mlp":
        model.adapt(inputs_for(model, 50))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert type(loaded) is type(model)
    assert loaded.class_names == ("a", "b", "c")
    images = inputs_for(model)
    np.testing.assert_array_equal(
        loaded.predict(images, verbose=0), model.predict(images, verbose=0)
    )


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_probabilities_in_every_precision(name, dtype):
    model = zoo.create(name, **MODELS[name][0], dtype=dtype)
    probabilities = model.predict(inputs_for(model), verbose=0)
    assert probabilities.dtype == "float32"
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_batch_of_one_is_one_row_of_a_batch(name):
    model = zoo.create(name, **MODELS[name][0])
    images = inputs_for(model)
    together = model.predict(images, verbose=0)
    alone = np.concatenate([model.predict(image[None], verbose=0) for image in images])
    np.testing.assert_allclose(alone, together, rtol=1e-5, atol=1e-7)


def test_symbolic_shape_is_the_real_one(name):
    model = zoo.create(name, **MODELS[name][0])
    symbolic = model.compute_output_shape((None, *model.input_shape[1:]))
    assert symbolic == (None, 3)
    assert model(inputs_for(model, 2)).shape == (2, 3)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_step_moves_every_weight(name, jit_compile):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("PyTorch compiles by TorchDynamo, which needs a C++ compiler")
    keras.utils.set_random_seed(0)
    model = zoo.create(name, **{**MODELS[name][0], "dropout": 0.0})
    before = [keras.ops.convert_to_numpy(w) for w in model.trainable_variables]
    model.compile(
        keras.optimizers.SGD(0.1),
        "sparse_categorical_crossentropy",
        jit_compile=jit_compile,
    )
    history = model.fit(
        inputs_for(model, 30), np.arange(30) % 3, epochs=3, batch_size=15, verbose=0
    )
    assert np.isfinite(history.history["loss"]).all()
    for weight, old in zip(model.trainable_variables, before, strict=True):
        new = keras.ops.convert_to_numpy(weight)
        assert np.isfinite(new).all(), weight.path
        assert (new != old).any(), weight.path


@pytest.mark.parametrize("model, arguments, message", BAD.values(), ids=BAD)
def test_bad_argument_is_refused_by_name(model, arguments, message):
    with pytest.raises(InputError, match=message):
        zoo.create(model, **{**MODELS[model][0], **arguments})


@pytest.mark.parametrize("wrong, nearest", [("cn", "cnn"), ("MLP", "mlp")])
def test_unknown_model_names_the_nearest(wrong, nearest):
    with pytest.raises(InputError, match=f"no model '{wrong}'.*'{nearest}'"):
        zoo.create(wrong)


def test_unknown_model_without_a_near_one_lists_all():
    with pytest.raises(InputError, match="cnn, mlp"):
        zoo.create("transformer-xyz")


def test_standardizing_follows_the_formula():
    rows = np.random.default_rng(0).normal(3, 5, (100, 4)).astype("float32")
    rows[:, 2] = 7.0  # never varies: its deviation counts as 1
    model = zoo.MLP((4,), 2, hidden_units=())
    model.adapt(rows)
    seen = keras.ops.convert_to_numpy(model.get_layer("standardize")(rows))
    wide = rows.astype("float64")
    deviation = np.where(wide.std(axis=0) > 0, wide.std(axis=0), 1)
    np.testing.assert_allclose(
        seen, (wide - wide.mean(axis=0)) / deviation, rtol=1e-5, atol=1e-6
    )


def test_pixels_are_scaled_inside():
    model = zoo.MLP((2, 2, 1), 2, hidden_units=(), classifier_activation=None)
    kernel, bias = model.get_layer("classifier").get_weights()
    images = inputs_for(model)
    expected = images.reshape(5, 4) / 255 @ kernel + bias
    np.testing.assert_allclose(model.predict(images, verbose=0), expected, rtol=1e-4)


@pytest.mark.parametrize("pooling", POOLING)
def test_every_pooling_trains_saves_and_loads(pooling, tmp_path):
    model = zoo.CNN((9, 8, 1), 3, widths=(4, 8), depth=1, pooling=pooling)
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    history = model.fit(inputs_for(model, 12), np.arange(12) % 3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    images = inputs_for(model)
    np.testing.assert_allclose(
        loaded.predict(images, verbose=0), model.predict(images, verbose=0), rtol=1e-5
    )
