"""The runs of `recipes.vary`, checked before the first of them is trained."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from recipes.data.dataset import Dataset
from recipes.data.fingerprint import fingerprint
from recipes.experiments.arguments import (
    arguments_of_fit,
    told_arguments,
    with_settings,
)
from recipes.experiments.comparison.vary import RECORD, combinations, folder_name
from recipes.experiments.experiment_folder import experiment_folder
from recipes.experiments.search.space import Setting, given_space
from recipes.training.compiling import check_backend
from recipes.training.new_run import dataset_for
from zoo.errors import InputError

MOST = 1000  # runs


def prepared(
    model: str,
    data: Any,
    vary: Mapping[str, str | Sequence[Any]],
    seeds: int,
    seed: int,
    settings: dict[str, Any],
    out: str | os.PathLike[str] | None,
) -> tuple[pathlib.Path, Dataset, dict[str, dict[str, Any]]]:
    """The folder, the data, and the arguments of each run by its name."""
    check_backend()
    if not vary:
        raise InputError(
            "`vary` (--vary) needs a setting with its values, such as "
            "optimizer=adagrad,momentum."
        )
    bound = arguments_of_fit(model, data, settings, "a comparison")
    dataset = dataset_for(bound)
    arguments = told_arguments(bound)
    del arguments["seed"]  # Each run has its own.
    space = given_space(model, dataset, arguments, vary)
    values = {setting.name: _values(setting) for setting in space}
    each = combinations(values)
    if len(each) * seeds < 2:
        raise InputError(
            "`vary` and `seeds` ask for one run, and a comparison needs two: give "
            "another value, or more seeds."
        )
    if len(each) * seeds > MOST:
        raise InputError(
            f"`vary` and `seeds` ask for {len(each) * seeds:,} runs; at most "
            f"{MOST:,} are compared."
        )
    record = {
        "arguments": arguments,
        "values": values,
        "seeds": [seed, seeds],
        "fingerprint": fingerprint(dataset),
    }
    folder = experiment_folder(
        out, f"vary-{model}-{dataset.name}", RECORD, record, "a comparison"
    )
    runs = {
        folder_name(number, combination, own): {
            **with_settings(arguments, combination),
            "seed": own,
        }
        for number, combination in enumerate(each, 1)
        for own in range(seed, seed + seeds)
    }
    return folder, dataset, runs


def _values(setting: Setting) -> list[Any]:
    """The values of a setting; a range has none to compare."""
    if not setting.choices:
        raise InputError(
            f"`{setting.name}` must have values to compare, such as 0.1,0.2, got the "
            f"range {setting}: `recipes.search` (zoo search) looks through ranges."
        )
    return [*setting.choices]
