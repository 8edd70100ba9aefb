"""What all readers of examples share: which files, tables and arrays go where."""

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from custom.arguments import shown
from recipes.prediction.answers import WRITERS, Writer
from recipes.prediction.examples import Examples, Numbered
from recipes.prediction.given import File, Form
from recipes.reports.evaluation import training_data
from recipes.sources.arrays.array_files import read_npy, read_npz
from recipes.sources.arrays.array_names import arrays_named
from recipes.sources.tables.table_format import (
    FORMAT,
    TABLE_SUFFIXES,
    TableFormat,
    is_table,
)
from recipes.sources.tables.tables import Table, read_table
from zoo.columns import Category
from zoo.errors import InputError
from zoo.trained_model import TrainedModel

TABLES = TABLE_SUFFIXES
ARRAYS = (".npy", ".npz")
PIPED_TABLE = ".csv"
MOST_NAMES = 10  # columns that a note lists


class Reader:
    """Reads the examples of a model from files, tables and arrays.

    Args:
        trained: The model.
        options: The options of `recipes.predict` by name.
        notes: List to which is added what is dropped or not used.
    """

    form: Form
    takes: ClassVar[tuple[str, ...]] = ()  # options that apply, but for `id_columns`
    own: ClassVar[tuple[str, ...]] = ()  # endings of tables and arrays read as files

    def __init__(
        self, trained: TrainedModel, options: dict[str, Any], notes: list[str]
    ) -> None:
        self.trained, self.options, self.notes = trained, options, notes
        self.ids: tuple[str, ...] = options["id_columns"]
        if self.ids or options["text_column"]:  # Only tables have columns.
            self.form = dataclasses.replace(self.form, piped=PIPED_TABLE)
        self.read_as = training_data(trained)
        names = getattr(trained.target, "names", ())
        self.writer: Writer = WRITERS[trained.target.name](names)

    def answers(self, inputs: Any, batch_size: int) -> dict[str, np.ndarray]:
        """The model's answers to some examples."""
        return self.trained.answers(inputs, batch_size)

    def examples(self, items: Iterable[Any]) -> Iterator[Examples]:
        """The examples of each item, in order; files of one form go together."""
        for are_files, some in itertools.groupby(items, self._is_own_file):
            if are_files:
                yield self.of_files([*some])
                continue
            for item in some:
                yield self._of_item(item)

    def _is_own_file(self, item: Any) -> bool:
        if not isinstance(item, File):
            return False
        is_other = is_table(item.path) or item.path.suffix.lower() in ARRAYS
        return item.path.suffix.lower() in self.own or not is_other

    def _of_item(self, item: Any) -> Examples:
        place = item.name if isinstance(item, File) else None
        if isinstance(item, File) and item.path.suffix.lower() in ARRAYS:
            return self.of_array(self._read_array(item), place)
        if isinstance(item, File):
            item = self.read_table(item)
        if isinstance(item, Table):
            for name in self.ids:
                item.require(name, " to carry through to the answers")
            return self.of_table(item, place)
        return self.of_array(item, place)

    def read_table(self, file: File) -> Table:
        """The table in a file."""
        notes: list[str] = []
        table = read_table(
            file.path, self.table_format, written=self.written(), notes=notes
        )
        for note in notes:
            self.note(note)
        return table

    @property
    def table_format(self) -> TableFormat:
        """How texts of tables are written: as is said, or as those of the training."""
        given = {n: self.options[n] for n in FORMAT if self.options[n] is not None}
        return TableFormat.of({**self.read_as, **given})

    def written(self) -> tuple[str, ...]:
        """Columns that are read as they are written."""
        columns = self.trained.columns.columns if self.trained.columns else ()
        return (*self.ids, *(c.name for c in columns if isinstance(c, Category)))

    def _read_array(self, file: File) -> np.ndarray:
        if file.path.suffix.lower() == ".npy":
            return read_npy(file.path)
        arrays = read_npz(file.path)
        found = arrays_named(arrays, str(file.path))
        name = found.get("x_train", next(iter(arrays)) if len(arrays) == 1 else None)
        if name is None:
            raise InputError(
                f"{file.path} has the arrays {', '.join(arrays) or 'none'}: call that "
                "of the examples 'x'."
            )
        return arrays[name]

    def of_files(self, files: Sequence[File]) -> Examples:
        """The examples in files that are neither tables nor arrays."""
        raise self._refusal(files[0].name)

    def of_table(self, table: Table, place: str | None) -> Examples:
        """The examples in a table; `place` is what answers call it."""
        raise self._refusal(place or "A table")

    def of_array(self, array: Any, place: str | None) -> Examples:
        """The examples in an array or a list."""
        raise self._refusal(place or "An array")

    def _refusal(self, what: str) -> InputError:
        return InputError(
            f"{what} cannot be read for this model, which takes "
            f"{self.trained.kind.noun}: give {self.form.noun}."
        )

    def rows(
        self,
        table: Table,
        place: str | None,
        used: Iterable[str],
        inputs: Callable[[slice], Any],
        **shown: Any,
    ) -> Examples:
        """The examples in the rows of a table, of which some columns are used."""
        named = {*used, *self.ids}
        unused = [repr(name) for name in table.cells if name not in named]
        if unused:
            listed = ", ".join(unused[:MOST_NAMES])
            more = len(unused) - MOST_NAMES
            listed += f" and {more:,} more" if more > 0 else ""
            self.note(f"columns that the model does not read: {listed}")
        return Examples(
            place or "rows",
            Numbered(place, table.lines),
            inputs,
            {name: table.as_written(name) for name in self.ids},
            shown,
        )

    def as_array(self, given: Any) -> Any:
        """Examples as an array, or what can be sliced like one."""
        if hasattr(given, "shape") and hasattr(given, "__getitem__"):
            return given
        try:
            array = np.asarray(given)
        except ValueError:
            array = np.empty((), object)
        if not array.ndim:
            raise InputError(
                f"`data` must be {self.form.noun} or an array of examples of one "
                f"shape, got {shown(given)}."
            )
        return array

    def numbered(
        self, array: Any, place: str | None, inputs: Any = None, **shown: Any
    ) -> Examples:
        """The examples in an array or a list, by their number."""
        self.refuse_ids(place or "An array")
        return Examples(
            place or "examples",
            Numbered(place, range(len(array))),
            inputs or array.__getitem__,
            shown=shown,
        )

    def refuse_ids(self, what: str) -> None:
        """Refuses ID columns for examples that have no columns."""
        if self.ids:
            raise InputError(
                f"`id_columns` (--id-column) {self.ids[0]!r} is for tables with a row "
                f"for each answer; {what} has no columns: leave it out."
            )

    def note(self, note: str) -> None:
        """Adds a note, once."""
        if note not in self.notes:
            self.notes.append(note)
