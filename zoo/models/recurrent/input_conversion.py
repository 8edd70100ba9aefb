"""Conversion of a network's inputs: lists of strings, and data in a fixed order."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from custom.types import Tensor

if TYPE_CHECKING:
    from keras import Model as Base
else:
    Base = object  # Keras changes the bases of a subclass of `keras.Model`.


class InputConversion(Base):
    """Mixin before `keras.Model` that converts text and keeps segments in order.

    Keras does not accept lists of strings, and accepts NumPy strings only in some
    methods. `fit` would also shuffle segments, which a stateful network needs in
    their order.
    """

    _configuration: dict[str, Any]

    def __call__(self, inputs: Any, *args: Any, **options: Any) -> Tensor:
        return super().__call__(self.convert_inputs(inputs), *args, **options)

    def fit(
        self, x: Any = None, y: Any = None, *args: Any, **options: Any
    ) -> keras.callbacks.History:
        """Trains as `keras.Model.fit` does; a stateful network never shuffles."""
        stateful = self._configuration["stateful_batch_size"] is not None
        if stateful and options.setdefault("shuffle", False):
            raise ValueError(
                "`shuffle` must be False for a stateful network: each segment "
                "continues where the previous one stopped."
            )
        validation = options.get("validation_data")
        if isinstance(validation, tuple | list):
            inputs = self.convert_inputs(validation[0])
            options["validation_data"] = (inputs, *validation[1:])
        return super().fit(self.convert_inputs(x), y, *args, **options)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **options: Any) -> Any:
        """Evaluates as `keras.Model.evaluate` does."""
        return super().evaluate(self.convert_inputs(x), y, *args, **options)

    def predict(self, x: Any, *args: Any, **options: Any) -> np.ndarray:
        """Predicts as `keras.Model.predict` does."""
        return super().predict(self.convert_inputs(x), *args, **options)

    def convert_inputs(self, x: Any) -> Any:
        """Converts strings to a form that Keras accepts."""
        if len(self._inputs) > 1 and isinstance(x, list | tuple):
            return [self.convert_text(x[0]), *x[1:]]
        if isinstance(x, dict) and "inputs" in x:
            return {**x, "inputs": self.convert_text(x["inputs"])}
        return self.convert_text(x)

    def convert_text(self, x: Any) -> Any:
        """Converts the first input, if it holds strings."""
        if not _is_text(x):
            return x
        inputs = self._configuration["inputs"]
        if inputs != "text":
            shape = ", ".join(map(str, self._configuration["input_shape"]))
            raise ValueError(
                f"The inputs are text, but the model reads inputs={inputs!r} of shape "
                f"(batch, {shape}): build it with inputs='text'."
            )
        if isinstance(x, list | tuple | np.ndarray):
            return np.asarray(x, dtype=object)
        return x


def _is_text(x: Any) -> bool:
    """Whether an array, a tensor or a list holds strings."""
    if isinstance(x, list | tuple):
        return bool(x) and isinstance(x[0], str | bytes)
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "US" or (
            x.dtype == object and x.size > 0 and isinstance(x.flat[0], str | bytes)
        )
    return getattr(getattr(x, "dtype", None), "name", None) == "string"
