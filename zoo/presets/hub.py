"""Models in repositories of the Hugging Face hub."""

import pathlib
import re
from typing import Any

from zoo.errors import InputError, first_line
from zoo.extras import require

SCHEME = "hf://"
# The files of a preset, and those of a run that are needed to read its model.
FILES = [
    *("config.json", "model.weights.h5", "metadata.json", "card.json", "examples.npz"),
    *("run.json", "model.keras"),
]
# What an error of the hub means, by its class; the first that fits.
REASONS = {
    "GatedRepoError": "its owner must let you in: ask at {page}, and log in by `hf "
    "auth login`",
    "RepositoryNotFoundError": "there is no such repository, or it is private: check "
    "{page}, and log in by `hf auth login`",
    "RevisionNotFoundError": "it has no revision {revision!r}: see {page}",
    "LocalEntryNotFoundError": "the hub cannot be reached, and the repository is not "
    "in its cache: check the connection and HF_HUB_OFFLINE",
}


def snapshot(reference: str) -> pathlib.Path:
    """The folder of a repository of the hub, in the hub's own cache.

    Args:
        reference: `hf://user/name`, or `hf://user/name@revision` for a branch, a tag
            or a commit.

    Raises:
        InputError: If the extra `hub` is missing, the repository cannot be downloaded,
            or it does not hold a model.
    """
    match = re.fullmatch(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?", reference)
    if match is None:
        raise InputError(
            f"A model of the hub is hf://user/name or hf://user/name@revision, got "
            f"{reference}."
        )
    name, revision = match.groups()
    hub: Any = require("huggingface_hub", "hub", f"Reading {reference}")
    try:
        folder = hub.snapshot_download(name, revision=revision, allow_patterns=FILES)
    except Exception as error:  # It raises types of several libraries.
        kinds = [kind.__name__ for kind in type(error).__mro__]
        known = next((REASONS[k] for k in REASONS if k in kinds), None)
        page = f"https://huggingface.co/{name}"
        reason = known and known.format(page=page, revision=revision)
        raise InputError(
            f"{reference} cannot be downloaded: {reason or first_line(error)}."
        ) from error
    path = pathlib.Path(folder)
    file = path / "model.keras"
    return file if file.is_file() and not (path / "config.json").is_file() else path
