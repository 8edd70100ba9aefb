"""`zoo predict`."""

import pathlib
import sys
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from recipes.command.model_argument import found, model_argument
from recipes.command.options import (
    CheckedPath,
    as_json,
    command_options,
    print_json,
    texts_option,
    trust,
)
from recipes.command.start import start_tensorflow
from recipes.prediction.predict import OPTIONS
from zoo.errors import InputError, printable

if typing.TYPE_CHECKING:  # These load NumPy.
    from recipes.prediction.examples import Piece
    from recipes.prediction.predictions import Prediction

TOP = 3  # classes that are shown for each example
OF_CLASSES = "multiclass"


@click.command()
@model_argument()
@click.argument("files", nargs=-1, type=CheckedPath())
@texts_option
@command_options(OPTIONS)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    help=f"Number of classes to show for each example.  [default: {TOP}]",
)
@click.option(
    "--out",
    type=CheckedPath(),
    metavar="FILE",
    help="Where answers go: a .csv, .tsv, .jsonl or .parquet file with a column for "
    "the answer and one for the probability of each class; it is overwritten.",
)
@click.option(
    "--format",
    "written_as",
    type=click.Choice(["csv", "jsonl"]),
    help="Write the columns of --out to standard output.",
)
@click.option(
    "--features",
    is_flag=True,
    help="Write what the last layer of the model reads of each example, instead of "
    "answers: a column for each number.",
)
@trust
@as_json
def predict(
    model: str,
    files: tuple[pathlib.Path, ...],
    texts: tuple[str, ...],
    top: int | None,
    out: pathlib.Path | None,
    written_as: str | None,
    features: bool,
    trusted: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Ask MODEL about FILES.

    MODEL is the name of a preset, a run folder, a .keras file, a SavedModel, the
    https:// address of a .keras or .zip file, or hf://user/name.

    FILES are files, or folders, of which all files that the model reads are read; - is
    standard input. A table has an answer for each row, whatever its format.

    An image model takes images of any size, and tables that name them. A table model
    takes tables with a header. A text model takes .txt files, and tables with a column
    of texts; from standard input, a text on each line. An audio model takes audio
    files, such as WAV and FLAC, of any sample rate. A sequence model takes .npy files
    with one sequence (time, features) each. A forecast takes tables, and predicts the
    steps after the last row. A model that translates takes the rows of tables, and each
    line of other files. .npy and .npz files hold arrays of examples.

    A model that answers at each step takes text files with a sentence on each line and
    spaces between its tokens, CoNLL columns, .npy files, and .jsonl files with "tokens"
    or "values"; it writes a label for each step.

    \b
    zoo predict runs/mlp-titanic-1 passengers.csv --out answers.csv --id-column id
    cat passengers.csv | zoo predict runs/mlp-titanic-1 - --format csv
    """
    _check(files, texts, out, written_as, as_json)
    if features and not (out or written_as or as_json):
        raise InputError(
            "--features are too many numbers for a line: give --out, --format or "
            "--json too."
        )
    path = found(model)
    start_tensorflow()

    from recipes.prediction.predictions import Prediction
    from zoo.loading import load_model

    trained = load_model(path, trusted=trusted)
    prediction = Prediction(trained, options, features=features)
    if texts and not prediction.form.has_texts:
        raise InputError(
            f"--text is for texts; the model takes {trained.kind.noun}: give FILES."
        )
    has_classes = trained.target.name == OF_CLASSES and not features
    has_top = has_classes and not (out or written_as)
    if top is not None and not has_top:
        raise InputError(
            "--top is for the classes of a classifier on the terminal and with --json: "
            "leave it out."
        )
    pieces = _told(prediction, [*files, *texts])
    if out is not None:
        _write(prediction, pieces, out, as_json)
        return
    if written_as is not None:
        _print_columns(prediction, pieces, written_as)
        return
    top = top or (TOP if has_classes else None)
    # Nothing is shown of examples if one of them cannot be read.
    rows = [row for piece in pieces for row in prediction.writer.rows(piece, top)]
    if as_json:
        print_json(rows)
        return
    for line in prediction.writer.lines(rows):
        click.echo(line)


def _check(
    files: Sequence[pathlib.Path],
    texts: Sequence[str],
    out: pathlib.Path | None,
    written_as: str | None,
    as_json: bool,
) -> None:
    """Refuses what cannot be done, before TensorFlow starts."""
    from recipes.prediction.answer_files import check_file

    if not files and not texts:
        raise click.UsageError("Give FILES, or texts with --text.")
    if written_as and (as_json or out):
        other = "--json" if as_json else "--out, whose ending says the format"
        raise InputError(f"Give either --format or {other}.")
    if out is not None:
        check_file(out)
    check_files(files, {"out": out})


def check_files(
    files: Sequence[pathlib.Path], written: Mapping[str, pathlib.Path | None]
) -> None:
    """Refuses examples that cannot be read, and results that would overwrite them.

    Args:
        files: Files of examples; `-` is standard input.
        written: Where results go, by the name of the option.
    """
    from recipes.prediction.given import STANDARD_INPUT

    for file in files:
        if str(file) == STANDARD_INPUT:
            continue
        if not file.exists():
            raise InputError(f"There is no file {file}.")
        for name, out in written.items():
            if out is not None and out.exists() and out.samefile(file):
                raise InputError(f"--{name} {out} is the file to read: choose another.")
    if [str(file) for file in files].count(STANDARD_INPUT) > 1:
        raise InputError("Standard input (-) can be read once only.")


def _told(prediction: "Prediction", data: list[Any]) -> "Iterator[Piece]":
    """The answers, piece by piece; notes go to standard error as they come."""
    told = 0
    pieces = prediction.pieces(data)
    while True:
        piece = next(pieces, None)
        for note in prediction.notes[told:]:
            click.echo(printable(note), err=True)
        told = len(prediction.notes)
        if piece is None:
            return
        yield piece


def _write(
    prediction: "Prediction",
    pieces: "Iterable[Piece]",
    out: pathlib.Path,
    as_json: bool,
) -> None:
    """Writes the answers to a file."""
    from recipes.prediction.answer_files import answer_file

    count = 0
    with answer_file(out) as file:
        for piece in pieces:
            file.write(prediction.writer.columns(piece))
            count += piece.count
    if as_json:
        print_json({"path": str(out), "count": count})
        return
    click.echo(printable(f"{count:,} answers: {out}"))


def _print_columns(
    prediction: "Prediction", pieces: "Iterable[Piece]", written_as: str
) -> None:
    """Writes the answers to standard output, as they come."""
    from recipes.prediction.answer_files import FORMATS

    file = FORMATS[f".{written_as}"](sys.stdout)
    for piece in pieces:
        file.write(prediction.writer.columns(piece))
