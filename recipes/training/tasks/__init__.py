"""Tasks: how models are compiled, kept and reported, by kind of data and target.

A task has the methods of `Supervised`; each task is a module here.
"""

from typing import Any

import keras

from recipes.data.dataset import Dataset
from recipes.training.tasks.classification import Classification
from recipes.training.tasks.forecasting import Forecasting
from recipes.training.tasks.generation import Generation
from recipes.training.tasks.labelling import Labelling
from recipes.training.tasks.regression import RegressionTask
from recipes.training.tasks.sequence_labelling import SequenceLabelling
from recipes.training.tasks.supervised import Supervised
from recipes.training.tasks.translation import TranslationTask
from recipes.training.tasks.writing import Writing
from zoo import registry
from zoo.kinds import Kind
from zoo.targets import (
    Forecast,
    Images,
    Multiclass,
    Multilabel,
    NextToken,
    Regression,
    SequenceLabels,
    Target,
    Translation,
)

# By kind of data and target; `None` stands for every other kind.
TASKS: dict[tuple[Kind | None, type[Target]], Any] = {
    (None, Images): Generation,
    (None, Multiclass): Classification,
    (None, Multilabel): Labelling,
    (None, Regression): RegressionTask,
    (None, NextToken): Writing,
    (None, Forecast): Forecasting,
    (None, SequenceLabels): SequenceLabelling,
    (None, Translation): TranslationTask,
}


def task_of(model: str | keras.Model, dataset: Dataset) -> Supervised | Generation:
    """The task of a model on a data set, which says what is to be answered."""
    family = registry.find(model).load() if isinstance(model, str) else type(model)
    targets = getattr(family, "targets", ())
    target = Images if Images in targets else dataset.target_class
    return TASKS.get((dataset.kind, target), TASKS[None, target])()
