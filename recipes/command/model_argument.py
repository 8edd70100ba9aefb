"""The argument MODEL of the commands that ask or use a trained model."""

import os
import pathlib
from typing import Any

import click

from recipes.progress import track
from zoo.presets.references import check_reference, located


class Reference(click.ParamType):
    """A trained model, as `zoo.load_model` takes it."""

    name = "model"

    def convert(self, value: Any, parameter: Any, context: Any) -> Any:
        try:
            return check_reference(parameter.name, value)
        except ValueError as error:
            self.fail(str(error), parameter, context)


def model_argument(**options: Any) -> Any:
    """A decorator that gives a command the argument MODEL, a reference."""
    return click.argument("model", type=Reference(), **options)


def found(model: str | os.PathLike) -> pathlib.Path:
    """The path of MODEL, which is downloaded first if it lies elsewhere."""
    return located(model, track)
