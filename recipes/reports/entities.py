"""Entities that BIO marks delimit: whole names instead of single words."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Sequence

BIO = re.compile(r"O|[BI]-.+")
Span = tuple[str, int, int]  # type, first step, step after the last


@dataclasses.dataclass(frozen=True)
class EntityScore:
    """Scores of one type of entity, or of all together.

    Attributes:
        name: Name of the type; `""` for all.
        precision: Share of the predicted entities that are right: type and both ends.
        recall: Share of the true entities that are predicted.
        f1: Harmonic mean of precision and recall.
        entities: Number of true entities.
    """

    name: str
    precision: float
    recall: float
    f1: float
    entities: int


def are_bio(names: Iterable[str]) -> bool:
    """Whether labels are BIO marks, such as `B-PER`, `I-PER` and `O`.

    >>> are_bio(["B-PER", "I-PER", "O"]), are_bio(["O", "X"]), are_bio(["O"])
    (True, False, False)
    """
    names = list(names)
    return len(names) > 1 and all(BIO.fullmatch(name) for name in names)


def spans(labels: Sequence[str]) -> list[Span]:
    """The entities of a sequence.

    An `I-` that does not continue an entity of its type begins one, as in the
    evaluation of CoNLL-2000 and 2003, so IOB1 marks are read as well.

    >>> spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"])
    [('PER', 0, 2), ('LOC', 3, 4), ('LOC', 4, 5)]
    """
    found: list[Span] = []
    kind, first = None, 0
    for step, label in enumerate([*labels, "O"]):
        mark, _, name = label.partition("-")
        if mark == "I" and name == kind:
            continue
        if kind is not None:
            found.append((kind, first, step))
        kind, first = (None if mark == "O" else name), step
    return found


def score_entities(
    true: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> tuple[EntityScore, ...]:
    """Scores of all entities together, then of each type.

    An entity is right if its type and both of its ends are.

    >>> both = score_entities([["B-A", "I-A", "O"]], [["B-A", "O", "B-B"]])
    >>> [(score.name, score.f1, score.entities) for score in both]
    [('', 0.0, 1), ('A', 0.0, 1), ('B', 0.0, 0)]
    """
    right, given, there = Counter[str](), Counter[str](), Counter[str]()
    for labels, answers in zip(true, predicted, strict=True):
        marked, found = {*spans(labels)}, {*spans(answers)}
        for counter, some in (
            (there, marked),
            (given, found),
            (right, marked & found),
        ):
            counter.update(kind for kind, _, _ in some)
    kinds = sorted(there.keys() | given.keys())
    return (
        _score("", right.total(), given.total(), there.total()),
        *(_score(kind, right[kind], given[kind], there[kind]) for kind in kinds),
    )


def _score(name: str, right: int, given: int, there: int) -> EntityScore:
    return EntityScore(
        name,
        right / given if given else 0.0,
        right / there if there else 0.0,
        2 * right / (given + there) if given + there else 0.0,
        there,
    )
