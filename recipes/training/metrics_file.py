"""Reading `metrics.csv`, the measures of each epoch of a run."""

import csv
import math
import pathlib

from zoo.errors import InputError


def read_metrics(path: pathlib.Path) -> list[dict[str, float]]:
    """A dictionary per epoch, as `Run.metrics` has them.

    Raises:
        InputError: If the file cannot be read, or holds something else than numbers.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                {name: float(value) for name, value in row.items() if value}
                for row in csv.DictReader(file)
            ]
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: it does not hold numbers.") from error
    return rows


def kept_epoch(rows: list[dict[str, float]]) -> int:
    """The first epoch with the lowest validation loss, whose model a run keeps.

    >>> kept_epoch([{"val_loss": 2.0}, {"val_loss": 1.0}, {"val_loss": math.nan}])
    2
    """
    losses = [row["val_loss"] for row in rows]
    finite = [loss for loss in losses if math.isfinite(loss)]
    return losses.index(min(finite)) + 1
