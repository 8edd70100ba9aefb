"""Forecasts of `zoo predict`: the steps after the last row of a table."""

import pathlib
from typing import Any

import click

from recipes.command.options import print_json
from zoo.errors import InputError, printable
from zoo.names import file_name


def show_forecasts(
    files: tuple[pathlib.Path, ...],
    trained: Any,
    as_json: bool,
    time: str | None = None,
    group: str | None = None,
) -> None:
    """Forecasts the steps that follow each series of tables, and prints them.

    `time` and `group` name columns of the tables. Default: those of the training.
    """
    from recipes.reports.evaluation import training_data

    read_as = training_data(trained)
    read_as |= {k: v for k, v in (("time", time), ("group", group)) if v is not None}
    results = [
        result for file in files for result in _forecasts(file, trained, read_as)
    ]
    if as_json:
        print_json(results)
        return
    for result in results:
        series = f" {result['series']}" if result["series"] else ""
        for step in result["steps"]:
            numbers = []
            for name, value in step["values"].items():
                shown = f"{name} {value:.6g}"
                if "lower" in step:
                    low, high = step["lower"][name], step["upper"][name]
                    shown += f" ({low:.6g} … {high:.6g})"
                numbers.append(shown)
            line = f"{result['input']}{series} {step['time']}: {', '.join(numbers)}"
            click.echo(printable(line))


def _forecasts(
    file: pathlib.Path, trained: Any, read_as: dict[str, Any]
) -> list[dict[str, Any]]:
    import numpy as np

    from recipes.sources.last_windows import last_windows
    from recipes.sources.series_table import known_in
    from recipes.sources.table_format import TableFormat, is_table
    from recipes.sources.tables import read_table
    from zoo.targets import Forecast

    target = trained.target
    names: Any = read_as.get("target") or getattr(target, "names", ())
    window, horizon = trained.input_shape[0], len(getattr(target, "names", ()))
    if isinstance(target, Forecast):
        window, horizon = target.window, target.horizon
        if trained.feature_names:
            read_as = {**read_as, **known_in(trained.feature_names, target.known)}
    elif "target" not in read_as:  # A user's own model knows no names.
        names = (read_as.get("label_column", "label"),)
    names = tuple(names)
    if not is_table(file):
        raise InputError(f"A forecast reads tables such as .csv files, got {file}.")
    windows = last_windows(
        read_table(file, TableFormat.of(read_as)),
        names,
        window,
        horizon,
        trained.feature_names,
        read_as,
    )
    answers = trained.answers(np.stack([each.inputs for each in windows]))
    shape = len(windows), horizon, len(names)
    answers = {kind: values.reshape(shape) for kind, values in answers.items()}
    results = []
    for number, each in enumerate(windows):
        steps = [
            {"time": time}
            | {
                kind: dict(zip(names, map(float, values[number, step]), strict=True))
                for kind, values in answers.items()
            }
            for step, time in enumerate(each.times)
        ]
        results.append({"input": file_name(file), "series": each.name, "steps": steps})
    return results
