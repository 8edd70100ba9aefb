"""A row of the catalogue, and how it is read from a component's docstring."""

import dataclasses
import inspect
import pkgutil
import re
import textwrap

DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_NO_MORE_OF_IT = re.compile(r"Against Keras:|Source:|Args:|Returns|>>>")


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture that belongs beside a formula.

    Attributes:
        path: The file, from the root of the repository.
        alt: What is seen, in words.
    """

    path: str
    alt: str


@dataclasses.dataclass(frozen=True)
class Formula:
    r"""One formula or technique of the notes, and what stands for it here.

    Attributes:
        title: What the notes call it, in English.
        section: The chapter of the notes.
        statement: The formula in `$$ … $$`, and its symbols in words.
        components: Import paths of what computes it, ours or Keras's.
        against_keras: How it differs from what Keras has.
        source: Where in the notes, and in which paper.
        tests: Tests that prove it. What stands in brackets is a part of the
            parameters: `test_x[Adam]` means every `test_x[…-Adam-…]`.
        summary: What it is for, in one sentence; empty where the title says it.
        picture: What is shown beside it, or None.

    >>> row = Formula("Area", "Circles", r"$$A = \pi r^2$$", (), "", "", ())
    >>> row.latex
    ('A = \\pi r^2',)
    """

    title: str
    section: str
    statement: str
    components: tuple[str, ...]
    against_keras: str
    source: str
    tests: tuple[str, ...]
    summary: str = ""
    picture: Picture | None = None

    @property
    def latex(self) -> tuple[str, ...]:
        """The display formulas, without their dollars."""
        return tuple(formula.strip() for formula in DISPLAY.findall(self.statement))


def documented(title, section, *components, tests, picture=None) -> Formula:
    """The row of a component of ours: its docstring says everything but the tests.

    Of several components the first one speaks for all.
    """
    component = components[0]
    paragraphs = docstring(component).split("\n\n")
    return Formula(
        title=title,
        section=section,
        statement=_statement(component, paragraphs),
        components=components,
        against_keras=_marked(component, paragraphs, "Against Keras:"),
        source=_marked(component, paragraphs, "Source:"),
        tests=tests,
        summary="" if paragraphs[0].startswith("$$") else _line(paragraphs[0]),
        picture=picture,
    )


def docstring(component: str) -> str:
    """The docstring of a component, or what its module's docstring says of it.

    The module speaks for objects that are Keras's own: an entry `name:`, indented.
    """
    home, _, name = component.rpartition(".")
    overview = inspect.getdoc(pkgutil.resolve_name(home)) or ""
    entry = re.search(rf"^{name}:\n(.*?)(?=^\S|\Z)", overview, re.MULTILINE | re.DOTALL)
    if entry:
        return textwrap.dedent(entry[1]).strip()
    return inspect.getdoc(pkgutil.resolve_name(component)) or ""


def _statement(component, paragraphs):
    """From the first display formula to the words after the last one."""
    places = [i for i, text in enumerate(paragraphs) if text.startswith("$$")]
    if not places or sum(text.count("$$") for text in paragraphs) % 2:
        raise ValueError(
            f"The docstring of `{component}` must have its formula in a paragraph "
            "that starts with $$, and each $$ closed by another."
        )
    first, last = places[0], places[-1] + 1
    if last < len(paragraphs) and not _NO_MORE_OF_IT.match(paragraphs[last]):
        last += 1
    return "\n\n".join(paragraphs[first:last])


def _marked(component, paragraphs, marker):
    for text in paragraphs:
        if text.startswith(marker):
            return _line(text.removeprefix(marker))
    raise ValueError(
        f"The docstring of `{component}` must have a paragraph `{marker}`."
    )


def _line(text):
    return " ".join(text.split())
