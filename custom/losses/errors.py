"""The errors between targets and outputs."""

from typing import Any

import keras
from keras import ops

from custom.formula import Section, formula
from custom.losses.base import FormulaLoss, LogLoss
from custom.types import Tensor


@formula("Mean squared error", Section.TRAINING)
@keras.saving.register_keras_serializable(package="custom")
class HalfSumSquaredError(FormulaLoss):
    r"""Half the sum of squared errors, over all examples and outputs.

    $$E(W) = \tfrac{1}{2} \sum_{d \in D} (t_d - o_d)^2$$

    $t$ is `y_true`, $o$ is `y_pred`. The gradient is $o - t$ for each output,
    without a factor, so gradient descent on a linear neuron becomes
    $\Delta w = \eta \sum_d (t_d - o_d)\,x_d$.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        reduction: How Keras combines the examples. Defaults to `"sum"`, which is
            the formula. The gradient then grows with the batch size, so the
            learning rate must shrink with it. `"sum_over_batch_size"` divides by
            the number of examples (not of outputs); `None` returns one number per
            example.
        name: Name of the loss. Defaults to `"half_sum_squared_error"`.
        dtype: Type of the arithmetic. Types narrower than float32 become float32.
            Defaults to Keras's `floatx`.

    Compared with Keras: `MeanSquaredError` is a mean over examples and outputs,
    without the ½. Prefer Keras's loss if the learning rate should not depend on the
    batch size, and this one if you need exactly the update rules of the notes.

    Raises:
        ValueError: If Keras does not know `reduction`, or, when called, if the
            shapes of `y_true` and `y_pred` do not fit.

    >>> import numpy as np
    >>> float(HalfSumSquaredError()(np.array([1.0, 0.0]), np.array([3.0, 1.0])))
    2.5

    Source: notes, "Gradient descent and loss functions"; Rumelhart, Hinton and
    Williams 1986, "Learning representations by back-propagating errors",
    equation 3.
    """

    def __init__(
        self,
        *,
        reduction: str | None = "sum",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)

    def per_example(self, target: Tensor, output: Tensor) -> Tensor:
        return 0.5 * ops.sum(ops.square(target - output), axis=-1)


@formula("Cross-entropy", Section.TRAINING)
@keras.saving.register_keras_serializable(package="custom")
class CrossEntropy(LogLoss):
    r"""Cross-entropy between targets and independent probabilities.

    $$E(W) = -\frac{1}{n} \sum_{d \in D}
    \bigl(t_d \ln o_d + (1 - t_d) \ln(1 - o_d)\bigr)$$

    $t$ is `y_true`, in [0, 1]. $o$ is `y_pred`, or its sigmoid with `from_logits`.
    $n$ is the number of examples times that of outputs. With `label_smoothing` $s$,
    $t$ is first replaced by $t\,(1 - s) + s/2$.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        from_logits: Whether `y_pred` holds logits, the values before the sigmoid.
            Defaults to False, as in Keras. True is exact for every output;
            probabilities are clipped to [ε, 1 − ε].
        label_smoothing: How far the targets move towards ½, in [0, 1]. Defaults to
            0, no smoothing.
        reduction: How Keras combines the examples. Defaults to
            `"sum_over_batch_size"`, which is the formula.
        name: Name of the loss. Defaults to `"cross_entropy"`.
        dtype: Type of the arithmetic. Types narrower than float32 become float32.
            Defaults to Keras's `floatx`.

    Compared with Keras: the value of `BinaryCrossentropy`, computed in at least
    float32 even if Keras is set to float16. For mutually exclusive classes use
    `keras.losses.CategoricalCrossentropy`.

    Raises:
        ValueError: If `from_logits` is not a boolean, `label_smoothing` is outside
            [0, 1], Keras does not know `reduction`, or, when called, if the shapes
            of `y_true` and `y_pred` do not fit.

    >>> import numpy as np
    >>> loss = CrossEntropy()(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    >>> round(float(loss), 4)
    0.6931

    Source: notes, "Loss functions in common use", where a misprint omits the minus
    sign and adds a square; Bishop 2006, "Pattern Recognition and Machine Learning",
    equation 4.90.
    """

    def per_example(self, target: Tensor, output: Tensor) -> Tensor:
        smooth = self.label_smoothing
        target = target * (1 - smooth) + smooth / 2
        return ops.mean(self.error(self.cross_entropy(target, output)), axis=-1)

    def error(self, log_loss: Tensor) -> Tensor:
        """Return the error to average: here the log-loss itself."""
        return log_loss


@formula("Cross-entropy as printed", Section.TRAINING)
@keras.saving.register_keras_serializable(package="custom")
class SquaredCrossEntropy(CrossEntropy):
    r"""Cross-entropy as the notes print it: the mean of the squared log-losses.

    $$E(W) = \frac{1}{n} \sum_{d \in D}
    \bigl(t_d \ln o_d + (1 - t_d) \ln(1 - o_d)\bigr)^2$$

    $t$ is `y_true`. $o$ is `y_pred`, or its sigmoid with `from_logits`. The square
    makes up for the missing minus sign: like cross-entropy, the loss is smallest
    at $o = t$. Its gradient is that of cross-entropy times twice the log-loss, so
    examples with a large error weigh more and examples that are nearly right hardly
    count.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        from_logits: Whether `y_pred` holds logits, the values before the sigmoid.
            Defaults to False, as in Keras. True is exact for every output;
            probabilities are clipped to [ε, 1 − ε].
        label_smoothing: How far the targets move towards ½, in [0, 1]. Defaults to
            0, no smoothing.
        reduction: How Keras combines the examples. Defaults to
            `"sum_over_batch_size"`, which is the formula.
        name: Name of the loss. Defaults to `"squared_cross_entropy"`.
        dtype: Type of the arithmetic. Types narrower than float32 become float32.
            Defaults to Keras's `floatx`.

    Compared with Keras: Keras has no such loss. Prefer `CrossEntropy`: it is the
    negative log-likelihood, and this loss is not.

    Raises:
        ValueError: If `from_logits` is not a boolean, `label_smoothing` is outside
            [0, 1], Keras does not know `reduction`, or, when called, if the shapes
            of `y_true` and `y_pred` do not fit.

    >>> import numpy as np
    >>> loss = SquaredCrossEntropy()(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    >>> round(float(loss), 4)
    0.4805

    Source: notes, "Loss functions in common use", as printed.
    """

    def error(self, log_loss: Tensor) -> Tensor:
        return ops.square(log_loss)
