"""The folder of an experiment of many runs, with the record of what it is."""

import contextlib
import itertools
import os
import pathlib
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from recipes.reports.run_folder import LONGEST_NAME
from zoo.atomic_writes import remove_abandoned_drafts, write_json
from zoo.errors import InputError
from zoo.json_files import read_json

RUNS = pathlib.Path("runs")  # in the working folder


@contextlib.contextmanager
def removed_if_refused(folder: pathlib.Path, record_name: str) -> Iterator[None]:
    """Removes the folder again if an input is refused before a run is in it."""
    try:
        yield
    except InputError:
        files = [path for path in folder.rglob("*") if not path.is_dir()]
        if files == [folder / record_name]:
            shutil.rmtree(folder, ignore_errors=True)
            if folder.parent == RUNS:
                with contextlib.suppress(OSError):  # It holds other runs.
                    RUNS.rmdir()
        raise


def experiment_folder(
    out: str | os.PathLike[str] | None,
    default: str,
    record_name: str,
    record: Mapping[str, Any],
    noun: str,
) -> pathlib.Path:
    """The folder of an experiment, made unless it holds the same one.

    Args:
        out: The folder; `None` for the first free `runs/DEFAULT-N`.
        default: What the folder is named after.
        record_name: The JSON file that says what the experiment is.
        record: Its content.
        noun: What the experiment is, with its article.

    Raises:
        InputError: If the folder holds something else, or cannot be made.
    """
    if out is None:
        name = re.sub(r"[^\w.-]+", "_", default)[:LONGEST_NAME].lstrip(".")
        paths = (RUNS / f"{name}-{n}" for n in itertools.count(1))
        path = next(each for each in paths if not os.path.lexists(each))
    else:
        path = pathlib.Path(out)
    file = path / record_name
    remove_abandoned_drafts(path)
    if file.is_file():
        found = read_json(file)
        differing = [key for key in record if found.get(key) != record[key]]
        if differing:
            raise InputError(
                f"{path} holds {noun} that differs in its {' and '.join(differing)}: "
                "choose another folder, or give the same arguments to go on with it."
            )
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(
            f"The output folder {path} exists already; choose another, or remove it."
        )
    else:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"Cannot make {path}: {error.strerror}.") from error
        write_json(file, record)
    return path
