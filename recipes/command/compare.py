"""`zoo compare`."""

import pathlib
from typing import Any

import click

from recipes.command.augment import augment_option
from recipes.command.fit import WRITTEN_HERE
from recipes.command.options import (
    CheckedPath,
    as_json,
    command_options,
    data_options,
    model_options,
    print_json,
    refuse_others,
    same_in_every_run,
    settings_to_vary,
)
from recipes.command.sections import SectionedCommand
from recipes.command.start import start_tensorflow, start_tensorflow_if_needed
from recipes.data.options import options_of_function
from recipes.experiments.comparison.vary import vary as train_varied
from recipes.training.fit import fit
from zoo.errors import InputError, printable

OF_VARY = options_of_function(
    train_varied, leave_out=("vary", "data", "model", "out", "progress")
)
OF_FIT = options_of_function(fit, leave_out=("preset", *WRITTEN_HERE, *OF_VARY))
WITHOUT_VARY = ("imports", "debug", "runs", "out", "as_json")
SECTIONS = {
    **dict.fromkeys(("vary", *OF_VARY, "out"), "Comparison"),
    **dict.fromkeys(("as_json", "help", "_click_default_help"), "Comparison"),
    **dict.fromkeys(
        ("augment", *OF_FIT, "model_arguments", "metrics"), "The same in every run"
    ),
}


@click.command(cls=SectionedCommand, sections=SECTIONS, default_section="Data")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...|MODEL")
@data_options
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME=VALUES",
    help="Train MODEL with each of these values first, such as "
    "optimizer=adagrad,momentum or widths=[16,32],[32,64], of which default may be "
    "one; repeatable, for a grid.",
)
@command_options(OF_VARY)
@augment_option(default=None)
@command_options(OF_FIT)
@model_options("the same in every run")
@click.option(
    "--out",
    type=CheckedPath(),
    metavar="FOLDER",
    help="Folder for comparison.html, .png and .json, with --vary also for the runs; "
    "the same command goes on with it.  [default: none; runs/vary-MODEL-DATA-N]",
)
@as_json
@click.pass_context
def compare(
    context: click.Context,
    runs: tuple[str, ...],
    dataset: Any,
    vary: tuple[str, ...],
    out: pathlib.Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Compare finished RUNs, or train MODEL with several values of a setting.

    Runs that differ in nothing but the seed are a group with a mean and a spread. A
    test says whether the best group is significantly better than the others.
    """
    if not vary:
        refuse_others(context, WITHOUT_VARY, "A comparison of RUNs without --vary")
        start_tensorflow_if_needed()  # Models answer again if there are too few seeds.
        from recipes.experiments.comparison.compare import compare as compare_runs

        folders = [pathlib.Path(run) for run in runs]
        _show(compare_runs(folders, out=out), out, as_json)
        return
    if len(runs) > 1:
        raise InputError(f"--vary takes one MODEL, got {len(runs)}.")
    from zoo import registry

    (model,) = runs
    registry.find(model)
    values = settings_to_vary(vary, "--vary")
    settings = same_in_every_run(given)
    start_tensorflow()
    found = train_varied(model, dataset(), vary=values, out=out, **settings)
    folder = found.groups[0].runs[0].folder.parent.parent
    _show(found, folder, as_json)


def _show(found: Any, out: pathlib.Path | None, as_json: bool) -> None:
    """Prints a comparison."""
    if as_json:
        print_json(found.as_json())
        return
    from recipes.command.tables import plain_console
    from recipes.experiments.comparison.pages import NAMES, sections_of
    from recipes.reports.page_text import print_sections

    print_sections(sections_of(found), plain_console())
    if out is not None:
        click.echo(f"\npage: {printable(str(out / NAMES[0]))}")
