r"""Formulas as GitHub shows them.

GitHub reads Markdown before it reads mathematics, and Markdown takes the backslash
away before punctuation (`\\`, `\,`, `\|`) and makes pairs of `_` emphasis. What stands
in a `math` fence, or between $` and `$, is left alone. Simple formulas in a line stay
between plain dollars, which other readers of Markdown know too.
"""

import re

from custom.formulas.formula import DISPLAY

_INLINE = re.compile(r"\$([^$]+)\$")
_SPOILT_BY_MARKDOWN = re.compile(r"\\[^A-Za-z]|(?<![A-Za-z0-9])_|[*<`]")
_OPERATOR = re.compile(r"\\operatorname\{([^}]*)\}")


def displayed(statement: str) -> str:
    """A statement with its formulas in fences and each paragraph on one line."""
    pieces = DISPLAY.split(statement)  # words and formulas in turn
    blocks = []
    for number, piece in enumerate(pieces):
        if number % 2:
            blocks.append(f"```math\n{_allowed(piece.strip())}\n```")
        else:
            blocks += [in_line(words) for words in piece.split("\n\n") if words.strip()]
    return "\n\n".join(blocks)


def in_line(words: str) -> str:
    """Words on one line, the formulas between them safe from Markdown."""
    return _INLINE.sub(_guarded, " ".join(words.split()))


def _guarded(match):
    formula = _allowed(match[1])
    if _SPOILT_BY_MARKDOWN.search(formula):
        return f"$`{formula}`$"
    return f"${formula}$"


def _allowed(formula):
    r"""GitHub forbids `\operatorname`."""
    return _OPERATOR.sub(r"\\mathop{\\mathrm{\1}}", formula)
