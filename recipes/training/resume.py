"""`recipes.resume`: continuing a training run that was cut off."""

import dataclasses
import os
import pathlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras

from recipes import augmentation, sampling
from recipes.data.dataset import Dataset
from recipes.data.fingerprint import fingerprint
from recipes.data.options import checks_arguments
from recipes.data.pairs import encoded
from recipes.reports.run_folder import RunFolder
from recipes.sources import load_with_defaults
from recipes.sources.options import Count, Path
from recipes.training.batches import batches_for
from recipes.training.checkpoints.lock import locked
from recipes.training.checkpoints.storage import Checkpoints
from recipes.training.loop import Run, run_training
from recipes.training.metrics_file import kept_epoch, read_metrics
from recipes.training.run_config import read_run, versions, wrong_record
from recipes.training.run_report import report
from recipes.training.settings import Settings
from recipes.training.setup import Setup, load_untrained
from recipes.training.strategies.placement import ALONE, Placement, place
from recipes.training.tasks import task_of
from recipes.training.user_callbacks import check_callbacks
from zoo.errors import InputError
from zoo.keras_file import load_keras_file
from zoo.names import check_encodable


@checks_arguments
def resume(
    run: Path,
    *,
    data: Any = None,
    augment: Callable[..., Any] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    accept_changed_data: bool = False,
    checkpoint_steps: Count | None = None,
    strategy: str | None = None,
    progress: bool = True,
) -> Run:
    """Continues a run that was cut off, as if it had never stopped.

    After Ctrl-C, SIGTERM, `kill -9` or a power cut, training continues from the newest
    undamaged checkpoint. On the same machine with the same versions it ends with the
    same weights and the same metrics, bit for bit, as the run would have.

    Args:
        run: Folder of the run.
        data: The data, if the run got them as an object; else they are loaded again.
        augment: The function, if the run got an augmentation of your own.
        callbacks: The callbacks, if the run got any; an empty list continues without.
        accept_changed_data: Whether to continue although the data have changed.
        checkpoint_steps: As in `fit`. Default: as the run began.
        strategy: As in `fit`. Default: as the run began. With another number of
            replicas the numbers can differ in their last digits.
        progress: As in `fit`.

    Raises:
        InputError: If there is no such run, it is finished or in use, all of its
            checkpoints are damaged, or its data have changed.

    >>> import tempfile
    >>> import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = recipes.fit("mlp", out=f"{folder}/run", epochs=1, progress=False)
    ...     recipes.resume(f"{folder}/run")
    Traceback (most recent call last):
    zoo.errors.InputError: The run .../run is finished; there is nothing to resume.
    """
    check_encodable(run)
    folder = RunFolder(pathlib.Path(run))
    if not folder.config.is_file():
        raise InputError(f"{run} is not a run folder: it has no {folder.config.name}.")
    if not folder.checkpoints.exists():
        raise InputError(f"The run {run} is finished; there is nothing to resume.")
    folder.remove_abandoned_drafts()
    if not Checkpoints(folder.checkpoints).steps():
        raise InputError(
            f"The run {run} stopped before its first step; start it again."
        )
    config = read_run(folder.config)
    placement = place(strategy or _recorded_strategy(folder, config["resolved"]))
    with placement.same_folder(folder) as folder, locked(folder.lock):
        if config["versions"] != versions():
            warnings.warn(
                f"The run began with {config['versions']}, this is {versions()}: the "
                "numbers can differ in their last digits.",
                stacklevel=2,
            )
        checkpoint = Checkpoints(folder.checkpoints).newest()
        if checkpoint is None:
            raise InputError(f"All checkpoints in {folder.checkpoints} are damaged.")
        dataset = _dataset(folder, config, data, accept_changed_data)
        setup = _setup(
            folder, config["training"], dataset, placement, augment, callbacks
        )
        return run_training(
            setup,
            checkpoint,
            checkpoint_steps=checkpoint_steps or setup.settings.checkpoint_steps,
            progress=progress,
        )


def _recorded_strategy(folder: RunFolder, resolved: dict[str, Any]) -> Any:
    match resolved.get("strategy"):
        case None:
            return "auto"
        case {"name": str(name)}:
            return name
    raise wrong_record(folder.config, "resolved.strategy has no name")


