"""How the command ends when something fails: one sentence, and an exit status."""

import contextlib
import os
import pathlib
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator

import click

from recipes.training.strategies.cluster import TRY_AGAIN, WorkerLost
from zoo.errors import InputError, first_line, printable

INTERNAL = 70  # exit status `os.EX_SOFTWARE`, which Windows does not have
# By name, because importing the modules of these would load TensorFlow.
EXPORT_FAILED = "ExportError"
OUT_OF_MEMORY = ("MemoryError", "ResourceExhaustedError")

_debugging: list[bool] = []  # holds one item after `--debug`


def _start_debugging(context, parameter, is_given: bool) -> None:
    if is_given:
        _debugging.append(True)


debug_option = click.Option(
    ["--debug"],
    is_flag=True,
    help="Show the traceback of an error.",
    callback=_start_debugging,
    expose_value=False,
    is_eager=True,
)


@contextlib.contextmanager
def one_sentence() -> Iterator[None]:
    """Turns an exception in the block into a message and `SystemExit`.

    A mistake of the user is one sentence and status 2. What nobody expected is one
    sentence too, with status 70 and a log file for a report.
    """
    _debugging.clear()
    try:
        yield
    except (click.exceptions.Abort, KeyboardInterrupt):
        _stop("Interrupted.", 130)
    except click.exceptions.Exit as request:
        sys.exit(request.exit_code)
    except click.ClickException as error:
        if _debugging:
            traceback.print_exc()
        error.message = str(InputError(error.message))  # type: ignore[misc]
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if _debugging:
            traceback.print_exc()
        message, status = _told(error)
        _stop(f"Error: {printable(message)}", status)


def _stop(message: str, status: int) -> None:
    click.echo(message, err=True)
    sys.exit(status)


def _told(error: Exception) -> tuple[str, int]:
    """The sentence about an error, and the exit status."""
    names = [cls.__name__ for cls in type(error).__mro__]
    if isinstance(error, InputError):
        return str(error), 2
    if isinstance(error, WorkerLost):
        return str(error), TRY_AGAIN
    if EXPORT_FAILED in names:
        return str(error), 1
    if set(OUT_OF_MEMORY) & set(names):
        return (
            f"There is not enough memory ({first_line(error)}): use fewer or "
            "smaller examples, a smaller batch, or a smaller model.",
            2,
        )
    if isinstance(error, OSError) and (error.strerror or error.filename):
        reason = error.strerror or str(error)
        return f"{error.filename}: {reason}." if error.filename else f"{reason}.", 2
    return _unexpected(error), INTERNAL


def _unexpected(error: Exception) -> str:
    what = f"{type(error).__name__}: {first_line(error)}"
    log = _written_log(error)
    remedy = (
        "run the same command with --debug, and report what it shows"
        if log is None
        else f"report it with the file {log}"
    )
    return f"Unexpected error ({what}), a fault of this program: {remedy}."


def _written_log(error: Exception) -> pathlib.Path | None:
    """A file with the traceback; `None` if there is no folder for it."""
    import platformdirs

    lines = [
        f"command: {sys.argv}\n",
        f"python: {platform.python_version()} on {platform.platform()}\n\n",
        *traceback.format_exception(error),
    ]
    name = f"zoo-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    folders = (
        lambda: platformdirs.user_log_path("zoo", appauthor=False, opinion=False),
        lambda: pathlib.Path(tempfile.gettempdir()),
    )
    for folder in folders:
        with contextlib.suppress(OSError, RuntimeError):
            folder().mkdir(parents=True, exist_ok=True)
            file = folder() / name
            text = "".join(lines).encode(errors="backslashreplace")
            file.write_bytes(text)
            return file
    return None
