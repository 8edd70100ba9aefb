"""What the zoo's classifiers share."""

import keras

from custom.arguments import one_of, positive_integer
from zoo.columns import Columns
from zoo.models.family import HEAD, Family


class Classifier(Family, keras.Model):
    """A functional model that knows its configuration and its classes.

    A family builds its graph in `__init__`, with `output_layer` as its last, and
    hands over inputs, outputs and every constructor argument. It remembers the
    names of its classes, so that a saved file is enough to serve it.
    """

    def __init__(self, inputs, outputs, *, configuration, name):
        super().__init__(inputs=inputs, outputs=outputs, name=name)
        self._configuration = configuration
        # By the model's own policy `compile` decides whether to scale the loss.
        self.dtype_policy = configuration.get("dtype", "float32")

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """One name per class in the order of the outputs, if they were given."""
        names = self._configuration["class_names"]
        return None if names is None else tuple(names)

    @property
    def columns(self) -> Columns | None:
        """What the columns of its table are, if it was told."""
        columns = self._configuration.get("columns")
        return None if columns is None else Columns.from_config(columns)

    @property
    def num_classes(self) -> int:
        return self._configuration["num_classes"]


def checked_classes(num_classes, class_names):
    """Number and names of classes that agree, as configuration keeps them.

    Raises:
        ValueError: If there are fewer than two classes, or another number of
            names than classes.
    """
    num_classes = positive_integer("num_classes", num_classes)
    if num_classes < 2:
        raise ValueError("`num_classes` must be at least 2, got 1.")
    if class_names is None:
        return num_classes, None
    class_names = [str(name) for name in class_names]
    if len(class_names) != num_classes:
        raise ValueError(
            f"`class_names` has {len(class_names)} names for "
            f"{num_classes} classes; give one name per class."
        )
    return num_classes, class_names


def output_layer(num_classes, activation, kernel_regularizer):
    """The last layer: probabilities, or logits for `activation=None`.

    It computes in float32 under every precision policy, because a float16
    softmax loses the small probabilities that the loss needs.
    """
    one_of("classifier_activation", activation, ("softmax", None))
    return keras.layers.Dense(
        num_classes,
        activation=activation,
        kernel_regularizer=kernel_regularizer,
        dtype="float32",
        name=HEAD,
    )
