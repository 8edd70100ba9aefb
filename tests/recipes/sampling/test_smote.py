"""SMOTE and SMOTE-NC against imbalanced-learn and against the formula."""

import numpy as np
import pytest
from imblearn import over_sampling

from recipes import sampling
from recipes.data.dataset import Part
from recipes.pipeline import steps_per_epoch, training_batches
from recipes.sampling.neighbours import mixed_rows, neighbours_within

COUNTS = (40, 9, 15)
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(3), COUNTS))
ROWS = np.random.default_rng(1).normal(size=(64, 4)).astype("float32")
CODES = np.random.default_rng(2).integers(0, 3, (64, 2))
MIXED = np.concatenate([ROWS[:, :3], CODES], axis=1).astype("float32")
CATEGORICAL = (3, 4)
K = 4


def epoch(rebalance, rows, number=0):
    """Rows and labels of one epoch."""
    part = Part(rows, LABELS)
    size = rebalance.plan(LABELS, batch_size=16).epoch_size
    steps = steps_per_epoch(size, 16)
    batches = training_batches(
        part, batch_size=16, rebalance=rebalance, start_step=number * steps
    )
    made = list(batches.take(steps).as_numpy_iterator())
    return [np.concatenate([batch[n] for batch in made]) for n in (0, 1)]


@pytest.mark.parametrize("each", range(3))
def test_neighbours_are_those_of_imbalanced_learn(each):
    of_class = ROWS[each == LABELS]
    theirs = over_sampling.SMOTE(k_neighbors=K)
    theirs._validate_estimator()
    theirs.nn_k_.fit(of_class)
    expected = theirs.nn_k_.kneighbors(of_class, return_distance=False)[:, 1:]
    assert (neighbours_within(of_class, K) == expected).all()


