"""Augmentation of images: whole batches, as a function of the engine's seed.

Names load when first used, so that asking for a preset's name costs nothing.
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
    "Flip": "recipes.augmentation.pixels",
    "GaussianNoise": "recipes.augmentation.colour",
    "LabelSmoothing": "recipes.augmentation.targets",
    "Mixup": "recipes.augmentation.mixing",
    "PRESETS": "recipes.augmentation.presets",
    "Warp": "recipes.augmentation.warp",
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
