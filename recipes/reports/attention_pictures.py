"""Figure of a run that translates: which words of the text each answer looked at."""

import pathlib
from typing import Any

from recipes.data.dataset import Part
from recipes.reports.explanations.attention import attentions
from recipes.reports.pictures import new_figure
from zoo.loading import as_trained_model
from zoo.models.recurrent.vocabulary import split_texts

EXAMPLES = 4
LONGEST = 60  # steps of a text or an answer


def draw_attention(model: Any, part: Part, path: pathlib.Path) -> None:
    """Draws the attention weights of the first answers to texts that are short enough.

    A row is a step of the answer, a column a step of the text; the darker, the more
    the answer attends to it. The last row is the end of the answer.
    """
    words = split_texts(part.inputs.tolist(), model.get_config()["split"])
    fitting = [n for n, steps in enumerate(words) if 0 < len(steps) <= LONGEST]
    chosen = fitting[:EXAMPLES]
    if not chosen:
        return
    found = attentions(as_trained_model(model), part.inputs[chosen], chosen)
    columns = min(2, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = new_figure(6.5 * columns, 4.2 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, explanation in zip(grid, found, strict=False):
        explanation.draw(axes, LONGEST)
    for axes in grid[len(chosen) :]:
        axes.axis("off")
    figure.savefig(path)
