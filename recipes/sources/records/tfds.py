"""Classification data sets of TensorFlow Datasets."""

import contextlib
import functools
import logging
import os
import socket
import urllib.parse
import urllib.request

import numpy as np

from recipes.data.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.parts.division import Division
from recipes.sources.records.tfds_features import Reader, group_feature, reader_for
from zoo.errors import InputError

BATCH = 512


@functools.cache
def names() -> frozenset[str]:
    """Names of all data sets of TensorFlow Datasets, without network access."""
    import tensorflow_datasets as tfds

    return frozenset(tfds.list_builders(with_community_datasets=False))


def load_tfds(
    name: str,
    *,
    data_dir: str | os.PathLike | None,
    download: bool,
    division: Division,
    label_column: str,
    text_column: str | None,
    image_size: tuple[int, int] | None,
    sample_rate: int | None,
    clip_seconds: float | None,
) -> Dataset:
    """Reads a classification data set into memory."""
    builder = _builder(name, data_dir)
    features = dict(builder.info.features or {})
    reader = reader_for(
        name,
        features,
        label_column,
        image_size=image_size,
        text_column=text_column,
        sample_rate=sample_rate,
        clip_seconds=clip_seconds,
    )
    group = group_feature(name, features, division)
    _prepare(builder, name, download)
    if "train" not in builder.info.splits:
        raise InputError(
            f"{name} of TensorFlow Datasets has no train part; it has "
            f"{', '.join(builder.info.splits)}."
        )
    arrays, groups = {}, None
    for part in ("train", "test", "validation"):
        if part in builder.info.splits:
            inputs, labels, names = _read(builder, part, reader, group)
            arrays[f"x_{part}"], arrays[f"y_{part}"] = inputs, labels
            if part == "train" and group is not None:
                groups = division.of_files(names) if division.is_pattern else names
    return from_arrays(
        **arrays,
        **reader.arguments,
        class_names=features[label_column].names,
        groups=groups,
        split=division,
        name=name.replace("/", "-"),
        notes=tuple(reader.notes),
    )


def _builder(name, data_dir):
    import tensorflow_datasets as tfds

    try:
        with _quiet():
            return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except Exception as error:  # A wrong config or version: several kinds.
        reason = str(error).strip().partition("\n")[0].rpartition('": ')[2]
        raise InputError(
            f"TensorFlow Datasets has no {name!r}: {reason.partition('. Here')[0]}."
        ) from error


def _prepare(builder, name, download):
    """Downloads and prepares the data unless they are on disk."""
    if builder.data_path.exists():
        if not builder.info.splits:
            raise InputError(
                f"{builder.data_path} does not hold a prepared data set; remove it."
            )
        return
    if not download:
        raise InputError(
            f"{name} is not prepared in {builder.data_path.parent}; allow the "
            "download, or give the folder that has it with --data-dir."
        )
    _check_network(builder, name)
    try:
        builder.download_and_prepare()
    except Exception as error:  # Each data set raises its own.
        reason = str(error).strip().splitlines()[0] if str(error) else repr(error)
        raise InputError(
            f"Cannot download {name}: {reason} Check the network, or give a folder "
            "that has it with --data-dir."
        ) from error


def _check_network(builder, name):
    """Refuses at once what the downloader would try for minutes.

    It only looks up the addresses of the hosts that the data come from, and not even
    these if there is a proxy, which looks them up itself.
    """
    if urllib.request.getproxies():
        return
    urls = getattr(builder, "url_infos", {})
    for host in sorted({urllib.parse.urlsplit(url).hostname for url in urls} - {None}):
        try:
            socket.getaddrinfo(host, None)
        except OSError as error:
            raise InputError(
                f"Cannot download {name}: the host {host} is not found. Check the "
                "network, or give the folder that has the data with --data-dir."
            ) from error


def _read(builder, part: str, reader: Reader, group: str | None):
    """Inputs, labels and, if there is a feature for groups, its values as text."""
    import tensorflow as tf

    with _quiet():
        examples = builder.as_dataset(split=part, shuffle_files=False)

    def needed(example):
        values = reader.inputs(example), example[reader.label]
        return values if group is None else (*values, example[group])

    batches = reader.batched(examples.map(needed, tf.data.AUTOTUNE), BATCH)
    steps = -(-builder.info.splits[part].num_examples // BATCH)
    steps = track(batches.prefetch(2), f"reading {part} {reader.noun}", steps)
    try:
        inputs, *others = zip(*steps, strict=True)
        # A composite tensor, such as clips of different length, is not converted.
        labels, *names = ([value.numpy() for value in values] for values in others)
    except tf.errors.OpError as error:
        raise InputError(
            f"Cannot read the {part} part in {builder.data_path}: its files are "
            "damaged or missing; remove that folder and prepare it again."
        ) from error
    groups = _as_text(np.concatenate(names[0])) if names else None
    # A class is known by its name, and −1 stands for none.
    classes = np.array([*builder.info.features[reader.label].names, None], object)
    return reader.joined(inputs), classes[np.concatenate(labels)], groups


def _as_text(values: np.ndarray) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in values]


@contextlib.contextmanager
def _quiet():
    """Silences the log of TensorFlow Datasets."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
