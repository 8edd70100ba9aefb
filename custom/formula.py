"""Rows of the catalogue of formulas, each declared beside what computes it.

A component declares its own row: its title, its section of the notes, and, in the
docstring, the formula, the difference from Keras and the source.

    @formula("Adagrad", Section.OPTIMIZERS)
    class Adagrad: ...

A formula of the notes that Keras itself computes, or that shares its component with
another one, has no docstring of its own. `declare` takes the text instead.

Declaring reads nothing, so that imports stay fast. `docs.catalogue` collects the rows
of all packages, adds the tests that prove them, and writes `docs/formulas.md`.
"""

import dataclasses
import enum
import inspect
import itertools
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_NEXT_PART = re.compile(r"Compared with Keras:|Source:|Args:|Returns|>>>")
_DECLARED: list["Formula"] = []

Component = TypeVar("Component")


class Section(enum.StrEnum):
    """The sections of the notes, in their order."""

    INTRODUCTION = "Introduction to deep learning"
    TRAINING = "Training rules"
    ACTIVATIONS = "Activation functions"
    REGULARIZATION = "Regularization"
    OPTIMIZERS = "Optimizers"
    NETWORKS = "Types of neural networks"
    PROBLEMS = "Common problems of deep learning"


@dataclasses.dataclass(frozen=True)
class Formula:
    r"""One formula or technique of the notes, and the components that compute it.

    Attributes:
        title: English name of the formula in the notes.
        section: Section of the notes.
        declared_for: The components: our objects, or import paths of Keras's.
        text: The summary, formula, difference from Keras and source, written as in
            a docstring. Defaults to None: the docstring of the first component.

    >>> text = r'''The space inside a circle.
    ...
    ... $$A = \pi r^2$$
    ...
    ... Compared with Keras: Keras has no circles.
    ...
    ... Source: notes, "Circles".'''
    >>> row = Formula("Area", Section.INTRODUCTION, ("keras.Model",), text)
    >>> row.latex, row.source
    (('A = \\pi r^2',), 'notes, "Circles".')
    """

    title: str
    section: Section
    declared_for: tuple[Any, ...]
    text: str | None = None

    @property
    def components(self) -> tuple[str, ...]:
        """Shortest public import paths of the components."""
        return tuple(map(_import_path, self.declared_for))

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
        text = self.text or inspect.getdoc(self.declared_for[0]) or ""
        return inspect.cleandoc(text).split("\n\n")

    def _marked(self, marker: str) -> str:
        for text in self._paragraphs:
            if text.startswith(marker):
                return _one_line(text.removeprefix(marker))
        raise ValueError(f"The text of {self.title!r} must have a part `{marker}`.")


def formula(title: str, section: Section) -> Callable[[Component], Component]:
    """Declare the row of the decorated class or function; its docstring is the text."""

    def declared(component: Component) -> Component:
        declare(title, section, component)
        return component

    return declared


def declare(
    title: str, section: Section, *components: Any, text: str | None = None
) -> None:
    """Declare a row for one or more components; see `Formula` for the arguments."""
    _DECLARED.append(Formula(title, section, components, text))


def declared() -> tuple[Formula, ...]:
    """The rows of all modules imported so far, section by section."""
    sections = list(Section)
    return tuple(sorted(_DECLARED, key=lambda row: sections.index(row.section)))


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
