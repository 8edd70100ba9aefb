"""`zoo launch`."""

import sys

import click

# The command of this installation, whether or not it is on the path.
ZOO = "import sys; sys.argv[0] = 'zoo'; from recipes.command import main; main()"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="How many processes.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def launch(context, workers, command):
    """Run a zoo COMMAND in several processes of this machine that train together.

    \b
    zoo launch --workers 2 -- fit mlp --epochs 3

    That is for trying out what runs on several machines: each process is one worker of
    a cluster. What the first one writes is shown; what another writes only if it fails,
    which ends all. The exit status is the first one's.
    """
    from recipes.training.strategies.launching import run_workers

    context.exit(run_workers([sys.executable, "-c", ZOO, *command], workers))