def test_neighbours_are_the_nearest_by_their_definition():
    distance = np.linalg.norm(ROWS[:, None] - ROWS[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    assert (neighbours_within(ROWS, K) == distance.argsort(axis=1)[:, :K]).all()


def test_counts_are_those_of_imbalanced_learn():
    _, expected = over_sampling.SMOTE(k_neighbors=K).fit_resample(ROWS, LABELS)
    _, labels = epoch(sampling.Smote(neighbours=K), ROWS)
    assert np.bincount(labels).tolist() == np.bincount(expected).tolist()


def is_original(rows, originals):
    return (rows[:, None] == originals[None]).all(axis=-1).any(axis=1)


@pytest.mark.parametrize("number", [0, 3])
def test_synthetic_rows_lie_between_neighbours_of_their_class(number):
    rows, labels = epoch(sampling.Smote(neighbours=K), ROWS, number)
    for each in range(3):
        own = ROWS[each == LABELS].astype("float64")
        made = rows[labels == each]
        synthetic = made[~is_original(made, ROWS)].astype("float64")
        assert len(synthetic) == 40 - len(own)
        starts = np.repeat(own, K, axis=0)
        ways = own[neighbours_within(own, K)].reshape(-1, 4) - starts
        for row in synthetic:
            along = ((row - starts) * ways).sum(axis=1) / (ways**2).sum(axis=1)
            off = np.linalg.norm(row - starts - along[:, None] * ways, axis=1)
            fits = (off < 1e-5) & (along > -1e-5) & (along < 1 + 1e-5)
            assert fits.any()


def test_every_original_is_in_the_epoch_once():
    rows, _ = epoch(sampling.Smote(neighbours=K), ROWS)
    times = (rows[:, None] == ROWS[None]).all(axis=-1).sum(axis=0)
    assert (times == 1).all()


def test_points_on_the_way_are_uniform():
    """A class of two examples: all synthetic rows lie on the line between them."""
    rows = np.array([[0.0], [1.0], *[[5.0]] * 3_000], "float32")
    labels = np.array([1, 1] + [0] * 3_000)
    batches = training_batches(
        Part(rows, labels),
        batch_size=1_000,
        seed=5,
        rebalance=sampling.Smote(neighbours=1),
    )
    made = [batch[0][batch[1] == 1] for batch in batches.take(6).as_numpy_iterator()]
    values = np.concatenate(made)[:, 0]
    values = values[(values != 0) & (values != 1)]
    counts, _ = np.histogram(values, bins=20, range=(0, 1))
    expected = len(values) / 20
    assert ((counts - expected) ** 2 / expected).sum() < 43.8  # 19 degrees, 0.1 %


def test_distances_are_those_of_smote_nc():
    own = MIXED[LABELS == 0].astype("float64")
    rows = mixed_rows(own, CATEGORICAL)
    median = np.median(own[:, :3].std(axis=0))
    for a in range(len(own)):
        numeric = ((own[a, :3] - own[:, :3]) ** 2).sum(axis=1)
        differing = (own[a, 3:] != own[:, 3:]).sum(axis=1)
        expected = numeric + differing * median**2
        np.testing.assert_allclose(((rows[a] - rows) ** 2).sum(axis=1), expected)


@pytest.mark.parametrize("each", [1, 2])
def test_neighbours_are_those_of_imbalanced_learns_smote_nc(each):
    own = mixed_rows(MIXED[each == LABELS], CATEGORICAL)
    theirs = over_sampling.SMOTENC(
        CATEGORICAL, k_neighbors=K, sampling_strategy={each: 40}
    )
    theirs.fit_resample(MIXED, LABELS)
    distances, expected = theirs.nn_k_.kneighbors(n_neighbors=K)
    found = neighbours_within(own, K)
    away = np.linalg.norm(own[found] - own[:, np.newaxis], axis=-1)
    np.testing.assert_allclose(away, distances, rtol=1e-5)
    assert (found == expected).all()


def test_categories_are_the_mode_of_the_neighbours():
    rebalance = sampling.SmoteNC(neighbours=K, categorical=CATEGORICAL)
    rows, labels = epoch(rebalance, MIXED)
    for each in (1, 2):
        own = MIXED[each == LABELS]
        near = neighbours_within(mixed_rows(own, CATEGORICAL), K)
        made = rows[labels == each]
        synthetic = made[~is_original(made, MIXED)]
        assert len(synthetic) == 40 - len(own)
        for row in synthetic:
            assert any(
                between(row, own[start], own[near[start]])
                and list(row[3:]) == modes(own[near[start]])
                for start in range(len(own))
            )


def between(row, start, neighbours):
    """Whether the numbers of a row lie between `start` and one of the neighbours."""
    ways = neighbours[:, :3].astype("float64") - start[:3]
    along = ((row[:3] - start[:3]) * ways).sum(axis=1) / (ways**2).sum(axis=1)
    off = np.linalg.norm(row[:3] - start[:3] - along[:, None] * ways, axis=1)
    return ((off < 1e-5) & (along > -1e-5) & (along < 1 + 1e-5)).any()


def modes(neighbours):
    """The most frequent value of each categorical column; the nearer one of two."""
    found = []
    for column in CATEGORICAL:
        values = neighbours[:, column].tolist()
        found.append(max(values, key=lambda v: (values.count(v), -values.index(v))))
    return found


def test_categorical_columns_are_found():
    assert sampling.SmoteNC().for_inputs(MIXED).categorical == CATEGORICAL


def near_ties():
    """Rows in pairs so close that float32 cannot tell which is nearer."""
    rng = np.random.default_rng(3)
    rows = np.repeat(rng.normal(size=(30, 5)), 40, axis=0)
    return (1_000 + rows + 1e-6 * rng.normal(size=rows.shape)).astype("float32")


@pytest.mark.parametrize(
    "rows",
    [
        np.random.default_rng(0).normal(size=(1_300, 6)).astype("float32"),
        np.random.default_rng(0).normal(size=(1_300, 6)),
        near_ties(),
    ],
    ids=["float32", "float64", "beyond float32"],
)
def test_all_distances_in_blocks_give_the_nearest(rows, monkeypatch):
    monkeypatch.setattr("recipes.sampling.neighbours.FEW_COLUMNS", 0)
    found = neighbours_within(rows, K)
    wide = rows.astype("float64")
    squares = ((wide[:, None] - wide) ** 2).sum(axis=-1)
    np.fill_diagonal(squares, np.inf)
    assert all(len(set(line)) == K for line in found.tolist())
    expected = np.sort(squares, axis=1)[:, :K]
    actual = np.take_along_axis(squares, found.astype(int), axis=1)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    members = np.arange(0, 3 * len(rows), 3)
    within = np.repeat(rows, 3, axis=0)  # Each row has equal rows beside it.
    np.testing.assert_array_equal(neighbours_within(within, K, members), found)
