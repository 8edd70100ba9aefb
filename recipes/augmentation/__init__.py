"""Augmentation of whole batches, as a function of the pipeline's seed.

Names are loaded when they are first used, so that importing this package is fast.
"""

import importlib

_HOMES = {
    "Augmentation": "recipes.augmentation.base",
    "Brightness": "recipes.augmentation.colour",
    "Compose": "recipes.augmentation.composition",
    "Contrast": "recipes.augmentation.colour",
    "CropWithPadding": "recipes.augmentation.pixels",
    "CutMix": "recipes.augmentation.mixing",
    "Cutout": "recipes.augmentation.erasing",
    "FeatureDrop": "recipes.augmentation.rows",
    "FeatureNoise": "recipes.augmentation.rows",
    "Flip": "recipes.augmentation.pixels",
    "FrequencyMask": "recipes.augmentation.masking",
    "Gain": "recipes.augmentation.audio",
    "GaussianNoise": "recipes.augmentation.colour",
    "LabelSmoothing": "recipes.augmentation.targets",
    "Mixup": "recipes.augmentation.mixing",
    "PRESETS": "recipes.augmentation.presets",
    "Synonyms": "recipes.augmentation.synonyms",
    "TimeMask": "recipes.augmentation.masking",
    "TimeShift": "recipes.augmentation.audio",
    "Warp": "recipes.augmentation.warp",
    "WhiteNoise": "recipes.augmentation.audio",
    "WordDrop": "recipes.augmentation.words",
    "WordSwap": "recipes.augmentation.words",
    "choose": "recipes.augmentation.presets",
    "from_config": "recipes.augmentation.composition",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'recipes.augmentation' has no attribute {name!r}")


def __dir__():
    return __all__
