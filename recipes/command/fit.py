"""`zoo fit`."""

import json
import pathlib

import click

from recipes.command.augment import augment_option
from recipes.command.options import as_json, data_options, print_json
from recipes.command.start import start_tensorflow

ENDED = {
    "complete": "all epochs done; the best model is of epoch {}",
    "early": "stopped early, the validation loss got no better; the best model is of "
    "epoch {}",
    "diverged": "stopped, the loss was no longer finite; the best model is of epoch "
    "{}; try a lower --learning-rate",
    "interrupted": "interrupted; the best model so far is of epoch {}",
}


@click.command()
@click.argument("model")
@data_options
@augment_option(default="none")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Examples in a batch.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Peak of the schedule.",
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    help="Stop after this many epochs without a better validation loss.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of weights, order, dropout and augmentation.",
)
@click.option(
    "--out",
    type=click.Path(path_type=pathlib.Path),
    help="The run folder.  [default: runs/MODEL-DATA-N]",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Constructor argument of the model, such as widths=[16,32]; repeatable.",
)
@as_json
def fit(model, dataset, out, assignments, as_json, **settings):
    """Train MODEL and leave a run folder with everything worth keeping."""
    from recipes.run_folder import check_out
    from zoo import registry

    # What is cheap to refuse is refused before TensorFlow is loaded.
    registry.find(model)
    arguments = dict(map(_assignment, assignments))
    if out is not None:
        check_out(out)

    start_tensorflow()
    from recipes.training import fit as train

    run = train(model, dataset(), out=out, model_arguments=arguments, **settings)
    if as_json:
        print_json(
            {
                "folder": str(run.folder.path),
                "epochs": len(run.metrics),
                "ended": run.ended,
                "kept_epoch": run.kept_epoch,
                "evaluation": run.evaluation.as_json(),
            }
        )
    else:
        from recipes.command.tables import print_evaluation

        print_evaluation(run.evaluation)
        click.echo(ENDED[run.ended].format(run.kept_epoch))
        click.echo(f"run folder: {run.folder.path}")
    if run.ended == "interrupted":
        raise SystemExit(130)


def _assignment(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--set")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
