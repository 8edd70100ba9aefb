"""What samplers draw: anew in every epoch, batch and class, each choice as likely."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chisquare

from recipes import sampling
from recipes.data.dataset import Part
from recipes.pipeline import training_batches

# Corners of a simplex, so that each is a neighbour of every other and a row between
# two of them has exactly two nonzero columns.
CORNERS = 5
FILLED = 205
SIMPLEX = Part(
    np.concatenate([np.eye(CORNERS), np.zeros((FILLED, CORNERS))]).astype("float32"),
    np.repeat([1, 0], [CORNERS, FILLED]),
)


def examples(rebalance, labels, epochs, seed=0, batch_size=1):
    """Indices of the examples at each position, `(epochs, epoch size)`."""
    labels = np.asarray(labels)
    part = Part(np.zeros((len(labels), 1), "float32"), labels)
    sampler = rebalance.sampler(part, batch_size=batch_size, seed=seed)
    positions = tf.range(sampler.epoch_size, dtype=tf.int64)
    drawn = tf.function(lambda epoch: sampler.examples(epoch, positions))
    return np.stack([drawn(tf.constant(n, tf.int64)) for n in range(epochs)])


def synthetic(rebalance, part, epochs, batch_size):
    """The synthetic rows of each batch, `(batches, n, columns)` as a list."""
    steps = -(-2 * FILLED // batch_size)
    batches = training_batches(
        part, batch_size=batch_size, seed=7, rebalance=rebalance
    ).take(epochs * steps)
    rows = []
    for inputs, labels in batches.as_numpy_iterator():
        inputs = inputs[labels == 1]
        rows.append(inputs[(inputs > 0).sum(axis=1) > 1])
    assert sum(map(len, rows)) == pytest.approx(
        epochs * (FILLED - CORNERS), abs=epochs
    )  # a point may be drawn exactly at a corner
    return rows


def test_smote_takes_every_neighbour_and_every_point_equally_often():
    rebalance = sampling.Smote(neighbours=CORNERS - 1)
    rows = np.concatenate(synthetic(rebalance, SIMPLEX, epochs=20, batch_size=41))
    pairs = list(itertools.combinations(range(CORNERS), 2))
    counts = np.zeros((len(pairs), 4), int)
    for row in rows:
        first, second = np.flatnonzero(row)
        assert row.sum() == pytest.approx(1, abs=1e-6)
        counts[pairs.index((first, second)), int(4 * row[second])] += 1
    assert chisquare(counts.ravel()).pvalue > 1e-3


NEW_POINTS = {  # which rows share a batch, and of which epoch they are
    "batches": (sampling.Smote(neighbours=4), 1, 10),
    "epochs": (sampling.Smote(neighbours=4), 2, 205),
    "mixed epochs": (sampling.SmoteNC(neighbours=4, categorical=(5,)), 2, 205),
}


@pytest.mark.parametrize(
    "rebalance, epochs, batch_size", NEW_POINTS.values(), ids=NEW_POINTS
)
def test_smote_draws_new_points_in_every(rebalance, epochs, batch_size):
    part = SIMPLEX
    if rebalance.name == "smote_nc":
        rows = np.concatenate([part.inputs, np.zeros((len(part), 1))], axis=1)
        part = Part(rows.astype("float32"), part.labels)
    rows = np.concatenate(synthetic(rebalance, part, epochs, batch_size))
    # The distance from the nearer end, as a multiple of the draw's smallest step.
    points = np.sort(rows, axis=1)[:, -2] * 2**23
    assert len(set(np.rint(points))) >= len(points) - 1


def sets_by_epoch(drawn, members):
    """The members of a class in each epoch."""
    return [frozenset(np.intersect1d(epoch, members)) for epoch in drawn]


def test_under_sampling_draws_anew_after_each_pass_through_a_class():
    labels = np.repeat([0, 1, 2], [24, 24, 4])
    drawn = examples(sampling.Undersample(), labels, epochs=240)
    first, second = (sets_by_epoch(drawn, np.arange(24) + at) for at in (0, 24))
    for sets in (first, second):
        # Six epochs show the class once; another pass divides it otherwise.
        passes = [frozenset(sets[n : n + 6]) for n in range(0, 240, 6)]
        assert len(set(passes)) == 40
    # Two classes of the same size have different permutations.
    same = [
        {one - 24 for one in other} == own
        for own, other in zip(first, second, strict=True)
    ]
    assert not any(same)


def test_under_sampling_takes_every_pair_of_examples_equally_often():
    drawn = examples(sampling.Undersample(), np.repeat([0, 1], [8, 2]), epochs=700)
    pairs = [tuple(sorted(epoch[epoch < 8])) for epoch in drawn]
    counts = [pairs.count(pair) for pair in itertools.combinations(range(8), 2)]
    assert sum(counts) == 700
    assert chisquare(counts).pvalue > 1e-3


def test_over_sampling_draws_anew_who_comes_once_more():
    drawn = examples(sampling.Oversample(), np.repeat([0, 1], [5, 16]), epochs=400)
    times = np.stack([np.bincount(epoch[epoch < 5], minlength=5) for epoch in drawn])
    assert set(times.ravel()) == {3, 4}
    assert chisquare((times == 4).sum(axis=0)).pvalue > 1e-3
    # The order within the epoch is another each time, too.
    assert len({tuple(epoch) for epoch in drawn}) == 400


def test_balanced_batches_are_shuffled_each_in_its_own_way():
    labels = np.repeat([0, 1], [6, 18])
    drawn = examples(sampling.Balanced(), labels, epochs=300, batch_size=8)
    classes = labels[drawn].reshape(-1, 8)
    assert (classes.sum(axis=1) == 4).all()
    patterns, counts = np.unique(classes, axis=0, return_counts=True)
    assert len(patterns) == 70  # 8 over 4: all the orders there are
    assert chisquare(counts).pvalue > 1e-3
    # Which examples are in the epoch's first batch differs from epoch to epoch.
    assert len({frozenset(epoch[:8]) for epoch in drawn}) > 250


REBALANCINGS = {
    "undersample": sampling.Undersample(),
    "oversample": sampling.Oversample(),
    "balanced": sampling.Balanced(),
    "sqrt": sampling.SquareRoot(),
    "class_weights": sampling.ClassWeights(),
}


@pytest.mark.parametrize("rebalance", REBALANCINGS.values(), ids=REBALANCINGS)
def test_no_epoch_of_a_seed_is_an_epoch_of_another(rebalance):
    labels = np.repeat([0, 1], [30, 90])
    epochs = [
        tuple(epoch)
        for seed in range(5)
        for epoch in examples(rebalance, labels, epochs=5, seed=seed, batch_size=8)
    ]
    assert len(set(epochs)) == 25


RATIOS = {  # a ratio as people write it; its examples in the rarest class, and quotas
    "0.07 of 7": (0.07, 7, 100),
    "0.29 of 29": (0.29, 29, 100),
    "0.1 of 3": (0.1, 3, 30),
    "a third of 10": (1 / 3, 10, 30),
    "two sevenths of 2": (2 / 7, 2, 7),
    "not whole: 0.3 of 10": (0.3, 10, 33),
    "many digits": (0.1234567, 1_234_567, 10_000_000),
    "tiny": (1.5e-7, 3, 20_000_000),
}


@pytest.mark.parametrize("ratio, rarest, largest", RATIOS.values(), ids=RATIOS)
def test_quotas_round_the_ratio_as_it_is_written(ratio, rarest, largest):
    counts = np.array([rarest, 2 * largest])
    quotas = sampling.Undersample(ratio).targets(counts, 32)
    assert quotas.tolist() == [rarest, largest]
    if ratio * largest == pytest.approx(rarest, rel=1e-12):
        counts = np.array([1, largest])
        quotas = sampling.Oversample(ratio).targets(counts, 32)
        assert quotas.tolist() == [rarest, largest]
