"""The target of forecasts: next steps in the unit of the data."""

import math

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.exporting import export
from zoo.loading import as_trained_model, load_model
from zoo.targets import Forecast, target_from_config, target_of
from zoo.targets.operations import IN_NUMPY
from zoo.testing import check_model

WINDOW, HORIZON, WINDOWS = 6, 3, 30


def walks(features: int = 2, seed: int = 0) -> np.ndarray:
    """Random walks far from 0, `(windows, steps, features)`."""
    steps = np.random.default_rng(seed).normal(
        size=(WINDOWS, WINDOW + HORIZON, features)
    )
    return (1000 + steps.cumsum(axis=1)).astype("float32")


def measured(columns: int = 1, known: int = 0, season: int = 1) -> tuple:
    """A target, and the windows and answers that it was measured on."""
    whole = walks(columns + known + 1)
    windows = whole if known else whole[:, :WINDOW]
    answers = whole[:, WINDOW:, :columns]
    answers = answers[..., 0] if columns == 1 else answers
    names = tuple(f"y{n}" for n in range(columns))
    target = Forecast.measured(names, windows, answers, known=known, season=season)
    return target, windows, answers


def network(target: Forecast, windows: np.ndarray) -> zoo.RecurrentNetwork:
    return zoo.RecurrentNetwork(windows.shape[1:], target=target, units=(4,))


@pytest.fixture(scope="module")
def plain() -> tuple:
    """A target, its windows, and a network."""
    target, windows, _ = measured()
    return target, windows, network(target, windows)


def test_measures_scales_on_training_windows():
    target, windows, answers = measured(season=2)
    past, last = windows.astype("float64"), windows[:, -1:, :1].astype("float64")
    assert target.center == pytest.approx(past.mean(axis=(0, 1)))
    change = math.sqrt(((past[..., :1] - last) ** 2).mean())
    assert target.scale == pytest.approx((change, past[..., 1].std()))
    distance = answers - last[..., 0]
    assert target.spread[0] == pytest.approx(math.sqrt((distance**2).mean()))
    naive = np.abs(answers[:, 0] - past[:, -2, 0]).mean()
    assert target.naive_errors[0] == pytest.approx(naive)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("known", [0, 2])
def test_answers_have_the_shape_of_the_horizon(columns, known):
    target, windows, answers = measured(columns, known)
    model = network(target, windows)
    assert model(windows).shape == answers.shape == (WINDOWS, *target.shape)


def test_untrained_network_is_near_the_last_value(plain):
    target, windows, model = plain
    last = windows[:, -1:, 0]
    assert (np.abs(model(windows) - last) < 5 * target.spread[0]).all()


@pytest.mark.parametrize("shift", [-5000.0, 300.0])
def test_follows_a_level_that_training_never_saw(plain, shift):
    _, windows, model = plain
    moved = windows.copy()
    moved[..., 0] += shift
    found = np.array(model(moved)) - shift
    np.testing.assert_allclose(found, model(windows), atol=1e-2)


def test_answers_in_the_future_rows_are_not_read():
    target, windows, _ = measured(columns=2, known=1)
    model, planted = network(target, windows), windows.copy()
    planted[:, WINDOW:, :-1] = 1e6
    np.testing.assert_array_equal(model(planted), model(windows))
    planted[:, WINDOW:, -1] += 1
    assert not np.array_equal(model(planted), model(windows))


def test_zeros_at_the_end_of_a_window_are_values():
    whole = walks(1) - 1000
    target = Forecast.measured(("y",), whole[:, :WINDOW], whole[:, WINDOW:, 0])
    model, windows = network(target, whole[:, :WINDOW]), whole[:, :WINDOW].copy()
    windows[:, 4:] = 0
    others = np.concatenate([windows[:, :3], 0 * windows[:, 3:]], axis=1)
    assert not np.allclose(model(windows), model(others))


def test_network_keeps_the_promises_of_the_zoo(plain):
    target, windows, _ = plain
    answers = measured()[2]
    check_model(
        zoo.RecurrentNetwork,
        windows[:4],
        answers[:4],
        arguments={
            "input_shape": windows.shape[1:],
            "target": target.get_config(),
            "units": (4,),
        },
        loss="mse",  # The signs of a few absolute errors may cancel.
    )


def test_margins_are_those_of_conformal_prediction():
    target = measured(columns=2)[0]
    errors = np.arange(1.0, 10)[:, None, None] * np.array([[1, 2], [3, 4], [5, 6]])
    margins = target.margins_of(np.zeros_like(errors), errors, 0.8)
    np.testing.assert_allclose(margins, 8 * np.array([[1, 2], [3, 4], [5, 6]]))
    assert target.margins_of(errors[:3], errors[:3], 0.9) is None
    answers = target.with_margins(margins, 0.8).answers(errors, IN_NUMPY)
    np.testing.assert_allclose(
        answers["upper"] - answers["lower"], 2 * margins[None] + 0 * errors
    )


@pytest.mark.parametrize("columns", [1, 2])
def test_target_is_the_same_in_every_file(columns, tmp_path):
    target, windows, _ = measured(columns, known=1)
    target = target.with_margins(np.ones((HORIZON, columns)), 0.9)
    assert target_from_config(target.get_config()) == target
    model = network(target, windows)
    model.save(tmp_path / "model.keras")
    assert target_of(keras.models.load_model(tmp_path / "model.keras")) == target
    export(model, tmp_path / "served", examples=windows[:2])
    served = load_model(tmp_path / "served")
    assert isinstance(served.target, Forecast)
    assert served.target.description() == target.description()
    expected = as_trained_model(model).answers(windows[:3])
    for name, values in served.answers(windows[:3]).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5)


WRONG = {
    "no column": ({"names": ()}, "one per column to predict"),
    "a scale too few": ({"scale": (1.0,)}, "one entry per column"),
    "a window of no step": ({"window": 0}, "`window`"),
    "a horizon that is not a number": ({"horizon": "day"}, "`horizon`"),
    "a spread of 0": ({"spread": (0.0,)}, "`spread`"),
    "a short window": ({"known": 1, "window": 2}, "at least `horizon` 3"),
}


@pytest.mark.parametrize("changed, message", WRONG.values(), ids=WRONG)
def test_refuses_wrong_values(changed, message):
    with pytest.raises(ValueError, match=message):
        target_from_config({**measured()[0].get_config(), **changed})


def test_refuses_windows_of_another_shape():
    target = measured()[0]
    with pytest.raises(ValueError, match=r"windows of shape \(6, 2\)"):
        zoo.RecurrentNetwork((7, 2), target=target)


DIFFERENT = {
    "another value": ({"values": [[1.0, 2.0, 3.1]]}, "gave values 3.1"),
    "another shape": ({"values": [[1.0, 2.0]]}, "gave values of shape"),
    "the same": ({"values": [[1.0, 2.0, 3.0]]}, None),
}


@pytest.mark.parametrize("served, told", DIFFERENT.values(), ids=DIFFERENT)
def test_tells_different_answers(served, told):
    target = measured()[0]
    own = {"values": np.array([[1.0, 2.0, 3.0]])}
    found = target.difference(
        {name: np.array(values) for name, values in served.items()}, own, 1e-4
    )
    assert (found or "").startswith(told or "")
    assert (found is None) == (told is None)


def test_refuses_mixed_examples():
    with pytest.raises(InputError, match="leave out mixing"):
        measured()[0].check_soft(None)
