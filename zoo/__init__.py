"""Keras models that are ready to train and to export for serving.

Each name is loaded when it is first used, so that `import zoo` is fast: TensorFlow and
Keras are imported with the first model.
"""

import importlib
from typing import TYPE_CHECKING, Any

try:
    import custom.arguments
except ModuleNotFoundError as error:  # from a user's folder or file of this name
    import custom

    raise ImportError(
        f"{custom.__spec__.origin} hides the package `custom` that zoo needs: rename "
        "that folder or file, or start Python where it is not found first."
    ) from error

from zoo.moved import register_moved

if TYPE_CHECKING:  # the same names as in `_HOMES`, for type checkers
    from zoo.errors import InputError
    from zoo.exporting import export
    from zoo.loading import load_classifier
    from zoo.models.cnn import CNN
    from zoo.models.dcgan import DCGAN
    from zoo.models.mlp import MLP
    from zoo.models.perceptron import Perceptron
    from zoo.models.recurrent import RecurrentNetwork
    from zoo.presets.index import list_presets
    from zoo.presets.reading import from_preset
    from zoo.registry import create, list_models, register_model

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

__all__ = [
    "CNN",
    "DCGAN",
    "MLP",
    "InputError",
    "Perceptron",
    "RecurrentNetwork",
    "create",
    "export",
    "from_preset",
    "list_models",
    "list_presets",
    "load_classifier",
    "register_model",
]

if not TYPE_CHECKING:  # type checkers would accept every name

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(importlib.import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")


def __dir__() -> list[str]:
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
