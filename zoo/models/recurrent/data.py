"""What a network takes from its caller: lists of strings, and segments in order."""

import numpy as np

_PYTHON = (list, tuple, np.ndarray)  # what Keras does not take strings in


class TakesData:
    """Stands before `keras.Model`: `fit` and its like for text and for segments.

    Keras takes no list of strings, and NumPy's strings not everywhere; and `fit` would
    shuffle segments, whose order is what a carried state lives from.
    """

    def __call__(self, inputs, *args, **options):
        return super().__call__(self._as_read(inputs), *args, **options)

    def fit(self, x=None, y=None, *args, **options):
        """As `keras.Model.fit`; with a carried state, in the order of the data."""
        carries = self._configuration["stateful_batch_size"] is not None
        if carries and options.setdefault("shuffle", False):
            raise ValueError(
                "`shuffle` must be False for a network with a carried state: each "
                "segment goes on where the one before it stopped."
            )
        validation = options.get("validation_data")
        if isinstance(validation, tuple | list):
            options["validation_data"] = (self._as_read(validation[0]), *validation[1:])
        return super().fit(self._as_read(x), y, *args, **options)

    def evaluate(self, x=None, y=None, *args, **options):
        """As `keras.Model.evaluate`."""
        return super().evaluate(self._as_read(x), y, *args, **options)

    def predict(self, x, *args, **options):
        """As `keras.Model.predict`."""
        return super().predict(self._as_read(x), *args, **options)

    def _as_read(self, x):
        """Strings as Keras takes them; refused where the model reads none."""
        if len(self._inputs) > 1 and isinstance(x, list | tuple):
            return [self._as_read_first(x[0]), *x[1:]]
        if isinstance(x, dict) and "inputs" in x:
            return {**x, "inputs": self._as_read_first(x["inputs"])}
        return self._as_read_first(x)

    def _as_read_first(self, x):
        if not _is_text(x):
            return x
        kind = self._configuration["inputs"]
        if kind != "text":
            raise ValueError(
                f"The inputs are text, and the model reads inputs={kind!r} of shape "
                f"(batch, {', '.join(map(str, self._configuration['input_shape']))}): "
                "build it with inputs='text'."
            )
        return np.asarray(x, dtype=object) if isinstance(x, _PYTHON) else x


def _is_text(x):
    """Whether it holds strings: an array, a tensor or a list of them."""
    if isinstance(x, list | tuple):
        return bool(x) and isinstance(x[0], str | bytes)
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "US" or (
            x.dtype == object and x.size > 0 and isinstance(x.flat[0], str | bytes)
        )
    return getattr(getattr(x, "dtype", None), "name", None) == "string"
