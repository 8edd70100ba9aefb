"""`recipes.push`: a trained model with its card and report, to the hub or a folder."""

import os
import pathlib
import shutil
import tempfile
from typing import Annotated, Any

from custom.arguments import shown
from recipes.data.options import checks_arguments
from recipes.publishing.run_card import card_of_run, published
from recipes.reports.run_folder import RunFolder
from recipes.reports.run_page.sections import page_of
from recipes.sources.options import Text
from recipes.training.run_report import facts_of_folder
from zoo.atomic_writes import checked_atomic_write, json_text
from zoo.errors import InputError
from zoo.loading import load_network
from zoo.presets.folder import PresetFolder
from zoo.presets.hub import SCHEME, parsed, upload
from zoo.presets.readme import readme_of
from zoo.presets.references import check_reference, located

LEFT_BEHIND = ("examples.npz",)  # of a preset: they are examples of its data
# What a model that is not of the zoo needs of the record of its run.
NEEDED = (
    *("kind", "task", "class_names", "class_names_given", "feature_names"),
    *("value_names", "label_names", "sample_rate", "bit_depth", "input_shape", "name"),
)


@checks_arguments
def push(
    model: Annotated[str | os.PathLike[str], check_reference],
    destination: Annotated[str | os.PathLike[str], check_reference],
    *,
    license: Text | None = None,
    public: bool = False,
) -> str:
    """Writes a trained model with its card and report to the hub, or to a folder.

    What `hf://user/name` reads is written: a preset, or for a model that is not of the
    zoo `model.keras`; `README.md`, the model card; and `report.html` of a run. No
    examples of the data are written, no path of this machine, and nothing that is
    pickled. The model keeps what it needs of the data: names of classes and columns,
    categories and vocabulary.

    Args:
        model: A run folder, or a preset by name or folder.
        destination: `hf://user/name`, `hf://user/name@branch`, or a folder that does
            not exist.
        license: Licence of the weights as the hub knows it, such as `"apache-2.0"`.
            Default: that of a preset; none for a run.
        public: Whether everybody sees a new repository. One that exists stays as it is.

    Returns:
        The address of the commit, or the folder.

    Raises:
        InputError: If there is no such model, the destination cannot be used, or the
            extra `hub` is missing.
    """
    destination = os.fspath(destination)
    is_hub = destination.startswith(SCHEME)
    if is_hub:
        parsed(destination)
    elif public or "://" in destination:
        raise InputError(
            f"`destination` must be hf://user/name or a folder, got "
            f"{shown(destination)}; `public` (--public) is for the hub."
        )
    elif pathlib.Path(destination).exists():
        raise InputError(f"{destination} exists already; choose another folder.")
    source = located(model)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "model"
        if PresetFolder(source).is_preset:
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
            card = PresetFolder(source).read(PresetFolder(source).card)
        else:
            card = _write_run(RunFolder(source), folder)
        if license is not None:
            card["license"] = license
            (folder / "card.json").write_text(json_text(card), encoding="utf-8")
        reference = destination.partition("@")[0] if is_hub else destination
        name = pathlib.PurePosixPath(reference).name
        text = readme_of(card, name, reference)
        (folder / "README.md").write_text(text, encoding="utf-8")
        if is_hub:
            return upload(folder, destination, private=not public)
        with checked_atomic_write(pathlib.Path(destination)) as draft:
            shutil.copytree(folder, draft)
    return destination


def _write_run(run: RunFolder, folder: pathlib.Path) -> dict[str, Any]:
    """Writes the model and the report of a run; returns its card."""
    facts = published(facts_of_folder(run))
    network = load_network(run.path)
    entries = card_of_run(facts)
    if hasattr(network, "save_to_preset"):
        network.save_to_preset(folder, card=entries)
        card = PresetFolder(folder).read(PresetFolder(folder).card)
    else:
        folder.mkdir()
        shutil.copy(run.model, folder / run.model.name)
        data = {key: facts.config["data"].get(key) for key in NEEDED}
        record = {"model": {"class": type(network).__name__}, "data": data}
        (folder / run.config.name).write_text(json_text(record), encoding="utf-8")
        card = {
            **entries,
            "model": type(network).__name__,
            "parameters": network.count_params(),
            "class_names": data["class_names"],
            "versions": facts.config["versions"],
        }
    (folder / run.report.name).write_text(page_of(facts), encoding="utf-8")
    return card
