"""The objective and gradients of `fit` against the equations of the notes.

The gradient is the change of the weights in one step of gradient descent with η = 1.
"""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose

from custom.losses import HalfSumSquaredError
from custom.optimizers import GradientDescent
from custom.regularizers import L1, L2


def logistic(x):
    return 1 / (1 + np.exp(-x))


def randomised(layers, shape):
    """Return a compiled net with random weights, and the weights in float64."""
    model = keras.Sequential([keras.Input(shape), *layers])
    model.compile(GradientDescent(1.0), HalfSumSquaredError())
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model, [w.astype("float64") for w in model.get_weights()]


def gradients(model, x, t):
    before = model.get_weights()
    model.train_on_batch(x, t)
    return [
        old.astype("float64") - new
        for old, new in zip(before, model.get_weights(), strict=True)
    ]


def examples(*shapes):
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def test_back_propagation_is_the_chain_rule():
    dense = keras.layers.Dense
    model, weights = randomised([dense(4, "tanh"), dense(3, "sigmoid"), dense(2)], (5,))
    kernels, biases = [k.T for k in weights[::2]], weights[1::2]
    functions = [np.tanh, logistic, lambda z: z]
    slopes = [
        lambda z: 1 - np.tanh(z) ** 2,
        lambda z: logistic(z) * (1 - logistic(z)),
        np.ones_like,
    ]
    x, t = examples((6, 5), (6, 2))
    expected = [np.zeros_like(w) for w in weights]
    for inputs, target in zip(x.astype("float64"), t, strict=True):
        outputs, nets = [inputs], []
        for kernel, bias, function in zip(kernels, biases, functions, strict=True):
            nets.append(kernel @ outputs[-1] + bias)
            outputs.append(function(nets[-1]))
        delta = (outputs[-1] - target) * slopes[-1](nets[-1])
        for layer in (2, 1, 0):
            expected[2 * layer] += np.outer(outputs[layer], delta)
            expected[2 * layer + 1] += delta
            if layer:
                delta = kernels[layer].T @ delta * slopes[layer - 1](nets[layer - 1])
    for seen, wanted in zip(gradients(model, x, t), expected, strict=True):
        assert_allclose(seen, wanted, rtol=1e-5, atol=2e-6)


def test_back_propagation_through_time_sums_over_steps():
    layer = keras.layers.SimpleRNN(3, return_sequences=True)
    model, (kernel, recurrent, bias) = randomised([layer], (7, 2))
    x, t = examples((4, 7, 2), (4, 7, 3))
    expected = [np.zeros_like(w) for w in (kernel, recurrent, bias)]
    for inputs, targets in zip(x.astype("float64"), t, strict=True):
        states = [np.zeros(3)]
        for now in inputs:
            states.append(np.tanh(now @ kernel + states[-1] @ recurrent + bias))
        delta = np.zeros(3)
        for step in range(7, 0, -1):
            error = states[step] - targets[step - 1]
            delta = (1 - states[step] ** 2) * (recurrent @ delta + error)
            expected[0] += np.outer(inputs[step - 1], delta)
            expected[1] += np.outer(states[step - 1], delta)
            expected[2] += delta
    for seen, wanted in zip(gradients(model, x, t), expected, strict=True):
        assert_allclose(seen, wanted, rtol=1e-5, atol=5e-6)


def shaped(kernel, bias):
    return np.full((1, 1), kernel), np.full(1, bias)


@pytest.mark.parametrize("size, vanishes", [(0.9, True), (8.0, False)])
def test_the_gradient_of_a_chain_is_a_product_of_slopes(size, vanishes):
    """∂C/∂b₁ of a chain of four sigmoid units, all of them at z = 0."""
    layers = [keras.layers.Dense(1, "sigmoid", name=f"unit_{i}") for i in range(4)]
    model, _ = randomised(layers, (1,))
    w = size * np.array([1, -1.125, 1, 1.125])
    b = np.array([0, *(-0.5 * w[1:])])  # z = w/2 + b = 0 if z = 0 before
    model.set_weights([v for pair in zip(w, b, strict=True) for v in shaped(*pair)])
    seen = gradients(model, np.zeros((1, 1)), np.array([[2.0]]))[1::2]
    cost, slope = 0.5 - 2.0, 0.25
    first = slope * w[1] * slope * w[2] * slope * w[3] * slope * cost
    assert_allclose(seen[0], [first], rtol=1e-5)
    falls = np.diff(np.abs(np.ravel(seen))) > 0
    assert falls.all() if vanishes else not falls.any()


PENALTIES = {  # name: (penalty, value, gradient), from the formulas
    "L1": (L1(0.3), lambda w: 0.3 * np.abs(w).sum(), lambda w: 0.3 * np.sign(w)),
    "L2": (L2(0.3), lambda w: 0.15 * (w**2).sum(), lambda w: 0.3 * w),
}


@pytest.mark.parametrize("penalty, value, slope", PENALTIES.values(), ids=PENALTIES)
def test_the_objective_is_the_loss_plus_the_penalty(penalty, value, slope):
    layer = keras.layers.Dense(2, use_bias=False, kernel_regularizer=penalty)
    model, (w,) = randomised([layer], (3,))
    x, t = examples((5, 3), (5, 2))
    wide = x.astype("float64")
    loss = 0.5 * ((t - wide @ w) ** 2).sum()
    assert_allclose(model.evaluate(x, t, verbose=0), loss + value(w), rtol=1e-5)
    expected = wide.T @ (wide @ w - t) + slope(w)
    assert_allclose(gradients(model, x, t)[0], expected, rtol=1e-5, atol=2e-6)
