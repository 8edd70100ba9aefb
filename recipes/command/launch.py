"""`zoo launch`."""

import sys

import click

# The command of this installation, whether or not it is on the path. `-P`: a folder
# `recipes` where the user works does not hide ours.
ZOO = (
    "-P",
    "-c",
    "import sys; sys.argv[0] = 'zoo'; from recipes.command import main; main()",
)

MOST_WORKERS = 256  # of one machine


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=2,
    show_default=True,
    help="Number of processes.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def launch(context: click.Context, workers: int, command: tuple[str, ...]) -> None:
    """Run a zoo COMMAND in several processes of this machine that train together.

    \b
    zoo launch --workers 2 -- fit mlp --epochs 3

    This tries out what later runs on several machines: each process is one worker of
    a cluster. The output of the first worker is shown; that of another worker only if
    it fails, which ends all workers. The exit status is that of the first worker.
    """
    from recipes.command.imports import imported
    from recipes.training.strategies.launching import run_workers

    modules = [f"--import={name}" for name in imported]
    context.exit(run_workers([sys.executable, *ZOO, *modules, *command], workers))
