"""Readers of examples with steps: sentences, sequences, series, and pairs of texts."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from recipes.data.objects import as_objects
from recipes.prediction.answers import ForecastWriter
from recipes.prediction.examples import Examples, Numbered
from recipes.prediction.given import File, Form
from recipes.prediction.reading import ARRAYS, TABLES, Reader
from recipes.prediction.texts import checked_texts, lines_of
from recipes.sources.arrays.array_files import read_npy
from recipes.sources.series.last_windows import last_windows
from recipes.sources.series.series_table import known_in
from recipes.sources.steps.conll import read_conll
from recipes.sources.steps.step_labels import SPACE, as_steps, check_token
from recipes.sources.steps.tagged_files import COLUMNS, INPUTS, JSON_LINES, json_lines
from recipes.sources.tables.table import read_pairs
from recipes.sources.tables.table_format import FORMAT, is_table
from recipes.sources.tables.tables import Table
from recipes.sources.texts.text import read_lines
from zoo.errors import InputError
from zoo.targets import Forecast, SequenceLabels


class SequenceReader(Reader):
    """Sequences of numbers, in `.npy` files of one each, JSON lines, and arrays."""

    form = Form("sequences", ((".npy", *JSON_LINES), (".npz",)))
    own: ClassVar[tuple[str, ...]] = (*JSON_LINES, ".npy", *TABLES)

    def of_files(self, files: Sequence[File]) -> Examples:
        names: list[str] = []
        steps: list[np.ndarray] = []
        carried: dict[str, list[Any]] = {name: [] for name in self.ids}
        for file in files:
            suffix = file.path.suffix.lower()
            if suffix in JSON_LINES:
                found = objects_of(file, carried)
                names += found
                steps += map(as_steps, found.values(), found)
                continue
            self.refuse_ids(file.name)
            if suffix != ".npy":
                raise InputError(
                    f"{file.path} is not a sequence: give .npy files with an array "
                    '(time, features) each, or .jsonl files with "values" on each line.'
                )
            array = read_npy(file.path)
            if array.ndim == 3:
                names += [f"{file.name}:{number}" for number in range(len(array))]
                steps += map(as_steps, array, names[-len(array) :])
            else:
                names.append(file.name)
                steps.append(as_steps(array, file.name))
        return self._padded(names, steps, carried)

    def of_array(self, array: Any, place: str | None) -> Examples:
        self.refuse_ids(place or "An array")
        array = array[np.newaxis] if np.ndim(array) == 2 else array
        names = Numbered(place, range(len(array)))
        where = [f"sequence {name}" for name in names]
        return self._padded(names, [*map(as_steps, array, where)], {})

    def _padded(self, names: Any, steps: list[np.ndarray], carried: Any) -> Examples:
        if not steps:
            raise InputError("The files hold no sequence.")
        features = steps[0].shape[1]
        for name, each in zip(names, steps, strict=True):
            if each.shape[1] != features:
                raise InputError(
                    f"{name} has {each.shape[1]} numbers at each step, {names[0]} has "
                    f"{features}."
                )

        def padded(part: slice) -> np.ndarray:
            longest = self.trained.input_shape[0] or max(map(len, steps[part]))
            longest = max(longest, *map(len, steps[part]), 0)
            array = np.zeros((len(steps[part]), longest, features), "float32")
            for row, each in zip(array, steps[part], strict=True):
                row[: len(each)] = each
            return array

        has_labels = isinstance(self.trained.target, SequenceLabels)
        shown = {"count": [*map(len, steps)]} if has_labels else {}
        return Examples("sequences", names, padded, carried, shown)


class SentenceReader(Reader):
    """Sentences whose tokens get a label each."""

    form = Form(
        "sentences",
        ((".txt", *COLUMNS, *JSON_LINES),),
        ".txt",
        has_texts=True,
    )
    own: ClassVar[tuple[str, ...]] = (*JSON_LINES, *ARRAYS, *TABLES)

    def of_files(self, files: Sequence[File]) -> Examples:
        names: list[str] = []
        tokens: list[list[str]] = []
        carried: dict[str, list[Any]] = {name: [] for name in self.ids}
        for file in files:
            suffix = file.path.suffix.lower()
            if suffix in JSON_LINES:
                found = objects_of(file, carried)
                names += found
                tokens += found.values()
                continue
            self.refuse_ids(file.name)
            if suffix in COLUMNS:
                sentences = read_conll(file.path, None, None, [])
                tokens += sentences.inputs
                names += [
                    sentences.where(row).rstrip(",")
                    for row in range(len(sentences.inputs))
                ]
            elif is_table(file.path) or suffix in ARRAYS:
                raise InputError(
                    f"{file.path} is a table: give a text file with a sentence on each "
                    'line, CoNLL columns, or .jsonl files with "tokens".'
                )
            else:
                lines = [*enumerate(read_lines(file.path), 1)]
                kept = [(n, line) for n, line in lines if line.strip()]
                names += [f"{file.name}:{number}" for number, _ in kept]
                tokens += [_tokens(line) for _, line in kept]
        return self._sentences(names, tokens, carried)

    def of_array(self, array: Any, place: str | None) -> Examples:
        self.refuse_ids("A list")
        tokens = [_tokens(x) if isinstance(x, str) else [*x] for x in array]
        return self._sentences(Numbered(None, range(len(tokens))), tokens, {})

    def _sentences(self, names: Any, tokens: list[Any], carried: Any) -> Examples:
        if not tokens:
            raise InputError("The files hold no sequence.")
        for row, some in enumerate(tokens):
            if not some:
                raise InputError(f"Sentence {names[row]} has no tokens; leave it out.")
            for token in some:
                check_token(token, lambda row: str(names[row]), row)
        texts = [" ".join(SPACE.sub("_", token) for token in some) for some in tokens]
        shown = {"tokens": tokens, "count": [*map(len, tokens)]}
        return Examples(
            "sentences", names, as_objects(texts).__getitem__, carried, shown
        )


class ForecastReader(Reader):
    """Tables of series, which go on after their last row; and arrays of windows."""

    form = Form("tables", (TABLES, ARRAYS), ".csv", ".xlsx")
    takes = ("time", "group", *FORMAT)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        if self.ids:
            raise InputError(
                f"`id_columns` (--id-column) {self.ids[0]!r} does not apply to "
                "forecasts, whose answers have the series and the time: leave it out."
            )
        for name in ("time", "group"):
            if self.options[name] is not None:
                self.read_as[name] = self.options[name]
        target: Any = self.trained.target
        names: Any = self.read_as.get("target") or getattr(target, "names", ())
        self.window = self.trained.input_shape[0]
        self.horizon = len(getattr(target, "names", ()))
        if isinstance(target, Forecast):
            self.window, self.horizon = target.window, target.horizon
            if self.trained.feature_names:
                self.read_as |= known_in(self.trained.feature_names, target.known)
        elif "target" not in self.read_as:  # A user's own model knows no names.
            names = (self.read_as.get("label_column", "label"),)
        self.writer = ForecastWriter(names)

    def of_table(self, table: Table, place: str | None) -> Examples:
        windows = last_windows(
            table,
            tuple(self.writer.names),
            self.window,
            self.horizon,
            self.trained.feature_names,
            self.read_as,
        )
        inputs = np.stack([each.inputs for each in windows])
        names = [place or "rows"] * len(windows)
        return self._windows(
            names,
            inputs,
            [each.name for each in windows],
            [each.times for each in windows],
        )

    def of_array(self, array: Any, place: str | None) -> Examples:
        array = self.as_array(array)
        names = Numbered(place, range(len(array)))
        times = [str(step) for step in range(1, self.horizon + 1)]
        return self._windows(names, array, [""] * len(array), [times] * len(array))

    def _windows(self, names: Any, inputs: Any, series: Any, times: Any) -> Examples:
        shown = {"series": series, "times": times}
        return Examples("series", names, inputs.__getitem__, shown=shown)


class TranslationReader(Reader):
    """Texts to translate: lines of files, columns of tables, and lists."""

    form = Form("texts", ((".txt",), TABLES), ".txt", ".xlsx", has_texts=True)
    takes = ("text_column", "beam_width", *FORMAT)

    def answers(self, inputs: Any, batch_size: int) -> dict[str, np.ndarray]:
        beam_width, model = self.options["beam_width"], self.trained.model
        if beam_width == 1:
            return super().answers(inputs, batch_size)
        if model is None:
            raise InputError(
                "--beam needs a run folder or a .keras file: a SavedModel takes the "
                "most probable word at each step."
            )
        tokens, scores = model.decoded_tokens(inputs, beam_width=beam_width)
        texts = as_objects(model.target_codec().texts(tokens))
        return {"texts": texts, "log_probability": np.asarray(scores)}

    def of_files(self, files: Sequence[File]) -> Examples:
        self.refuse_ids(files[0].name)
        names: list[str] = []
        texts: list[str] = []
        for file in files:
            found = lines_of(file)
            names += [f"{file.name}:{number}" for number in found]
            texts += found.values()
        return self._texts(names, texts)

    def _texts(self, names: Any, texts: list[str]) -> Examples:
        array = as_objects(texts)
        return Examples("texts", names, array.__getitem__, shown={"text": texts})

    def read_table(self, file: File) -> Table:
        return read_pairs(file.path, {self._column}, self.notes, self.table_format)

    @property
    def _column(self) -> str | None:
        return self.options["text_column"] or self.read_as.get("text_column")

    def of_table(self, table: Table, place: str | None) -> Examples:
        is_there = self._column in table.cells or self.options["text_column"]
        column: Any = self._column if is_there else next(iter(table.cells))
        texts = table.texts(column)
        inputs = as_objects(texts).__getitem__
        return self.rows(table, place, [column], inputs, text=texts)

    def of_array(self, array: Any, place: str | None) -> Examples:
        self.refuse_ids("A list")
        texts = checked_texts(array)
        return self._texts(texts, texts)


def objects_of(file: File, carried: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The steps of each sequence in JSON lines, by the name of the sequence.

    Args:
        file: The file.
        carried: Values of the ID columns by name, to which those of the file are added.
    """
    found: dict[str, list[Any]] = {}
    for number, content in json_lines(file.path):
        key = next((key for key in INPUTS if key in content), None)
        if key is None or not isinstance(content[key], list) or not content[key]:
            raise InputError(
                f'{file.path}, line {number}, has no list of "tokens" or "values".'
            )
        for name, values in carried.items():
            if name not in content:
                raise InputError(
                    f"{file.path}, line {number}, has no {name!r} to carry through; it "
                    f"has {', '.join(content)}."
                )
            values.append(content[name])
        found[f"{file.name}:{number}"] = content[key]
    return found


def _tokens(line: str) -> list[str]:
    return [token for token in SPACE.split(line) if token]
