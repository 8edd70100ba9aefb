"""Sections of a page as text for a terminal."""

import io
from collections.abc import Iterable
from typing import Any

from recipes.reports.page import (
    Bar,
    Cell,
    Code,
    Effect,
    Gallery,
    Histogram,
    Section,
    Sentences,
    Table,
    Tint,
    WeightedText,
    cell_text,
)
from zoo.errors import printable

EIGHTHS = " ▏▎▍▌▋▊▉█"  # of a character, from the left
HEIGHTS = "▁▂▃▄▅▆▇█"
BAR = 16  # characters
FOR, AGAINST = (194, 86, 12), (47, 111, 179)  # background of words, where they count


def as_text(sections: Iterable[Section], width: int = 100) -> str:
    """The sections as text of this width, without pictures and colours."""
    from rich.console import Console

    file = io.StringIO()
    console = Console(
        file=file, width=width, markup=False, emoji=False, highlight=False
    )
    print_sections(sections, console)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def print_sections(sections: Iterable[Section], console: Any) -> None:
    """Prints sections on a `rich.console.Console` without markup."""
    for number, section in enumerate(sections):
        blocks = [block for block in section.blocks if not isinstance(block, Gallery)]
        if not blocks:
            continue
        console.print("\n" * bool(number) + printable(section.title), style="bold")
        for block in blocks:
            if isinstance(block, Sentences):
                _print_sentences(block, console)
            elif isinstance(block, WeightedText):
                _print_weighted(block, console)
            elif isinstance(block, Code):
                console.print(f"  {printable(block.text)}", soft_wrap=True)
            else:
                _print_table(block, console)


def _print_sentences(block: Sentences, console: Any) -> None:
    from rich.padding import Padding
    from rich.text import Text

    style = "yellow" if block.are_warnings else ""
    for line in block.lines:
        mark = "! " if block.are_warnings else ""
        console.print(
            Padding(
                Text(mark + printable(line), style=style), (0, 0, 0, 2), expand=False
            )
        )


def _print_weighted(block: WeightedText, console: Any) -> None:
    from rich.padding import Padding
    from rich.text import Text

    text = Text()
    for number, (word, share) in enumerate(zip(block.words, block.shares, strict=True)):
        text.append(block.separator * bool(number))
        colour = AGAINST if share < 0 else FOR
        ground = (str(round(255 - abs(share) * (255 - part))) for part in colour)
        text.append(printable(word), style=f"black on rgb({','.join(ground)})")
    console.print(Padding(text, (0, 0, 0, 2), expand=False))


def _print_table(block: Table, console: Any) -> None:
    from rich.padding import Padding
    from rich.table import Table as RichTable

    table = RichTable(box=None, pad_edge=False, show_header=bool(block.header))
    for column in range(len(block.rows[0]) if block.rows else 0):
        table.add_column(
            block.header[column] if block.header else "",
            justify="right" if block.is_numeric(column) else "left",
            overflow="fold",
        )
    for row in block.shown:
        table.add_row(*map(_terminal_cell, row))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    if block.left_out:
        console.print(f"  {block.left_out}")


def _terminal_cell(cell: Cell) -> str:
    if isinstance(cell, Histogram):
        highest = max(cell.counts, default=0)
        return "".join(
            HEIGHTS[-(-count * len(HEIGHTS) // highest) - 1] if count else " "
            for count in cell.counts
        )
    if isinstance(cell, Bar):
        return f"{cell.number:{cell.digits},} {_bar(cell.share)}"
    if isinstance(cell, Effect):
        width = 9 if cell.spread is None else 18
        return f"{cell.text:<{width}} {_bar(cell.share)}"
    if isinstance(cell, Tint):
        return f"{cell.number:,}" * bool(cell.number)
    return printable(cell_text(cell))


def _bar(share: float) -> str:
    whole, part = divmod(round(share * BAR * 8), 8)
    return EIGHTHS[-1] * whole + EIGHTHS[part] * bool(part)
