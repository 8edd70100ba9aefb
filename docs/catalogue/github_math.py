r"""Formulas in the form that GitHub renders correctly.

GitHub parses Markdown before mathematics. Markdown removes the backslash before
punctuation (`\\`, `\,`, `\|`) and turns pairs of `_` into emphasis. It leaves the
contents of a `math` fence, and of $`…`$, unchanged. Simple inline formulas stay between
plain dollar signs, which other Markdown renderers understand too.
"""

import re

from docs.catalogue.row import DISPLAY

_INLINE = re.compile(r"\$([^$]+)\$")
_CHANGED_BY_MARKDOWN = re.compile(r"\\[^A-Za-z]|(?<![A-Za-z0-9])_|[*<`]")
_OPERATOR = re.compile(r"\\operatorname\{([^}]*)\}")


def displayed(statement: str) -> str:
    """Put the formulas of a statement in fences and each paragraph on one line."""
    pieces = DISPLAY.split(statement)  # words and formulas alternate
    blocks = []
    for number, piece in enumerate(pieces):
        if number % 2:
            blocks.append(f"```math\n{_allowed(piece.strip())}\n```")
        else:
            blocks += [in_line(words) for words in piece.split("\n\n") if words.strip()]
    return "\n\n".join(blocks)


def in_line(words: str) -> str:
    """Put the text on one line and protect its formulas from Markdown."""
    return _INLINE.sub(_protected, " ".join(words.split()))


def _protected(match: re.Match[str]) -> str:
    formula = _allowed(match[1])
    if _CHANGED_BY_MARKDOWN.search(formula):
        return f"$`{formula}`$"
    return f"${formula}$"


def _allowed(formula: str) -> str:
    r"""Replace `\operatorname`, which GitHub forbids."""
    return _OPERATOR.sub(r"\\mathop{\\mathrm{\1}}", formula)
