"""Data sets from tables and data frames: of numbers, with words, or of texts."""

import dataclasses
import pathlib
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.roles import notes_on_left_out
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.files.media_columns import find_media
from recipes.sources.labels.missing import missing_rows, told_left_out
from recipes.sources.labels.targets import Task
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.series.window_options import NO_WINDOWS, WindowOptions
from recipes.sources.tables.column_names import (
    check_columns,
    check_labelled,
    target_columns,
)
from recipes.sources.tables.column_roles import column_role, roles_of_cells
from recipes.sources.tables.columns import from_columns, identifying_columns
from recipes.sources.tables.compressed import plain_name
from recipes.sources.tables.frames import class_order
from recipes.sources.tables.table_format import AS_FOUND, TableFormat, suffix
from recipes.sources.tables.tables import ReadColumns, Table, from_frame, read_table
from recipes.sources.texts.pairs import has_header, pairs_of_table
from zoo.columns import Category, Columns
from zoo.errors import InputError

CLASSES = (None, "classification")  # tasks whose labels may be classes


def load_table(
    source: Any,
    *,
    task: Task | None = None,
    target: tuple[str, ...] = (),
    label_column: str = "label",
    text_column: str | None = None,
    division: Division = USUAL,
    categorical_columns: tuple[str, ...] = (),
    drop_columns: tuple[str, ...] = (),
    feature_columns: tuple[str, ...] = (),
    columns: list[dict] | None = None,
    image_size: tuple[int, int] | None = None,
    feature_names: tuple[str, ...] | None = None,
    value_names: tuple[str, ...] = (),
    windows: WindowOptions = NO_WINDOWS,
    sample_rate: int | None = None,
    clip_seconds: float | None = None,
    bit_depth: int | None = None,
    reads_texts: bool = False,
    form: TableFormat = AS_FOUND,
) -> Dataset:
    """A data set from a file or a data frame: columns to predict, and others.

    It holds images or audio if a column names files beside the table or holds them,
    and texts if `text_column` is given, or if the only other column holds words.
    Otherwise columns whose values are mostly not numbers hold categories, and so do
    the `categorical_columns`. A model's `columns` or, if all are numbers, its
    `feature_names` say how rows are encoded. With `reads_texts`, a model reads texts,
    which are in the only column of words if there is no `text_column`.
    """
    is_file = isinstance(source, pathlib.Path)
    name = pathlib.Path(plain_name(source)).stem if is_file else "frame"
    notes: list[str] = []
    windows.check_task(task)
    if task == "translation":
        if feature_columns:
            raise InputError(
                f"`feature_columns` {feature_columns!r} does not apply to pairs of "
                "texts: name the column of texts with --text-column."
            )
        named = {text_column, *target, label_column} - {None, "label"}
        table = (
            read_pairs(source, named, notes, form) if is_file else from_frame(source)
        )
        target = target or tuple({label_column} - {"label"})
        return pairs_of_table(table, target, text_column, division, name, notes)
    target = target_columns(target, label_column)
    if is_file:
        encoded = Columns.from_config(columns).columns if columns else ()
        words = [each.name for each in encoded if isinstance(each, Category)]
        single = filter(None, (text_column, division.key, windows.time))
        written = {*target, *categorical_columns, *words, *single}
        table = read_table(source, form, written=written, notes=notes)
    else:
        table = from_frame(source)
    if task == "forecasting":
        return _forecasting(
            table,
            value_names or target,
            windows,
            {"text_column": text_column, "categorical_columns": categorical_columns},
            notes,
            name=name,
            division=division,
            drop_columns=drop_columns,
            feature_columns=feature_columns,
            feature_names=feature_names,
        )
    if reads_texts:
        given_column = text_column
        reads_as = {
            "text_column": given_column,
            "label_column": target[0],
            "feature_columns": feature_columns,
        }
        text_column = table.text_column(reads_as)
        if text_column != given_column:
            told = f"the texts are in {text_column!r} (--text-column names another)"
            notes.append(told)
    header = list(table.cells)
    if not division.split:  # A column that was left out may lack.
        drop_columns = tuple(name for name in drop_columns if name in header)
        for each in target:
            check_labelled(table.source, header, each)
    check_columns(
        table.source,
        header,
        target,
        text_column,
        categorical_columns,
        drop_columns,
        feature_columns,
        division.hidden,
    )
    roles = [column_role(each, "target", table.cells[each]) for each in target]
    for each in target:
        given = division.class_names or ()
        table = _with_values(table, each, "label", given, notes)
    others = (*target, division.hidden, *drop_columns)
    taken = ({*feature_columns} or {*table.cells}).difference(others)
    features = [name for name in table.cells if name in taken]
    if not features:
        raise InputError(
            f"{table.source} has no column besides {' and '.join(map(repr, target))} "
            "to learn from."
        )
    declared = (n for n in features if getattr(table.cells[n], "is_category", False))
    categorical_columns = (*categorical_columns, *declared)
    if division.key is not None:
        table.require(division.key, division.why)
    names = division.class_names
    if names is None and not is_file and len(target) == 1 and task in CLASSES:
        names = class_order(source, target[0])
    options: dict[str, Any] = {
        "class_names": names,
        "task": task,
        "value_names": value_names or target,
        "name": name,
        "split": division,
    }
    read = ReadColumns(table)
    why = dict.fromkeys(table.cells, "--feature-column does not name it")
    why = why if feature_columns else {}
    why |= dict.fromkeys(drop_columns, "--drop-column names it")
    media = None
    if text_column is columns is feature_names is None:
        media = find_media(table, [n for n in features if n not in categorical_columns])
    if media is not None:
        table = _with_values(table, media.name, media.noun, (), notes)
        why |= _unused(features, media.name, f"{media.noun}s", notes)
        roles.append(media.role)
    elif text_column is columns is feature_names is None:
        for each in features:
            is_category = each in categorical_columns or None
            read.add(each, is_category, notes)
        ids = identifying_columns(read, (*categorical_columns, *feature_columns))
        roles += [column_role(n, "id", read[n], reason) for n, reason in ids.items()]
        notes += notes_on_left_out(roles)
        read.leave_out(ids)
        if len(read) == 1 and not categorical_columns:
            (only,) = read
            text_column = only if read.are_words else None
    if text_column is not None:
        table = _with_values(table, text_column, "text", (), notes)
    if division.key is not None:
        options["groups"] = table.column(division.key, True)
    division.tell_names(table.lines)
    labels = _labels(table, target, task)
    if media is not None:
        dataset = media.read(
            table,
            labels,
            notes,
            image_size=image_size,
            bit_depth=bit_depth,
            sample_rate=sample_rate,
            clip_seconds=clip_seconds,
            **options,
        )
    elif text_column is not None and columns is None:
        texts = table.texts(text_column)
        why |= _unused(features, text_column, "text", notes)
        dataset = from_arrays(texts, labels, notes=tuple(notes), **options)
    elif columns is None and feature_names is not None:
        matrix = table.matrix(feature_names)
        dataset = from_arrays(
            matrix, labels, feature_names=feature_names, notes=tuple(notes), **options
        )
    else:
        known = None if columns is None else Columns.from_config(columns)
        dataset = from_columns(
            {"train": read if known is None else table.known(known)},
            {"train": labels},
            columns=known,
            categorical=categorical_columns,
            is_read=True,
            are_plain=known is None and read.are_complete_numbers,
            notes=tuple(notes),
            **options,
        )
    found = roles_of_cells(
        table.cells,
        [*roles, *dataset.roles],
        why=why,
        number=dataset.feature_names,
        text={text_column},
        group={division.hidden},
    )
    return dataclasses.replace(dataset, roles=found)


