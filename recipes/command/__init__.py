"""The `zoo` command.

Each subcommand has a module, which imports what it needs inside its functions, so that
`zoo --help` does not load TensorFlow.
"""

import sys

import click

from recipes.command.augment import augment
from recipes.command.compare import compare
from recipes.command.data import data
from recipes.command.environment import prepare_streams
from recipes.command.evaluate import evaluate
from recipes.command.explain import explain
from recipes.command.export import export
from recipes.command.failures import debug_option, one_sentence
from recipes.command.fit import fit
from recipes.command.generate import generate
from recipes.command.imports import import_option
from recipes.command.launch import launch
from recipes.command.list import list_
from recipes.command.predict import predict
from recipes.command.push import push
from recipes.command.report import report
from recipes.command.runs import runs
from recipes.command.search import search
from recipes.command.suggestions import SuggestingGroup
from recipes.training.strategies.launching import end_with_launcher


@click.group(
    cls=SuggestingGroup, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="zoo-keras", prog_name="zoo")
def zoo() -> None:
    """Train, evaluate, use and export Keras models.

    \b
    zoo fit cnn                      train on the included digits
    zoo fit cnn --data photos/       train on your own folder of images
    zoo data photos/                 look at your data first
    zoo augment --data photos/       preview augmented training examples
    zoo search cnn --data photos/    search for better settings
    zoo predict runs/cnn-digits-1 five.png
    zoo explain runs/cnn-digits-1 five.png
    zoo generate dcgan_mnist --out digits.png
    zoo runs                         list what was trained
    zoo export runs/cnn-digits-1 saved_models/digits
    """


for subcommand in (
    list_,
    data,
    augment,
    fit,
    search,
    launch,
    evaluate,
    predict,
    explain,
    generate,
    export,
    runs,
    compare,
    report,
    push,
):
    zoo.add_command(subcommand)
for command in (zoo, *zoo.commands.values()):
    command.params += [import_option, debug_option]


def main() -> None:
    """Runs the command; an error becomes one sentence and an exit status."""
    prepare_streams()
    with one_sentence():
        end_with_launcher()
        status = zoo(standalone_mode=False)
        if isinstance(status, int):  # Click returns what `context.exit` was given.
            sys.exit(status)
