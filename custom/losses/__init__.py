"""The error functions of the notes as Keras losses.

What all of them share:

* Arithmetic is in float32, or in float64 if asked for: float16 outputs are
  widened first, since their squares and sums overflow.
* Sample weights, masks and reductions are Keras's own.
* Targets and outputs have the same shape; a last axis of size 1 may be left out
  of either. Other shapes raise a `ValueError`. (Keras's cross-entropy does so;
  its `MeanSquaredError` broadcasts (n, 1) against (n, k) without a word.)
* With one number per example, shape (n,), sample weights of shape (n,) weigh
  the examples. (Keras averages such outputs before it weighs them.)
* NaN in targets or outputs gives NaN; PyTorch refuses NaN beside probabilities.
* Probabilities are cut to [ε, 1 − ε] with ε = `keras.config.epsilon()`, by
  Keras's `ops.binary_crossentropy`: a loss at 0 or 1 is finite, and a number
  outside [0, 1] counts as the nearer end, without an error. Nothing is cut from
  logits.
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
