"""What was understood of a data set, before anything is trained."""

import os
import re
from typing import TYPE_CHECKING, Any

from recipes.data.dataset import Dataset
from recipes.reports.inspection.answers import classes_of, duplicates_of, values_of
from recipes.reports.inspection.columns import columns_of
from recipes.reports.inspection.examples import examples_of
from recipes.reports.inspection.findings import Findings, PartFound
from recipes.reports.inspection.origin import (
    command_for,
    folder_of,
    model_for,
    reason_for_source,
    reason_for_task,
    source_noun,
    target_of,
)
from recipes.sources import DIGITS, load
from zoo.errors import InputError
from zoo.names import check_arguments

if TYPE_CHECKING:
    from recipes.sources.tables.frames import Indexed

__all__ = ["Findings", "inspect"]

IN_ORDER = ("forecasting", "text_generation")  # tasks whose data are cut in order


def inspect(
    source: "Dataset | str | os.PathLike[str] | Indexed" = DIGITS, **options: Any
) -> Findings:
    """Shows what was understood of data, and what to look at before training.

    It reads the data as `recipes.fit` would, and finds the task, the parts, columns
    with their roles, class counts, sizes of examples, copies, and a model. No model is
    built.

    Args:
        source: What `recipes.load` takes: a path, a name, a data frame or `(x, y)`. Or
            a `Dataset`.
        **options: Options of `recipes.load`.

    Returns:
        The findings. They print as a page of text; a notebook shows them as HTML.
        `to_dict()` has them as plain values, and `html()` as a page with samples.

    Raises:
        InputError: If the data cannot be read, or an option does not apply.

    >>> found = inspect("digits")
    >>> found.task, found.classes[0]
    ('classification', ClassFound(name='0', train=128, validation=14, test=36))
    >>> found.command
    'zoo fit cnn --data digits'
    """
    if isinstance(source, Dataset):
        if options:
            raise InputError(
                f"`{next(iter(options))}` is an option of `recipes.load`, and the data "
                "are loaded already: leave it out."
            )
        dataset = source
    else:
        check_arguments("`recipes.inspect`", load, options)
        dataset = load(source, **options)
    training = source if options.get("train") is None else options["train"]
    classes, class_warnings = classes_of(dataset)
    columns, column_warnings = columns_of(dataset)
    inputs, facts, input_warnings = examples_of(dataset, folder_of(training))
    values, value_warnings = values_of(dataset)
    duplicates, copy_warnings = duplicates_of(dataset)
    model = model_for(dataset)
    return Findings(
        name=dataset.name,
        description=dataset.describe(),
        source=source_noun(training),
        reason=reason_for_source(training),
        kind=str(dataset.kind),
        task=dataset.task,
        task_reason=reason_for_task(dataset, options),
        target=target_of(dataset, training, options),
        parts=_parts(dataset),
        columns=columns,
        classes=classes,
        values=tuple(each for each in values if each),
        inputs=tuple(each for each in inputs if each),
        facts=facts,
        duplicates=duplicates,
        warnings=(
            *class_warnings,
            *value_warnings,
            *copy_warnings,
            *column_warnings,
            *input_warnings,
        ),
        notes=dataset.notes,
        model=model,
        command=command_for(model, source, options),
        dataset=dataset,
    )


def _parts(dataset: Dataset) -> tuple[PartFound, ...]:
    """The parts, and how each was made, which a note says of those split off."""
    found = []
    for name, part in dataset.parts.items():
        start = re.compile(rf"{name} part: {len(part):,} \w+,? ")
        notes = [note for note in dataset.notes if start.match(note)]
        origin = start.sub("", notes[0]) if notes else ""
        is_own = name != "train" and len(part) and dataset.task not in IN_ORDER
        found.append(PartFound(name, len(part), origin or "of its own" * bool(is_own)))
    return tuple(found)
