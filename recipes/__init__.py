"""Training on your own data: sources, batches, `fit`, reports.

Names load when first used, so that `import recipes` costs nothing.
"""

import lazy_loader

try:
    from zoo.moved import register_moved
except ModuleNotFoundError as error:  # from a user's folder or file of this name
    import zoo

    raise ImportError(
        f"{zoo.__spec__.origin} hides the package `zoo` that recipes needs: rename "
        "that folder or file, or start Python where it is not found first."
    ) from error

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


register_moved(
    {
        "recipes.dataset": "recipes.data.dataset",
        "recipes.evaluation": "recipes.reports.evaluation",
        "recipes.strategies": "recipes.training.strategies",
    }
)
