"""Ready Keras models: create them, train them, export them for serving.

Names load when first used, so that `import zoo` costs nothing: TensorFlow and
Keras are imported with the first model.
"""

import importlib

from zoo.moved import register_moved

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
    "register_model": "zoo.registry",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'zoo' has no attribute {name!r}")


def __dir__():
    return __all__


register_moved(
    {
        "zoo.classifier": "zoo.models.classifier",
        "zoo.cnn": "zoo.models.cnn",
        "zoo.dcgan": "zoo.models.dcgan",
        "zoo.dcgan.serving": "zoo.exporting.generator",
        "zoo.family": "zoo.models.family",
        "zoo.input_scaling": "zoo.models.input_scaling",
        "zoo.mlp": "zoo.models.mlp",
        "zoo.one_hot": "zoo.models.one_hot",
        "zoo.perceptron": "zoo.models.perceptron",
        "zoo.recurrent": "zoo.models.recurrent",
        "zoo.recurrent.carrying": "zoo.models.recurrent.stateful",
        "zoo.recurrent.memory": "zoo.models.recurrent.chrono_initializer",
        "zoo.recurrent.serving": "zoo.exporting.sequences",
        "zoo.sizes": "zoo.models.sizes",
    }
)
