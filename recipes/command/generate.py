"""`zoo generate`."""

import math
import os
import pathlib
import random
from typing import Any

import click

from recipes.command.model_argument import found, model_argument
from recipes.command.options import CheckedPath, Parsed, as_json, print_json
from recipes.command.start import start_tensorflow
from recipes.data.options import check_of
from recipes.sources.options import LARGEST, Spread
from recipes.training.settings import Ratio
from zoo.errors import InputError, printable

LENGTH, COUNT = 400, 64  # by default: tokens of a text; pictures
OF_TEXT = ("prompt", "length", "temperature", "top_k", "top_p", "stop")
OF_PICTURES = ("out", "columns")


def _number(name: str, hint: Any) -> Parsed:
    """The type of an option with a fraction that has the check of `hint`."""
    check: Any = check_of(hint)

    def parsed(text: str) -> float:
        try:
            value: Any = float(text)
        except ValueError:
            value = text
        return check(name, value)

    return Parsed(parsed)


@click.command()
@model_argument()
@click.option("--prompt", metavar="TEXT", help="Text to continue.  [default: none]")
@click.option(
    "--length",
    type=click.IntRange(1, LARGEST),
    help=f"Number of characters or words to write.  [default: {LENGTH}]",
)
@click.option(
    "--temperature",
    type=_number("temperature", Spread),
    metavar="NUMBER",
    help="Below 1 the writing is more probable and repeats itself more; 0 always takes "
    "the most probable character or word.  [default: 1]",
)
@click.option(
    "--top-k",
    type=click.IntRange(1, LARGEST),
    help="Draw only from this many of the most probable characters or words.",
)
@click.option(
    "--top-p",
    type=_number("top_p", Ratio),
    metavar="NUMBER",
    help="Draw only from the most probable ones that together have this probability.",
)
@click.option(
    "--stop",
    multiple=True,
    metavar="TEXT",
    help="End before this text; repeatable.",
)
@click.option(
    "--count",
    type=click.IntRange(1, 100_000),
    help=f"Number of texts or pictures.  [default: 1 text, {COUNT} pictures]",
)
@click.option(
    "--seed",
    type=click.IntRange(0, LARGEST),
    help="Random seed, for the same result again.  [default: another each time]",
)
@click.option(
    "--out",
    type=CheckedPath(),
    help="Where pictures go: a .png file with all of them in a grid, which is "
    "overwritten; or a new folder with a .png file for each.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 1000),
    help="Pictures in a row of the grid.  [default: as many as rows]",
)
@as_json
@click.pass_context
def generate(
    context: click.Context,
    model: str,
    as_json: bool,
    seed: int | None,
    **options: Any,
) -> None:
    """Write a text or draw pictures with MODEL.

    MODEL is the name of a preset, a run folder, a .keras file, the https:// address of
    a .keras or .zip file, or hf://user/name. A text is shown while it is written.

    \b
    zoo generate runs/recurrent-book-1 --prompt "It was" --temperature 0.8
    zoo generate dcgan_mnist --count 64 --out digits.png
    """
    if "" in (options["prompt"], *options["stop"]):
        raise InputError(
            "--prompt and --stop must not be empty: leave them out, or give a text."
        )
    if options["out"] is not None:
        _check_out(options["out"])
    path = found(model)
    start_tensorflow()
    from zoo.loading import load_network
    from zoo.models.dcgan.model import DCGAN
    from zoo.targets import NextToken

    network: Any = load_network(path)
    draws = isinstance(network, DCGAN)
    if not draws and not isinstance(getattr(network, "target", None), NextToken):
        raise InputError(
            f"The model {network.name!r} neither writes nor draws: `zoo predict` asks "
            "it about examples."
        )
    for name in OF_TEXT if draws else OF_PICTURES:
        if options[name] not in (None, ()):
            does, other = ("draws", "write") if draws else ("writes", "draw")
            raise InputError(
                f"--{name.replace('_', '-')} is for models that {other}; this one "
                f"{does}: leave it out."
            )
    if seed is None:
        seed = random.SystemRandom().randrange(LARGEST)
    if draws:
        _draw(network, options["count"] or COUNT, seed, as_json, options)
    else:
        _write(network, options["count"] or 1, seed, as_json, options)


def _check_out(path: pathlib.Path) -> None:
    """Refuses an output that cannot be made, before any work is done."""
    from recipes.reports.run_folder import check_out

    if not path.suffix:
        check_out(path)
        return
    if path.suffix.lower() != ".png":
        raise InputError(
            f"--out must end in .png, or be the name of a new folder, got {path}."
        )
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "it" if path.is_dir() else str(path.absolute().parent)
        is_what = "a folder" if path.is_dir() else "not a folder"
        raise InputError(f"Cannot write {path}: {what} is {is_what}.")
    if not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot write {path}: no permission in its folder.")


def _write(
    model: Any, count: int, seed: int, as_json: bool, options: dict[str, Any]
) -> None:
    """Writes one text as it is generated, or several one after the other."""
    from recipes.reports.writing import shown

    given = {name: options[name] for name in OF_TEXT if options[name] is not None}
    given = {"length": LENGTH, **given, "seed": seed}
    _tell_unknown(model, options["prompt"])
    if count == 1 and not as_json:
        for piece in model.stream(**given):
            click.echo(shown(piece), nl=False)
        click.echo()
        return
    texts = model.generate(count=count, **given)
    if as_json:
        print_json({"texts": texts, "seed": seed})
        return
    for number, text in enumerate(texts, 1):
        click.echo(f"--- {number} of {count}\n{shown(text)}")


def _tell_unknown(model: Any, prompt: str | None) -> None:
    """Tells what of a prompt the model does not know."""
    from recipes.reports.evaluation import vocabulary_of
    from zoo.models.recurrent.vocabulary import split_texts

    vocabulary, entry_type = vocabulary_of(model)
    if prompt is None:
        return
    found = dict.fromkeys(split_texts([prompt], entry_type)[0])
    if not found:
        raise InputError(f"--prompt {prompt!r} has no word: give a text.")
    unknown = [each for each in found if each not in {*vocabulary}]
    if unknown:
        listed = ", ".join(map(repr, unknown[:10]))
        more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        click.echo(
            printable(
                f"the model does not know the {entry_type}s {listed}{more} of the "
                "prompt; it reads them as unknown"
            ),
            err=True,
        )


def _draw(
    model: Any, count: int, seed: int, as_json: bool, options: dict[str, Any]
) -> None:
    """Draws pictures into a grid, or each into a file of its own."""
    from zoo.models.dcgan.pictures import grid, save_png, save_pngs

    out, columns = options["out"], options["columns"]
    if out is None:
        raise InputError(
            "Pictures go to a file: give --out, such as --out grid.png, or a folder."
        )
    is_grid = bool(out.suffix)
    if not is_grid and columns is not None:
        raise InputError("--columns is for a grid: give a .png file as --out.")
    images = model.generate(count, seed=seed)
    if is_grid:
        columns = min(count, columns or math.ceil(math.sqrt(count)))
        save_png(grid(images, columns), out)
    else:
        save_pngs(images, out)
    if as_json:
        print_json({"path": str(out), "count": count, "seed": seed})
        return
    click.echo(printable(f"{count:,} pictures: {out} (seed {seed})"))
