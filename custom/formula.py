"""Rows of the catalogue of formulas, each declared beside what computes it.

A component declares its own row: its title, its section of the notes, and, in the
docstring, the formula, the difference from Keras and the source.

    @formula("Adagrad", Section.OPTIMIZERS)
    class Adagrad: ...

Declaring reads nothing, so that imports stay fast. `docs.catalogue` collects the rows
of all packages, reads the docstrings, and adds the formulas that have no docstring of
their own here, because Keras itself computes them or they share a component.
"""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any, TypeVar

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
    """The title of a formula, its section of the notes, and what computes it."""

    title: str
    section: Section
    components: tuple[Any, ...]


def formula(title: str, section: Section) -> Callable[[Component], Component]:
    """Declare the row of the decorated class or function."""

    def declared(component: Component) -> Component:
        declare(title, section, component)
        return component

    return declared


def declare(title: str, section: Section, *components: Any) -> None:
    """Declare a row for several components; the first has the docstring."""
    _DECLARED.append(Formula(title, section, components))


def declared() -> tuple[Formula, ...]:
    """The rows of all modules imported so far, in the order of the sections."""
    sections = list(Section)
    return tuple(sorted(_DECLARED, key=lambda row: sections.index(row.section)))
