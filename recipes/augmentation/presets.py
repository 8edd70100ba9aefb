"""Augmentations by name, and which data they suit.

An augmentation must keep the label true: a 6 turned upside down is a 9, a mirrored
b is a d, while a mirrored cat is a cat. Nobody can know this of data never seen, so
that for those `light` changes little and mirrors nothing.
"""

import difflib
import fnmatch

from zoo.errors import InputError
from zoo.kinds import Kind, kind_named


def light(dataset):
    """A little of what leaves the label of any data true; no flips of images."""
    return _of_kind(LIGHT, dataset)


def digits(dataset):
    """Small moves on a black ground, no flips: for digits and letters."""
    from recipes.augmentation import Warp

    return Warp(rotation=10, zoom=0.1, shift=0.08)


def photos(dataset):
    """Crops and mirror images: for photos of things, such as CIFAR's."""
    from recipes.augmentation import Compose, CropWithPadding, Flip

    # An eighth of the side is the paper's 4 pixels of CIFAR's 32.
    padding = max(1, min(dataset.input_shape[:2]) // 8)
    return Compose(CropWithPadding(padding), Flip())


def strong(dataset):
    """More of it, and something hidden: for many epochs. Photos may be mirrored."""
    return _of_kind(STRONG, dataset)


def _of_kind(presets, dataset):
    if dataset.kind not in presets:
        raise InputError(
            f"No augmentation of a name is for {dataset.kind}; {dataset.name} "
            f"{dataset.holds}. Give a function of (inputs, labels, seed)."
        )
    return presets[dataset.kind](dataset)


def _moved_image(dataset):
    from recipes.augmentation import Brightness, Compose, Contrast, Warp

    warp = Warp(rotation=5, zoom=0.05, shift=0.05, fill="nearest")
    return Compose(warp, Brightness(0.05), Contrast(0.1))


def _cut_photo(dataset):
    from recipes.augmentation import Compose, Cutout

    side = max(1, min(dataset.input_shape[:2]) // 4)
    return Compose(*photos(dataset).steps, Cutout(side))


def _noisy_sound(dataset):
    from recipes.augmentation import Compose, Gain, TimeShift, WhiteNoise

    return Compose(TimeShift(0.05), Gain(6), WhiteNoise((15, 40)))


def _masked_sound(dataset):
    from recipes.augmentation import Compose, FrequencyMask, TimeMask

    # About the paper's widest masks of its policy for speech from telephones.
    band = FrequencyMask(0.19, sample_rate=dataset.sample_rate)
    return Compose(*_noisy_sound(dataset).steps, TimeMask(0.1), band)


def _reworded(dataset):
    from recipes.augmentation import Synonyms

    return Synonyms()


def _rearranged(dataset):
    from recipes.augmentation import Compose, Synonyms, WordDrop, WordSwap

    return Compose(Synonyms(), WordDrop(0.1), WordSwap(0.1))


def _noisy_rows(dataset):
    from recipes.augmentation import FeatureNoise

    return FeatureNoise(0.05)


def _incomplete_rows(dataset):
    from recipes.augmentation import Compose, FeatureDrop, FeatureNoise

    return Compose(FeatureNoise(0.1), FeatureDrop(0.1))


LIGHT = {
    Kind.IMAGES: _moved_image,
    Kind.AUDIO: _noisy_sound,
    Kind.TEXT: _reworded,
    Kind.TABLE: _noisy_rows,
}
STRONG = {
    Kind.IMAGES: _cut_photo,
    Kind.AUDIO: _masked_sound,
    Kind.TEXT: _rearranged,
    Kind.TABLE: _incomplete_rows,
}
PRESETS = {preset.__name__: preset for preset in (light, digits, photos, strong)}
OF_IMAGES = ("digits", "photos")

# Patterns of the names of data sets of images, and what `auto` takes for them.
SUITED = {
    "digits": digits,
    "*mnist*": digits,
    "cifar10*": photos,
}


def choose(augment, dataset):
    """The augmentation that is meant for a data set.

    Args:
        augment: `None` or `"none"`; `"auto"`, for what suits the data set, by its
            name, and `light` for data of any other name; a name of `PRESETS`; or an
            augmentation.
        dataset: The `Dataset`.

    Returns:
        An augmentation, fitted to the training part, or `None` for none.

    Raises:
        InputError: If there is no such preset, or it is for data of another kind.

    >>> import recipes
    >>> choose("auto", recipes.load("digits"))
    Warp(rotation=(-10.0, 10.0), zoom=(0.9, 1.1), shift=(-0.08, 0.08))
    """
    if isinstance(augment, str):
        check_name(augment)
        augment = None if augment == "none" else _preset(augment, dataset)
    if augment is not None and not callable(augment):
        raise InputError(
            f"`augment` must be a name, an augmentation or a function, got {augment!r}."
        )
    kind = getattr(augment, "kind", None)
    kind = None if kind is None else kind_named(kind)
    if kind not in (None, dataset.kind):
        raise _for_others(augment, kind, dataset)
    if hasattr(augment, "fitted"):
        codes = dataset.columns.codes if dataset.columns else ()
        return augment.fitted(dataset.train.inputs, codes)
    return augment


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


def _preset(name, dataset):
    if name == "auto":
        return _suited(dataset)(dataset)
    if name in OF_IMAGES and dataset.kind != Kind.IMAGES:
        raise _for_others(repr(name), Kind.IMAGES, dataset)
    return PRESETS[name](dataset)


def _suited(dataset):
    for pattern, preset in SUITED.items():
        if dataset.kind == Kind.IMAGES and fnmatch.fnmatch(dataset.name, pattern):
            return preset
    return light


def _for_others(augment, kind, dataset):
    return InputError(
        f"The augmentation {augment} is for {kind}; {dataset.name} {dataset.holds}."
    )
