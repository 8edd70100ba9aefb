"""Tasks: how models are compiled, kept and reported, by kind of data and target.

A task has the methods of `Classification`; each task is a module here.
"""

from typing import Any

import keras

from recipes.training.tasks.classification import Classification
from recipes.training.tasks.generation import Generation
from zoo import registry
from zoo.kinds import Kind
from zoo.targets import Images, Multiclass, Target

# By kind of data and target; `None` stands for every other kind.
TASKS: dict[tuple[Kind | None, type[Target]], Any] = {
    (None, Images): Generation,
    (None, Multiclass): Classification,
}


def task_of(
    model: str | keras.Model, kind: Kind | None = None
) -> Classification | Generation:
    """The task of a model on a kind of data."""
    family = registry.find(model).load() if isinstance(model, str) else type(model)
    target, *_ = getattr(family, "targets", (Multiclass,))
    return TASKS.get((kind, target), TASKS[None, target])()
