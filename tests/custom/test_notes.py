"""The claims of the notes about perceptrons, nets and layers, as experiments.

Keras's own layers are compared with the equations of the notes, in NumPy and float64.
"""

import keras
import numpy as np
import pytest

from custom.activations import sign
from custom.losses import HalfSumSquaredError
from custom.optimizers import GradientDescent

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
TARGETS = {
    "and": np.array([[-1], [-1], [-1], [1]], "float32"),
    "or": np.array([[-1], [1], [1], [1]], "float32"),
    "xor": np.array([[-1], [1], [1], [-1]], "float32"),
}


def perceptron(inputs, learning_rate=0.25):
    """Return Rosenblatt's unit: a weighted sum, a threshold, the perceptron rule."""
    model = keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(1, activation=sign, kernel_initializer="zeros"),
        ]
    )
    model.compile(GradientDescent(learning_rate), HalfSumSquaredError())
    return model


def weights_of(model):
    kernel, bias = model.get_weights()
    return kernel[:, 0].astype("float64"), float(bias[0])


def test_the_unit_makes_exactly_the_updates_of_the_perceptron():
    """Δw = η (t − o) x for each example in turn, bit for bit."""
    rng = np.random.default_rng(0)
    inputs = rng.integers(-8, 9, (30, 3)).astype("float32") / 4
    targets = np.where(inputs @ [1, -2, 0.5] > 0.25, 1, -1).astype("float32")[:, None]
    model = perceptron(3)
    weights, bias = np.zeros(3), 0.0
    for x, t in zip(inputs, targets, strict=True):
        output = 1.0 if weights @ x + bias > 0 else -1.0
        weights = weights + 0.25 * (t[0] - output) * x
        bias = bias + 0.25 * (t[0] - output)
        model.train_on_batch(x[None], t[None])
        seen, seen_bias = weights_of(model)
        np.testing.assert_array_equal(seen, weights)
        assert seen_bias == bias


@pytest.mark.parametrize("name, learnt", [("and", True), ("or", True), ("xor", False)])
def test_a_perceptron_learns_linearly_separable_classes(name, learnt):
    model = perceptron(2)
    model.fit(CORNERS, TARGETS[name], batch_size=1, epochs=30, shuffle=False, verbose=0)
    right = model.predict(CORNERS, verbose=0) == TARGETS[name]
    assert right.all() == learnt


def test_a_net_with_two_layers_learns_xor():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dense(1, activation="tanh"),
        ]
    )
    model.compile(GradientDescent(0.1), HalfSumSquaredError())
    inputs, targets = np.tile(CORNERS, (20, 1)), np.tile(TARGETS["xor"], (20, 1))
    model.fit(inputs, targets, batch_size=4, epochs=15, shuffle=False, verbose=0)
    assert (np.sign(model.predict(CORNERS, verbose=0)) == TARGETS["xor"]).all()


@pytest.mark.parametrize(
    "batch_size", [1, 5, 20], ids=["online", "mini-batch", "batch"]
)
def test_gradient_descent_on_a_linear_unit_is_the_delta_rule(batch_size):
    """Δw = η Σ (t − o) x over the batch, for every batch size."""
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(20, 3)).astype("float32")
    targets = rng.normal(size=(20, 1)).astype("float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(GradientDescent(0.01), HalfSumSquaredError())
    weights, bias = weights_of(model)
    for start in range(0, 20, batch_size):
        x, t = inputs[start:][:batch_size], targets[start:][:batch_size, 0]
        model.train_on_batch(x, t[:, None])
        error = t - (x.astype("float64") @ weights + bias)
        weights, bias = weights + 0.01 * error @ x, bias + 0.01 * error.sum()
    seen, seen_bias = weights_of(model)
    np.testing.assert_allclose(seen, weights, rtol=1e-5, atol=1e-7)
    assert seen_bias == pytest.approx(bias, rel=1e-5, abs=1e-7)


def randomised(layer, shape, seed=0):
    """Build the layer with random weights, and return inputs for it."""
    rng = np.random.default_rng(seed)
    layer.build((None, *shape))
    layer.set_weights(
        [rng.normal(0, 0.5, w.shape).astype("float32") for w in layer.get_weights()]
    )
    return rng.normal(size=(2, *shape)).astype("float32")


def computed(layer, inputs, **arguments):
    return keras.ops.convert_to_numpy(layer(inputs, **arguments))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_dense_is_the_weighted_sum():
    layer = keras.layers.Dense(3, activation="tanh")
    x = randomised(layer, (4,))
    kernel, bias = (w.astype("float64") for w in layer.get_weights())
    expected = [
        [
            np.tanh(sum(kernel[i, j] * row[i] for i in range(4)) + bias[j])
            for j in range(3)
        ]
        for row in x.astype("float64")
    ]
    np.testing.assert_allclose(computed(layer, x), expected, rtol=1e-5, atol=1e-6)


def test_convolution_is_the_explicit_sum():
    layer = keras.layers.Conv2D(3, (2, 3), data_format="channels_last")
    x = randomised(layer, (4, 5, 2))
    kernel, bias = (w.astype("float64") for w in layer.get_weights())
    expected = np.zeros((2, 3, 3, 3))
    for n, i, j, k in np.ndindex(*expected.shape):
        window = x[n, i : i + 2, j : j + 3].astype("float64")
        expected[n, i, j, k] = (window * kernel[..., k]).sum() + bias[k]
    np.testing.assert_allclose(computed(layer, x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "layer, reduce",
    [(keras.layers.MaxPooling2D, np.max), (keras.layers.AveragePooling2D, np.mean)],
    ids=["max", "average"],
)
def test_keras_pooling_follows_the_notes(layer, reduce):
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype("float32")
    expected = np.zeros((2, 2, 3, 3))
    for n, i, j, k in np.ndindex(*expected.shape):
        window = x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, k].astype("float64")
        expected[n, i, j, k] = reduce(window)
    result = computed(layer(2, data_format="channels_last"), x)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-7)


