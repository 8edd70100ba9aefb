"""Explanations of a model's predictions, and of the importance of columns."""

from collections.abc import Sequence
from typing import Any

from recipes.data.dataset import Dataset, Part
from recipes.reports.explanations.explanation import LEAD, Explanations
from recipes.reports.explanations.importance import permutation_importance
from recipes.reports.explanations.methods import explained
from recipes.reports.explanations.rows import with_names
from recipes.reports.page import Block, Gallery, Item, Sentences
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.targets import Translation
from zoo.trained_model import TrainedModel

__all__ = [
    "LEAD",
    "Explanations",
    "explained",
    "explanations_for",
    "importance_for",
    "permutation_importance",
]


def explanations_for(
    trained: TrainedModel,
    part: Part,
    examples: Sequence[int],
    *,
    names: Sequence[str] | None = None,
    dataset: Dataset | None = None,
) -> list[Block]:
    """Blocks of a page that explain the predictions for some examples of a part.

    Args:
        trained: The model.
        part: A part of a data set.
        examples: Indices of the examples to explain.
        names: What each is called. Default: its number.
        dataset: The data set of the part: the mean of its training part is the
            baseline of tables and sequences, and it knows the names of columns.

    Returns:
        One gallery with the pictures and texts of all examples, or the tables of rows;
        nothing if the model cannot be explained.
    """
    if not len(examples):
        return []
    names = names or [f"example {example}" for example in examples]
    inputs = part.take([*examples]).model_inputs  # type: ignore[arg-type]
    inputs = inputs[: len(examples)]
    background: Any = None
    if dataset is not None:
        trained = with_names(trained, dataset)
        if trained.kind in (Kind.TABLE, Kind.SEQUENCES):
            background = dataset.train.model_inputs
    try:
        found = explained(trained, inputs, names, background=background)
    except InputError:
        return []
    items: list[Item] = [item for each in found for item in each.items()]
    blocks: list[Block] = [Gallery("", items)] if items else []
    if trained.kind is Kind.TABLE:
        for each in found:
            blocks += [Sentences((each.title,)), *each.tables()]
    warnings = tuple(line for each in found for line in each.warnings())
    return blocks + ([Sentences(warnings, are_warnings=True)] if warnings else [])


def importance_for(trained: TrainedModel, dataset: Dataset) -> list[Block]:
    """Blocks of a page that show the importance of each column of a table.

    The list is empty for other kinds of data.
    """
    if trained.kind is not Kind.TABLE or isinstance(trained.target, Translation):
        return []
    return permutation_importance(trained, dataset).blocks()
