"""Augmentations by name, and which data they suit.

An augmentation must keep the label true: a 6 turned upside down is a 9, a mirrored
b is a d, while a mirrored cat is a cat. Nobody can know this of data never seen, so
that for those `light` moves little and mirrors nothing.
"""

import difflib
import fnmatch

from zoo.errors import InputError


def light(input_shape):
    """Small moves, no flips: for any images."""
    from recipes.augmentation import Brightness, Compose, Contrast, Warp

    warp = Warp(rotation=5, zoom=0.05, shift=0.05, fill="nearest")
    return Compose(warp, Brightness(0.05), Contrast(0.1))


def digits(input_shape):
    """Small moves on a black ground, no flips: for digits and letters."""
    from recipes.augmentation import Warp

    return Warp(rotation=10, zoom=0.1, shift=0.08)


def photos(input_shape):
    """Crops and mirror images: for photos of things, such as CIFAR's."""
    from recipes.augmentation import Compose, CropWithPadding, Flip

    # An eighth of the side is the paper's 4 pixels of CIFAR's 32.
    padding = max(1, min(input_shape[:2]) // 8)
    return Compose(CropWithPadding(padding), Flip())


def strong(input_shape):
    """Crops, mirror images and cutout: for photos and many epochs."""
    from recipes.augmentation import Compose, Cutout

    side = max(1, min(input_shape[:2]) // 4)
    return Compose(*photos(input_shape).steps, Cutout(side))


PRESETS = {preset.__name__: preset for preset in (light, digits, photos, strong)}

# Patterns of data sets' names, and what `auto` takes for them.
SUITED = {
    "digits": digits,
    "*mnist*": digits,
    "cifar10*": photos,
}


def choose(augment, dataset):
    """The augmentation that is meant for a data set.

    Args:
        augment: `None` or `"none"`; `"auto"`, for what suits the data set, by its
            name, and `light` for images of any other name; a name of `PRESETS`; or
            an augmentation, which is given back.
        dataset: The `Dataset`.

    Returns:
        An augmentation, or `None` for none, as `auto` is for tables.

    Raises:
        InputError: If there is no such preset, or a preset is to change a table.

    >>> import recipes
    >>> choose("auto", recipes.load("digits"))
    Warp(rotation=(-10.0, 10.0), zoom=(0.9, 1.1), shift=(-0.08, 0.08))
    """
    if not isinstance(augment, str):
        if augment is not None and not callable(augment):
            raise InputError(
                f"`augment` must be a name, an augmentation or a function, got "
                f"{augment!r}."
            )
        return augment
    check_name(augment)
    if augment == "none" or (augment == "auto" and dataset.kind != "images"):
        return None
    if dataset.kind != "images":
        raise InputError(
            f"The augmentation {augment!r} is for images; {dataset.name} "
            f"{dataset.holds}."
        )
    preset = _suited(dataset.name) if augment == "auto" else PRESETS[augment]
    return preset(dataset.input_shape)


def check_name(name: str) -> None:
    """Refuses what is no name of an augmentation, without loading TensorFlow.

    Raises:
        InputError: Naming the nearest, or all.
    """
    names = ("none", "auto", *PRESETS)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}."
    raise InputError(f"There is no augmentation {name!r}; {hint}")


def _suited(data_name):
    for pattern, preset in SUITED.items():
        if fnmatch.fnmatch(data_name, pattern):
            return preset
    return light
