"""The search for a learning rate: its rule, the model afterwards, refusals."""

import keras
import numpy as np
import pytest

import recipes
from custom.optimizers import GradientDescent
from recipes.experiments.search.learning_rate import rise, suggested
from zoo.errors import InputError

CURVATURE = 8.0


def quadratic():
    """One weight at 1; with an input of √λ and a target of 0, the loss is λ w²."""
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(1, use_bias=False, kernel_initializer="ones"),
        ]
    )
    model.compile(GradientDescent(0.5), "mean_squared_error")
    return model


def batches():
    x = np.full((1, 1), CURVATURE**0.5, "float32")
    return [(x, np.zeros((1, 1), "float32"))]


def test_on_a_quadratic_the_losses_follow_the_formula_and_the_rate_is_stable():
    rates = np.geomspace(1e-5, 10, 80)
    found = rise(quadratic(), batches(), rates)
    weight, expected = 1.0, []
    for rate in found.rates:
        expected.append(CURVATURE * weight**2)
        weight *= 1 - 2 * CURVATURE * rate
    np.testing.assert_allclose(found.losses, expected, rtol=1e-3, atol=1e-9)
    assert len(found.rates) < 80  # It ends soon after the loss has exploded.
    best = 1 / (2 * CURVATURE)  # one step to the minimum; from twice that it diverges
    assert best / 30 < found.suggestion < best


def test_the_suggestion_is_where_the_loss_falls_most_steeply():
    rates = np.geomspace(1e-5, 1, 101)
    falls = 1 / (1 + np.exp(np.log(rates / 1e-2) * 3)) + 0.1
    noise = np.random.default_rng(0).normal(size=101) * 0.02
    exploded = np.where(rates > 0.3, 50.0, 0.0)
    assert suggested(rates, falls.tolist(), 101).suggestion == pytest.approx(1e-2, 0.1)
    found = suggested(rates, (falls + noise + exploded).tolist(), 101)
    assert found.suggestion == pytest.approx(1e-2, rel=0.3)


def test_the_model_is_as_before():
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    before = [np.array(variable) for variable in model.variables]
    optimizer, state = model.optimizer, len(model.optimizer.variables)
    found = recipes.find_learning_rate(model, "two_moons", steps=20)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert model.optimizer is optimizer
    assert int(optimizer.iterations) == 0
    assert len(model.optimizer.variables) >= state
    assert 1e-6 <= found.suggestion <= 10


def test_the_command_draws_and_repeats_the_rate(zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["search", "mlp", "--only", "learning-rate", "--data", "two_moons"]
    status, output, errors = zoo(*words, "--batch-size", 16)
    assert status == 0, errors
    assert "suggested learning rate" in output
    assert "--batch-size 16" in output
    assert "--learning-rate" in output
    assert (tmp_path / "lr.png").stat().st_size > 5000
    assert [path.name for path in tmp_path.iterdir()] == ["lr.png"]
    again = zoo(*words, "--batch-size", 16)[1]
    assert again == output


def test_options_of_trials_are_not_for_a_learning_rate_alone(zoo, tmp_path):
    words = ["search", "mlp", "--only", "learning-rate", "--data", "two_moons"]
    for option in (["--trials", 3], ["--space", "dropout=0:0.5"], ["--no-prune"]):
        status, _, errors = zoo(*words, "--out", tmp_path / "lr.png", *option)
        assert status == 2
        assert f"trains once, without trials: leave out {option[0]}." in errors
    assert not (tmp_path / "lr.png").exists()


REFUSED = {
    "highest": ({"lowest": 1.0, "highest": 0.1}, "`highest` must be above `lowest`"),
    "steps": ({"steps": 9}, "`steps` must be at least 10"),
    "a rate": ({"learning_rate": 0.1}, "`learning_rate` does not apply"),
    "epochs": ({"epochs": 3}, "`epochs` does not apply"),
    "unknown": ({"batchsize": 3}, "did you mean 'batch_size'"),
    "bad": ({"batch_size": 0}, "positive integer"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_arguments_are_refused(case):
    arguments, sentence = REFUSED[case]
    with pytest.raises(InputError, match=sentence):
        recipes.find_learning_rate("mlp", "xor", **arguments)


def test_a_loss_that_never_falls_is_told():
    rates = np.geomspace(1e-5, 1, 30)
    with pytest.raises(InputError, match="falls at no learning rate"):
        suggested(rates, np.linspace(1, 2, 30).tolist(), 30)


def test_a_dcgan_is_refused():
    pixels = np.zeros((20, 28, 28, 1), "uint8")
    images = recipes.from_arrays(pixels, np.arange(20) % 2)
    with pytest.raises(InputError, match="no optimizer of its own"):
        recipes.find_learning_rate("dcgan", images, steps=10)
