"""The optimizers compared with those of PyTorch and Keras, and inside models."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops
from numpy.testing import assert_allclose, assert_array_equal

from custom import optimizers
from tests.custom.optimizer_formulas import CASES
from tests.custom.test_optimizers import BACKEND, NAMES, run, training_data

TINY = 1e-38  # practically no ε, for formulas without one

PYTORCH = {  # PyTorch's name of the same formula, with our defaults
    "GradientDescent": ("SGD", {"lr": 0.01}),
    "Momentum": ("SGD", {"lr": 0.01, "momentum": 0.9}),
    "Nesterov": ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    "Adagrad": ("Adagrad", {"lr": 0.01, "eps": 1e-7}),
    "Adadelta": ("Adadelta", {"lr": 1.0, "rho": 0.95, "eps": 1e-6}),
    "RMSprop": ("RMSprop", {"lr": 0.001, "alpha": 0.9, "eps": 1e-7}),
    "Adam": ("Adam", {"lr": 0.001, "eps": 1e-8}),
    "AdaMax": ("Adamax", {"lr": 0.002, "eps": TINY}),
    "Nadam": ("NAdam", {"lr": 0.002, "eps": 1e-8, "momentum_decay": 0.004}),
}


@pytest.mark.parametrize("name", NAMES)
def test_pytorch_agrees(name):
    torch = pytest.importorskip("torch")
    peer, arguments = PYTORCH[name]
    weights, gradients = training_data()
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    theirs = getattr(torch.optim, peer)(parameters, **arguments)
    for step in gradients:
        for parameter, g in zip(parameters, step, strict=True):
            parameter.grad = torch.tensor(g)
        theirs.step()
    ours, _ = run(getattr(optimizers, name)(), weights, gradients)
    for a, b in zip(ours, parameters, strict=True):
        assert_allclose(a, b.detach().cpu().numpy(), rtol=2e-6, atol=2e-6)


SAME_IN_KERAS = {
    "GradientDescent": lambda: keras.optimizers.SGD(0.01),
    "Momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "Nesterov": lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "Adadelta": lambda: keras.optimizers.Adadelta(1.0, epsilon=1e-6),
    "AdaMax": lambda: keras.optimizers.Adamax(0.002, epsilon=TINY),
}


@pytest.mark.parametrize("name, peer", SAME_IN_KERAS.items(), ids=SAME_IN_KERAS)
def test_keras_agrees(name, peer):
    weights, gradients = training_data()
    # Keras has no rule for 0/0, which occurs only in AdaMax without ε.
    gradients = [[np.where(g == 0, np.float32(0.1), g) for g in s] for s in gradients]
    ours, _ = run(getattr(optimizers, name)(), weights, gradients)
    theirs, _ = run(peer(), weights, gradients)
    for a, b in zip(ours, theirs, strict=True):
        assert_allclose(a, b, rtol=5e-6, atol=5e-6)


def test_keras_agrees_on_nadam_with_a_schedule_250_times_as_fast():
    weights, gradients = training_data()
    ours = optimizers.Nadam(0.125, momentum_decay=1.0, epsilon=1e-7)
    theirs = keras.optimizers.Nadam(0.125, epsilon=1e-7)
    ours, _ = run(ours, weights, gradients)
    theirs, _ = run(theirs, weights, gradients)
    for a, b in zip(ours, theirs, strict=True):
        assert_allclose(a, b, rtol=2e-5, atol=2e-5)


DIFFERENT_IN_KERAS = {
    # name: (name in Keras, gradient, our first step in units of η, that of Keras)
    "Adagrad": ("Adagrad", 0.01, 1.0, 0.01 / np.sqrt(0.1 + 0.01**2 + 1e-7)),
    "RMSprop": (
        "RMSprop",
        1e-5,
        1e-5 / (1e-7 + np.sqrt(0.1) * 1e-5),
        1e-5 / np.sqrt(0.1 * 1e-10 + 1e-7),
    ),
    "Adam": (
        "Adam",
        1e-6,
        1e-6 / (1e-6 + 1e-8),
        1e-6 / (1e-6 + 1e-7 / np.sqrt(0.001)),
    ),
    "AdaMax": ("Adamax", 1e-7, 1.0, 0.5),
}


@pytest.mark.parametrize(
    "name, peer, gradient, ours, theirs",
    [(name, *row) for name, row in DIFFERENT_IN_KERAS.items()],
    ids=DIFFERENT_IN_KERAS,
)
def test_where_keras_differs(name, peer, gradient, ours, theirs):
    rho = {"rho": 0.9} if name == "RMSprop" else {}
    for optimizer, expected in (
        (getattr(optimizers, name)(1.0, **rho), ours),
        (getattr(keras.optimizers, peer)(1.0, **rho), theirs),
    ):
        (seen,), _ = run(
            optimizer, [np.zeros(1, "float32")], [[np.float32([gradient])]]
        )
        assert_allclose(-seen, expected, rtol=1e-4)


@pytest.mark.skipif(BACKEND == "torch", reason="Keras calls PyTorch's own Adam there")
def test_keras_rounds_the_correction_of_adam():
    data = [np.zeros(1, "float32")], [[np.ones(1, "float32")]]
    ours, _ = run(optimizers.Adam(1.0, epsilon=TINY), *data)
    theirs, _ = run(keras.optimizers.Adam(1.0, epsilon=TINY), *data)
    assert abs(ours[0][0] + 1) < 2e-7
    assert 3e-6 < abs(theirs[0][0] + 1) < 9e-6


def test_adadelta_has_the_papers_step_and_keras_a_thousandth_of_it():
    data = [np.zeros(1, "float32")], [[np.ones(1, "float32")]]
    paper = np.sqrt(1e-6) / np.sqrt(0.05 + 1e-6)
    assert_allclose(-run(optimizers.Adadelta(), *data)[0][0], paper, rtol=1e-6)
    theirs = run(keras.optimizers.Adadelta(epsilon=1e-6), *data)[0][0]
    assert_allclose(-theirs, 0.001 * paper, rtol=1e-6)


OPTIONS = {
    "name": "special",
    "weight_decay": 0.1,
    "clipnorm": 0.3,
    "use_ema": True,
    "ema_momentum": 0.7,
    "ema_overwrite_frequency": 3,
    "loss_scale_factor": 3.0,
    "gradient_accumulation_steps": 2,
}


@pytest.mark.parametrize("name", NAMES)
def test_configuration_is_exact(name):
    given = {**OPTIONS, **CASES[name].arguments, "learning_rate": 0.1}
    optimizer = getattr(optimizers, name)(**given)
    config = keras.optimizers.serialize(optimizer)
    assert config["registered_name"] == f"custom>{name}"
    assert type(keras.optimizers.get(f"custom>{name}")) is type(optimizer)
    assert given.items() <= config["config"].items()
    again = keras.optimizers.deserialize(config)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    optimizer.learning_rate = 0.25  # as callbacks do
    assert optimizer.get_config()["learning_rate"] == 0.25


def test_a_schedule_survives_the_configuration():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 7, alpha=0.3)
    again = keras.optimizers.deserialize(
        keras.optimizers.serialize(optimizers.Adam(schedule))
    )
    assert again._learning_rate.get_config() == schedule.get_config()


def model_with(optimizer, **options):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="tanh", kernel_initializer="ones"),
            keras.layers.Dense(1, kernel_initializer="ones"),
        ]
    )
    model.compile(optimizer, "mse", **options)
    return model


def train(model, batches):
    rng = np.random.default_rng(0)
    for _ in range(batches):
        x = rng.normal(size=(8, 3)).astype("float32")
        model.train_on_batch(x, x.sum(axis=1, keepdims=True))
    return model.get_weights()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "policy, options",
    [
        ("float32", {}),
        ("mixed_float16", {**OPTIONS, "clipnorm": None, "global_clipnorm": 0.3}),
    ],
    ids=["float32", "mixed_float16"],
)
def test_training_continues_exactly_after_saving(name, policy, options, tmp_path):
    keras.config.set_dtype_policy(policy)
    path = tmp_path / "model.keras"
    optimizer = getattr(optimizers, name)(**CASES[name].arguments, **options)
    model = model_with(optimizer)
    train(model, 7)
    model.save(path)
    again = keras.models.load_model(path)
    assert type(again.optimizer) is type(model.optimizer)
    for a, b in zip(train(model, 3), train(again, 3), strict=True):
        assert_array_equal(a, b)


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch needs a C++ compiler")
@pytest.mark.parametrize("name", NAMES)
def test_compilation_changes_nothing(name):
    results = [
        train(model_with(getattr(optimizers, name)(0.05), jit_compile=jit), 4)
        for jit in (True, False)
    ]
    for a, b in zip(*results, strict=True):
        assert_allclose(a, b, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_mixed_float16(name):
    keras.config.set_dtype_policy("mixed_float16")
    model = model_with(getattr(optimizers, name)())
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    before = model.get_weights()
    after = train(model, 6)
    # Steps that overflow at the initial, large loss scale are skipped.
    assert 2 <= int(model.optimizer.iterations) <= 6
    for a, b in zip(before, after, strict=True):
        assert np.isfinite(b).all()
        assert (a != b).any()


@pytest.mark.skipif(
    BACKEND == "jax", reason="JAX cannot change variables inside a branch"
)
@pytest.mark.parametrize("name", NAMES)
def test_loss_scaling_skips_overflowing_steps(name):
    weights, gradients = training_data(steps=3)
    plain, _ = run(getattr(optimizers, name)(), weights, gradients)
    scaled = [[8 * g for g in step] for step in gradients]
    infinite = [np.full_like(g, np.inf) for g in gradients[0]]
    scaling = keras.optimizers.LossScaleOptimizer(
        getattr(optimizers, name)(), initial_scale=8.0
    )
    seen, variables = run(scaling, weights, scaled)
    for a, b in zip(seen, plain, strict=True):
        assert_allclose(a, b, rtol=1e-6, atol=1e-7)
    scaling.apply([ops.convert_to_tensor(g) for g in infinite], variables)
    for a, b in zip(seen, variables, strict=True):
        assert_array_equal(a, ops.convert_to_numpy(b))
    assert int(scaling.iterations) == 3


TWO_REPLICAS = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
import keras
from custom import optimizers

def one(name):
    optimizer = getattr(optimizers, name)(0.125, weight_decay=0.1)
    variable = keras.Variable(np.ones((3, 2), "float32"))
    optimizer.build([variable])
    return optimizer, variable

gradients = np.random.default_rng(0).normal(size=(4, 2, 3, 2)).astype("float32")
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for name in optimizers.__all__:
    with strategy.scope():
        optimizer, variable = one(name)

    def replica(step):
        which = tf.distribute.get_replica_context().replica_id_in_sync_group
        optimizer.apply([tf.gather(step, which)], [variable])

    distributed = tf.function(lambda step: strategy.run(replica, (step,)))
    alone, expected = one(name)
    for step in gradients:
        distributed(tf.constant(step))
        alone.apply([tf.constant(step.sum(axis=0))], [expected])
    for copy in strategy.experimental_local_results(variable.value):
        np.testing.assert_allclose(copy, expected, rtol=1e-6, atol=1e-6)
    print(name)
"""


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="only TensorFlow has strategies")
def test_two_replicas_equal_one():
    """The gradients of the replicas are summed, and all copies of a weight agree."""
    done = subprocess.run(
        [sys.executable, "-c", TWO_REPLICAS],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == optimizers.__all__, done.stderr[-2000:]
