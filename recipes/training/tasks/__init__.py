"""What models are trained for: how they are compiled, kept and reported.

A task has the methods of `Classification`; another one is a module beside it.
"""

import keras

from recipes.training.tasks.classification import Classification
from recipes.training.tasks.generation import Generation
from zoo import registry
from zoo.targets import Images, Multiclass

TASKS = {Images: Generation, Multiclass: Classification}


def task_of(model: str | keras.Model) -> Classification | Generation:
    """What a model is for, or the one of a name of `zoo.list_models()`."""
    family = registry.find(model).load() if isinstance(model, str) else type(model)
    target, *_ = getattr(family, "targets", (Multiclass,))
    return TASKS[target]()
