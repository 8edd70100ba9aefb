"""Training on your own data: sources, batches, `fit`, reports.

Names load when first used, so that `import recipes` costs nothing.
"""

import importlib

from zoo.moved import register_moved

_HOMES = {
    "Dataset": "recipes.data.dataset",
    "Part": "recipes.data.dataset",
    "Run": "recipes.training.loop",
    "embed": "recipes.reports.embedding",
    "evaluate": "recipes.reports.evaluation",
    "fit": "recipes.training.fit",
    "from_arrays": "recipes.sources",
    "load": "recipes.sources",
    "ordered_batches": "recipes.pipeline",
    "resume": "recipes.training.resume",
    "steps_per_epoch": "recipes.pipeline",
    "training_batches": "recipes.pipeline",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'recipes' has no attribute {name!r}")


def __dir__():
    return __all__


register_moved(
    {
        "recipes.dataset": "recipes.data.dataset",
        "recipes.evaluation": "recipes.reports.evaluation",
        "recipes.strategies": "recipes.training.strategies",
    }
)
