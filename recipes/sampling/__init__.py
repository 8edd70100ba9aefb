"""Samplers decide which example stands at which position of an epoch.

A sampler knows the length of its epoch and maps positions to examples inside
TensorFlow's graph. Batches only ask for positions, so a new way of balancing classes
is one small class here and changes nothing else.

Names are loaded when they are first used, so that importing this package is fast.
"""

import importlib

_HOMES = {
    "Balanced": "recipes.sampling.resampling",
    "ClassWeights": "recipes.sampling.weights",
    "NAMES": "recipes.sampling.names",
    "Ordered": "recipes.sampling.order",
    "Oversample": "recipes.sampling.resampling",
    "Plan": "recipes.sampling.base",
    "Rebalancing": "recipes.sampling.base",
    "Sampler": "recipes.sampling.order",
    "Shuffled": "recipes.sampling.order",
    "Smote": "recipes.sampling.smote",
    "SmoteNC": "recipes.sampling.smote",
    "SquareRoot": "recipes.sampling.resampling",
    "Undersample": "recipes.sampling.resampling",
    "choose": "recipes.sampling.names",
    "from_config": "recipes.sampling.names",
    "with_class_weights": "recipes.sampling.weights",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'recipes.sampling' has no attribute {name!r}")


def __dir__():
    return __all__
