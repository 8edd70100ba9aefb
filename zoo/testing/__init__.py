"""Test batteries for models, layers, losses, regularizers, optimizers and presets.

The components of this package pass them, and yours can too. Each function takes the
class of a component, the arguments to build it with and some data, and checks what
users of the component rely on, its *promises*. A broken promise raises
`BrokenPromise`, an `AssertionError` that names the component and the promise, so that
one line in a test is enough:

>>> import numpy as np
>>> import zoo
>>> from zoo.testing import check_model
>>> images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), "uint8")
>>> check_model(
...     zoo.MLP,
...     images,
...     np.arange(4) % 3,
...     arguments={"input_shape": (8, 8, 1), "num_classes": 3, "hidden_units": (8,)},
...     loss="sparse_categorical_crossentropy",
... )

Pass arguments that differ from the defaults: only then does a lost value show. `skip`
leaves out promises that a component cannot keep, by name; a name that does not exist,
or too few examples, is a `ValueError`.

All checks run on TensorFlow, JAX and PyTorch, except `jit_compile` on PyTorch: it
needs a C++ compiler, and is skipped there.
"""

from zoo.testing.checks import BrokenPromise
from zoo.testing.layers import check_layer
from zoo.testing.losses import check_loss
from zoo.testing.models import check_model
from zoo.testing.optimizers import check_optimizer
from zoo.testing.presets import check_preset
from zoo.testing.regularizers import check_regularizer

__all__ = [
    "BrokenPromise",
    "check_layer",
    "check_loss",
    "check_model",
    "check_optimizer",
    "check_preset",
    "check_regularizer",
]
