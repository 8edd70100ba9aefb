"""Ready Keras models: create them, train them, export them for serving.

Names load when first used, so that `import zoo` costs nothing: TensorFlow and
Keras are imported with the first model.
"""

import importlib

_HOMES = {
    "CNN": "zoo.models.cnn",
    "DCGAN": "zoo.models.dcgan",
    "InputError": "zoo.errors",
    "MLP": "zoo.models.mlp",
    "Perceptron": "zoo.models.perceptron",
    "RecurrentNetwork": "zoo.models.recurrent",
    "create": "zoo.registry",
    "export": "zoo.exporting",
    "from_preset": "zoo.presets.reading",
    "list_models": "zoo.registry",
    "list_presets": "zoo.presets.index",
    "load_classifier": "zoo.loading",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'zoo' has no attribute {name!r}")


def __dir__():
    return __all__
