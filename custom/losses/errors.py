"""The errors between targets and outputs."""

import keras
from keras import ops

from custom.losses.base import FormulaLoss, LogLoss


@keras.saving.register_keras_serializable(package="custom")
class HalfSumSquaredError(FormulaLoss):
    r"""Half the sum of squared errors, over all examples and outputs.

    $$E(W) = \tfrac{1}{2} \sum_{d \in D} (t_d - o_d)^2$$

    $t$ is `y_true`, $o$ is `y_pred`. The gradient is $o - t$ for each output,
    with no factor: gradient descent on a linear neuron is then
    $\Delta w = \eta \sum_d (t_d - o_d)\,x_d$.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        reduction: How Keras combines the examples. Defaults to `"sum"`, which
            is the formula; the gradient then grows with the batch, and so must
            the learning rate shrink. `"sum_over_batch_size"` divides by the
            number of examples (not of outputs), `None` gives one number for
            each.
        name: Name of the loss. Defaults to `"half_sum_squared_error"`.
        dtype: Type of the arithmetic, float32 or wider; a narrower one is
            widened to float32. Defaults to Keras's `floatx`.

    Raises:
        ValueError: If `reduction` is none of Keras's, or, when called, if the
            shapes of `y_true` and `y_pred` do not fit.

    >>> import numpy as np
    >>> float(HalfSumSquaredError()(np.array([1.0, 0.0]), np.array([3.0, 1.0])))
    2.5

    Against Keras: `MeanSquaredError` is a mean over examples and outputs
    without the ½. Prefer that one where the learning rate should not depend on
    the batch size, this one where the notes' update rules must come out exactly.

    Source: notes, "Gradient descent and loss functions"; Rumelhart, Hinton and
    Williams 1986, "Learning representations by back-propagating errors",
    equation 3.
    """

    def __init__(self, *, reduction="sum", name=None, dtype=None):
        super().__init__(reduction=reduction, name=name, dtype=dtype)

    def per_example(self, target, output):
        return 0.5 * ops.sum(ops.square(target - output), axis=-1)


@keras.saving.register_keras_serializable(package="custom")
class CrossEntropy(LogLoss):
    r"""Cross-entropy between targets and independent probabilities.

    $$E(W) = -\frac{1}{n} \sum_{d \in D}
    \bigl(t_d \ln o_d + (1 - t_d) \ln(1 - o_d)\bigr)$$

    $t$ is `y_true`, in [0, 1]; $o$ is `y_pred`, or $\sigma$ of it with
    `from_logits`; $n$ counts the examples and outputs. With `label_smoothing`
    $s$, $t$ is first replaced by $t\,(1 - s) + s/2$.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        from_logits: Whether `y_pred` are numbers before the sigmoid. Defaults to
            False, as in Keras. True is exact however sure the net is;
            probabilities are cut at ε and 1 − ε.
        label_smoothing: In [0, 1]: how far targets are drawn to ½. Defaults to
            0, none.
        reduction: How Keras combines the examples. Defaults to
            `"sum_over_batch_size"`, which is the formula.
        name: Name of the loss. Defaults to `"cross_entropy"`.
        dtype: Type of the arithmetic, float32 or wider; a narrower one is
            widened to float32. Defaults to Keras's `floatx`.

    Raises:
        ValueError: If `from_logits` is no boolean, `label_smoothing` is outside
            [0, 1], `reduction` is none of Keras's, or, when called, if the
            shapes of `y_true` and `y_pred` do not fit.

    >>> import numpy as np
    >>> loss = CrossEntropy()(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    >>> round(float(loss), 4)
    0.6931

    Against Keras: the value of `BinaryCrossentropy`, computed in float32 also
    where Keras is told float16. For classes that exclude each other use
    `keras.losses.CategoricalCrossentropy`.

    Source: notes, "Loss functions in common use" (with the minus sign and
    without the square that are misprinted there); Bishop 2006, "Pattern
    Recognition and Machine Learning", equation 4.90.
    """

    def __init__(
        self,
        *,
        from_logits=False,
        label_smoothing=0.0,
        reduction="sum_over_batch_size",
        name=None,
        dtype=None,
    ):
        super().__init__(
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )

    def per_example(self, target, output):
        smooth = self.label_smoothing
        target = target * (1 - smooth) + smooth / 2
        return ops.mean(self.error(self.cross_entropy(target, output)), axis=-1)

    def error(self, log_loss):
        """What is averaged: here the log-loss itself."""
        return log_loss


@keras.saving.register_keras_serializable(package="custom")
class SquaredCrossEntropy(CrossEntropy):
    r"""Cross-entropy as the notes print it: the mean of the squared log-losses.

    $$E(W) = \frac{1}{n} \sum_{d \in D}
    \bigl(t_d \ln o_d + (1 - t_d) \ln(1 - o_d)\bigr)^2$$

    $t$ is `y_true`, $o$ is `y_pred`, or $\sigma$ of it with `from_logits`. The
    square makes up for the missing minus sign: the loss is least where
    cross-entropy is, at $o = t$. Its gradient is that of cross-entropy times
    twice the log-loss: examples that are badly wrong weigh more, examples that
    are nearly right hardly count.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        from_logits: Whether `y_pred` are numbers before the sigmoid. Defaults to
            False, as in Keras. True is exact however sure the net is;
            probabilities are cut at ε and 1 − ε.
        label_smoothing: In [0, 1]: how far targets are drawn to ½. Defaults to
            0, none.
        reduction: How Keras combines the examples. Defaults to
            `"sum_over_batch_size"`, which is the formula.
        name: Name of the loss. Defaults to `"squared_cross_entropy"`.
        dtype: Type of the arithmetic, float32 or wider; a narrower one is
            widened to float32. Defaults to Keras's `floatx`.

    Raises:
        ValueError: If `from_logits` is no boolean, `label_smoothing` is outside
            [0, 1], `reduction` is none of Keras's, or, when called, if the
            shapes of `y_true` and `y_pred` do not fit.

    >>> import numpy as np
    >>> loss = SquaredCrossEntropy()(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    >>> round(float(loss), 4)
    0.4805

    Against Keras: Keras has none. Prefer `CrossEntropy`: it is the negative
    log-likelihood, which this one is not.

    Source: notes, "Loss functions in common use", as printed.
    """

    def error(self, log_loss):
        return ops.square(log_loss)
