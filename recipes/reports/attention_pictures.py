"""Figure of a run that translates: which words of the text each answer looked at."""

import pathlib
from typing import Any

import numpy as np

from recipes.data.dataset import Part
from recipes.reports.pictures import caption, new_figure

EXAMPLES = 4
LONGEST = 60  # steps of a text or an answer


def draw_attention(model: Any, part: Part, path: pathlib.Path) -> None:
    """Draws the attention weights of the first answers to texts that are short enough.

    A row is a step of the answer, a column a step of the text; the darker, the more
    the answer attends to it. The last row is the end of the answer.
    """
    from zoo.models.recurrent.vocabulary import split_texts

    words = split_texts(part.inputs.tolist(), model.get_config()["split"])
    fitting = [n for n, steps in enumerate(words) if 0 < len(steps) <= LONGEST]
    chosen = fitting[:EXAMPLES]
    if not chosen:
        return
    texts = part.inputs[chosen]
    tokens, _ = model.decoded_tokens(texts)
    tokens = np.pad(tokens, [(0, 0), (0, 1)])
    weights = model.attention_weights(texts, tokens)
    codec = model.target_codec()
    columns = min(2, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = new_figure(6.5 * columns, 4.2 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, example, row, matrix in zip(grid, chosen, tokens, weights, strict=False):
        answer = [codec.texts([[token]])[0] for token in row.tolist() if token]
        answer = answer[:LONGEST]
        text = words[example]
        axes.axis("on")
        axes.imshow(
            matrix[: len(answer) + 1, : len(text)], cmap="Blues", vmin=0, vmax=1
        )
        axes.set_xticks(range(len(text)), [*map(caption, text)], rotation=90)
        axes.set_yticks(range(len(answer) + 1), [*map(caption, answer), "end"])
        axes.tick_params(labelsize=7)
    figure.savefig(path)
