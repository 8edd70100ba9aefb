"""Going on with a training run that was cut off."""

import json
import os
import pathlib
import warnings
from collections.abc import Callable

from recipes import augmentation, sampling
from recipes.data.dataset import Dataset
from recipes.data.fingerprint import fingerprint
from recipes.reports.run_folder import RunFolder
from recipes.sources import load_with_defaults
from recipes.training.batches import batches_for
from recipes.training.checkpoints.lock import locked
from recipes.training.checkpoints.storage import Checkpoints
from recipes.training.loop import Run, carry_out
from recipes.training.run_config import versions
from recipes.training.settings import Settings
from recipes.training.setup import Setup, load_untrained
from recipes.training.strategies.placement import Placement, place
from zoo.errors import InputError


def resume(
    run: str | os.PathLike,
    *,
    data: Dataset | None = None,
    augment: Callable | None = None,
    accept_changed_data: bool = False,
    checkpoint_steps: int | None = None,
    strategy: str | None = None,
    progress: bool = True,
) -> Run:
    """Goes on with a run that was cut off, as if it had never stopped.

    After Ctrl-C, SIGTERM, `kill -9` or a power cut: training starts from the newest
    checkpoint that is whole, and ends with the same weights and the same metrics,
    bit for bit, as the run would have, on the same machine with the same versions.

    Args:
        run: Folder of the run.
        data: The data set, if the run got one as an object; else it is loaded again.
        augment: The function, if the run got an augmentation of your own.
        accept_changed_data: Whether to go on with data that are not the same.
        checkpoint_steps: As in `fit`.
        strategy: As in `fit`. Default: what the run began with. With another number
            of replicas the numbers can differ in their last digits.
        progress: As in `fit`.

    Returns:
        The `Run`.

    Raises:
        InputError: If there is no such run, it is finished or in use, no checkpoint
            of it is whole, or its data have changed.

    >>> import tempfile
    >>> import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = recipes.fit("mlp", out=f"{folder}/run", epochs=1, progress=False)
    ...     recipes.resume(f"{folder}/run")
    Traceback (most recent call last):
    zoo.errors.InputError: The run .../run is finished; there is nothing to resume.
    """
    folder = RunFolder(pathlib.Path(run))
    if not folder.config.is_file():
        raise InputError(f"{run} is no run folder: it has no {folder.config.name}.")
    if not folder.checkpoints.exists():
        raise InputError(f"The run {run} is finished; there is nothing to resume.")
    if not Checkpoints(folder.checkpoints).steps():
        raise InputError(f"The run {run} stopped before its first step; begin it anew.")
    config = json.loads(folder.config.read_text(encoding="utf-8"))
    recorded = config["resolved"].get("strategy") or {"name": "auto"}
    placement = place(strategy or recorded["name"])
    with placement.same_folder(folder) as folder, locked(folder.lock):
        setup, checkpoint = _recorded(
            folder, config, placement, data, augment, accept_changed_data
        )
        return carry_out(
            setup, checkpoint, checkpoint_steps=checkpoint_steps, progress=progress
        )


def _recorded(folder, config, placement: Placement, data, augment, accept_changed_data):
    """What a run is made of, by its folder, and where it stood."""
    if config["versions"] != versions():
        warnings.warn(
            f"The run began with {config['versions']}, this is {versions()}: the "
            "numbers can differ in their last digits.",
            stacklevel=3,
        )
    checkpoint = Checkpoints(folder.checkpoints).newest()
    if checkpoint is None:
        raise InputError(f"No checkpoint in {folder.checkpoints} is whole.")
    dataset = _dataset(folder, config["data"], data, accept_changed_data)
    settings = Settings(**config["training"]["settings"])
    augment = _augmentation(config["training"]["augmentation"], augment)
    rebalance = config["training"]["rebalancing"]
    if rebalance is not None:
        arguments = {key: rebalance[key] for key in rebalance if key != "classes"}
        rebalance = sampling.from_config(arguments)
    model = load_untrained(folder, settings, placement)
    batches = batches_for(dataset, settings, augment, rebalance, placement)
    return Setup(model, dataset, settings, batches, folder, placement), checkpoint


def _dataset(folder, recorded, given, accept_changed) -> Dataset:
    """The data set that the run began with."""
    if given is None and recorded["origin"] is None:
        raise InputError("The run got its data as an object; give it again, as `data`.")
    dataset = given
    if dataset is None:  # Version 0.1.0 recorded options that do not apply, too.
        options = dict(recorded["origin"])
        dataset = load_with_defaults(options.pop("source"), options, {})
    if fingerprint(dataset) != recorded["fingerprint"] and not accept_changed:
        raise InputError(
            f"{dataset.name} is not what the run {folder.path} began with: its "
            "examples have changed. Bring the old ones back, begin anew, or accept "
            "them (`accept_changed_data`, --accept-changed-data)."
        )
    return dataset


def _augmentation(recorded, given):
    """The augmentation that the run began with."""
    if recorded is None or given is not None:
        return given
    if "function" in recorded:
        raise InputError(
            f"The run changes examples by {recorded['function']!r}, a function of "
            "your own; give it again, as `augment`."
        )
    return augmentation.from_config(recorded)
