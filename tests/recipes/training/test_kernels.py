"""Fused kernels give the same numbers as Keras's operations, up to rounding."""

import contextlib
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from recipes.training.keras_overrides import Overrides
from recipes.training.kernels import fused
from recipes.training.kernels.normalization import normalization_overrides
from recipes.training.kernels.updates import KERNELS, update_overrides

SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.9)
OPTIMIZERS = {  # name: (optimizer, whether there is a kernel for it)
    "Adam": (lambda: keras.optimizers.Adam(SCHEDULE), True),
    "AdamW, averaged": (
        lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1, use_ema=True),
        True,
    ),
    "Adam, clipped": (lambda: keras.optimizers.Adam(0.1, global_clipnorm=0.1), True),
    "Adam in steps of two": (
        lambda: keras.optimizers.Adam(0.1, gradient_accumulation_steps=2),
        True,
    ),
    "SGD": (lambda: keras.optimizers.SGD(0.1), True),
    "momentum": (lambda: keras.optimizers.SGD(0.1, momentum=0.9), True),
    "Nesterov": (
        lambda: keras.optimizers.SGD(
            SCHEDULE, momentum=0.9, nesterov=True, weight_decay=0.1
        ),
        True,
    ),
    "AMSGrad": (lambda: keras.optimizers.Adam(amsgrad=True), False),
    "Lion": (keras.optimizers.Lion, False),
    "scaled loss": (
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1)),
        True,
    ),
}


def test_every_kernel_is_tested():
    optimizers = [make() for make, fused in OPTIMIZERS.values() if fused]
    assert {type(optimizer) for optimizer in optimizers} >= set(KERNELS)


@pytest.mark.parametrize("make, fused", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_kernel_updates_weights_as_keras_does(make, fused):
    def trained(optimizer):
        rng = np.random.default_rng(0)
        weights = [
            keras.Variable(rng.normal(size=(5, 4)).astype("float32")),
            keras.Variable(rng.normal(size=(6, 4)).astype("float32")),
        ]
        optimizer.build(weights)

        @functools.partial(tf.function, autograph=False)
        def step(dense, rows):
            gradients = [dense, tf.IndexedSlices(rows, [1, 4, 1], (6, 4))]
            optimizer.apply(gradients, weights)

        for _ in range(6):
            gradients = [rng.normal(size=(n, 4)).astype("float32") for n in (5, 3)]
            step(*map(tf.constant, gradients))
        return step, [v.numpy() for v in (*weights, *optimizer.variables)]

    _, expected = trained(make())
    optimizer = make()
    with Overrides(update_overrides(optimizer)):
        step, values = trained(optimizer)
    for value, other in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=2e-5, atol=2e-6)
    graph = step.get_concrete_function(tf.zeros((5, 4)), tf.zeros((3, 4))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    for (
        function
    ) in graph.as_graph_def().library.function:  # inside conditional branches
        kinds |= {node.op for node in function.node_def}
    assert any(kind.startswith("ResourceApply") for kind in kinds) == fused


def test_float16_weights_keep_the_update_of_keras():
    weight = keras.Variable(np.ones(3), dtype="bfloat16")
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build([weight])
    with Overrides(update_overrides(optimizer)):
        optimizer.apply([tf.ones(3, "bfloat16")])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), 0.5)


NORMALIZATIONS = {  # name: (layer, shape of an example, whether there is a kernel)
    "images": (keras.layers.BatchNormalization, (5, 4, 3), True),
    "rows": (keras.layers.BatchNormalization, (3,), True),
    "sequences": (lambda: keras.layers.BatchNormalization(momentum=0.5), (5, 3), True),
    "large epsilon": (lambda: keras.layers.BatchNormalization(epsilon=1), (3,), True),
    "without scale and center": (
        lambda: keras.layers.BatchNormalization(scale=False, center=False),
        (5, 4, 3),
        True,
    ),
    "channels first": (lambda: keras.layers.BatchNormalization(1), (3, 5, 4), False),
    "half precision": (
        lambda: keras.layers.BatchNormalization(dtype="bfloat16"),
        (3,),
        False,
    ),
    "renormalised": (lambda: keras.layers.BatchNormalization(renorm=True), (3,), False),
    "frozen": (lambda: keras.layers.BatchNormalization(trainable=False), (3,), False),
    "layer normalisation": (keras.layers.LayerNormalization, (3,), False),
}


@pytest.mark.parametrize(
    "make, shape, fused", NORMALIZATIONS.values(), ids=NORMALIZATIONS
)
def test_fused_normalization_equals_that_of_keras(make, shape, fused):
    rng = np.random.default_rng(0)
    inputs = tf.constant(rng.normal(3, 2, (6, *shape)).astype("float32"))
    slopes = tf.constant(rng.normal(size=(6, *shape)).astype("float32"))

    def results_in(context):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input(shape), make()])
        for weight in model.trainable_weights:
            weight.assign(np.linspace(0.5, 2, 3))

        @tf.function
        def step(inputs):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = tf.cast(model(inputs, training=True), "float32")
                value = tf.reduce_sum(outputs * slopes)
            weights = [v.value for v in model.trainable_weights]
            return outputs, *tape.gradient(value, [inputs, *weights])

        with context(model):
            results = [*step(inputs), *step(inputs)]
        results.append(model(inputs, training=False))
        results = [*results, *model.weights]
        return step, [keras.ops.convert_to_numpy(each) for each in results]

    _, expected = results_in(lambda model: contextlib.nullcontext())
    step, values = results_in(lambda model: Overrides(normalization_overrides(model)))
    for value, other in zip(values, expected, strict=True):
        value, other = value.astype("float32"), other.astype("float32")
        np.testing.assert_allclose(value, other, rtol=2e-4, atol=2e-5)
    operations = step.get_concrete_function(inputs).graph.get_operations()
    assert any(each.type == "FusedBatchNormV3" for each in operations) == fused


def test_a_batch_of_one_example_has_variance_0():
    model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
    with fused(model):
        outputs = model(tf.ones((1, 3)), training=True)
    np.testing.assert_array_equal(outputs, 0)
    np.testing.assert_allclose(model.layers[0].moving_variance, 0.99, rtol=1e-6)
    assert "call" not in vars(model.layers[0])


def test_kernels_are_not_used_under_a_strategy():
    model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
    model.compile("adam", "mse")
    with tf.distribute.OneDeviceStrategy("CPU:0").scope(), fused(model):
        assert "call" not in vars(model.layers[0])
        assert "update_step" not in vars(model.optimizer)
