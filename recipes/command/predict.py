"""`zoo predict`."""

import pathlib
from functools import partial

import click

from recipes.command.options import CheckedPath, Parsed, as_json, print_json, trust
from recipes.command.start import start_tensorflow
from recipes.command.translations import show_translations
from recipes.data.options import text
from zoo.errors import InputError, printable
from zoo.kinds import Kind
from zoo.names import file_name


@click.command()
@click.argument("model", type=CheckedPath())
@click.argument("files", nargs=-1, type=CheckedPath())
@click.option(
    "--text",
    "texts",
    multiple=True,
    type=Parsed(partial(text, "text")),
    metavar="TEXT",
    help="A text instead of a file; repeatable.",
)
@click.option(
    "--beam",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="For translations: number of beginnings of an answer that are kept "
    "at each step.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Number of classes to show for each example.",
)
@click.option(
    "--text-column",
    type=Parsed(partial(text, "text_column")),
    metavar="NAME",
    help="Column of texts in .csv and .tsv tables.  [default: that of the training, or "
    "the only column of words]",
)
@click.option(
    "--time",
    type=Parsed(partial(text, "time")),
    metavar="NAME",
    help="For forecasts: column of times.  [default: that of the training]",
)
@click.option(
    "--group",
    type=Parsed(partial(text, "group")),
    metavar="NAME",
    help="For forecasts: column that tells several series apart.  [default: that "
    "of the training]",
)
@trust
@as_json
def predict(
    model: pathlib.Path,
    files: tuple[pathlib.Path, ...],
    texts: tuple[str, ...],
    beam: int,
    top: int,
    text_column: str | None,
    time: str | None,
    group: str | None,
    trusted: bool,
    as_json: bool,
) -> None:
    """Ask MODEL about FILES: a .keras file, a run folder, a preset or a SavedModel.

    An image model takes images of any size. A table model takes .csv tables with a
    header, and classifies each row. A text model takes .txt files, and .csv tables with
    a header, of which it classifies each row. An audio model takes audio files, such as
    WAV and FLAC, of any sample rate. A sequence model takes .npy files with one
    sequence (time, features) each. A forecast takes .csv tables, and predicts the steps
    after the last row. A model that translates takes the rows of .csv and .tsv tables,
    and each line of other files.

    A model that answers at each step takes text files with a sentence on each line and
    spaces between its tokens, CoNLL columns, .npy files, and .jsonl files with "tokens"
    or "values"; it writes a label for each step.
    """
    if not files and not texts:
        raise click.UsageError("Give FILES, or texts with --text.")
    for file in files:
        if not file.is_file():
            raise InputError(f"There is no file {file}.")

    start_tensorflow()
    import numpy as np

    from recipes.command.forecasts import show_forecasts
    from recipes.reports.evaluation import training_data
    from zoo.loading import load_model
    from zoo.targets import Multilabel, Regression, SequenceLabels, Translation

    classifier = load_model(model, trusted=trusted)
    if classifier.target.name == "text_generation":
        raise InputError(
            f"The model writes texts, and classifies nothing: zoo generate {model}."
        )
    if training_data(classifier).get("task", classifier.target.name) == "forecasting":
        for name, value in (("--text-column", text_column), ("--text", texts)):
            if value:
                raise InputError(f"{name} is for texts; the model reads series.")
        show_forecasts(files, classifier, as_json, time, group)
        return
    if time or group:
        name = "--time" if time else "--group"
        raise InputError(f"{name} is for a model that forecasts: leave it out.")
    if classifier.kind not in READERS:
        raise InputError(
            f"The model takes {classifier.kind.noun}, which `zoo predict` cannot read "
            "from files; call the model in Python."
        )
    if text_column is not None and classifier.kind is not Kind.TEXT:
        raise InputError(
            f"--text-column is for texts; the model takes {classifier.kind.noun}."
        )
    if texts and classifier.kind is not Kind.TEXT:
        raise InputError(
            f"--text is for texts; the model takes {classifier.kind.noun}."
        )
    if isinstance(classifier.target, Translation):
        show_translations(classifier, files, texts, text_column, beam, as_json)
        return
    if beam != 1:
        raise InputError("--beam is for a model that translates: leave it out.")
    if isinstance(classifier.target, SequenceLabels) and classifier.kind in BY_STEP:
        from recipes.command.step_answers import answer_steps

        for name, value in (("--text-column", text_column), ("--text", texts)):
            if value:
                raise InputError(
                    f"{name} is for whole texts; the model answers at each token of "
                    "files with a sentence on each line."
                )
        answer_steps(files, classifier, as_json)
        return
    options = {} if text_column is None else {"text_column": text_column}
    names, inputs = READERS[classifier.kind](files, classifier, **options)
    if texts:
        names = [*names, *texts]
        inputs = np.array([*inputs, *texts], object)
    if isinstance(classifier.target, Multilabel):
        answers = classifier.answers(inputs)
        _show_labels(names, classifier.target.names, answers, as_json)
        return
    if isinstance(classifier.target, Regression):
        answers = classifier.answers(inputs)
        _show_numbers(names, classifier.target.names, answers, as_json)
        return
    probabilities = classifier.probabilities(inputs)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    results = [
        {
            "input": name,
            "class_name": classifier.class_names[order[0]],
            "label": int(order[0]),
            "probabilities": {
                classifier.class_names[label]: round(float(row[label]), 6)
                for label in order
            },
        }
        for name, row, order in zip(names, probabilities, best, strict=True)
    ]
    if as_json:
        print_json(results)
        return
    for result in results:
        shown = ", ".join(
            f"{name} {probability:.1%}"
            for name, probability in result["probabilities"].items()
        )
        click.echo(printable(f"{result['input']}: {shown}"))


