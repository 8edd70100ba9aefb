"""The base class of the zoo's classifiers."""

from typing import Any, ClassVar

import keras
from numpy.typing import ArrayLike

from zoo.columns import Columns
from zoo.models.family import Family
from zoo.models.input_scaling import measure
from zoo.models.layer_changes import described
from zoo.targets import Multiclass, Multilabel, Regression, Target


class Classifier(Family, keras.Model):
    """A functional model that knows its configuration and its target.

    A family builds its graph in `__init__`, with the last layer of its target at the
    end, and passes inputs, outputs and every constructor argument on. The model keeps
    the names of its classes, so that a saved file is enough to serve it.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Multiclass, Multilabel, Regression)

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        *,
        configuration: dict[str, Any],
        name: str,
        target: Target | None = None,
    ) -> None:
        super().__init__(inputs=inputs, outputs=outputs, name=name)
        self._configuration = configuration
        self.target = target
        # `compile` reads the model's own policy to decide whether to scale the loss.
        self.dtype_policy = configuration.get("dtype", "float32")
        self._as_built = described(self)

    def set_target(self, target: Target) -> None:
        """Replaces what the answers hold beside the outputs, such as an interval."""
        self._configuration |= target.arguments()
        if not isinstance(target, Multiclass):
            self._configuration["target"] = target.get_config()
        self.target = target

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """One name per class in the order of the outputs, if they were given."""
        names = self._configuration["class_names"]
        return None if names is None else tuple(names)

    @property
    def columns(self) -> Columns | None:
        """What the columns of its table are, if they were given."""
        columns = self._configuration.get("columns")
        return None if columns is None else Columns.from_config(columns)

    @property
    def num_classes(self) -> int:
        return self._configuration["num_classes"]


class RowClassifier(Classifier):
    """A classifier that can standardize its inputs, such as the rows of a table."""

    def adapt(self, inputs: ArrayLike) -> None:
        """Measures the mean and standard deviation of each feature.

        Call it with the training inputs before training. It has an effect only if
        `input_scaling` is `"standardize"`.
        """
        if self._configuration["input_scaling"] == "standardize":
            codes = self.columns.codes if self.columns else ()
            measure(self.get_layer("standardize"), inputs, codes)
