"""The nine optimizers of the notes as Keras optimizers.

What all of them share:

* A constant, a `LearningRateSchedule` or a callable as learning rate, and every
  option of `keras.optimizers.Optimizer`: weight decay, clipping, moving averages
  of the weights, loss scaling, gradient accumulation.
* Arithmetic and state in float32, or in float64 for weights in float64: in
  float16 an ε of 1e-8 is 0 and the squares of small gradients vanish.
* Sparse gradients (`tf.IndexedSlices`) give the same weights as dense ones: a row
  that occurs twice is summed first. `GradientDescent` and `Adagrad`, for which no
  gradient means no step, touch only the rows that occur.
* On TensorFlow, float32 weights are updated by TensorFlow's own fused kernels,
  with arguments that make them the same formula.
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
