"""Named augmentations, and the data they suit.

An augmentation must keep the label true: a 6 turned upside down is a 9 and a mirrored b
is a d, while a mirrored cat is still a cat. For unknown data nobody can say, so `light`
changes little and mirrors nothing.
"""

import fnmatch
import typing

from custom.arguments import shown
from zoo.errors import InputError
from zoo.kinds import Kind, kind_named
from zoo.names import nearest

if typing.TYPE_CHECKING:  # These load TensorFlow.
    from recipes.augmentation.base import Augment, Augmentation
    from recipes.augmentation.composition import Compose
    from recipes.data.dataset import Dataset


def light(dataset: "Dataset") -> "Augmentation":
    """Small changes that keep the labels of any data true; no flips of images."""
    return _of_kind(LIGHT, dataset)


def digits(dataset: "Dataset") -> "Augmentation":
    """Small movements on a black background, no flips: for digits and letters."""
    from recipes.augmentation import Warp

    return Warp(rotation=10, zoom=0.1, shift=0.08)


def photos(dataset: "Dataset") -> "Compose":
    """Crops and mirror images: for photos of objects, such as CIFAR's."""
    from recipes.augmentation import Compose, CropWithPadding, Flip

    # The paper uses 4 of CIFAR's 32 pixels, an eighth of the side.
    padding = max(1, min(dataset.input_shape[:2]) // 8)
    return Compose(CropWithPadding(padding), Flip())


def strong(dataset: "Dataset") -> "Augmentation":
    """Larger changes, with parts hidden and photos mirrored: for many epochs."""
    return _of_kind(STRONG, dataset)


def _of_kind(presets, dataset):
    if dataset.kind not in presets:
        raise InputError(
            f"There is no named augmentation for {dataset.kind.noun}; {dataset.name} "
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


def _noisy_audio(dataset):
    from recipes.augmentation import Compose, Gain, TimeShift, WhiteNoise

    return Compose(TimeShift(0.05), Gain(6), WhiteNoise((15, 40)))


def _masked_audio(dataset):
    from recipes.augmentation import Compose, FrequencyMask, TimeMask

    # Close to the widest masks of the paper's policy for telephone speech.
    band = FrequencyMask(0.19, sample_rate=dataset.sample_rate)
    return Compose(*_noisy_audio(dataset).steps, TimeMask(0.1), band)


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
    Kind.AUDIO: _noisy_audio,
    Kind.TEXT: _reworded,
    Kind.TABLE: _noisy_rows,
}
STRONG = {
    Kind.IMAGES: _cut_photo,
    Kind.AUDIO: _masked_audio,
    Kind.TEXT: _rearranged,
    Kind.TABLE: _incomplete_rows,
}
PRESETS = {preset.__name__: preset for preset in (light, digits, photos, strong)}
FOR_IMAGES = ("digits", "photos")

# Name patterns of image data sets, and the presets that `auto` uses for them.
SUITED = {"digits": digits, "*mnist*": digits, "cifar10*": photos}


def choose(augment: "Augment | str | None", dataset: "Dataset") -> "Augment | None":
    """Returns the augmentation for a data set.

    Args:
        augment: `None` or `"none"`; `"auto"`, the preset that suits the name of the
            data set, or `light` for other names; a name in `PRESETS`; or an
            augmentation.
        dataset: The data set.

    Returns:
        An augmentation, fitted to the training part, or `None` for no augmentation.

    Raises:
        InputError: If the preset does not exist or is for another kind of data.

    >>> import recipes
    >>> choose("auto", recipes.load("digits"))
    Warp(rotation=(-10.0, 10.0), zoom=(0.9, 1.1), shift=(-0.08, 0.08))
    """
    if isinstance(augment, str):
        check_name(augment)
        augment = None if augment == "none" else _preset(augment, dataset)
    if augment is None:
        return None
    if dataset.task == "text_generation":
        raise InputError(
            "Augmentation changes examples with labels; "
            f"{dataset.name} is a text to learn to write from, which has none: leave "
            "`augment` out (--augment none)."
        )
    if dataset.task == "translation":
        raise InputError(
            f"{dataset.name} holds pairs of texts, whose answers would not change with "
            "the texts: leave `augment` out (--augment none)."
        )
    if not callable(augment) or isinstance(augment, type):
        raise InputError(
            "`augment` must be a name, an augmentation or a function, got "
            f"{shown(augment)}."
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
    """Refuses an unknown name, without loading TensorFlow."""
    names = ("none", "auto", *PRESETS)
    if name not in names:
        raise InputError(f"There is no augmentation {name!r}; {nearest(name, names)}")


def _preset(name, dataset):
    if name == "auto":
        return _suited(dataset)(dataset)
    if name in FOR_IMAGES and dataset.kind != Kind.IMAGES:
        raise _for_others(repr(name), Kind.IMAGES, dataset)
    return PRESETS[name](dataset)


def _suited(dataset):
    for pattern, preset in SUITED.items():
        if dataset.kind == Kind.IMAGES and fnmatch.fnmatch(dataset.name, pattern):
            return preset
    return light


def _for_others(augment, kind, dataset):
    return InputError(
        f"The augmentation {augment} is for {kind.noun}; {dataset.name} "
        f"{dataset.holds}."
    )
