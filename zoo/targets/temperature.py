r"""Temperature scaling: probabilities that say how often the answer is right.

$$p = \operatorname{softmax}(z / T)$$

One number $T > 0$ divides the logits $z$, so the most probable class stays the same.
Source: Guo et al. 2017, "On calibration of modern neural networks".
"""

import keras
import numpy as np

from zoo.errors import InputError
from zoo.targets.multiclass import last_operation

RANGE = (0.05, 20.0)  # of temperatures


def best_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the least cross-entropy on examples with labels.

    Args:
        probabilities: `(n, num_classes)`, of a model with a temperature of 1.
        labels: Class numbers `(n,)`.

    Returns:
        A temperature from 0.05 to 20.

    >>> certain = np.array([[0.99, 0.01]] * 4)
    >>> round(best_temperature(certain, np.array([0, 0, 0, 1])), 2)  # right: 3 of 4
    4.18
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    smallest = np.finfo("float32").tiny
    logits = np.log(np.maximum(probabilities.astype("float64"), smallest))

    def loss(inverse: float) -> float:  # It is convex.
        scaled = log_softmax(logits * inverse, axis=1)
        return -scaled[np.arange(len(labels)), labels].mean()

    low, high = RANGE
    found = minimize_scalar(
        loss, bounds=(1 / high, 1 / low), method="bounded", options={"xatol": 1e-6}
    )
    return float(1 / found.x)


def logits_layer(model: keras.Model) -> keras.layers.Dense:
    """The dense layer at a model's end, which computes the logits.

    Raises:
        InputError: If the model ends in another layer.
    """
    layer = last_operation(model)
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    if not isinstance(layer, keras.layers.Dense) or name == "sign":
        raise InputError(
            f"`calibrate` divides the logits of a dense layer at the end; the model "
            f"{model.name!r} ends in {name if name == 'sign' else layer.name!r}, which "
            "has none: leave it out."
        )
    return layer


def divide_logits(model: keras.Model, temperature: float) -> None:
    """Divides the weights of the last layer, and so the logits, by a temperature."""
    for variable in logits_layer(model).weights:
        variable.assign(variable / temperature)
