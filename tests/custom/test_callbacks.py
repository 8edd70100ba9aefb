"""The time limit with a simulated clock, and the norms of gradients."""

import csv
import math

import keras
import matplotlib.image
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from custom import callbacks
from custom.callbacks import GradientFlow, TimeLimit


def test_every_public_name_is_tested_here():
    assert set(callbacks.__all__) == {"GradientFlow", "TimeLimit"}


class Clock:
    """A clock that `Tick` advances by one second per batch."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Tick(keras.callbacks.Callback):
    def __init__(self, clock):
        super().__init__()
        self.clock, self.batches, self.epochs = clock, 0, 0

    def on_train_batch_end(self, batch, logs=None):
        self.clock.now += 1
        self.batches += 1

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1


def train(limit, clock, epochs=3):
    """Train ten batches per epoch; return the number of batches and epochs."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    tick = Tick(clock)
    x = np.ones((10, 2), "float32")
    model.fit(
        x, x[:, :1], batch_size=1, epochs=epochs, verbose=0, callbacks=[tick, limit]
    )
    return tick.batches, tick.epochs


@pytest.mark.parametrize(
    "seconds, expected", [(1, (1, 1)), (13.5, (14, 2)), (20, (20, 2)), (99, (30, 3))]
)
def test_training_stops_at_the_batch_that_reaches_the_limit(seconds, expected):
    clock = Clock()
    limit = TimeLimit(seconds, clock=clock)
    assert train(limit, clock) == expected
    assert limit.spent == expected[0]


def test_time_adds_up_over_runs_without_the_time_between_them():
    clock = Clock()
    limit = TimeLimit(25, clock=clock)
    assert train(limit, clock, epochs=2) == (20, 2)
    clock.now += 1000
    assert train(limit, clock) == (5, 1)
    assert train(limit, clock) == (1, 1)  # no time remains: one batch


def test_an_interrupted_run_continues_with_its_remaining_time():
    clock = Clock()
    first = TimeLimit(25, clock=clock)
    train(first, clock, epochs=1)
    state = first.get_state()
    assert state == {"spent": 10.0}
    second = TimeLimit(25, clock=clock)
    second.set_state(state)
    assert train(second, clock) == (15, 2)


def test_the_state_includes_the_current_run():
    clock = Clock()
    limit = TimeLimit(25, clock=clock)
    limit.on_train_begin()
    clock.now += 4
    assert limit.get_state() == {"spent": 4.0}
    limit.set_state({"spent": 7.0})
    clock.now += 1
    assert limit.spent == 8


@pytest.mark.parametrize("bad", [0, -1, math.inf, math.nan, "60", None, True])
def test_refuses_invalid_limits(bad):
    with pytest.raises(ValueError, match="`seconds` must be finite and above 0"):
        TimeLimit(bad)


def test_refuses_an_invalid_clock_or_state():
    with pytest.raises(ValueError, match="`clock` must be a function"):
        TimeLimit(1, clock=3)
    with pytest.raises(ValueError, match="`spent` must be finite"):
        TimeLimit(1).set_state({"spent": math.nan})


# Gradient flow.


def data(examples=64, features=8):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(examples, features)).astype("float32")
    return x, (x[:, :1] > 0).astype("float32")


def deep(activation, initializer="glorot_uniform", layers=8):
    return keras.Sequential(
        [
            keras.layers.Dense(
                32, activation, kernel_initializer=initializer, name=f"hidden_{n}"
            )
            for n in range(1, layers + 1)
        ]
        + [keras.layers.Dense(1, name="output")]
    )


def flow_of(model, epochs=1, optimizer="sgd", **options):
    x, y = data()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer, loss)
    flow = GradientFlow(x, y, **options)
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[flow])
    return flow


def test_norms_equal_those_of_the_explicit_gradient():
    x, y = data()
    model = keras.Sequential(
        [
            keras.layers.Dense(
                1, kernel_regularizer=keras.regularizers.L2(0.1), name="only"
            )
        ]
    )
    model.compile(keras.optimizers.SGD(0.0), "mse")
    weight = np.linspace(1, 2, len(x)).astype("float32")
    flow = GradientFlow(x, y, sample_weight=weight)
    model.fit(x, y, verbose=0, callbacks=[flow])
    w, b = (v.astype("float64") for v in model.get_weights())
    error = 2 * weight[:, None] * (x @ w + b - y) / len(x)
    gradient = np.append(x.T @ error + 0.2 * w, error.sum())
    assert_allclose(flow.history["only"], [np.linalg.norm(gradient)] * 2, rtol=1e-5)


