"""The error functions of the notes as Keras losses.

All losses share these properties:

* They compute in float32, or in float64 if `dtype` asks for it. Float16 outputs are
  converted first, because their squares and sums overflow.
* Sample weights, masks and reductions are Keras's own.
* Targets and outputs have the same shape, except that either may lack a last axis of
  size 1. Other shapes raise a `ValueError`. (Keras's cross-entropy does so, too; its
  `MeanSquaredError` silently broadcasts (n, 1) against (n, k).)
* If there is one number per example, shape (n,), sample weights of shape (n,) weight
  the examples. (Keras averages such outputs before it applies the weights.)
* NaN in targets or outputs gives NaN, except that PyTorch refuses NaN together with
  probabilities.
* Keras's `ops.binary_crossentropy` clips probabilities to [ε, 1 − ε] with
  ε = `keras.config.epsilon()`. A loss at 0 or 1 is therefore finite, and a number
  outside [0, 1] counts as the nearer end, without an error. Logits are not clipped.
"""

from custom.losses.adversarial import (
    DiscriminatorLoss,
    MinimaxGeneratorLoss,
    NonSaturatingGeneratorLoss,
)
from custom.losses.errors import (
    CrossEntropy,
    HalfSumSquaredError,
    SquaredCrossEntropy,
)

__all__ = [
    "CrossEntropy",
    "DiscriminatorLoss",
    "HalfSumSquaredError",
    "MinimaxGeneratorLoss",
    "NonSaturatingGeneratorLoss",
    "SquaredCrossEntropy",
]
