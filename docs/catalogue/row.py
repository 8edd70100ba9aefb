"""A row of the catalogue, read from the docstring of its component."""

import dataclasses
import inspect
import itertools
import re
import sys
from typing import Any

from custom.formula import Section

DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_NEXT_PART = re.compile(r"Compared with Keras:|Source:|Args:|Returns|>>>")


@dataclasses.dataclass(frozen=True)
class Row:
    r"""One formula or technique of the notes, and the components that compute it.

    Attributes:
        title: English name of the formula in the notes.
        section: Section of the notes.
        computed_by: The components, as objects or as import paths.
        text: The summary, formula, difference from Keras and source, written as in
            a docstring. Defaults to None: the docstring of the first component.

    >>> text = r'''The space inside a circle.
    ...
    ... $$A = \pi r^2$$
    ...
    ... Compared with Keras: Keras has no circles.
    ...
    ... Source: notes, "Circles".'''
    >>> row = Row("Area", Section.INTRODUCTION, ("keras.Model",), text)
    >>> row.latex, row.source
    (('A = \\pi r^2',), 'notes, "Circles".')
    """

    title: str
    section: Section
    computed_by: tuple[Any, ...]
    text: str | None = None

    @property
    def components(self) -> tuple[str, ...]:
        """Shortest public import paths of the components."""
        return tuple(map(_import_path, self.computed_by))

    @property
    def summary(self) -> str:
        """The purpose in one sentence; empty if the title already says it."""
        first = self._paragraphs[0]
        return "" if first.startswith("$$") else _one_line(first)

    @property
    def statement(self) -> str:
        """From the first display formula to the paragraph after the last one."""
        paragraphs = self._paragraphs
        formulas = [i for i, text in enumerate(paragraphs) if text.startswith("$$")]
        if not formulas or sum(text.count("$$") for text in paragraphs) % 2:
            raise ValueError(
                f"The text of {self.title!r} must have a formula in a paragraph that "
                "starts with $$, and each $$ must be closed by another."
            )
        first, last = formulas[0], formulas[-1] + 1
        if last < len(paragraphs) and not _NEXT_PART.match(paragraphs[last]):
            last += 1
        return "\n\n".join(paragraphs[first:last])

    @property
    def latex(self) -> tuple[str, ...]:
        """The display formulas, without their dollar signs."""
        return tuple(formula.strip() for formula in DISPLAY.findall(self.statement))

    @property
    def compared_with_keras(self) -> str:
        """The difference from what Keras has."""
        return self._marked("Compared with Keras:")

    @property
    def source(self) -> str:
        """The place in the notes, and the paper."""
        return self._marked("Source:")

    @property
    def _paragraphs(self) -> list[str]:
        text = self.text or inspect.getdoc(self.computed_by[0]) or ""
        return inspect.cleandoc(text).split("\n\n")

    def _marked(self, marker: str) -> str:
        for text in self._paragraphs:
            if text.startswith(marker):
                return _one_line(text.removeprefix(marker))
        raise ValueError(f"The text of {self.title!r} must have a part `{marker}`.")


def _import_path(component: Any) -> str:
    if isinstance(component, str):
        return component
    module, name = component.__module__, component.__qualname__
    for home in itertools.accumulate(module.split("."), "{}.{}".format):
        if name.partition(".")[0] in getattr(sys.modules[home], "__all__", ()):
            return f"{home}.{name}"
    return f"{module}.{name}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
