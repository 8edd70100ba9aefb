"""Doing a run again by its `config.json`."""

import inspect
import pathlib
from collections.abc import Callable, Collection
from typing import Any

from recipes.reports.run_folder import RunFolder
from recipes.training.fit import fit
from recipes.training.given_objects import OBJECT, made_again
from recipes.training.run_config import read_run, versions
from zoo import registry
from zoo.errors import InputError

# Arguments of a family that follow from the data.
OF_DATA = (
    *("name", "input_shape", "num_classes", "class_names", "target", "columns"),
    *("vocabulary", "target_vocabulary", "mode", "inputs", "split", "mask_padding"),
    *("stateful_batch_size", "sample_rate", "image_shape", "bit_depth"),
    *("changed_layers", "frozen_layers", "classifier_activation"),
)
OF_SETTINGS = (  # of a record without arguments, as version 0.2 wrote them
    *("epochs", "batch_size", "patience", "seed", "learning_rate", "clip_norm"),
    *("accumulation_steps", "precision", "jit_compile", "on_nan", "time_limit"),
    *("checkpoint_steps", "interval", "calibrate", "segment_length"),
)


def _restored(value: Any, name: str) -> Any:
    """A recorded argument, with the objects in it."""
    if isinstance(value, list):
        return [_restored(each, name) for each in value]
    if isinstance(value, dict) and OBJECT in value:
        return made_again(value, name)
    if isinstance(value, dict):
        return {key: _restored(each, f"{name}.{key}") for key, each in value.items()}
    return value


def recorded_arguments(
    path: pathlib.Path, replaced: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """The arguments of a run, its whole record, and notes on what the record lacks.

    Args:
        path: The run folder, or its `config.json`.
        replaced: Arguments that get other values, so that the record need not hold
            them.

    Raises:
        InputError: If it is not the record of a run, or an object of the user was part
            of the run.
    """
    notes: list[str] = []
    file = RunFolder(path).config if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"{path} is not a run folder or its config.json.")
    config = read_run(file)
    if config["versions"] != versions():
        notes.append(
            f"the run was made with {config['versions']}, this is {versions()}: the "
            "numbers can differ in their last digits"
        )
    callbacks = config["training"].get("callbacks")
    if callbacks:
        raise InputError(
            "The run cannot be done again by its record: it called "
            f"{', '.join(map(str, callbacks))}, callbacks of yours. Call `recipes.fit` "
            "with them."
        )
    if isinstance(config["training"].get("given"), dict):
        given = config["training"]["given"]
    else:
        given = _older_arguments(config)
        notes.append(
            "the record is of an earlier version, which did not keep the loss, the "
            "metrics and the name of the augmentation: give them if they were not the "
            "default"
        )
    known = inspect.signature(fit).parameters
    return (
        {
            name: _restored(value, name)
            for name, value in given.items()
            if name in known and name not in replaced
        },
        config,
        notes,
    )


def _older_arguments(config: dict[str, Any]) -> dict[str, Any]:
    """The arguments by what an earlier version recorded of a run."""
    model, training = config.get("model"), config["training"]
    names = {entry.path.rpartition(":")[2]: n for n, entry in registry.MODELS.items()}
    if not isinstance(model, dict) or model.get("class") not in names:
        found = model.get("class") if isinstance(model, dict) else model
        return {"model": {OBJECT: str(found)}}
    settings, configuration = training["settings"], dict(model["configuration"])
    target = configuration.get("target") or {}
    found = {
        "model": names[model["class"]],
        "model_arguments": {
            name: value for name, value in configuration.items() if name not in OF_DATA
        },
        **{name: settings.get(name) for name in OF_SETTINGS},
    }
    if isinstance(target, dict) and target.get("transform") is not None:
        found["transform"] = target["transform"]
    if not settings.get("weight_decay") and settings.get("optimizer"):
        found["optimizer"] = settings["optimizer"]
    for name, key in (("augment", "augmentation"), ("rebalance", "rebalancing")):
        made = training[key]
        if made is not None and "function" in made:
            found[name] = {OBJECT: made["function"]}
        elif made is not None:
            own = {each: value for each, value in made.items() if each != "classes"}
            found[name] = {OBJECT: made["name"], "kind": key, "configuration": own}
    return {name: value for name, value in found.items() if value is not None}


Reader = Callable[[Any, dict[str, Any]], Any]


def reading_again(config: dict[str, Any], notes: list[str]) -> Reader:
    """A reader of the data of a run, as `data_options` of the command takes it.

    The reader takes the source, which is the default if the user named none, and the
    options of `recipes.load`, which win over those of the run.
    """
    from recipes.data.fingerprint import fingerprint
    from recipes.sources import DIGITS, OPTIONS, load_with_defaults

    recorded = config["data"]

    def read(source: Any, given: dict[str, Any]) -> Any:
        origin = dict(recorded["origin"] or {})
        own = origin.pop("source", None)
        if source is DIGITS:
            if own is None:
                raise InputError(
                    "The run got its data as an object: give them by --data, or call "
                    "`recipes.fit`."
                )
            source = own
        elif str(source) != own:
            notes.append(f"data: {source} instead of {own or 'an object'}")
        for name, value in given.items():
            if value != OPTIONS[name].default and value != origin.get(name):
                before = origin.get(name, "the default")
                notes.append(f"{name}: {value} instead of {before}")
        dataset = load_with_defaults(source, origin, given)
        if fingerprint(dataset) != recorded["fingerprint"]:
            notes.append("the examples are not those of the run: its numbers differ")
        return dataset

    return read
