"""The page: a table of contents, and for each formula what is known of it."""

import itertools
import pkgutil
import re
from pathlib import PurePosixPath

from docs.catalogue.github_math import displayed, in_line

OURS = ("custom", "recipes", "zoo")

INTRODUCTION = """\
# The formulas

Every formula of the lecture notes that has a component here, in the notes' order: what
computes it, how that differs from Keras, and the test that proves it. `custom.FORMULAS`
is the same as data. A test named `test_x[Adam]` is run by
`pytest -k "test_x and Adam"`.

<!-- Made by `python -m docs.catalogue` from the components' docstrings. -->
"""


def page(formulas) -> str:
    """The whole page as Markdown."""
    chapters = [
        (section, list(rows))
        for section, rows in itertools.groupby(formulas, lambda row: row.section)
    ]
    parts = [INTRODUCTION, _contents(chapters)]
    for section, rows in chapters:
        parts.append(f"## {section}\n")
        parts += [_entry(row) for row in rows]
    return "\n".join(parts)


def differences(old: str, new: str) -> list[str]:
    """The headings whose parts of the page differ, those of `old` last."""
    old, new = _parts(old), _parts(new)
    return [title for title in {**new, **old} if old.get(title) != new.get(title)]


def _parts(text):
    pieces = re.split(r"^#+ (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def _contents(chapters):
    lines = []
    for section, rows in chapters:
        links = " · ".join(_to_heading(row.title) for row in rows)
        lines.append(f"- **{_to_heading(section)}**: {links}")
    return "\n".join(lines) + "\n"


def _to_heading(title):
    anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    return f"[{title}](#{anchor})"


def _entry(row):
    blocks = [f"### {row.title}"]
    if row.summary:
        blocks.append(in_line(row.summary))
    blocks.append(displayed(row.statement))
    if row.picture:
        path = PurePosixPath(row.picture.path).relative_to("docs")
        blocks.append(f"![{row.picture.alt}]({path})")
    blocks.append(
        f"- **Component:** {_list(map(_component, row.components))}\n"
        f"- **Against Keras:** {in_line(row.against_keras)}\n"
        f"- **Proved by:** {_list(map(_test, row.tests))}\n"
        f"- **Source:** {in_line(row.source)}\n"
    )
    return "\n\n".join(blocks)


def _list(items):
    return ", ".join(items)


def _component(path):
    """The import path, linked to the file if it is one of ours."""
    home = pkgutil.resolve_name(path).__module__
    if home.partition(".")[0] in OURS:
        return f"[`{path}`](../{home.replace('.', '/')}.py)"
    return f"`{path}`"


def _test(test):
    file, _, name = test.partition("::")
    return f"[`{name}`](../{file})"
