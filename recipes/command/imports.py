"""The option `--import MODULE`, which every command of `zoo` has."""

import importlib
import pathlib
import sys
import traceback

import click

from recipes.command.start import start_tensorflow
from zoo.errors import InputError

imported: list[str] = []  # for the processes that `zoo launch` starts


def _import_modules(context, parameter, names: tuple[str, ...]) -> None:
    for name in names:
        import_module(name)


def import_module(name: str) -> None:
    """Imports a module that is installed or in the working folder."""
    if name.endswith(".py") or "/" in name or "\\" in name:
        module = ".".join(pathlib.PurePath(name).with_suffix("").parts).strip(".")
        raise InputError(f"--import takes the name of a module: give {module!r}.")
    start_tensorflow()  # It holds back the messages of an import of Keras.
    folder = str(pathlib.Path.cwd())
    sys.path.insert(0, folder)
    try:
        importlib.import_module(name)
    except Exception as error:  # A user's module may raise anything.
        missing = getattr(error, "name", None)
        if isinstance(error, ModuleNotFoundError) and missing == name.partition(".")[0]:
            raise InputError(
                f"There is no module {name!r} to import, neither installed nor in "
                f"{folder}."
            ) from error
        *_, last = traceback.extract_tb(error.__traceback__)
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise InputError(
            f"The module {name!r} cannot be imported: {type(error).__name__}: {said} "
            f"({last.filename}, line {last.lineno})."
        ) from error
    finally:
        # At the end, so that files there do not hide modules imported later.
        sys.path.remove(folder)
        sys.path.append(folder)
    imported.append(name)


import_option = click.Option(
    ["--import", "imports"],
    multiple=True,
    metavar="MODULE",
    help="Import a Python module first, such as one that registers models; repeatable.",
    callback=_import_modules,
    expose_value=False,
    is_eager=True,
)
