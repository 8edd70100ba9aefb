"""The targets: what a model has to answer, each target declared once.

A family asks its target for the last layer. Training, export, serving and scoring
take everything that depends on the answer from the same object.
"""

import keras

from zoo.targets.base import Target
from zoo.targets.images import Images
from zoo.targets.multiclass import HEAD, Multiclass
from zoo.targets.operations import IN_NUMPY, in_graph

__all__ = [
    "HEAD",
    "IN_NUMPY",
    "Images",
    "Multiclass",
    "Target",
    "in_graph",
    "target_of",
]


def target_of(model: keras.Model) -> Target:
    """What a model answers: its own `target`, or else by its last layer."""
    declared = getattr(model, "target", None)
    return declared if isinstance(declared, Target) else Multiclass.from_model(model)
