"""The parts of a training run, and its model before the first step."""

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
class Setup:
    """The parts of a run, new or resumed.

    Attributes:
        scores_only: Whether the run is for its scores: without pictures and export.
        untested: Whether the kept model is not scored on the test part yet either.
    """

    model: keras.Model
    dataset: Dataset
    settings: Settings
    batches: Batches
    folder: RunFolder
    placement: Placement
    callbacks: tuple[keras.callbacks.Callback, ...] = ()
    scores_only: bool = False
    untested: bool = False


def load_untrained(
    folder: RunFolder, settings: Settings, placement: Placement = ALONE
) -> keras.Model:
    """Reads the compiled model of a run as it was before its first step."""
    with placement.scope():
        model = load_keras_file(folder.untrained, compiled=True)
    if placement.replicas > 1:  # A user's own model is already synchronised.
        synchronize(model)
    if settings.jit_compile is not None:  # Keras does not save it.
        model.jit_compile = settings.jit_compile
    return model
