"""The digits that scikit-learn ships."""

import numpy as np

from recipes.data.dataset import Dataset
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.images.resizing import resized
from recipes.sources.parts.division import USUAL, Division


def load_digits(
    name: str,
    *,
    image_size: tuple[int, int] | None = None,
    division: Division = USUAL,
) -> Dataset:
    """1,797 handwritten digits of 8×8 pixels, as scikit-learn ships them.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits,
    UCI Machine Learning Repository, 1998 (its test part).
    """
    from sklearn.datasets import load_digits as digits

    bunch = digits()
    # Each pixel counts the dark cells of a 4×4 block: 0…16.
    images = np.rint(bunch.images * (255 / 16)).astype("uint8")
    dataset = from_arrays(images, bunch.target, name=name, split=division)
    return resized(dataset, image_size)
