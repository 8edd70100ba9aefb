"""The pooling formulas and their gradients, as loops over windows in float64."""

import itertools
import math

import numpy as np

from custom import layers


def spans(length, size, stride, padding):
    """Return the cells of each window along one axis, without padded ones."""
    if padding == "valid":
        starts = range(0, length - size + 1, stride)
    else:
        number = math.ceil(length / stride)
        before = max((number - 1) * stride + size - length, 0) // 2
        starts = [i * stride - before for i in range(number)]
    return [slice(max(start, 0), min(start + size, length)) for start in starts]


def reference(x, formula, size, stride, padding):
    """Return the outputs and the gradient of their sum; `x` has the channels last."""
    axes = [
        spans(n, k, s, padding)
        for n, k, s in zip(x.shape[1:-1], size, stride, strict=True)
    ]
    y = np.zeros((x.shape[0], *map(len, axes), x.shape[-1]))
    slope = np.zeros_like(x)
    for index in itertools.product(*(range(len(axis)) for axis in axes)):
        window = tuple(axis[i] for axis, i in zip(axes, index, strict=True))
        for b, c in itertools.product(range(x.shape[0]), range(x.shape[-1])):
            a = x[(b, *window, c)]
            y[(b, *index, c)], share = formula(a)
            slope[(b, *window, c)] += share
    return y, slope


def norm(p):
    def formula(a):
        greatest = np.abs(a).max()
        if greatest == 0:
            return 0.0, np.zeros_like(a)
        if math.isinf(p):
            winners = np.abs(a) == greatest
            return greatest, np.sign(a) * winners / winners.sum()
        y = greatest * ((np.abs(a) / greatest) ** p).sum() ** (1 / p)
        return y, np.sign(a) * (np.abs(a) / y) ** (p - 1)

    return formula


def expectation(a):
    a, positive = np.maximum(a, 0), a > 0
    if a.sum() == 0:
        return 0.0, np.zeros_like(a)
    y = (a**2).sum() / a.sum()
    return y, positive * (2 * a - y) / a.sum()


def median(a):
    ordered = np.sort(a.ravel())
    n = ordered.size
    middle = ordered[(n - 1) // 2], ordered[n // 2]
    slope = sum(0.5 * (a == m) / (a == m).sum() for m in middle)
    return 0.5 * sum(middle), slope


def mixture(share):
    def formula(a):
        winners = a == a.max()
        y = share * a.max() + (1 - share) * a.mean()
        return y, share * winners / winners.sum() + (1 - share) / a.size

    return formula


FORMULAS = {  # family: [(arguments, formula)]
    "LpPooling": [
        *(({"p": p}, norm(p)) for p in (1, 2, 3, 4, 2.5, 20, math.inf)),
    ],
    "StochasticPooling": [({"seed": 3}, expectation)],
    "MedianPooling": [({}, median)],
    "MixedPooling": [
        ({"mix": 0.3}, mixture(0.3)),
        ({"mix": 0.3, "learn": "layer"}, mixture(0.3)),
        ({"mix": 0.3, "learn": "channel"}, mixture(0.3)),
    ],
}
CASES = [(f, a, formula) for f, rows in FORMULAS.items() for a, formula in rows]
IDS = [f + "".join(f"-{v}" for v in a.values()) for f, a, _ in CASES]
FAMILIES = sorted(FORMULAS)


def numbers(shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def build(family, rank, **arguments):
    return getattr(layers, f"{family}{rank}D")(**arguments)
