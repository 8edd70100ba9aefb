"""`recipes.vary`: a run for each value of a setting and each seed."""

import itertools
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recipes.data.options import checks_arguments
from recipes.sources.options import Count, Path, Seed

if TYPE_CHECKING:  # It loads NumPy.
    from recipes.experiments.comparison.compare import Comparison

RECORD = "varied.json"
LONGEST = 80  # letters of the folder of a run


@checks_arguments
def vary(
    model: str = "cnn",
    data: Any = "digits",
    *,
    vary: Mapping[str, str | Sequence[Any]],
    seeds: Count = 3,
    seed: Seed = 0,
    out: Path | None = None,
    progress: bool = True,
    **settings: Any,
) -> "Comparison":
    """Trains a model with each value of a setting, and compares the runs.

    A run that diverges is left out, and a note tells it. Several settings make a grid.
    Each combination is trained with the same seeds, so that the comparison is paired.
    Each run is a folder in `OUT/runs`. The call with the same arguments and `out` goes
    on where an earlier one was cut off.

    Args:
        model: A name from `zoo.list_models()`.
        data: As `recipes.fit` takes it.
        vary: Values by the name of a setting: an argument of `recipes.fit` or of the
            model's constructor. `"adam,rmsprop"` is the same as `["adam", "rmsprop"]`;
            `"default"` stands for the choice of `recipes.fit`.
        seeds: Number of seeds for each combination. A test over seeds needs 2, and
            finds small differences from about 5 on.
        seed: The first seed; the others follow it.
        out: Folder of the runs, of `comparison.html`, `.png` and `.json`. Default:
            the first free `runs/vary-MODEL-DATA-N` in the working folder.
        progress: Show progress on standard error.
        **settings: Other arguments of `recipes.fit`, the same in every run.

    Raises:
        InputError: If a name or a value cannot be used, or `out` holds something else.
        KeyboardInterrupt: On Ctrl-C; the same call continues.

    >>> import tempfile
    >>> import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = recipes.vary(
    ...         "mlp", "xor", vary={"optimizer": "keras.adam,keras.sgd"}, seeds=2,
    ...         epochs=1, out=f"{folder}/v", progress=False,
    ...     )
    >>> sorted(group.name for group in found.groups)
    ['optimizer=keras.adam', 'optimizer=keras.sgd']
    """
    arguments = dict(locals())
    from recipes.experiments.comparison.compare import comparison_of
    from recipes.experiments.comparison.varying import prepared

    del arguments["out"], arguments["progress"], arguments["settings"]
    folder, dataset, runs = prepared(**arguments, settings=settings, out=out)
    from recipes.experiments.experiment_folder import removed_if_refused
    from recipes.experiments.repeated import run_once
    from recipes.training.loop import Diverged

    began, trained = time.monotonic(), 0
    finished, lost = [], []
    for number, (name, given) in enumerate(runs.items(), 1):
        place = folder / "runs" / name
        if progress:
            _tell(number, len(runs), name, began, trained)
        before = time.monotonic()
        with removed_if_refused(folder, RECORD):
            try:
                run_once(place, scores_only=True, data=dataset, progress=False, **given)
                finished.append(place)
            except Diverged as error:
                lost.append(f"{name} is left out: {error}")
        trained += time.monotonic() - before > 0.5  # Otherwise it was there.
    return comparison_of(finished, dataset, folder, lost)


def _tell(number: int, total: int, name: str, began: float, trained: int) -> None:
    left = ""
    if trained:
        seconds = (time.monotonic() - began) / trained * (total - number + 1)
        left = f", about {seconds / 60:.0f} min left"
    print(f"run {number} of {total}: {name}{left}", file=sys.stderr)


def combinations(values: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each value of each setting with each of the others.

    >>> combinations({"a": [1, 2], "b": ["x"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}]
    """
    names = [*values]
    return [
        dict(zip(names, each, strict=True))
        for each in itertools.product(*values.values())
    ]


def folder_name(number: int, combination: Mapping[str, Any], seed: int) -> str:
    """The folder of a run, with what a person looks for in it.

    >>> folder_name(3, {"optimizer": "keras.adam", "widths": [8, 8]}, 0)
    '03-optimizer=keras.adam-widths=8_8-seed=0'
    """
    told = [f"{name}={_text(value)}" for name, value in combination.items()]
    cleaned = re.sub(r"[^\w.=-]+", "_", "-".join(told)).strip("_")[:LONGEST]
    return f"{number:02}-{cleaned}-seed={seed}"


def _text(value: Any) -> str:
    if value is None:
        return "default"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text.strip("[]")
