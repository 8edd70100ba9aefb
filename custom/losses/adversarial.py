"""The losses of the two players of a GAN."""

from typing import Any

import keras
from keras import ops

from custom.formula import Section, formula
from custom.losses.base import FormulaLoss, LogLoss, same_shape
from custom.types import Tensor


@formula("The loss of the discriminator", Section.NETWORKS)
@keras.saving.register_keras_serializable(package="custom")
class DiscriminatorLoss(LogLoss):
    r"""The loss of the discriminator of a GAN: the value of the game, negated.

    $$L_D = -\mathbb{E}_{x}[\ln D(x)] - \mathbb{E}_{z}[\ln(1 - D(G(z)))]$$

    `y_true` is 1 for a real and 0 for a generated example. `y_pred` is the output
    of $D$ for it, or the logit with `from_logits`. Each expectation is the mean over
    its own examples, and the two are added, so an undecided $D$ has a loss of
    2 ln 2. Real and generated examples may come in one batch, in any proportion, or
    in two batches whose losses are added; the sum is the same. (A single mean over a
    mixed batch would weight each term by its share of the batch, and give half the
    value at equal shares.) A term without examples is 0.

    With `label_smoothing` $s$, real examples get the target $1 - s$ and generated
    ones keep 0: $\ln D(x)$ becomes $(1 - s) \ln D(x) + s \ln(1 - D(x))$.

    Shapes are (batch, …, outputs), or (batch,) for one output. All outputs of a row
    share one label.

    Args:
        from_logits: Whether `y_pred` holds logits, the values before the sigmoid.
            Defaults to True, unlike in Keras: early in training the discriminator
            is usually certain, and a probability that was rounded or clipped to 0
            or 1 passes no gradient back to the generator.
        label_smoothing: In [0, 1], for real examples only. Defaults to 0, no
            smoothing; 0.1 is usual.
        reduction: Defaults to `"sum_over_batch_size"`, the formula: both terms
            are divided by the number of their examples.
            `"mean_with_sample_weight"` divides them by the sum of their weights.
            `"sum"` and `None` leave the log-losses undivided, as in Keras.
        name: Name of the loss. Defaults to `"discriminator_loss"`.
        dtype: Type of the arithmetic. Types narrower than float32 become float32.
            Defaults to Keras's `floatx`.

    Compared with Keras: Keras has no such loss. `BinaryCrossentropy` over a mixed
    batch is one mean instead of the sum of two.

    Raises:
        ValueError: If `from_logits` is not a boolean, `label_smoothing` is outside
            [0, 1], Keras does not know `reduction`, or, when called, if the shapes
            of `y_true` and `y_pred` do not fit.

    >>> import numpy as np
    >>> loss = DiscriminatorLoss()(np.array([1.0, 1.0, 0.0]), np.zeros(3))
    >>> round(float(loss), 4)
    1.3863

    Source: notes, "Generative adversarial networks: training"; Goodfellow et
    al. 2014, "Generative adversarial nets", equation 1. One-sided smoothing:
    Salimans et al. 2016, "Improved techniques for training GANs", §3.4.
    """

    def __init__(
        self,
        *,
        from_logits: bool = True,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> Tensor:
        real_factor = fake_factor = 1.0
        if self.reduction not in ("sum", "none", None):
            # Keras will divide by the number of all examples. These factors change
            # that to the number of the real or of the generated ones.
            weighted = self.reduction == "mean_with_sample_weight"
            count = _LabelCount(reduction="sum", name="label_count", dtype=self.dtype)
            weight = sample_weight if weighted else None
            y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
            real = count(y_true, y_pred, weight)
            fake = count(1 - y_true, y_pred, weight)
            real_factor = ops.divide_no_nan(real + fake, real)
            fake_factor = ops.divide_no_nan(real + fake, fake)
        # Keras passes structured targets to `call` unchanged.
        return super().__call__(
            (y_true, real_factor, fake_factor), y_pred, sample_weight
        )

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels, real_factor, fake_factor = y_true
        real, output = same_shape(labels, y_pred)
        real_target = (1 - self.label_smoothing) * ops.ones_like(output)
        log_losses = real_factor * real * self.cross_entropy(real_target, output)
        log_losses += (
            fake_factor
            * (1 - real)
            * self.cross_entropy(ops.zeros_like(output), output)
        )
        return ops.mean(log_losses, axis=-1)


class _LabelCount(FormulaLoss):
    """The number of examples with label 1, if `reduction="sum"`."""

    def per_example(self, target: Tensor, output: Tensor) -> Tensor:
        return ops.mean(target, axis=-1)


class _GeneratorLoss(LogLoss):
    """A loss that depends only on D(G(z))."""

    def __init__(
        self,
        *,
        from_logits: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            from_logits=from_logits, reduction=reduction, name=name, dtype=dtype
        )

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> Tensor:
        return super().__call__(y_pred, y_pred, sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["label_smoothing"]
        return config


@formula("The loss of the generator in the game", Section.NETWORKS)
@keras.saving.register_keras_serializable(package="custom")
class MinimaxGeneratorLoss(_GeneratorLoss):
    r"""The loss of the generator of a GAN in the two-player game.

    $$L_G = \mathbb{E}_{z}[\ln(1 - D(G(z)))]$$

    `y_pred` is $D(G(z))$, or its logit with `from_logits`; all examples count as
    generated. `y_true` is ignored and may be None. The value is at most 0. Where $D$
    is certain that $G(z)$ is generated, the slope vanishes and the generator cannot
    learn; see `NonSaturatingGeneratorLoss`.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        from_logits: Whether `y_pred` holds logits, the values before the sigmoid.
            Defaults to True, unlike in Keras: early in training the discriminator
            is usually certain, and a probability that was rounded or clipped to 0
            or 1 passes no gradient back to the generator.
        reduction: How Keras combines the examples. Defaults to
            `"sum_over_batch_size"`, which is the formula.
        name: Name of the loss. Defaults to `"minimax_generator_loss"`.
        dtype: Type of the arithmetic. Types narrower than float32 become float32.
            Defaults to Keras's `floatx`.

    Compared with Keras: Keras has no such loss.

    Raises:
        ValueError: If `from_logits` is not a boolean or Keras does not know
            `reduction`.

    >>> import numpy as np
    >>> round(float(MinimaxGeneratorLoss()(None, np.zeros(2))), 4)
    -0.6931

    Source: notes, "Generative adversarial networks: training"; Goodfellow et
    al. 2014, "Generative adversarial nets", equation 1.
    """

    def per_example(self, target: Tensor, output: Tensor) -> Tensor:
        return -ops.mean(self.cross_entropy(ops.zeros_like(output), output), axis=-1)


@formula("The loss of the generator in practice", Section.NETWORKS)
@keras.saving.register_keras_serializable(package="custom")
class NonSaturatingGeneratorLoss(_GeneratorLoss):
    r"""The loss that the generator of a GAN minimises in practice.

    $$L_G = -\mathbb{E}_{z}[\ln D(G(z))]$$

    `y_pred` is $D(G(z))$, or its logit with `from_logits`; all examples count as
    generated. `y_true` is ignored and may be None. The slope is steepest where $D$
    is certain that $G(z)$ is generated, which is where training starts.

    Shapes are (batch, …, outputs), or (batch,) for one output.

    Args:
        from_logits: Whether `y_pred` holds logits, the values before the sigmoid.
            Defaults to True, unlike in Keras: early in training the discriminator
            is usually certain, and a probability that was rounded or clipped to 0
            or 1 passes no gradient back to the generator.
        reduction: How Keras combines the examples. Defaults to
            `"sum_over_batch_size"`, which is the formula.
        name: Name of the loss. Defaults to `"non_saturating_generator_loss"`.
        dtype: Type of the arithmetic. Types narrower than float32 become float32.
            Defaults to Keras's `floatx`.

    Compared with Keras: the value of `BinaryCrossentropy` when every target is 1.

    Raises:
        ValueError: If `from_logits` is not a boolean or Keras does not know
            `reduction`.

    >>> import numpy as np
    >>> round(float(NonSaturatingGeneratorLoss()(None, np.zeros(2))), 4)
    0.6931

    Source: notes, "Generative adversarial networks: training"; Goodfellow et
    al. 2014, "Generative adversarial nets", §3.
    """

    def per_example(self, target: Tensor, output: Tensor) -> Tensor:
        return ops.mean(self.cross_entropy(ops.ones_like(output), output), axis=-1)