def test_gradients_vanish_with_sigmoid_but_not_with_relu():
    names = [f"hidden_{n}" for n in range(1, 9)]
    with_sigmoid = flow_of(deep("sigmoid")).history
    with_relu = flow_of(deep("relu", "he_normal")).history
    for index in (0, 1):  # before and after the epoch
        norms = [with_sigmoid[name][index] for name in names]
        ratios = np.divide(norms[:-1], norms[1:])
        assert (ratios < 1).all(), "each layer has a smaller norm than the next"
        assert norms[0] < 1e-3 * norms[-1]
        norms = [with_relu[name][index] for name in names]
        assert norms[0] > 0.2 * norms[-1]


def test_it_does_not_change_training():
    x, y = data()

    def weights(flows):
        keras.utils.set_random_seed(1)
        model = keras.Sequential(
            [
                keras.layers.Dense(4, "relu"),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(1),
            ]
        )
        model.build(x.shape)
        model.compile("adam", "mse")
        history = model.fit(x, y, epochs=3, verbose=0, callbacks=flows)
        return [*model.get_weights(), history.history["loss"]]

    watched, alone = weights([GradientFlow(x[:9], y[:9])]), weights([])
    for one, other in zip(watched, alone, strict=True):
        assert_array_equal(one, other)


def test_the_table_is_written_and_survives_an_interruption(tmp_path):
    path = tmp_path / "run" / "flow.csv"
    model = deep("relu", layers=2)
    first = flow_of(model, epochs=2, path=path)
    x, y = data()
    second = GradientFlow(x, y, path=path)
    second.set_state(first.get_state())
    model.fit(x, y, initial_epoch=2, epochs=4, verbose=0, callbacks=[second])
    assert second.history["epoch"] == [0, 1, 2, 3, 4]
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["epoch", "hidden_1", "hidden_2", "output"]
    columns = [
        [float(cell) for cell in column] for column in zip(*rows[1:], strict=True)
    ]
    assert columns == list(second.history.values())


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_small_gradients_survive_mixed_precision(policy):
    keras.utils.set_random_seed(3)
    exact = flow_of(deep("sigmoid", layers=6), optimizer=keras.optimizers.SGD(0.0))
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(3)
    mixed = flow_of(deep("sigmoid", layers=6), optimizer=keras.optimizers.SGD(0.0))
    for name in list(exact.history)[1:]:
        assert_allclose(mixed.history[name][0], exact.history[name][0], rtol=0.1)


def test_recurrent_embedding_and_frozen_layers():
    tokens = np.random.default_rng(0).integers(0, 20, (16, 5))
    model = keras.Sequential(
        [
            keras.layers.Embedding(20, 4, name="embedding"),
            keras.layers.LSTM(3, name="lstm"),
            keras.layers.Dense(4, trainable=False),
            keras.layers.Dense(1, name="output"),
        ]
    )
    model.compile("sgd", "mse")
    flow = GradientFlow(tokens, np.ones((16, 1)))
    model.fit(tokens, np.ones((16, 1)), verbose=0, callbacks=[flow])
    assert list(flow.history) == ["epoch", "embedding", "lstm/lstm_cell", "output"]
    assert all(
        norm > 0 for name in list(flow.history)[1:] for norm in flow.history[name]
    )


def test_a_model_without_trainable_weights_is_refused():
    model = keras.Sequential([keras.layers.Dense(1, trainable=False)])
    model.build((None, 8))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="no trainable weights"):
        callbacks.gradient_norms(model, *data())


def test_plot_draws_a_line_for_each_layer(tmp_path):
    flow = flow_of(deep("sigmoid"), epochs=5)
    flow.plot(tmp_path / "flow.png")
    picture = matplotlib.image.imread(tmp_path / "flow.png")
    assert picture.shape[0] >= 400
    assert picture.shape[1] >= 700
    colours = np.unique((picture[..., :3] * 255).astype(int).reshape(-1, 3), axis=0)
    assert len(colours) > 100  # nine lines in nine shades


def test_plot_refuses_an_empty_history(tmp_path):
    with pytest.raises(ValueError, match="Nothing was measured"):
        GradientFlow(*data()).plot(tmp_path / "flow.png")
