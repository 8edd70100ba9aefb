"""Every registered model goes through the same battery."""

import dataclasses
import inspect

import keras
import numpy as np
import pytest

import zoo
from zoo import registry
from zoo.errors import InputError
from zoo.models.cnn import POOLING
from zoo.testing import check_model


@dataclasses.dataclass(frozen=True)
class Case:
    """What a registered model is tried with.

    Attributes:
        smallest: The smallest useful arguments.
        others: Another value for every further argument.
        inputs: Examples.
        targets: What they are trained on.
        loss: What they are trained with.
        loss_of_others: The same for the model with the other arguments.
        options: Further arguments of `check_model`.
    """

    smallest: dict
    others: dict
    inputs: np.ndarray
    targets: np.ndarray
    loss: object = "sparse_categorical_crossentropy"
    loss_of_others: object = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True
    )
    options: dict = dataclasses.field(default_factory=dict)


ROWS = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype="uint8")


def with_two_optimizers(model, optimizer, jit_compile):
    model.compile(optimizer(), optimizer(), jit_compile=jit_compile)


MODELS = {
    "cnn": Case(
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
        IMAGES,
        np.arange(6) % 3,
    ),
    "dcgan": Case(  # how it trains: tests/zoo/models/test_dcgan_training.py
        {"image_shape": (28, 28, 1), "latent_dim": 5, "width": 2},
        {"seed": 3, "dtype": "mixed_bfloat16", "name": "another"},
        ROWS,
        None,
        options={
            "compile": with_two_optimizers,
            "train_on": (np.tile(IMAGES, (1, 4, 4, 1))[:, :28, :28],),
            "skip": ()
            if keras.backend.backend() == "tensorflow"
            else ("training", "jit_compile", "precision"),
        },
    ),
    "mlp": Case(
        {"input_shape": (8, 8, 1), "num_classes": 3, "hidden_units": (16, 8)},
        {
            "size": "small",
            "residual": True,
            "activation": "tanh",
            "dropout": 0.4,
            "kernel_regularizer": keras.regularizers.L1(0.125),
            "input_scaling": "standardize",
            "columns": None,  # of tables: tests/zoo/test_columns.py
            "classifier_activation": None,
            "class_names": ["a", "b", "c"],
            "dtype": "mixed_bfloat16",
            "name": "another",
        },
        IMAGES // 64,  # "standardize" that is not measured saturates the others
        np.arange(6) % 3,
    ),
    "perceptron": Case(
        {"input_shape": (5,)},
        {
            "num_classes": 2,
            "activation": "linear",
            "kernel_regularizer": keras.regularizers.L2(0.125),
            "input_scaling": None,
            "columns": None,
            "class_names": ["a", "b"],
            "name": "another",
        },
        ROWS,
        np.array([[-1.0], [1.0], [1.0]] * 2),
        loss="mean_squared_error",
        loss_of_others="mean_squared_error",
        options={"new_classes": 2},
    ),
    "recurrent": Case(  # other modes and inputs: tests/zoo/models/test_recurrent.py
        {"input_shape": (6, 3), "num_classes": 3, "units": (4,)},
        {
            "mode": "many_to_one",
            "inputs": "numbers",
            "cell": "lstm",
            "bidirectional": True,
            "pooling": "max",
            "dropout": 0.4,
            "recurrent_dropout": 0.2,
            "kernel_regularizer": keras.regularizers.L2(0.125),
            "memory_length": 6,
            "max_length": 9,
            "mask_padding": False,
            "use_cudnn": False,
            "classifier_activation": None,
            "class_names": ["a", "b", "c"],
            "dtype": "mixed_bfloat16",
            "name": "another",
            **dict.fromkeys(
                (
                    "attention",
                    "output_units",
                    "output_length",
                    "vocabulary",
                    "vocabulary_size",
                    "split",
                    "embedding_units",
                    "sample_rate",
                    "frame_length",
                    "frame_step",
                    "mel_bands",
                    "stateful_batch_size",
                )
            ),
        },
        np.random.default_rng(0).normal(size=(6, 6, 3)).astype("float32"),
        np.arange(6) % 3,
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
    case = MODELS[name]
    parameters = inspect.signature(registry.find(name).load()).parameters
    # A target takes the place of the classes: tests/zoo/models/test_regression.py.
    assert {*case.smallest, *case.others} == {*parameters} - {"target"}


def test_summary_is_the_docstring_first_line(name):
    model_class = registry.find(name).load()
    assert inspect.getdoc(model_class).splitlines()[0] == registry.find(name).summary


def test_every_argument_is_documented(name):
    model_class = registry.find(name).load()
    documented = inspect.getdoc(model_class)
    for argument in inspect.signature(model_class).parameters:
        assert f"\n    {argument}: " in documented, argument


def test_keeps_every_promise(name):
    case = MODELS[name]
    check_model(
        registry.find(name).load(),
        case.inputs,
        case.targets,
        arguments=case.smallest,
        loss=case.loss,
        **case.options,
    )


def test_keeps_them_with_every_other_argument(name):
    case = MODELS[name]
    check_model(
        registry.find(name).load(),
        case.inputs,
        case.targets,
        arguments={**case.smallest, **case.others},
        loss=case.loss_of_others,
        **case.options,
    )


def test_measured_scaling_is_saved(tmp_path):
    model = zoo.create("mlp", **MODELS["mlp"].smallest, input_scaling="standardize")
    model.adapt(IMAGES)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(
        loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


@pytest.mark.parametrize(
    "name",
    [name for name, case in MODELS.items() if "classifier_activation" in case.others],
)
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_probabilities_in_every_precision(name, dtype):
    model = zoo.create(name, **MODELS[name].smallest, dtype=dtype)
    probabilities = model.predict(MODELS[name].inputs, verbose=0)
    assert probabilities.dtype == "float32"
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    "name", [name for name, case in MODELS.items() if "dtype" in case.others]
)
def test_float16_scales_the_loss_wherever_it_was_asked_for(name):
    case = MODELS[name]
    compile = case.options.get("compile") or (lambda m, o, _: m.compile(o(), case.loss))
    model = zoo.create(name, **case.smallest, dtype="mixed_float16")
    for each in (model, type(model).from_config(model.get_config())):
        compile(each, keras.optimizers.SGD, False)
        optimizers = [
            v for v in vars(each).values() if isinstance(v, keras.optimizers.Optimizer)
        ]
        assert optimizers
        for optimizer in optimizers:
            assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)


@pytest.mark.parametrize("model, arguments, message", BAD.values(), ids=BAD)
def test_bad_argument_is_refused_by_name(model, arguments, message):
    with pytest.raises(InputError, match=message):
        zoo.create(model, **{**MODELS[model].smallest, **arguments})


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
