"""Distance of generated images from real ones, in the features of a classifier."""

from typing import Any

import keras
import numpy as np

from zoo.errors import InputError


def frechet_distance(one: Any, other: Any) -> float:
    r"""The Fréchet distance between Gaussians fitted to two sets of features.

    $$d^2 = \lVert \mu_1 - \mu_2 \rVert^2 +
    \operatorname{tr}\bigl(C_1 + C_2 - 2 (C_1 C_2)^{1/2}\bigr)$$

    $\mu$ is the mean of the features and $C$ their covariance with the divisor
    $n - 1$, in float64. The distance of a set from itself is 0. Which distance is small
    depends on the classifier: compare with the distance between two sets of real images
    of the same size.

    Args:
        one: Features `(n, units)`, with more rows than columns.
        other: Features with the same columns and any number of rows.

    Returns:
        $d^2$, at least 0. This is the number that papers report.

    Raises:
        InputError: If the shapes do not fit, or a number is not finite.

    >>> rng = np.random.default_rng(0)
    >>> one = rng.normal(size=(50_000, 2))
    >>> round(frechet_distance(one, 2 * one + [3, 0]))  # 3² + 2 (2 − 1)²
    11

    Source: Dowson and Landau 1982, "The Fréchet distance between multivariate normal
    distributions"; for generators: Heusel et al. 2017, "GANs trained by a two
    time-scale update rule converge to a local Nash equilibrium".
    """
    one, other = _checked(one), _checked(other)
    if one.shape[1] != other.shape[1]:
        raise InputError(
            "Both sets must have the same number of columns, got "
            f"{one.shape[1]} and {other.shape[1]}."
        )
    difference = one.mean(axis=0) - other.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(s, rowvar=False)) for s in (one, other))
    # The eigenvalues of a product of two covariances are real and not negative.
    eigenvalues = np.linalg.eigvals(first @ second).real.clip(min=0)
    root = np.sqrt(eigenvalues).sum()
    distance = difference @ difference + np.trace(first) + np.trace(second) - 2 * root
    return max(float(distance), 0.0)


def features_of(
    classifier: keras.Model, images: Any, batch_size: int = 500
) -> np.ndarray:
    """The features of images: the inputs of a classifier's last layer.

    Returns:
        float32 features `(n, units)`.

    >>> import zoo
    >>> images = np.zeros((3, 8, 8, 1), "uint8")
    >>> features_of(zoo.CNN.from_preset("cnn_digits"), images).shape
    (3, 128)
    """
    body = keras.Model(classifier.inputs, classifier.layers[-1].input)
    return body.predict(images, batch_size=batch_size, verbose=0)


def _checked(features: Any) -> np.ndarray:
    features = np.asarray(features, "float64")
    if features.ndim != 2 or len(features) <= features.shape[1]:
        raise InputError(
            "Features must be a matrix with more rows than columns, got shape "
            f"{features.shape}."
        )
    if not np.isfinite(features).all():
        raise InputError("Features must be finite.")
    return features
