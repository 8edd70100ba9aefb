"""Keras models that are ready to train and to export for serving.

Each name is loaded when it is first used, so that `import zoo` is fast: TensorFlow and
Keras are imported with the first model.
"""

import lazy_loader

try:
    import custom.arguments
except ModuleNotFoundError as error:  # from a user's folder or file of this name
    import custom

    raise ImportError(
        f"{custom.__spec__.origin} hides the package `custom` that zoo needs: rename "
        "that folder or file, or start Python where it is not found first."
    ) from error

from zoo.moved import register_moved

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


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
