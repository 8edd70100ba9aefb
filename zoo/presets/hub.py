"""Models in repositories of the Hugging Face hub."""

import contextlib
import pathlib
import re
from collections.abc import Iterator
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
    "LocalTokenNotFoundError": "there is no token: log in by `hf auth login`, or set "
    "HF_TOKEN",
    "LocalEntryNotFoundError": "the hub cannot be reached, and the repository is not "
    "in its cache: check the connection and HF_HUB_OFFLINE",
}


def parsed(reference: str) -> tuple[str, str | None]:
    """The repository `user/name`, and the revision if there is one."""
    match = re.fullmatch(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?", reference)
    if match is None:
        raise InputError(
            f"A model of the hub is hf://user/name or hf://user/name@revision, got "
            f"{reference}."
        )
    return match[1], match[2]


def snapshot(reference: str) -> pathlib.Path:
    """The folder of a repository of the hub, in the hub's own cache.

    Args:
        reference: `hf://user/name`, or `hf://user/name@revision` for a branch, a tag
            or a commit.

    Raises:
        InputError: If the extra `hub` is missing, the repository cannot be downloaded,
            or it does not hold a model.
    """
    name, revision = parsed(reference)
    hub: Any = require("huggingface_hub", "hub", f"Reading {reference}")
    with _told(reference, name, revision, "downloaded"):
        folder = hub.snapshot_download(name, revision=revision, allow_patterns=FILES)
    path = pathlib.Path(folder)
    file = path / "model.keras"
    return file if file.is_file() and not (path / "config.json").is_file() else path


def upload(folder: pathlib.Path, reference: str, *, private: bool) -> str:
    """Puts the files of a folder into a repository of the hub; makes it if needed.

    The token is the one that `huggingface_hub` knows: of `hf auth login`, or in the
    environment variable `HF_TOKEN`.

    Args:
        folder: The folder.
        reference: `hf://user/name`, or `hf://user/name@branch` for a branch.
        private: Whether a new repository is visible to its owner only.

    Returns:
        The address of the commit.

    Raises:
        InputError: If the extra `hub` is missing, or the hub refuses.
    """
    name, revision = parsed(reference)
    hub: Any = require("huggingface_hub", "hub", f"Uploading to {reference}")
    with _told(reference, name, revision, "uploaded to"):
        hub.create_repo(name, private=private, exist_ok=True)
        if revision is not None:
            hub.create_branch(name, branch=revision, exist_ok=True)
        commit = hub.upload_folder(
            repo_id=name,
            folder_path=folder,
            revision=revision,
            commit_message="Upload a model of zoo-keras",
        )
    return str(commit)


@contextlib.contextmanager
def _told(reference: str, name: str, revision: str | None, done: str) -> Iterator[None]:
    """Says what an error of the hub means."""
    try:
        yield
    except Exception as error:  # It raises types of several libraries.
        kinds = [kind.__name__ for kind in type(error).__mro__]
        known = next((REASONS[k] for k in REASONS if k in kinds), None)
        page = f"https://huggingface.co/{name}"
        reason = known and known.format(page=page, revision=revision)
        raise InputError(
            f"{reference} cannot be {done}: {reason or first_line(error)}."
        ) from error