def _setup(
    folder: RunFolder,
    config: dict[str, Any],
    dataset: Dataset,
    placement: Placement,
    augment: Callable[..., Any] | None,
    callbacks: Sequence[keras.callbacks.Callback] | None,
    model: keras.Model | None = None,
) -> Setup:
    """What the run consists of, by its `config.json`."""
    try:
        settings = Settings.from_config(config["settings"])
        dataset = dataset.arranged(settings.batch_size, settings.segment_length)
        augment = _augmentation(config["augmentation"], augment)
        rebalance = config["rebalancing"]
        if rebalance is not None:
            arguments = {key: rebalance[key] for key in rebalance if key != "classes"}
            rebalance = sampling.from_config(arguments)
    except InputError as error:
        raise wrong_record(folder.config, str(error).rstrip(".")) from error
    if callbacks is None and config.get("callbacks"):
        names = ", ".join(map(str, config["callbacks"]))
        raise InputError(
            f"The run calls {names}, callbacks of your own; give them again to "
            "`recipes.resume`, as `callbacks`."
        )
    if model is None:
        model = load_untrained(folder, settings, placement)
    dataset = encoded(dataset, model)
    batches = batches_for(
        dataset,
        settings,
        augment,
        rebalance,
        placement,
        soft_targets=config.get("soft_targets", False),  # Not in version 0.1.0.
    )
    callbacks = check_callbacks(callbacks, model)
    return Setup(
        model,
        dataset,
        settings,
        batches,
        folder,
        placement,
        callbacks,
        scores_only=bool(config.get("scores_only")),
        untested=bool(config.get("untested")),
    )


def report_run(
    run: str | os.PathLike[str], data: Any = None, *, scores_only: bool = False
) -> Any:
    """Scores the kept model of a finished run that left the test part alone.

    The run then has its scores, pictures and export, as other runs do.

    Args:
        run: Folder of the run.
        data: The data, if the run got them as an object.
        scores_only: Leave out pictures and export.

    Returns:
        The scores, as `Run.evaluation` has them.
    """
    folder = RunFolder(pathlib.Path(run))
    config = read_run(folder.config)
    dataset = _dataset(folder, config, data, accept_changed=False)
    model = load_keras_file(folder.model, compiled=True)
    setup = _setup(folder, config["training"], dataset, ALONE, None, (), model)
    setup = dataclasses.replace(setup, scores_only=scores_only, untested=False)
    rows = read_metrics(folder.metrics)
    task = task_of(model, dataset)
    evaluation, _ = task.report(setup, model, rows, kept_epoch(rows))
    if not scores_only:
        report(folder.path, data=dataset)
    return evaluation


def _dataset(
    folder: RunFolder,
    config: dict[str, Any],
    given: Any,
    accept_changed: bool,
) -> Dataset:
    """The data set that the run began with, its columns encoded as they were."""
    recorded = config["data"]
    # What decodes in the batch says so; earlier versions never did.
    options: dict[str, Any] = {"decode": "once"}
    of_model: dict[str, Any] = {}
    match config:
        case {"model": {"configuration": {"columns": list(columns)}}}:
            options["columns"] = columns
        case {"data": {"kind": "table", "feature_names": [_, *_] as names}}:
            of_model["feature_names"] = tuple(map(str, names))
    if given is None and recorded["origin"] is None:
        raise InputError("The run got its data as an object; give it again, as `data`.")
    if given is not None:
        dataset = given
    if not isinstance(given, Dataset):
        # Version 0.1.0 recorded options that do not apply, too.
        options |= recorded["origin"] or {}
        source = options.pop("source", None)
        given = source if given is None else given
        dataset = load_with_defaults(given, options, {}, of_model)
    if fingerprint(dataset) != recorded["fingerprint"] and not accept_changed:
        raise InputError(
            f"{dataset.name} is not what the run {folder.path} began with: its "
            "examples have changed. Bring the old ones back, start a new run, or "
            "accept them (`accept_changed_data`, --accept-changed-data)."
        )
    return dataset


def _augmentation(
    recorded: dict[str, Any] | None, given: Callable[..., Any] | None
) -> Callable[..., Any] | None:
    """The augmentation that the run began with."""
    if recorded is None or given is not None:
        return given
    if "function" in recorded:  # Not a wrong record, but one to be completed.
        raise InputError(
            f"The run augments examples with {recorded['function']!r}, a function of "
            "your own; give it again, as `augment`."
        )
    return augmentation.from_config(recorded)
