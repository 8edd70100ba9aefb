"""What a training run works on, whether it is new or goes on."""

import dataclasses

import keras

from recipes.data.dataset import Dataset
from recipes.reports.run_folder import RunFolder
from recipes.training.batches import Batches
from recipes.training.settings import Settings
from recipes.training.strategies.normalization import synchronize
from recipes.training.strategies.placement import ALONE, Placement
from zoo.keras_file import load_keras_file


@dataclasses.dataclass(frozen=True)
class Work:
    """What a run is made of."""

    model: keras.Model
    dataset: Dataset
    settings: Settings
    batches: Batches
    folder: RunFolder
    placement: Placement


def begun(
    folder: RunFolder, settings: Settings, placement: Placement = ALONE
) -> keras.Model:
    """The model of a run as it was before its first step, compiled."""
    with placement.scope():
        model = load_keras_file(folder.untrained, compiled=True)
    if placement.replicas > 1:  # A model of one's own is so already.
        synchronize(model)
    if settings.jit_compile is not None:  # No file of Keras keeps it.
        model.jit_compile = settings.jit_compile
    return model
