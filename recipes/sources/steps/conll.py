"""CoNLL columns: a token on each line, a blank line between sentences."""

import pathlib
import re

from recipes.sources.steps.step_labels import SPACE, LabelledSequences
from recipes.sources.texts.text import read_lines
from zoo.errors import InputError

# The columns of CoNLL-U; tokens are in the second one.
UNIVERSAL = (
    *("ID", "FORM", "LEMMA", "UPOS", "XPOS"),
    *("FEATS", "HEAD", "DEPREL", "DEPS", "MISC"),
)
DOCUMENT = "-DOCSTART-"


def read_conll(
    path: pathlib.Path, label_column: str | None, group: str | None, notes: list[str]
) -> LabelledSequences:
    """Reads a file of columns; the first is the token and the last the label.

    In CoNLL-U, with ten columns between tabs, the token is FORM and the label UPOS.
    Lines of `-DOCSTART-` and comments are passed over.

    Args:
        path: The file, in UTF-8.
        label_column: Number of the column with the labels, from 1, or its name in
            CoNLL-U; `"label"` for the default. `None` if no labels are needed.
        group: `"document"` to tell the document of each sentence, or `None`.
        notes: Gets a note on what is left out.
    """
    if group not in (None, "document"):
        raise InputError(
            f"`group` {group!r} does not fit {path}: sentences of CoNLL columns are "
            "grouped by 'document'."
        )
    reader = _Reader(path, label_column)
    for number, line in enumerate(read_lines(path), 1):
        reader.read(number, line.rstrip("\r"))
    reader.end()
    if not reader.inputs:
        raise InputError(f"{path} has no line with a token and its label.")
    notes += reader.notes()
    if group and len({*reader.documents}) < 2:
        raise InputError(
            f"{path} has one document only, so its sentences cannot be grouped: mark "
            f"documents with {DOCUMENT} or '# newdoc', or leave out `group`."
        )
    return LabelledSequences(
        reader.inputs,
        reader.labels,
        lambda row: f"{path}, line {reader.lines[row]},",
        [str(number) for number in reader.documents] if group else None,
    )


class _Reader:
    """The sentences read so far, and the one that is being read."""

    def __init__(self, path: pathlib.Path, label_column: str | None) -> None:
        self.path, self.label_column = path, label_column
        self.inputs: list[list[str]] = []
        self.labels: list[list[str]] = []
        self.lines: list[int] = []
        self.documents: list[int] = []
        self._tokens: list[str] = []
        self._marks: list[str] = []
        self._known: set[str] = set()
        self._columns = self._token = self._label = -1
        self._first = self._document = self._comments = self._ranges = 0
        self._has_tabs = False

    def read(self, number: int, line: str) -> None:
        if not line.strip(" \t"):
            self.end()
            return
        if line.startswith(DOCUMENT):
            self.end()
            self._document += 1
            return
        # Other white space, such as a no-break space, is part of a token.
        parts = line.split("\t") if "\t" in line else SPACE.split(line)
        cells = parts if "\t" in line else [part for part in parts if part]
        if line.startswith("#") and not self._tokens and not self._is_token(cells):
            self._document += line.startswith("# newdoc")
            self._comments += 1
            return
        if self._columns < 0:
            self._begin(number, cells)
        if len(cells) != self._columns:
            raise InputError(
                f"{self.path}, line {number}, has {len(cells)} columns, the lines "
                f"before {self._columns}."
            )
        if self._token and not re.fullmatch("[0-9]+", cells[0]):
            self._ranges += 1  # several words in one, or a word that is left out
            return
        token, label = cells[self._token], cells[self._label].strip()
        if not token or not label:
            missing = "token" if label else "label"
            raise InputError(f"{self.path}, line {number}, has no {missing}.")
        self._first = self._first if self._tokens else number
        self._tokens.append(token)
        self._marks.append(label)

    def end(self) -> None:
        """Ends the sentence, if there is one."""
        if self._tokens:
            self.inputs.append(self._tokens)
            self.labels.append(self._marks)
            self.lines.append(self._first)
            self.documents.append(self._document)
            self._known.update(self._marks)
        self._tokens, self._marks = [], []

    def notes(self) -> list[str]:
        found = []
        if self._token:
            found.append(
                f"CoNLL-U: the label is {UNIVERSAL[self._label]} (--label-column "
                "chooses another column)"
            )
        elif self._columns > 2:
            found.append(
                f"the label is column {self._label + 1} of {self._columns} "
                "(--label-column chooses another)"
            )
        if self._ranges:
            found.append(
                f"{self.path.name}: {self._ranges:,} lines of several or no words are "
                "left out"
            )
        if self._comments:
            found.append(
                f"{self.path.name}: {self._comments:,} lines of comments are left out"
            )
        return found

    def _is_token(self, cells: list[str]) -> bool:
        """Whether a line that begins a sentence with # is the token #."""
        return (
            cells[0] == "#"
            and len(cells) == self._columns
            and cells[self._label] in self._known
        )

    def _begin(self, number: int, cells: list[str]) -> None:
        """Decides by the first token what the columns hold."""
        count = self._columns = len(cells)
        is_universal = count == len(UNIVERSAL) and cells[0][:1] == "1"
        self._token = 1 if is_universal else 0
        if self.label_column is None:
            self._label = self._token
            return
        if count < 2:
            raise InputError(
                f"{self.path}, line {number}, has one column only, {cells[0][:40]!r}: "
                "each line has a token and, in the last column, its label."
            )
        names = UNIVERSAL if is_universal else ()
        if self.label_column == "label":
            self._label = UNIVERSAL.index("UPOS") if is_universal else count - 1
        elif self.label_column in names:
            self._label = names.index(self.label_column)
        else:
            self._label = self._numbered(count, names)

    def _numbered(self, count: int, names: tuple[str, ...]) -> int:
        numbers = [str(number + 1) for number in range(count)]
        if self.label_column in numbers:
            return numbers.index(self.label_column)
        allowed = f"1 to {count}" + (f", or {', '.join(names)}" if names else "")
        raise InputError(
            f"`label_column` {self.label_column!r} is not a column of {self.path}: "
            f"give {allowed}."
        )