def simple_cell(x, h, c, kernel, recurrent, bias):
    return np.tanh(x @ kernel + h @ recurrent + bias), c


def lstm_cell(x, h, c, kernel, recurrent, bias):
    i, f, candidate, o = np.split(x @ kernel + h @ recurrent + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
    return sigmoid(o) * np.tanh(c), c


def gru_cell(x, h, c, kernel, recurrent, bias):
    xz, xr, xh = np.split(x @ kernel, 3)
    uz, ur, uh = np.split(recurrent, 3, axis=1)
    bz, br, bh = np.split(bias, 3)
    z = sigmoid(xz + h @ uz + bz)
    r = sigmoid(xr + h @ ur + br)
    candidate = np.tanh(xh + (r * h) @ uh + bh)
    return z * h + (1 - z) * candidate, c


@pytest.mark.parametrize(
    "layer, cell",
    [
        (keras.layers.SimpleRNN(3, return_sequences=True), simple_cell),
        (keras.layers.LSTM(3, return_sequences=True), lstm_cell),
        (keras.layers.GRU(3, return_sequences=True, reset_after=False), gru_cell),
    ],
    ids=["simple", "lstm", "gru"],
)
def test_recurrent_layers_follow_the_gate_equations(layer, cell):
    x = randomised(layer, (6, 2))
    weights = [w.astype("float64") for w in layer.get_weights()]
    expected = np.zeros((2, 6, 3))
    for n in range(2):
        h, c = np.zeros(3), np.zeros(3)
        for t in range(6):
            h, c = cell(x[n, t].astype("float64"), h, c, *weights)
            expected[n, t] = h
    np.testing.assert_allclose(computed(layer, x), expected, rtol=1e-4, atol=1e-5)


def test_the_gradient_through_time_shrinks_with_distance():
    """dh_T/dx_t of a simple cell falls as T − t grows."""
    from tests.custom.gradients import value_and_gradient

    layer = keras.layers.SimpleRNN(8, recurrent_initializer="orthogonal", seed=1)
    x = np.random.default_rng(0).normal(size=(1, 40, 4)).astype("float32")
    _, slope = value_and_gradient(layer, x)
    norms = np.linalg.norm(slope[0], axis=-1)
    assert norms[0] < 1e-2 * norms[-1]


def test_dropout_is_inverted_dropout():
    layer = keras.layers.Dropout(0.25, seed=0)
    x = np.full((400, 50), 3.0, "float32")
    seen = computed(layer, x, training=True)
    kept = seen != 0
    np.testing.assert_allclose(seen[kept], 3 / 0.75, rtol=1e-6)
    # 20,000 draws: five standard deviations of the binomial distribution.
    assert abs(kept.mean() - 0.75) < 5 * np.sqrt(0.25 * 0.75 / 20_000)
    np.testing.assert_array_equal(computed(layer, x, training=False), x)


def test_gaussian_noise_is_added_only_in_training():
    layer = keras.layers.GaussianNoise(0.5, seed=0)
    x = np.ones((400, 50), "float32")
    noise = computed(layer, x, training=True) - x
    assert abs(noise.mean()) < 5 * 0.5 / np.sqrt(20_000)
    assert abs(noise.std() - 0.5) < 5 * 0.5 / np.sqrt(2 * 20_000)
    np.testing.assert_array_equal(computed(layer, x, training=False), x)


def test_early_stopping_stops_when_the_validation_loss_rises():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(GradientDescent(0.1), "mse")
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=2)
    stopping.set_model(model)
    stopping.on_train_begin()
    stopped = []
    for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7, 0.1]):
        stopping.on_epoch_end(epoch, {"val_loss": loss})
        stopped.append(model.stop_training)
    assert stopped == [False, False, False, True, True]
