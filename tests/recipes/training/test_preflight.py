"""What would fail at the end of a run, or in `resume`, fails before its first step."""

import json
from unittest import mock

import keras
import numpy as np
import pytest

import recipes
import zoo
import zoo.loading
from recipes.training.callbacks import Terminated
from tests.recipes.training.test_resume import TerminatedAt, assert_same
from zoo.errors import InputError
from zoo.exporting.servable import Servable
from zoo.models.layer_changes import described

L = keras.layers
LABELS = [0, 1] * 30


def rows(number=60):
    rng = np.random.default_rng(0)
    return rng.normal(size=(number, 4)).astype("float32") + np.array(LABELS)[:, None]


def table():
    return recipes.from_arrays(rows(), LABELS)


def texts():
    return recipes.from_arrays(["a good one", "a bad one"] * 30, LABELS)


def network(*layers):
    """A user's own classifier of four columns."""
    inputs = x = keras.Input((4,))
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, L.Dense(2, activation="softmax")(x), name="mine")


def fit(model, data, folder, **options):
    options = {"epochs": 2, "batch_size": 16, "progress": False, **options}
    return recipes.fit(model, data, out=folder, **options)


@keras.saving.register_keras_serializable("tests")
class Forgetful(L.Layer):
    """A layer whose weight is not in its file."""

    def __init__(self, **options):
        super().__init__(**options)
        self.factor = self.add_weight((), "ones", trainable=False)

    def call(self, x):
        return x * self.factor

    def save_own_variables(self, store):
        """Saves nothing."""

    def load_own_variables(self, store):
        """Loads nothing."""


class Unregistered(L.Layer):
    def call(self, x):
        return x


def with_forgotten_weight():
    layer = Forgetful()
    layer.factor.assign(2.0)
    return network(layer)


def with_frozen_weight():
    """Plain Keras does not save it."""
    dense = L.Dense(3)
    model = network(dense)
    dense.kernel.trainable = False
    return model


REFUSED = {  # what: (model, part of the sentence)
    "lambda": (
        lambda: network(L.Lambda(lambda x: 2 * x)),
        "cannot be read back.*lambda.*Replace it with a registered layer",
    ),
    "unregistered layer": (lambda: network(Unregistered()), "uses `Unregistered`"),
    "weight that is not saved": (
        with_forgotten_weight,
        "does not hold the values of '.*'",
    ),
    "frozen weight": (with_frozen_weight, "could not be resumed"),
    "lambda of a changed layer": (
        lambda: changed(lambda x: x),
        r"was changed \(activation\)",
    ),
}


def changed(activation):
    model = zoo.create("mlp", input_shape=(4,), num_classes=2, hidden_units=(3,))
    model.layers[2].activation = activation
    return model


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("make, message", REFUSED.values(), ids=REFUSED)
def test_a_model_that_could_not_be_resumed_is_refused(make, message, tmp_path):
    keras.utils.set_random_seed(0)
    with pytest.raises(InputError, match=message):
        fit(make(), table(), tmp_path / "run")
    assert not any(tmp_path.iterdir())


def test_a_model_whose_export_would_fail_is_refused(tmp_path):
    class Failing(Servable):
        def save(self, folder):
            raise ValueError("no such operation")

    module = "recipes.training.tasks.supervised.Servable"
    with (
        mock.patch(module, Failing),
        pytest.raises(InputError, match="at the end of the run: no such operation"),
    ):
        fit(network(), table(), tmp_path / "run")
    assert not any(tmp_path.iterdir())


@pytest.mark.exports
def test_a_model_that_splits_its_texts_itself_is_trained_and_exported(tmp_path):
    splitting = L.TextVectorization(20, output_sequence_length=4)
    splitting.adapt(["a good one", "a bad one"])
    inputs = keras.Input((), dtype="string")
    x = L.GlobalAveragePooling1D()(L.Embedding(20, 4)(splitting(inputs)))
    model = keras.Model(inputs, L.Dense(2, activation="softmax")(x))
    run = fit(model, texts(), tmp_path / "run")
    served = zoo.loading.load_model(run.folder.saved_model)
    examples = texts().test.inputs
    np.testing.assert_allclose(
        served.probabilities(examples),
        zoo.loading.load_model(run.folder.model).probabilities(examples),
        atol=1e-6,
    )


CHANGES = {
    "activation": lambda model: setattr(
        model.layers[2], "activation", keras.activations.tanh
    ),
    "frozen weight": lambda model: setattr(model.layers[2].kernel, "trainable", False),
    "rate": lambda model: setattr(model.layers[3], "rate", 0.6),
    "weight penalty": lambda model: setattr(
        model.layers[2].kernel, "regularizer", keras.regularizers.L2(0.5)
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_model_is_resumed_exactly(change, tmp_path):
    def model():
        keras.utils.set_random_seed(3)
        built = zoo.create("mlp", input_shape=(4,), num_classes=2, hidden_units=(5,))
        change(built)
        return built

    whole = fit(model(), table(), tmp_path / "whole")
    assert described(whole.model) == described(model())
    ending = mock.patch(
        "recipes.training.loop.Interruptible", return_value=TerminatedAt(3)
    )
    with ending, pytest.raises(Terminated):
        fit(model(), table(), tmp_path / "cut")
    recipes.resume(tmp_path / "cut", data=table(), progress=False)
    assert_same(tmp_path / "cut", tmp_path / "whole")


def test_a_divergence_is_called_so_even_if_its_layer_is_not_found(tmp_path):
    failing = mock.patch(
        "recipes.training.tasks.supervised.replayed",
        side_effect=InputError("it holds a lambda"),
    )
    optimizer = keras.optimizers.SGD(1e30)
    with failing, pytest.raises(InputError, match="diverged: the loss is not finite"):
        fit(network(L.Dense(3)), table(), tmp_path / "run", optimizer=optimizer)


# Precision.


def nested():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3, dtype="mixed_float16")])
    return network(inner)


FLOAT16 = {
    "layer": lambda: network(L.Dense(3, dtype="mixed_float16")),
    "nested": nested,
    "wrapped": lambda: network(
        L.Reshape((1, 4)),
        L.TimeDistributed(L.Dense(3, dtype="mixed_float16")),
        L.Flatten(),
    ),
}


@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize("make", FLOAT16.values(), ids=FLOAT16)
def test_layers_of_ones_own_in_float16_scale_the_loss(make, is_compiled, tmp_path):
    model = make()
    if is_compiled:
        model.compile("adam", "sparse_categorical_crossentropy")
    run = fit(model, table(), tmp_path / "run", precision="mixed_float16")
    scaler = keras.optimizers.LossScaleOptimizer
    assert isinstance(run.model.optimizer, scaler)
    record = json.loads(run.folder.config.read_text())
    assert record["resolved"]["precision"] == "mixed_float16"


def test_other_precisions_do_not_scale_the_loss(tmp_path):
    model = network(L.Dense(3, dtype="mixed_bfloat16"))
    run = fit(model, table(), tmp_path / "run")
    assert not isinstance(run.model.optimizer, keras.optimizers.LossScaleOptimizer)