def _forecasting(
    table: Table,
    target: tuple[str, ...],
    windows: WindowOptions,
    refused: dict[str, Any],
    notes: list[str],
    **options: Any,
) -> Dataset:
    """The windows of the series in a table."""
    from recipes.sources.series.series import load_series

    for name, value in refused.items():
        if value:
            raise InputError(
                f"`{name}` {value!r} does not apply to forecasts, which read numbers: "
                "leave it out."
            )
    if options["feature_columns"]:
        check_columns(
            table.source,
            list(table.cells),
            target,
            None,
            (),
            options["drop_columns"],
            options["feature_columns"],
        )
        named = {*target, *windows.known, windows.time, options["division"].by}
        named |= {*options["feature_columns"]}
        others = [name for name in table.cells if name not in named]
        options["drop_columns"] = (*options["drop_columns"], *others)
    del options["feature_columns"]
    dataset = load_series(table, target, windows, **options)
    roles = roles_of_cells(
        table.cells,
        why={},
        number=dataset.feature_names,
        target=target,
        time={windows.time},
        group={options["division"].by},
    )
    return dataclasses.replace(dataset, notes=(*notes, *dataset.notes), roles=roles)


def read_pairs(
    path: pathlib.Path,
    named: set[str | None],
    notes: list[str],
    form: TableFormat = AS_FOUND,
) -> Table:
    """A file of pairs, whose first line need not be a header if it is a `.tsv` file."""
    if suffix(path) not in (".tsv", ".tab"):
        return read_table(path, form, notes=notes)
    return read_table(
        path,
        form,
        has_header=lambda first: has_header(first) or not named.isdisjoint(first),
        notes=notes,
    )


def _unused(features, used: str, noun: str, notes: list[str]) -> dict[str, str]:
    """Why other columns than the one that is used are left out, and a note on them."""
    unused = [each for each in features if each != used]
    if unused:
        told = ", ".join(map(repr, unused))
        notes.append(f"columns other than the {noun} are not used: {told}")
    return dict.fromkeys(unused, f"the {noun} alone is learnt from")


def _labels(table, target: tuple[str, ...], task: str | None) -> Any:
    """What is to be predicted: classes as they are written, or numbers."""
    if len(target) > 1:
        if task == "classification":
            raise InputError(
                f"A classification has one target, got {', '.join(map(repr, target))}."
            )
        return np.stack([_numbers(table, name) for name in target], axis=1)
    if task == "regression":
        return _numbers(table, *target)
    return table.as_written(target[0])


def _numbers(table: Table, name: str) -> np.ndarray:
    """A column of numbers to predict; errors name the line."""
    try:
        return table.column(name, False)
    except InputError as error:
        found, _, _ = str(error).partition("; ")
        raise InputError(
            f"{found}; correct it, leave the row out, or predict classes "
            "(--task classification)."
        ) from error


def _with_values(table, column, noun, given, notes) -> Table:
    """The rows that have a value in a column, but for values that are `given` names."""
    cells = table.as_written(column)
    gone = [r for r in missing_rows(cells) if str(cells[r]).strip() not in given]
    if len(gone) == len(table.lines):
        raise InputError(f"{table.source}: every {noun} in {column!r} is missing.")
    if not gone:
        return table
    notes.append(told_left_out(len(gone), len(cells), noun, table.where(gone[0])))
    return table.without(np.array(gone))
