"""Texts beside augmented ones, for a person to judge."""

import textwrap

from recipes.augmentation.preview import chosen, columns_of
from recipes.data.dataset import Dataset

WIDTH = 88


def samples_of(
    dataset: Dataset, augment, *, number: int = 6, variants: int = 8, seed: int = 0
) -> list[dict]:
    """Training texts with their class, and changed ones of each.

    Raises:
        InputError: If there are fewer than `number`.
    """
    originals = chosen(dataset, number, seed)
    columns = columns_of(dataset, originals, augment, variants, seed)
    changed = [texts for texts, _ in columns[1:]]
    return [
        {
            "class": dataset.class_names[label],
            "original": text,
            "augmented": [
                texts[row].decode("utf-8", errors="replace") for texts in changed
            ],
        }
        for row, (text, label) in enumerate(
            zip(originals.inputs, originals.labels, strict=True)
        )
    ]


def written(samples: list[dict]) -> str:
    """The samples as lines to read, with what a terminal would obey left out."""
    blocks = []
    for sample in samples:
        lines = [f"{sample['class']}:", *_wrapped(sample["original"], "  ")]
        for text in sample["augmented"]:
            lines += _wrapped(text, "    ~ ")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _wrapped(text, indent):
    shown = "".join(
        letter if letter.isprintable() or letter.isspace() else "�" for letter in text
    )
    return textwrap.wrap(
        shown,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
    ) or [indent]
