"""`zoo fit`."""

import json
import pathlib

import click

from recipes.command.augment import augment_option
from recipes.command.options import as_json, data_options, print_json
from recipes.command.start import start_tensorflow
from recipes.training.strategies import STRATEGIES
from recipes.training.strategies.cluster import is_chief

ENDED = {
    "complete": "all epochs done; the model is of epoch {}",
    "early": "stopped early, the validation loss got no better; the model is of epoch "
    "{}",
    "time limit": "stopped at the time limit; the model is of epoch {}",
    "diverged": "stopped, the loss was no longer finite; the model is of epoch {}; try "
    "a lower --learning-rate",
    "interrupted": "interrupted; the model so far is of epoch {}",
}
WITH_RESUME = (
    "resume",
    "accept_changed_data",
    "checkpoint_steps",
    "strategy",
    "as_json",
)


@click.command()
@click.argument("model", required=False)
@data_options
@augment_option(default="none")
@click.option(
    "--rebalance",
    metavar="NAME",
    default="none",
    show_default=True,
    help="Even out unequal classes: none, undersample, oversample, smote, smote_nc, "
    "balanced (every batch), sqrt or class_weights.",
)
@click.option(
    "--rebalance-ratio",
    type=click.FloatRange(0, 1, min_open=True),
    help="The rarest class to the largest.  [default: 1]",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Examples in a batch.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Peak of the schedule.",
)
@click.option(
    "--scale-learning-rate",
    is_flag=True,
    help="Multiply the learning rate by as much as --batch-size is above its default.",
)
@click.option(
    "--clip-norm",
    type=click.FloatRange(min=0, min_open=True),
    help="Cut gradients to this length.  [default: 1 for recurrent, else never]",
)
@click.option(
    "--accumulation-steps",
    type=click.IntRange(min=1),
    help="Batches whose mean gradient makes one update.  [default: 1]",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "mixed_float16", "mixed_bfloat16"]),
    help="What to compute in.  [default: float32]",
)
@click.option(
    "--jit-compile/--no-jit-compile",
    default=None,
    help="Compile the step with XLA.  [default: by device]",
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    help="Stop after this many epochs without a better validation loss.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop training after this time, that of a run that goes on included.",
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    help="Where to train: one device, all GPUs, or several workers.  [default: auto, "
    "what is there; with --resume what the run began with]",
)
@click.option(
    "--on-nan",
    type=click.Choice(["stop", "restore"]),
    default="stop",
    show_default=True,
    help="When the loss is not finite: stop, or go back and halve the learning rate.",
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
@click.option(
    "--checkpoint-steps",
    type=click.IntRange(min=1),
    help="Steps between two checkpoints.  [default: 30 seconds]",
)
@click.option(
    "--resume",
    type=click.Path(path_type=pathlib.Path),
    metavar="RUN",
    help="Go on with a run that was cut off. It keeps its model, data and settings.",
)
@click.option(
    "--accept-changed-data",
    is_flag=True,
    help="With --resume: go on even if the data are not the same.",
)
@as_json
@click.pass_context
def fit(context, model, dataset, resume, accept_changed_data, as_json, **settings):
    """Train MODEL and leave a run folder with everything worth keeping."""
    if resume is not None:
        _refuse_others(context)
        start_tensorflow()
        from recipes.training.resume import resume as go_on

        run = go_on(
            resume,
            accept_changed_data=accept_changed_data,
            checkpoint_steps=settings["checkpoint_steps"],
            strategy=settings["strategy"],
        )
    else:
        if model is None:
            raise click.MissingParameter(ctx=context, param=context.command.params[0])
        run = _train(model, dataset, **settings)
    if is_chief():
        _show(run, as_json)
    if run.ended == "interrupted":
        raise SystemExit(130)


def _train(model, dataset, out, assignments, strategy, **settings):
    """A run from its beginning."""
    from recipes.reports.run_folder import check_out
    from recipes.sampling.names import check_name
    from zoo import registry

    # What is cheap to refuse is refused before TensorFlow is loaded.
    registry.find(model)
    check_name(settings["rebalance"], settings["rebalance_ratio"])
    arguments = dict(map(_assignment, assignments))
    if out is not None and is_chief():
        check_out(out)

    start_tensorflow()
    from recipes.training.fit import fit as train
    from recipes.training.strategies.placement import place

    placement = place(strategy or "auto")  # Before anything of TensorFlow is used.
    return train(
        model,
        dataset(),
        out=out,
        model_arguments=arguments,
        strategy=placement,
        **settings,
    )


def _refuse_others(context):
    """Refuses what would change a run that goes on."""
    command_line = click.core.ParameterSource.COMMANDLINE
    given = [
        parameter.opts[0] if parameter.name != "model" else "MODEL"
        for parameter in context.command.params
        if parameter.name not in WITH_RESUME
        and context.get_parameter_source(parameter.name) is command_line
    ]
    if given:
        raise click.UsageError(
            f"A resumed run keeps its model, data and settings: leave out "
            f"{', '.join(given)}."
        )


def _show(run, as_json):
    if as_json:
        print_json(
            {
                "folder": str(run.folder.path),
                "epochs": len(run.metrics),
                "ended": run.ended,
                "kept_epoch": run.kept_epoch,
                "evaluation": run.evaluation and run.evaluation.as_json(),
                "rebalancing": run.rebalancing,
                "divergence": run.divergence,
                "slowdowns": list(run.slowdowns),
            }
        )
    else:
        from recipes.command.tables import print_evaluation, print_rebalancing

        if run.evaluation:
            print_evaluation(run.evaluation)
        print_rebalancing(run.rebalancing)
        click.echo(ENDED[run.ended].format(run.kept_epoch))
        for sentence in (*run.slowdowns, run.divergence):
            if sentence:
                click.echo(sentence)
        click.echo(f"run folder: {run.folder.path}")
        if run.ended == "interrupted":
            click.echo(f"to go on: zoo fit --resume {run.folder.path}")


def _assignment(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--set")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
