"""The presets that ship with the package."""

import dataclasses
import fnmatch
import functools
import json
import pathlib

SHIPPED = pathlib.Path(__file__).parent / "weights"
INDEX = SHIPPED / "index.json"


@dataclasses.dataclass(frozen=True)
class Row:
    """One preset, as the table shows it.

    Attributes:
        name: Name of the preset, for `from_preset`.
        model: The class, such as `"CNN"`.
        kind: The kind of data, such as `"images"`.
        task: Such as `"image classification"`.
        data: Name of its training data set.
        classes: Number of classes; `None` if it does not tell classes apart.
        good_start: Data that it is a good start for, if it is trained further.
        score: Mean test score of the runs, by the measure of the task.
        measure: Name of the measure, such as `"accuracy"`.
        parameters: Number of weights.
        bytes: Size of the weights file.
        sha256: SHA-256 of the weights file.
    """

    name: str
    model: str
    kind: str
    task: str
    data: str
    classes: int | None
    good_start: str
    score: float
    measure: str
    parameters: int
    bytes: int
    sha256: str


@functools.cache
def rows() -> dict[str, Row]:
    """The shipped presets by name."""
    content = json.loads(INDEX.read_text(encoding="utf-8"))
    return {name: Row(name=name, **row) for name, row in content.items()}


def list_presets(pattern: str = "*", *, task: str | None = None) -> list[str]:
    """Names of the shipped presets, in alphabetical order.

    Args:
        pattern: Shell-style wildcard that the names must match.
        task: Shell-style wildcard that the task must match, such as
            `"image classification"` or `"text*"`.

    >>> list_presets("mlp_d*")
    ['mlp_digits']
    >>> list_presets("mlp_d*", task="image*")
    ['mlp_digits']
    """
    return sorted(
        name
        for name in fnmatch.filter(rows(), pattern)
        if task is None or fnmatch.fnmatchcase(rows()[name].task, task)
    )
