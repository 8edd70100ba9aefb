"""The formulas of the lecture notes as Keras components.

Modules load when first used, so that `import custom` costs nothing:

* `custom.activations`: sign, sigmoid, tanh, softsign, relu, softplus, softmax
* `custom.losses`: half-sum-squared error, cross-entropies, the GAN losses
* `custom.regularizers`: L1, L2 and their interpretation as priors
* `custom.optimizers`: gradient descent to Nadam
* `custom.layers`: the pooling layers, label smoothing
* `custom.callbacks`: time limit, gradient flow
"""

import importlib
from typing import Any

import lazy_loader

_attribute, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    return _formulas() if name == "FORMULAS" else _attribute(name)


def _formulas() -> tuple[Any, ...]:
    """`custom.FORMULAS` of version 0.1, for one more version."""
    import warnings

    from custom.formula import declared

    warnings.warn(
        "`custom.FORMULAS` is deprecated. It holds the titles, sections and components "
        "of imported modules, without the formulas. Read docs/formulas.md, "
        "or call `docs.catalogue.collect()` in a checkout.",
        DeprecationWarning,
        stacklevel=3,
    )
    for name in __all__:
        importlib.import_module(f"custom.{name}")
    return declared()
