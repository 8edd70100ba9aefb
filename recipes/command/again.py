"""Doing a run again by its record: `zoo fit --config`."""

import dataclasses
import json
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import click

from zoo.errors import printable


@dataclasses.dataclass(frozen=True)
class Again:
    """A run to be done again.

    Attributes:
        path: The run folder, or its `config.json`.
        given: Names of the arguments and options that the user gave, which win.
    """

    path: pathlib.Path
    given: Sequence[str]

    def data_and_arguments(
        self, dataset: Callable[..., Any], settings: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """The data and the arguments of the run, with what the user gave instead.

        What differs is told on standard error, in a line each.

        Args:
            dataset: Loads the data, as `data_options` gives it to a command.
            settings: The arguments of `recipes.fit` by the options of the command.
        """
        from recipes.training.repeating import reading_again, recorded_arguments

        own = [name for name in self.given if name in settings]
        replaced = [name for name in own if name != "model_arguments"]
        if "model" in own:  # The arguments of another model need not fit.
            replaced.append("model_arguments")
        recorded, config, notes = recorded_arguments(self.path, replaced)
        before = config["training"].get("given") or {}
        for name in replaced:
            if name in own:
                _tell(name, settings[name], before.get(name))
        arguments = {**settings, **recorded}
        changed = settings["model_arguments"]
        for name, value in changed.items():
            _tell(name, value, (before.get("model_arguments") or {}).get(name))
        kept = recorded.get("model_arguments") or {}
        arguments["model_arguments"] = {**kept, **changed}
        data = dataset(reading_again(config, notes))
        for note in notes:
            click.echo(printable(note), err=True)
        return data, arguments


def _tell(name: str, new: Any, old: Any) -> None:
    if new == old:
        return
    told = "the default" if old is None else _shown(old)
    click.echo(printable(f"{name}: {_shown(new)} instead of {told}"), err=True)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
