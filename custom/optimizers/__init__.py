"""The nine optimizers of the notes as Keras optimizers.

All optimizers share these properties:

* The learning rate is a constant, a `LearningRateSchedule` or a callable. Every option
  of `keras.optimizers.Optimizer` works: weight decay, clipping, moving averages of the
  weights, loss scaling, gradient accumulation.
* Arithmetic and state are in float32, or in float64 for float64 weights. In float16 an
  ε of 1e-8 would be 0, and the squares of small gradients would vanish.
* Sparse gradients (`tf.IndexedSlices`) give the same weights as dense ones: rows that
  occur twice are summed first. `GradientDescent` and `Adagrad` leave a weight without
  gradient unchanged, so they touch only the rows that occur.
* On TensorFlow, fused kernels update float32 weights, with arguments that make them
  compute the same formula.
"""

from custom.optimizers.adaptive_rates import Adadelta, Adagrad, RMSprop
from custom.optimizers.gradient_descent import GradientDescent, Momentum, Nesterov
from custom.optimizers.moments import Adam, AdaMax, Nadam

__all__ = [
    "AdaMax",
    "Adadelta",
    "Adagrad",
    "Adam",
    "GradientDescent",
    "Momentum",
    "Nadam",
    "Nesterov",
    "RMSprop",
]
