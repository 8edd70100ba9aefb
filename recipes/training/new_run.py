"""A new training run: its arguments are checked, its folder made, its model trained."""

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from custom.arguments import shown
from recipes import sampling
from recipes.augmentation.base import has_soft_targets
from recipes.augmentation.presets import check_name, choose
from recipes.data.dataset import Dataset
from recipes.data.pairs import encoded
from recipes.reports.run_folder import RunFolder, check_out
from recipes.sampling.base import Rebalancing
from recipes.sources import load
from recipes.training.batches import Batches, batches_for
from recipes.training.checkpoints.checkpointing import write_first_checkpoint
from recipes.training.checkpoints.lock import locked
from recipes.training.checkpoints.storage import Checkpoints
from recipes.training.compiling import check_backend, check_optimizer, prepare
from recipes.training.components import Components
from recipes.training.fine_tuning.base import Base
from recipes.training.given import given_arguments
from recipes.training.loop import run_training
from recipes.training.preflight import check_run, save_untrained
from recipes.training.retraining import peak_of_model
from recipes.training.run_config import describe_run
from recipes.training.settings import check_preset, settings_for, starting_weights
from recipes.training.setup import Setup
from recipes.training.strategies.normalization import check_synchronized, synchronize
from recipes.training.strategies.placement import Placement, place
from recipes.training.strategies.steps import check_shared
from recipes.training.tasks import task_of
from recipes.training.user_callbacks import check_callbacks
from zoo.atomic_writes import write_json
from zoo.errors import InputError, printable

# What a compiled model or an optimizer object decides instead of the settings.
DECIDED: dict[str, Any] = {"optimizer": None, "weight_decay": 0.0, "clip_norm": None}
# What it decides too, unless an earlier run made its schedule.
SCHEDULED: dict[str, Any] = {"learning_rate": None, "averaging": None}

# Arguments that say how data are read.
OF_DATA = ("task", "target", "time", "window", "horizon", "validation", "test", "split")