def _show_labels(names, labels, answers, as_json):
    """Shows the labels that a model gives each input, and all probabilities in JSON."""
    results = []
    for row, name in enumerate(names):
        values = map(float, answers["probabilities"][row].round(6))
        shares = dict(zip(labels, values, strict=True))
        marks = answers["labels"][row]
        given = [each for each, has in zip(labels, marks, strict=True) if has]
        results.append({"input": name, "labels": given, "probabilities": shares})
    if as_json:
        print_json(results)
        return
    for result in results:
        shares = result["probabilities"]
        shown = [f"{each} {shares[each]:.1%}" for each in result["labels"]]
        click.echo(printable(f"{result['input']}: {', '.join(shown) or 'no label'}"))


def _show_numbers(names, numbers, answers, as_json):
    """Shows the answers of a model that predicts numbers."""
    results = [
        {"input": name}
        | {
            kind: dict(zip(numbers, map(float, values[row]), strict=True))
            for kind, values in answers.items()
        }
        for row, name in enumerate(names)
    ]
    if as_json:
        print_json(results)
        return
    for result in results:
        shown = [
            f"{number} {value:.6g}"
            + (
                f" ({result['lower'][number]:.6g} to {result['upper'][number]:.6g})"
                if "lower" in result
                else ""
            )
            for number, value in result["values"].items()
        ]
        click.echo(printable(f"{result['input']}: {', '.join(shown)}"))


def _read_images(files, classifier):
    import numpy as np

    from recipes.sources.image_folder import decoded_images

    images = decoded_images(files, classifier.input_shape, classifier.bit_depth)
    return [file_name(file) for file in files], np.stack(images)


def _read_rows(files, classifier):
    import numpy as np

    from recipes.reports.evaluation import training_data
    from recipes.sources.table_format import TableFormat
    from recipes.sources.tables import read_table

    names, rows = [], []
    form = TableFormat.of(training_data(classifier))
    for file in files:
        table = read_table(file, form)
        names += [f"{file_name(file)}:{line}" for line in table.lines]
        if classifier.columns is not None:
            rows.append(classifier.columns.rows(table.known(classifier.columns)))
            continue
        rows.append(table.matrix(classifier.feature_names or table.cells))
    return names, np.concatenate(rows)


def _read_texts(files, classifier, text_column=None):
    import numpy as np

    from recipes.reports.evaluation import training_data
    from recipes.sources.table_format import TableFormat, is_table
    from recipes.sources.tables import read_table
    from recipes.sources.text import read_text

    names, texts = [], []
    read_as = training_data(classifier)
    for file in files:
        if not is_table(file):
            names.append(file_name(file))
            texts.append(read_text(file))
            continue
        table = read_table(file, TableFormat.of(read_as))
        names += [f"{file_name(file)}:{line}" for line in table.lines]
        column = text_column or table.text_column(read_as)
        texts += table.texts(column)
    return names, np.array(texts, object)


def _read_audio(files, classifier):
    from recipes.sources.audio import padded
    from recipes.sources.audio_files import read_audio, resampled

    recordings = [read_audio(file) for file in files]
    rate = classifier.sample_rate
    clips = [resampled(one.samples, one.rate, rate) for one in recordings]
    return [file_name(file) for file in files], padded(clips, max(map(len, clips)))[0]


def _read_sequences(files, classifier):
    from recipes.sources.array_files import read_npy
    from recipes.sources.sequences import as_sequences, padded_sequences

    sequences = as_sequences("given", [read_npy(file) for file in files])
    inputs, _ = padded_sequences({"train": sequences}, [])
    return [file_name(file) for file in files], inputs["train"]


BY_STEP = (Kind.TEXT, Kind.SEQUENCES)
READERS = {  # functions of files and classifier; they return names and inputs
    Kind.IMAGES: _read_images,
    Kind.TABLE: _read_rows,
    Kind.TEXT: _read_texts,
    Kind.AUDIO: _read_audio,
    Kind.SEQUENCES: _read_sequences,
}
