"""Random numbers: their distribution, shapes and seeds."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from recipes.data.randomness import ORDER, normals, stream


def test_normals_are_normal_and_independent():
    drawn = normals([200_001], (3, 4)).numpy().astype("float64")
    assert drawn.dtype == "float64"
    assert np.isfinite(drawn).all()
    assert stats.kstest(drawn, "norm").pvalue > 0.01
    # Correlations of the two numbers of a pair, which share a radius; of neighbours.
    half = len(drawn) // 2
    for one, other in ((drawn[:half], drawn[half + 1 :]), (drawn[:-1], drawn[1:])):
        for power in (1, 2):
            correlation = np.corrcoef(one**power, other**power)[0, 1]
            assert abs(correlation) < 4 / np.sqrt(len(one))


@pytest.mark.parametrize("shape", [[5], [2, 3, 4], [3, 1], []])
def test_shape_and_seed_determine_the_numbers(shape):
    first, again, other = (normals(shape, seed) for seed in ((1, 2), (1, 2), (2, 1)))
    assert first.shape == shape
    assert first.dtype == tf.float32
    np.testing.assert_array_equal(first, again)
    assert (first.numpy() != other.numpy()).all()
    traced = tf.function(normals)(tf.constant(shape, tf.int32), tf.constant([1, 2]))
    np.testing.assert_allclose(traced, first, rtol=1e-5)


def test_every_bit_of_a_seed_changes_the_stream():
    seeds = [0, *(1 << bit for bit in range(63))]
    streams = {tuple(stream(seed, ORDER).numpy().tolist()) for seed in seeds}
    assert len(streams) == len(seeds)