def start(
    model: str | keras.Model | None,
    data: Any,
    *,
    preset: Any,
    freeze: str | int | None,
    weights: str | None,
    model_arguments: dict[str, Any] | None,
    optimizer: Any,
    loss: Any,
    regularizer: Any,
    metrics: Sequence[Any] | None,
    callbacks: Sequence[keras.callbacks.Callback] | None,
    augment: str | Callable[..., Any] | None,
    rebalance: str | Rebalancing | None,
    rebalance_ratio: float | None,
    transform: str | None,
    task: str | None,
    target: tuple[str, ...],
    time: str | None,
    window: int | None,
    horizon: int | None,
    validation: Any,
    test: Any,
    split: str | None,
    scale_learning_rate: bool,
    out: str | os.PathLike[str] | None,
    strategy: str | Placement,
    progress: bool,
    scores_only: bool = False,
    untested: bool = False,
    instead: Callable[[keras.Model, Batches], Any] | None = None,
    **given: Any,
) -> Any:
    """Makes a new run and trains it; the arguments are those of `recipes.fit`.

    A run for its scores alone has the same scores, without pictures and export. An
    untested one leaves the test part alone, too, until `report_run` scores it.
    `instead` gets the compiled model and its batches before there is a folder, and
    what it returns is the result.
    """
    if model is None and preset is None:
        model = "cnn"
    recorded = given_arguments(locals())
    if model is not None and not isinstance(model, str | keras.Model):
        raise InputError(
            f"`model` must be a name or a Keras model, got {shown(model)}."
        )
    check_preset(model, preset, freeze, weights)
    weights = starting_weights(model, weights)
    check_backend()
    placement = strategy if isinstance(strategy, Placement) else place(strategy)
    if out is not None and placement.is_chief:
        check_out(out)
    if isinstance(augment, str):
        check_name(augment)
    rebalancing = sampling.choose(rebalance, rebalance_ratio)
    components = Components.given(
        optimizer, loss, regularizer, () if metrics is None else metrics
    )
    base = preset = None if preset is None else Base.read(preset)
    if base is not None:
        model, freeze = base.network, 0 if freeze is None else freeze
    if weights is not None:
        freeze = 0 if freeze is None else freeze
        model_arguments = {**(model_arguments or {}), "weights": weights}
    peak = peak_of_model(model)
    rate = {
        "scale_learning_rate": scale_learning_rate or None,
        "learning_rate": given["learning_rate"],
    }
    check_optimizer(
        model,
        components,
        **(rate if peak is None else {}),
        **{name: given[name] for name in ("clip_norm", "accumulation_steps")},
    )
    dataset = dataset_for(locals())
    options = ("patience", "on_nan", "calibrate")
    task_of(model, dataset).check_options(
        rebalance=rebalancing, **{name: given[name] for name in options}
    )
    is_built_here = isinstance(model, str) or base is not None
    name: Any = getattr(base, "family", None) or getattr(model, "name", model)
    chosen = given["learning_rate"]
    given |= components.settings(optimizer, peak if chosen is None else chosen)
    settings = settings_for(
        name,
        len(dataset.train),
        kind=dataset.kind,
        task=dataset.task,
        scale_learning_rate=scale_learning_rate,
        freeze=freeze,
        preset=None if base is None else base.preset,
        **given,
    )
    dataset = dataset.arranged(settings.batch_size, settings.segment_length)
    is_compiled = isinstance(model, keras.Model) and model.compiled
    if is_compiled or not components.has_schedule:
        decided = DECIDED if peak is not None else {**DECIDED, **SCHEDULED}
        settings = dataclasses.replace(settings, **decided)
    keras.utils.set_random_seed(settings.seed % 2**32)
    augment = choose(augment, dataset)
    task_of(model, dataset).check_augmentation(augment)
    augmented = has_soft_targets(augment)
    model, soft_targets, notes = prepare(
        base or model,
        dataset,
        settings,
        model_arguments or {},
        components,
        augmented=augmented,
        transform=transform,
        placement=placement,
    )
    dataset = encoded(dataset, model)
    dataset = dataclasses.replace(dataset, notes=(*dataset.notes, *notes))
    if placement.replicas > 1:
        synchronize(model) if is_built_here else check_synchronized(model)
        check_shared(model)
    callbacks = check_callbacks(callbacks, model)
    batches = batches_for(
        dataset, settings, augment, rebalancing, placement, soft_targets=soft_targets
    )
    if instead is not None:
        return instead(model, batches)
    config = describe_run(
        model,
        dataset,
        settings,
        augment,
        batches.rebalancing,
        placement.describe(),
        soft_targets,
        callbacks,
        scores_only,
        untested,
    )
    config["training"]["given"] = recorded

    def write_start(folder: RunFolder) -> None:
        write_json(folder.config, config)
        folder.checkpoints.mkdir()
        save_untrained(model, folder)
        is_soft = soft_targets or augmented
        check_run(model, dataset, settings, folder, soft_targets=is_soft)
        write_first_checkpoint(Checkpoints(folder.checkpoints), model)

    run_folder = placement.run_folder(out, f"{name}-{dataset.name}", write_start)
    with run_folder as folder:
        setup = Setup(
            model,
            dataset,
            settings,
            batches,
            folder,
            placement,
            callbacks,
            scores_only,
            untested,
        )
        if progress and placement.is_chief:
            for sentence in (placement.sentence(), *map(printable, notes)):
                print(sentence, file=sys.stderr)
        with locked(folder.lock):
            steps = settings.checkpoint_steps
            return run_training(setup, checkpoint_steps=steps, progress=progress)


def dataset_for(arguments: Mapping[str, Any]) -> Dataset:
    """The data set that arguments of `recipes.fit` ask for, read unless it is one."""
    data, options = arguments["data"], {name: arguments[name] for name in OF_DATA}
    if not isinstance(data, Dataset):
        if arguments["preset"] is not None:
            return Base.read(arguments["preset"]).load(data, options)
        return load(data, **options)
    given = [name for name in options if options[name] is not None]
    for name in (name for name in given if name != "target" or options[name]):
        raise InputError(
            f"`{name}` {shown(options[name])} is for data that are to be "
            f"read; {data.name} is a data set already: give it to `recipes.load`."
        )
    return data
