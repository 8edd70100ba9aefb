"""Training on your own data: sources, batches, `fit`, reports.

Names load when first used, so that `import recipes` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

try:
    from zoo.moved import register_moved
except ModuleNotFoundError as error:  # from a user's folder or file of this name
    import zoo

    raise ImportError(
        f"{zoo.__spec__.origin} hides the package `zoo` that recipes needs: rename "
        "that folder or file, or start Python where it is not found first."
    ) from error

if TYPE_CHECKING:
    from recipes.data.dataset import Dataset, Part
    from recipes.pipeline import ordered_batches, steps_per_epoch, training_batches
    from recipes.reports.embedding import embed
    from recipes.reports.evaluation import evaluate
    from recipes.sources import from_arrays, load
    from recipes.training.fit import fit
    from recipes.training.loop import Run
    from recipes.training.resume import resume

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

__all__ = [
    "Dataset",
    "Part",
    "Run",
    "embed",
    "evaluate",
    "fit",
    "from_arrays",
    "load",
    "ordered_batches",
    "resume",
    "steps_per_epoch",
    "training_batches",
]

if not TYPE_CHECKING:  # type checkers would accept every name

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(importlib.import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'recipes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


register_moved(
    {
        "recipes.dataset": "recipes.data.dataset",
        "recipes.evaluation": "recipes.reports.evaluation",
        "recipes.strategies": "recipes.training.strategies",
    }
)
