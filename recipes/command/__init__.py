"""The `zoo` command.

Each subcommand has a module, which imports what it needs inside its functions, so that
`zoo --help` does not load TensorFlow.
"""

import io
import os
import sys

import click

from recipes.command.augment import augment
from recipes.command.evaluate import evaluate
from recipes.command.export import export
from recipes.command.fit import fit
from recipes.command.imports import add_import_option
from recipes.command.launch import launch
from recipes.command.list import list_
from recipes.command.predict import predict
from recipes.training.strategies.cluster import TRY_AGAIN, WorkerLost
from zoo.errors import InputError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zoo-keras", prog_name="zoo")
def zoo() -> None:
    """Train, evaluate, use and export Keras models.

    \b
    zoo fit cnn                      train on the included digits
    zoo fit cnn --data photos/       train on your own folder of images
    zoo augment --data photos/       preview augmented training examples
    zoo predict runs/cnn-digits-1 five.png
    zoo export runs/cnn-digits-1 saved_models/digits
    """


for subcommand in (list_, augment, fit, launch, evaluate, predict, export):
    zoo.add_command(subcommand)
add_import_option(zoo)


def main() -> None:
    """Runs the command; user errors become one line and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # File names need not be UTF-8.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = zoo(standalone_mode=False)
        if isinstance(status, int):  # Click returns what `context.exit` was given.
            sys.exit(status)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _stop("Interrupted.", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as request:
        sys.exit(request.exit_code)
    except InputError as error:
        _stop(f"Error: {error}", 2)
    except WorkerLost as error:
        _stop(f"Error: {error}", TRY_AGAIN)
    except RuntimeError as error:
        # Compared by name, because importing its module would load TensorFlow.
        if type(error).__name__ != "ExportError":
            raise
        _stop(f"Error: {error}", 1)
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _stop(f"Error: {_sentence(error)}", 2)


def _stop(message: str, status: int) -> None:
    click.echo(message, err=True)
    sys.exit(status)


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."
