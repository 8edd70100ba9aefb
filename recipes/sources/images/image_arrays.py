"""Arrays of images as uint8 pixels."""

import numpy as np

from zoo.errors import InputError


def as_pixels(images: dict[str, np.ndarray], notes: list[str]) -> dict[str, np.ndarray]:
    """Images as uint8, all parts on the scale of the training part."""
    for part, x in images.items():
        low, high = x.min(), x.max()
        if low < 0 or high > 255:
            raise InputError(
                f"Images of the {part} part have values from {low} to {high}; they "
                "must lie in 0…255, or in 0…1 as floats."
            )
    highest = {part: x.max() for part, x in images.items()}
    is_unit = {p: x.dtype.kind in "fb" and highest[p] <= 1 for p, x in images.items()}
    for part, x in images.items():
        # Whole numbers may be dark images in 0…255.
        may_be_dark = is_unit[part] and bool((x == np.rint(x)).all())
        if is_unit[part] != is_unit["train"] and not may_be_dark:
            raise InputError(
                f"Images of the training part reach {highest['train']} as "
                f"{images['train'].dtype.name}, those of the {part} part "
                f"{highest[part]} as {images[part].dtype.name}; give both on the same "
                "scale."
            )
    if max(highest.values()) == 1 and not is_unit["train"]:
        notes.append(
            "images hold only 0 and 1, which is black in 0…255: multiply them by 255, "
            "or give booleans"
        )
    if is_unit["train"]:
        kind = "boolean" if images["train"].dtype.kind == "b" else "float"
        notes.append(f"{kind} images in 0…1 were multiplied by 255")
        images = {part: x.astype("float32") * 255 for part, x in images.items()}
    return {
        part: x if x.dtype == np.uint8 else np.rint(x).astype("uint8")
        for part, x in images.items()
    }
