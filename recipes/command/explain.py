"""`zoo explain`."""

import pathlib
from typing import Any

import click

from recipes.command.model_argument import found, model_argument
from recipes.command.options import (
    CheckedPath,
    as_json,
    check_writable,
    command_options,
    print_json,
    source_as_given,
    texts_option,
    trust,
)
from recipes.command.predict import check_files
from recipes.command.start import start_tensorflow
from recipes.prediction.explain import OPTIONS
from zoo.errors import InputError, printable

SUFFIXES = {"out": (".png",), "html": (".html", ".htm")}


@click.command()
@model_argument()
@click.argument("files", nargs=-1, type=CheckedPath())
@texts_option
@click.option(
    "--data",
    callback=source_as_given,
    metavar="NAME|PATH",
    help="Table to measure the importance of its columns on.  [default: the training "
    "data]",
)
@command_options(OPTIONS)
@click.option(
    "--out",
    type=CheckedPath(),
    metavar="FILE",
    help="Draw the explanations into a .png file, which is overwritten.",
)
@click.option(
    "--html",
    type=CheckedPath(),
    metavar="FILE",
    help="Write the explanations as one .html page, which is overwritten.",
)
@trust
@as_json
def explain(
    model: str,
    files: tuple[pathlib.Path, ...],
    texts: tuple[str, ...],
    data: str | None,
    out: pathlib.Path | None,
    html: pathlib.Path | None,
    trusted: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Explain the predictions of MODEL for FILES.

    MODEL is a .keras file, a run folder or a preset. FILES are those that `zoo predict`
    takes; - is standard input. The explanation shows which part of the input led to
    the prediction: regions of an image, words of a text, times and frequencies of a
    clip, steps and columns of a sequence or forecast, columns of a table, or attention
    to the words of a text to translate. --out draws a picture, --html writes a page.

    Without FILES, zoo explain shows how important each column of a table is for the
    score of MODEL.

    \b
    zoo explain runs/cnn-photos-1 cat.jpg --class dog --out why.png
    zoo explain film_reviews --text "A good film, but too long."
    zoo explain runs/mlp-titanic-1
    """
    _check(files, texts, data, {"out": out, "html": html})
    path = found(model)
    start_tensorflow()
    from recipes.prediction import explain as explaining
    from recipes.reports.evaluation import load_to_score
    from zoo.atomic_writes import atomic_write
    from zoo.loading import load_model

    trained: Any = load_model(path, trusted=trusted)
    if texts and trained.kind != "text" and trained.target.name != "text_generation":
        raise InputError(
            f"--text is for texts; the model takes {trained.kind.noun}: give FILES."
        )
    examples: Any = [*files, *texts] or None
    if data is not None:
        examples = load_to_score(trained, data, options["part"])
    why = explaining.explain(trained, examples, **options)
    for note in why.notes:
        click.echo(printable(note), err=True)
    if out is not None:
        why.save(out)
    if html is not None:
        with atomic_write(html) as draft:
            draft.write_text(why.html(), encoding="utf-8")
    if as_json:
        print_json(why.to_dict())
        return
    from recipes.command.tables import plain_console
    from recipes.reports.page_text import print_sections

    print_sections(why.sections(), plain_console())
    for written in (out, html):
        if written is not None:
            click.echo(printable(f"written: {written}"))


def _check(
    files: tuple[pathlib.Path, ...],
    texts: tuple[str, ...],
    data: str | None,
    written: dict[str, pathlib.Path | None],
) -> None:
    """Checks the options before TensorFlow starts."""
    if data is not None and (files or texts):
        raise InputError(
            "--data explains the columns of a table, and FILES or --text explain "
            "examples: give only one of them."
        )
    for name, path in written.items():
        if path is None:
            continue
        if path.suffix.lower() not in SUFFIXES[name]:
            raise InputError(
                f"--{name} must end in {' or '.join(SUFFIXES[name])}, got {path}."
            )
        check_writable(path)
    check_files(files, written)


(TARGET,) = (each for each in explain.params if each.name == "target")
TARGET.opts.append("--class")
