"""Explanations for the page of a run, within a time limit."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.page import Block, Gallery, Item, Sentences
from recipes.reports.run_page.examples import Answers, telling_examples
from zoo.kinds import Kind

if TYPE_CHECKING:  # It loads TensorFlow.
    from zoo.trained_model import TrainedModel

LARGEST = 100_000_000  # parameters; larger models are not explained
SECONDS = 3.0  # limit for the examples after the first, and for the columns


def explanations_of(
    trained: "TrainedModel", dataset: Dataset, answers: Answers
) -> tuple[Block, ...]:
    """Explanations of a few answers, and of the columns of a table.

    Large models and slow explanations are left out; a sentence says so.
    """
    if trained.model is None or trained.model.count_params() > LARGEST:
        return (Sentences(("The model is too large to be explained here.",)),)
    from recipes.reports.explanations import LEAD

    blocks = [*_examples(trained, dataset, answers)]
    if trained.kind is Kind.TABLE:
        blocks = [*_columns(trained, dataset), *blocks]
    return (Sentences((LEAD,)), *blocks) if blocks else ()


def _examples(
    trained: "TrainedModel", dataset: Dataset, answers: Answers
) -> Iterator[Block]:
    """The most telling examples, one after the other until the time is over."""
    from recipes.reports.explanations import explanations_for

    items: list[Item] = []
    others: list[Block] = []
    begin = last = time.monotonic()
    for example, name in telling_examples(dataset, answers):
        now = time.monotonic()
        if now - begin + (now - last) > SECONDS:  # The next one takes as long.
            break
        last = now
        for block in explanations_for(
            trained, dataset.test, [example], names=[name], dataset=dataset
        ):
            if isinstance(block, Gallery):
                items += block.items
            else:
                others.append(block)
    if items:
        yield Gallery("", items)
    yield from others


def _columns(trained: "TrainedModel", dataset: Dataset) -> Iterator[Block]:
    """The importance of each column, if measuring it does not take too long."""
    from recipes.reports.explanations import importance_for
    from recipes.reports.explanations.importance import REPEATS, ROWS

    rows = np.asarray(dataset.test.model_inputs[:ROWS])
    seconds = _seconds_to_answer(trained, rows)
    columns = rows.shape[1] if dataset.columns is None else len(dataset.columns.columns)
    times = columns * REPEATS
    if seconds * times > SECONDS:  # The first call traced the model, too.
        seconds = _seconds_to_answer(trained, rows)
    if seconds * times > SECONDS:
        told = (
            "`zoo explain RUN` measures the importance of columns, which takes longer."
        )
        yield Sentences((told,))
    else:
        yield from importance_for(trained, dataset)


def _seconds_to_answer(trained: "TrainedModel", rows: np.ndarray) -> float:
    """How long one batch of all rows takes."""
    begin = time.monotonic()
    trained.answers(rows, max(1, len(rows)))
    return time.monotonic() - begin
