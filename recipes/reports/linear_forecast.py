"""Forecasts of a linear model, as a yardstick."""

from typing import Any

import numpy as np

LARGEST = 2**23  # numbers in the inputs that the model is fitted to


def linear_forecasts(train: Any, part: Any) -> np.ndarray:
    """Forecasts of a ridge regression of scikit-learn, for the windows of a part.

    It predicts how far each next step is from the last value, from how far each value
    of the window is, and from all other numbers that the network reads. It is fitted to
    evenly spread windows if there are more than 2²³ numbers in all, and chooses its
    penalty on them.

    Args:
        train: The `Windows` of the training.
        part: The `Windows` to forecast.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    most = max(2, LARGEST // int(np.prod(train.input_shape)))
    chosen = np.linspace(0, len(train) - 1, min(len(train), most)).astype(int)
    few = train.take(chosen)
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 7)))
    inputs, last = _inputs(few)
    model.fit(inputs, _flat(few.answers) - last)
    forecasts = []
    for start in range(0, len(part), most):
        inputs, last = _inputs(part.take(slice(start, start + most)))
        forecasts.append(model.predict(inputs).reshape(len(inputs), -1) + last)
    return np.concatenate(forecasts).reshape(part.answers.shape)


def _inputs(part: Any) -> tuple[np.ndarray, np.ndarray]:
    """What the model reads `(n, numbers)`, and the last value for each answer."""
    windows = part.model_inputs[:].astype("float64")
    count = part.labels.shape[1]
    last = windows[:, part.window - 1, :count].copy()
    windows[:, : part.window, :count] -= last[:, np.newaxis]
    return _flat(windows), np.tile(last, part.horizon)


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)
