"""The multilayer perceptron."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import keras

from custom.arguments import boolean, one_of, positive_integers, probability
from zoo.models.classifier import RowClassifier
from zoo.models.family import recorded
from zoo.models.input_scaling import scaling_layer
from zoo.models.one_hot import OneHotColumns, checked_columns
from zoo.models.sizes import resolved_size
from zoo.targets import Target, target_from_arguments

SIZES = {
    "small": {"hidden_units": (128,), "residual": False},
    "base": {"hidden_units": (512, 256), "residual": False},
    "large": {"hidden_units": (512,) * 6, "residual": True},
}


@keras.saving.register_keras_serializable(package="zoo")
class MLP(RowClassifier):
    r"""Multilayer perceptron for images and tables.

    The network has fully connected layers $\theta = f(Wx + b)$, each followed by
    dropout, and a softmax over the classes, or the last layer of another target. It
    scales its inputs, so that it takes the values of the data set: pixels in 0…255, or
    the columns of a table.

    Input: `(batch, *input_shape)`, of any number type. Output: `(batch, num_classes)`,
    or what `target` says, float32.

    Args:
        input_shape: Shape of one example without the batch axis: `(features,)`
            for a table, `(height, width, channels)` for images, which are
            flattened.
        num_classes: Number of classes, at least 2.
        target: What to answer instead of one of several classes, such as
            `zoo.targets.Regression`.
        size: `"small"`, `"base"` or `"large"`: sets `hidden_units` and `residual`
            together, as in the table of `docs/sizes.md`. Each of them can be given
            separately and then takes precedence.
        hidden_units: Width of each hidden layer; one layer for each number. Empty for
            a linear classifier. Base: `(512, 256)`, which reaches 98 % on MNIST.
        residual: Whether a hidden layer as wide as its input adds its output to it:
            $\theta = x + f(Wx + b)$. This makes deep networks trainable. Base: False.
        activation: Activation of the hidden layers, by name or as a function.
        dropout: Fraction of each hidden layer's outputs that is dropped in training,
            in [0, 1].
        kernel_regularizer: Penalty on every weight matrix, such as
            `keras.regularizers.L2(1e-4)`.
        input_scaling: `"pixels"` divides by 255; `"standardize"` subtracts each
            feature's mean and divides by its standard deviation, as `adapt` measured
            them; `None` does not scale; `"auto"` is `"pixels"` for images and
            `"standardize"` for tables.
        columns: Columns of a table with words or missing numbers, as
            `zoo.columns.Columns.get_config` returns them. The model then reads the
            rows that `columns.rows` gives, and its export reads the columns themselves.
            Default: the inputs are numbers.
        classifier_activation: `"softmax"` for probabilities, `None` for logits.
        class_names: A name for each class, kept with the model.
        dtype: Precision policy of the layers; the global policy by default.
        name: Name of the model.

    Raises:
        ValueError: If an argument is out of its range.

    >>> import numpy as np
    >>> model = MLP(input_shape=(28, 28, 1), num_classes=10)
    >>> model(np.zeros((2, 28, 28, 1), "uint8")).shape
    TensorShape([2, 10])

    Source: notes, "Feedforward neural networks" and "Forward propagation".
    """

    search_space: ClassVar[Mapping[str, str]] = {
        "hidden_units": "[64],[256],[64,64],[512,256],[256,128,64]",
        "dropout": "0:0.5",
        "activation": "relu,softplus,gelu",
    }

    def __init__(
        self,
        input_shape: tuple[int, ...] | list[int],
        num_classes: int | None = None,
        *,
        target: Target | dict[str, Any] | None = None,
        size: str = "base",
        hidden_units: Sequence[int] | None = None,
        residual: bool | None = None,
        activation: str | Callable[..., Any] = "relu",
        dropout: float = 0.2,
        kernel_regularizer: keras.regularizers.Regularizer | str | dict | None = None,
        input_scaling: str | None = "auto",
        columns: dict | None = None,
        classifier_activation: str | None = "softmax",
        class_names: Sequence[str] | None = None,
        dtype: str | dict | keras.DTypePolicy | None = None,
        name: str = "mlp",
    ) -> None:
        shape = positive_integers("input_shape", input_shape)
        target = target_from_arguments(
            target, num_classes, class_names, classifier_activation
        )
        given = {"hidden_units": hidden_units, "residual": residual}
        chosen = resolved_size(size, SIZES, given)
        hidden_units = chosen["hidden_units"]
        residual = boolean("residual", chosen["residual"])
        if hidden_units not in ((), []):
            hidden_units = positive_integers("hidden_units", hidden_units)
        dropout = probability("dropout", dropout)
        activation = keras.activations.get(activation)
        kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        if input_scaling == "auto":
            input_scaling = "pixels" if len(shape) > 1 else "standardize"
        one_of("input_scaling", input_scaling, ("pixels", "standardize", None))
        table = checked_columns(columns, shape, input_scaling)

        inputs = keras.Input(shape, name="inputs")
        scaling = scaling_layer(input_scaling)
        x = inputs if scaling is None else scaling(inputs)
        if len(shape) > 1:
            x = keras.layers.Flatten(dtype=policy)(x)
        if table is not None:
            x = OneHotColumns(table.sizes, dtype="float32")(x)
        for units in hidden_units:
            shortcut = x
            x = keras.layers.Dense(
                units,
                activation=activation,
                kernel_initializer="he_normal",
                kernel_regularizer=kernel_regularizer,
                dtype=policy,
            )(x)
            x = keras.layers.Dropout(dropout, dtype=policy)(x)
            if residual and shortcut.shape == x.shape:
                x = keras.layers.Add(dtype=policy)([shortcut, x])
        outputs = target.last_layer(kernel_regularizer=kernel_regularizer)(x)
        super().__init__(
            inputs,
            outputs,
            target=target,
            configuration=recorded(
                MLP,
                locals(),
                input_shape=shape,
                columns=table,
                **target.arguments(),
                dtype=policy,
            ),
            name=name,
        )
