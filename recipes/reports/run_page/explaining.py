"""Why the model answers as it does, for the page of a run, in bounded time."""

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

LARGEST = 100_000_000  # parameters of a model that is explained
SECONDS = 3.0  # for the examples after the first, and for the columns
REPEATS = 10  # shuffles of each column
ROWS = 5000  # that are scored with each of them
LEAD = (
    "Orange speaks for the output that is named, blue against it. An explanation says "
    "what the model uses, not what is true."
)


def explanations_of(
    trained: "TrainedModel", dataset: Dataset, answers: Answers
) -> tuple[Block, ...]:
    """Explanations of a few answers, and of the columns of a table.

    Large models are not explained, and what would take long is left out; a sentence
    says so.
    """
    if trained.model is None or trained.model.count_params() > LARGEST:
        return (Sentences(("The model is too large to be explained here.",)),)
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
    """How much the score needs each column, if that is found out quickly."""
    from recipes.reports.explanations import importance_for

    rows = np.asarray(dataset.test.model_inputs[:ROWS])
    trained.answers(rows, ROWS)  # The first call traces the model.
    begin = time.monotonic()
    trained.answers(rows, ROWS)
    columns = rows.shape[1] if dataset.columns is None else len(dataset.columns.columns)
    if (time.monotonic() - begin) * columns * REPEATS > SECONDS:
        told = "How much the score needs each column takes longer: `zoo explain RUN`."
        yield Sentences((told,))
    else:
        yield from importance_for(trained, dataset)
