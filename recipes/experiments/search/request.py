"""What a search was asked for, as its folder keeps it."""

import dataclasses
import pathlib
from typing import Any

from recipes.experiments.search.space import Setting
from zoo.errors import InputError
from zoo.json_files import read_json

REQUEST = "request.json"  # in the folder of the study
# Parts of the names of measures of which less is better.
LOSSES = ("loss", "error", "mae", "mse", "rmse", "divergence", "crossentropy")


@dataclasses.dataclass(frozen=True)
class Request:
    """What a search was asked for: enough to continue it.

    Attributes:
        arguments: Arguments of `recipes.fit` that are the same in every trial.
        origin: How the data are loaded again; `None` if they were given as an object.
        space: The settings that vary.
        by: The measure on the validation part.
        trials: Number of trials.
        prune: Whether poor trials are stopped early.
        retrain: Whether the best settings are trained again.
        seed: Random seed of what is tried, and of each trial.
        module: The module of a family of the user's own.
    """

    arguments: dict[str, Any]
    origin: dict[str, Any] | None
    space: tuple[Setting, ...]
    by: str
    trials: int
    prune: bool
    retrain: bool
    seed: int
    module: str | None

    @property
    def is_loss(self) -> bool:
        """Whether a smaller measure is better."""
        return any(part in LOSSES for part in self.by.split("_"))

    @classmethod
    def read(cls, folder: pathlib.Path) -> "Request":
        """The request of the search in a folder."""
        path = folder / "study" / REQUEST
        if not path.is_file():
            raise InputError(f"{folder} is not the folder of a search: no {path}.")
        record = read_json(path)
        try:
            space = [Setting(**each) for each in record.pop("space")]
            space = [
                dataclasses.replace(each, choices=tuple(each.choices)) for each in space
            ]
            return cls(space=tuple(space), **record)
        except (KeyError, TypeError) as error:
            raise InputError(f"{path} is damaged: {error}.") from error
