"""Synthetic data with known answers, which a model ought to learn."""

import numpy as np

from custom.arguments import positive_integer
from recipes.data.dataset import Dataset
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.parts.division import USUAL, Division
from zoo.errors import InputError, checked

# Small compared with the distance between the classes.
NOISE = {"xor": 0.15, "two_moons": 0.15, "spirals": 0.02}
NUM_EXAMPLES = 1000
FEWEST = 40  # so that each part has examples of each class
MOST = 10_000_000  # so that they fit into the memory of any machine
ARMS = 2
TURNS = 1.5
Arrays = tuple[np.ndarray, np.ndarray]  # inputs and targets


def load_synthetic(
    name: str,
    *,
    num_examples: int | None = None,
    noise: float | None = None,
    data_seed: int = 0,
    division: Division = USUAL,
) -> Dataset:
    """A table of two columns and two classes, the same for the same arguments.

    >>> print(load_synthetic("spirals", num_examples=200).describe())
    spirals: rows of 2 features, 2 classes; 144 train, 16 validation, 40 test
    """
    number = NUM_EXAMPLES if num_examples is None else num_examples
    spread = NOISE[name] if noise is None else noise
    if not FEWEST <= number <= MOST:
        raise InputError(
            f"`num_examples` must be from {FEWEST} to {MOST:,}, got {number:,}."
        )
    rng = np.random.default_rng(data_seed)
    rows, labels = MAKERS[name](rng, number)
    rows = rows + rng.normal(scale=spread, size=rows.shape)
    with np.errstate(over="ignore"):  # `from_arrays` refuses what is infinite.
        rows = rows.astype("float32")
    return from_arrays(
        rows,
        labels,
        feature_names=("x", "y"),
        name=name,
        notes=(f"synthetic: {number:,} rows, noise {spread:g}, seed {data_seed}",),
        split=division,
    )


def xor(rng: np.random.Generator, number: int) -> Arrays:
    """Corners of the square ±1; the class says whether their signs differ."""
    corners = np.arange(number) % 4
    signs = np.stack([corners % 2, corners // 2], axis=1) * 2.0 - 1.0
    return signs, (signs[:, 0] != signs[:, 1]).astype("int64")


def two_moons(rng: np.random.Generator, number: int) -> Arrays:
    """Two interleaved half circles, from scikit-learn."""
    from sklearn.datasets import make_moons

    return make_moons(number, shuffle=False)


def spirals(rng: np.random.Generator, number: int) -> Arrays:
    """Two interleaved arms whose radius and angle grow together.

    Source: Lang and Witbrock 1988, "Learning to tell two spirals apart" (with arms
    of one and a half turns here instead of three).
    """
    labels = np.arange(number) % ARMS
    # The root of a uniform number: evenly spread along an arm, which is longer
    # outside.
    radius = np.sqrt(rng.uniform(0.01, 1.0, number))
    angle = 2 * np.pi * (TURNS * radius + labels / ARMS)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1), labels


def adding_problem(rng: np.random.Generator, number: int, length: int) -> Arrays:
    """Sequences `(number, length, 2)` and the sums `(number,)` to predict.

    Each step has a number, uniform in 0…1, and a mark, which is 1 at two steps, one in
    each half, and 0 elsewhere. The target is the sum of the two marked numbers.
    Always predicting 1 has a mean squared error of 1/6.

    Source: Hochreiter and Schmidhuber 1997, "Long short-term memory", §5.4.

    >>> inputs, sums = adding_problem(np.random.default_rng(0), 3, 10)
    >>> inputs.shape, sums.shape
    ((3, 10, 2), (3,))
    """
    if length < 2:
        raise InputError(f"`length` must be at least 2, got {length}.")
    values = rng.random((number, length), "float32")
    marks = np.zeros_like(values)
    rows = np.arange(number)
    marks[rows, rng.integers(0, length // 2, number)] = 1
    marks[rows, rng.integers(length // 2, length, number)] = 1
    return np.stack([values, marks], axis=-1), (values * marks).sum(axis=1)


def copy_memory(
    rng: np.random.Generator,
    number: int,
    delay: int,
    *,
    length: int = 10,
    num_symbols: int = 8,
) -> Arrays:
    """Symbols to remember, and to repeat after a delay.

    A sequence has `length` symbols, uniform in `1…num_symbols`; then `delay` blanks
    (0), the last of which is replaced by the signal to answer (`num_symbols + 1`);
    then `length` more blanks. Its target, of the same length, is blank, followed by
    the symbols in their order. A model without memory has a cross-entropy of
    `length · ln(num_symbols) / (delay + 2 · length)` per step.

    Args:
        rng: Random generator.
        number: Number of sequences.
        delay: Steps between the last symbol and the first of the answer, at least 1.
        length: Number of symbols to remember, at least 1.
        num_symbols: Number of different symbols, at least 1.

    Returns:
        Inputs and targets, both int64 `(number, delay + 2 · length)`.

    Source: Hochreiter and Schmidhuber 1997, §5.1, as Arjovsky, Shah and Bengio
    2016, "Unitary evolution recurrent neural networks", §5.1, pose it.

    >>> inputs, targets = copy_memory(np.random.default_rng(0), 1, 3, length=2)
    >>> inputs.tolist(), targets.tolist()
    ([[7, 6, 0, 0, 9, 0, 0]], [[0, 0, 0, 0, 0, 7, 6]])
    """
    sizes = {"delay": delay, "length": length, "num_symbols": num_symbols}
    for name, value in sizes.items():
        checked(positive_integer, name, value)
    symbols = rng.integers(1, num_symbols + 1, (number, length))
    inputs = np.zeros((number, delay + 2 * length), "int64")
    targets = np.zeros_like(inputs)
    inputs[:, :length] = targets[:, -length:] = symbols
    inputs[:, length + delay - 1] = num_symbols + 1
    return inputs, targets


MAKERS = {"xor": xor, "two_moons": two_moons, "spirals": spirals}
