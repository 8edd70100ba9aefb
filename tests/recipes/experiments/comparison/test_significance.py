"""Tests of differences, against tables of textbooks and sums by hand."""

import itertools
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from recipes.experiments.comparison.significance import (
    holm,
    mcnemar,
    paired_t,
    signed_rank,
)


def two_sided_binomial(successes, trials):
    """Sum of the probabilities that are not above that of what was found."""
    mass = [math.comb(trials, k) / 2**trials for k in range(trials + 1)]
    return sum(m for m in mass if m <= mass[successes] * (1 + 1e-9))


@pytest.mark.parametrize("only_first, only_second", [(0, 0), (1, 0), (9, 2), (5, 5)])
def test_mcnemar_is_the_sum_of_binomial_probabilities(only_first, only_second):
    both, neither = 30, 7
    first = [1] * only_first + [0] * only_second + [1] * both + [0] * neither
    second = [0] * only_first + [1] * only_second + [1] * both + [0] * neither
    found = mcnemar(first, second)
    discordant = only_first + only_second
    assert_allclose(found.p, two_sided_binomial(only_first, discordant))
    assert found.pairs == discordant
    assert_allclose(found.difference, (only_first - only_second) / len(first))


def test_signed_rank_counts_all_signs():
    """The exact distribution: each of 2^n choices of signs is equally likely."""
    differences = np.array([0.3, -0.1, 0.7, 0.9, 1.3, -0.2, 2.0])
    ranks = np.abs(differences).argsort().argsort() + 1
    positive = ranks[differences > 0].sum()
    sums = [
        sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign)
        for signs in itertools.product((0, 1), repeat=len(ranks))
    ]
    upper = np.mean([s >= positive for s in sums])
    lower = np.mean([s <= positive for s in sums])
    found = signed_rank(differences, np.zeros(7))
    assert_allclose(found.p, min(1, 2 * min(upper, lower)))
    assert_allclose(found.difference, differences.mean())


def test_paired_t_has_the_values_of_a_table_of_t():
    """Student's t of 4 degrees of freedom is 2.776 at 97.5 %."""
    first, second = [5.1, 4.9, 6.2, 5.5, 5.8], [4.6, 4.8, 5.1, 5.2, 5.0]
    differences = np.subtract(first, second)
    error = differences.std(ddof=1) / math.sqrt(5)
    found = paired_t(first, second)
    assert_allclose(found.difference, differences.mean())
    assert_allclose(found.high - found.low, 2 * 2.776445 * error, rtol=1e-6)
    assert (found.p < 0.05) == (found.low > 0)
    assert (found.low + found.high) / 2 == pytest.approx(found.difference)


@pytest.mark.parametrize("shift, p", [(0.0, 1.0), (0.25, 0.0)])
def test_seeds_that_all_differ_by_the_same(shift, p):
    scores = [0.5, 0.75, 1.0]
    found = paired_t(np.add(scores, shift), scores)
    assert (found.p, found.low, found.high) == (p, shift, shift)


def test_holm_is_the_procedure_of_his_paper():
    """Step by step: the smallest times n, the next times n − 1, never falling."""
    assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
