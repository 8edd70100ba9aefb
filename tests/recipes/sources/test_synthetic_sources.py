"""Synthetic data: its formulas, seeds and arguments."""

import click
import numpy as np
import pytest

import recipes
from recipes.command.options import data_options
from recipes.sources.registry import SYNTHETIC
from recipes.sources.synthetic import TURNS, adding_problem, copy_memory
from tests.recipes.sources.source_files import check_complete
from zoo.errors import InputError


def all_of(dataset):
    parts = (dataset.train, dataset.validation, dataset.test)
    rows = np.concatenate([part.inputs for part in parts])
    return rows, np.concatenate([part.labels for part in parts])


@pytest.mark.parametrize("name", SYNTHETIC)
def test_synthetic_tables_are_functions_of_their_arguments(name):
    dataset = recipes.load(name, num_examples=200, data_seed=3)
    check_complete(dataset, 200)
    assert dataset.kind == "table"
    np.testing.assert_array_equal(np.bincount(all_of(dataset)[1]), [100, 100])
    again = recipes.load(**dataset.origin)
    np.testing.assert_array_equal(again.train.inputs, dataset.train.inputs)
    other = recipes.load(name, num_examples=200, data_seed=4)
    assert not np.array_equal(other.train.inputs, dataset.train.inputs)


def test_the_class_of_xor_is_the_sign_of_the_product():
    (rows, labels) = all_of(recipes.load("xor", noise=0.0))
    np.testing.assert_array_equal(np.abs(rows), 1)
    np.testing.assert_array_equal(labels, rows[:, 0] * rows[:, 1] < 0)


def test_two_moons_are_half_circles():
    rows, labels = all_of(recipes.load("two_moons", noise=0.0))
    centres = np.array([[0.0, 0.0], [1.0, 0.5]])[labels]
    np.testing.assert_allclose(np.hypot(*(rows - centres).T), 1, atol=1e-6)


def test_the_angle_of_spirals_is_proportional_to_the_radius():
    rows, labels = all_of(recipes.load("spirals", noise=0.0))
    radius = np.hypot(*rows.T.astype("float64"))
    turn = np.arctan2(rows[:, 1], rows[:, 0]) / (2 * np.pi) - TURNS * radius
    # The arms are half a turn apart.
    np.testing.assert_allclose(np.cos(2 * np.pi * (turn - labels / 2)), 1, atol=1e-5)


def test_the_target_of_the_adding_problem_is_the_sum_of_two_numbers():
    inputs, sums = adding_problem(np.random.default_rng(0), 4000, 9)
    marks = inputs[..., 1]
    np.testing.assert_array_equal(marks[:, :4].sum(1), 1)
    np.testing.assert_array_equal(marks[:, 4:].sum(1), 1)
    expected = [row[row[:, 1] == 1, 0].sum() for row in inputs]
    np.testing.assert_allclose(sums, expected, rtol=1e-6)
    assert np.mean((sums - 1) ** 2) == pytest.approx(1 / 6, abs=0.01)


def test_the_target_of_copy_memory_repeats_the_first_symbols():
    inputs, targets = copy_memory(
        np.random.default_rng(0), 50, 7, length=4, num_symbols=3
    )
    assert inputs.shape == targets.shape == (50, 15)
    np.testing.assert_array_equal(targets[:, -4:], inputs[:, :4])
    assert set(np.unique(inputs[:, :4])) == {1, 2, 3}
    np.testing.assert_array_equal(targets[:, :-4], 0)
    np.testing.assert_array_equal(inputs[:, 4:10], 0)
    np.testing.assert_array_equal(inputs[:, 10], 4)  # then the answer begins
    np.testing.assert_array_equal(inputs[:, 11:], 0)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: recipes.load("xor", num_examples=3), "from 40 to 10,000,000, got 3"),
        (lambda: recipes.load("xor", num_examples=2.5), "`num_examples`.*got 2.5"),
        (lambda: recipes.load("xor", noise=-1), "`noise`.*got -1"),
        (lambda: recipes.load("xor", data_seed=-1), "`data_seed`.*got -1"),
        (
            lambda: recipes.load("xor", group="a"),
            "`group`.* apply to synthetic",
        ),
        (
            lambda: recipes.load("digits", noise=1.0),
            "applies to synthetic data",
        ),
        (lambda: adding_problem(np.random.default_rng(0), 1, 1), "`length`.*got 1"),
        (lambda: copy_memory(np.random.default_rng(0), 1, 0), "`delay`.*got 0"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_the_command_passes_options_of_synthetic_data(capsys):
    seen = {}

    @click.command()
    @data_options
    def show(dataset):
        seen["data"] = dataset()

    sizes = ["--num-examples", "80", "--noise", "0", "--data-seed", "7"]
    show.main(["--data", "xor", *sizes], standalone_mode=False)
    assert "synthetic: 80 rows, noise 0, seed 7" in capsys.readouterr().err
    same = recipes.load("xor", num_examples=80, noise=0.0, data_seed=7)
    np.testing.assert_array_equal(seen["data"].train.inputs, same.train.inputs)
    with pytest.raises(InputError, match="applies to synthetic data"):
        show.main(["--num-examples", "80"], standalone_mode=False)
