"""The formulas of the lecture notes as Keras components.

Modules load when first used, so that `import custom` costs nothing:

* `custom.activations`: sign, sigmoid, tanh, softsign, relu, softplus, softmax
* `custom.losses`: half-sum-squared error, cross-entropies, the GAN losses
* `custom.regularizers`: L1, L2 and their reading as priors
* `custom.optimizers`: gradient descent to Nadam
* `custom.layers`: the pooling layers, label smoothing
* `custom.callbacks`: time limit, gradient flow

`custom.FORMULAS` is their catalogue: every formula of the notes, what computes it
here, and the test that proves it.
"""

import importlib

__all__ = [
    "FORMULAS",
    "activations",
    "callbacks",
    "layers",
    "losses",
    "optimizers",
    "regularizers",
]


def __getattr__(name):
    if name == "FORMULAS":
        return importlib.import_module("custom.formulas").FORMULAS
    if name in __all__:
        return importlib.import_module(f"custom.{name}")
    raise AttributeError(f"module 'custom' has no attribute {name!r}")


def __dir__():
    return __all__
