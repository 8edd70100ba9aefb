"""The perceptron and the linear unit."""

import dataclasses
from collections.abc import Sequence

import keras

from custom.activations import sign
from custom.arguments import one_of, positive_integers
from custom.formula import Section, formula
from zoo.models.classifier import RowClassifier
from zoo.models.family import recorded
from zoo.models.input_scaling import scaling_layer
from zoo.models.one_hot import OneHotColumns, checked_columns
from zoo.targets import Multiclass

ACTIVATIONS = {"sign": sign, "linear": keras.activations.linear}


@formula("The single-layer perceptron", Section.INTRODUCTION)
@keras.saving.register_keras_serializable(package="zoo")
class Perceptron(RowClassifier):
    r"""One unit that separates two classes by a straight line: Rosenblatt's perceptron.

    $$o = \operatorname{sign}(w \cdot x + b), \qquad
    \Delta w = \eta\,(t - o)\,x, \qquad t, o \in \{-1, +1\}$$

    $x$ is an example and $b$ the bias, the weight $w_0$ of a constant input
    $x_0 = 1$. The boundary between the classes is the hyperplane $w \cdot x + b = 0$.

    The rule is plain gradient descent on half the sum of squared errors, because
    the slope of `custom.activations.sign` is defined as 1. If you compile the model
    with `custom.optimizers.GradientDescent` and `custom.losses.HalfSumSquaredError`,
    `fit` makes Rosenblatt's updates, one example at a time with `batch_size=1`. The
    updates stop where a line separates the classes, and only there. With
    `activation="linear"` the same call is the delta rule, which is gradient descent on
    least squares; `batch_size` is the number of examples for one update.

    Input: `(batch, features)`, of any number type. Output: `(batch, 1)`, float32: −1
    for the first class, +1 for the second; with `activation="linear"` any number.
    The model computes in float32 under every precision policy, because a threshold
    depends on the last digit.

    Args:
        input_shape: `(features,)`.
        num_classes: 2, the only number of classes that one line separates.
        activation: `"sign"` for the perceptron, `"linear"` for the linear unit.
        kernel_regularizer: Penalty on the weights, such as `custom.regularizers.L1`.
        input_scaling: `"standardize"` subtracts each feature's mean and divides by
            its standard deviation once `adapt` has measured them, and does not scale
            before; `None` never scales.
        columns: Columns of a table with words or missing numbers, as for `zoo.MLP`.
        class_names: Names of the classes −1 and +1, kept with the model.
        name: Name of the model.

    Raises:
        ValueError: If an argument is out of its range.

    >>> import keras
    >>> import numpy as np
    >>> from custom.losses import HalfSumSquaredError
    >>> from custom.optimizers import GradientDescent
    >>> corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
    >>> both = np.array([[-1], [-1], [-1], [1]], "float32")
    >>> model = Perceptron(input_shape=(2,))
    >>> model.compile(GradientDescent(0.5), HalfSumSquaredError())
    >>> _ = model.fit(corners, both, batch_size=1, epochs=10, shuffle=False, verbose=0)
    >>> model.predict(corners, verbose=0).ravel().tolist()
    [-1.0, -1.0, -1.0, 1.0]

    Compared with Keras: Keras has no perceptron. This is a model with one unit, and
    `fit` makes Rosenblatt's updates.

    Source: notes, "The single-layer perceptron" and "Gradient descent and loss
    functions"; Rosenblatt 1958, "The perceptron: a probabilistic model for
    information storage and organization in the brain".
    """

    targets = (Multiclass,)

    def __init__(
        self,
        input_shape: tuple[int] | list[int],
        num_classes: int = 2,
        *,
        activation: str = "sign",
        kernel_regularizer: keras.regularizers.Regularizer | str | dict | None = None,
        input_scaling: str | None = "standardize",
        columns: dict | None = None,
        class_names: Sequence[str] | None = None,
        name: str = "perceptron",
    ) -> None:
        shape = positive_integers("input_shape", input_shape)
        if len(shape) != 1:
            raise ValueError(f"`input_shape` must be (features,), got {shape}.")
        target = Multiclass.from_arguments(num_classes, class_names)
        if target.num_classes != 2:
            raise ValueError(
                f"`num_classes` must be 2, got {num_classes}: one unit separates two "
                "classes. For more, use MLP with `hidden_units=()`."
            )
        one_of("activation", activation, ACTIVATIONS)
        one_of("input_scaling", input_scaling, ("standardize", None))
        table = checked_columns(columns, shape, input_scaling)
        kernel_regularizer = keras.regularizers.get(kernel_regularizer)

        inputs = keras.Input(shape, name="inputs")
        scaling = scaling_layer(input_scaling)
        x = inputs if scaling is None else scaling(inputs)
        if table is not None:
            x = OneHotColumns(table.sizes, dtype="float32")(x)
        target = dataclasses.replace(target, activation="sign")
        unit = target.last_layer(
            activation=ACTIVATIONS[activation],
            kernel_initializer="zeros",
            kernel_regularizer=kernel_regularizer,
        )
        super().__init__(
            inputs,
            unit(x),
            # A linear unit answers with any number, which is not a class.
            target=target if activation == "sign" else None,
            configuration=recorded(
                Perceptron,
                locals(),
                input_shape=shape,
                num_classes=2,
                columns=table,
                class_names=target.class_names,
            ),
            name=name,
        )
