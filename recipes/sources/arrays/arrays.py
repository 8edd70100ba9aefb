"""Data sets from arrays in memory."""

import dataclasses
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from custom.arguments import positive, positive_integer
from recipes.data.dataset import Dataset, Part
from recipes.data.encoded_images import EncodedFiles, EncodedImages
from recipes.data.memory import check_memory
from recipes.data.options import optional
from recipes.sources.arrays.sequences import (
    are_ragged_sequences,
    as_sequences,
    padded_sequences,
)
from recipes.sources.audio.audio import (
    as_clips,
    clip_samples,
    padded,
    tell_silent,
)
from recipes.sources.images.image_arrays import as_pixels
from recipes.sources.labels.labels import MISSING, Labels
from recipes.sources.labels.missing import is_missing, missing_rows, told_left_out
from recipes.sources.labels.targets import Task, read_labels
from recipes.sources.options import Split, parsed_split, split as check_split
from recipes.sources.parts.division import Division
from recipes.sources.parts.duplicates import digests, notes_on_duplicates
from recipes.sources.parts.splitting import complete
from recipes.sources.steps.step_arrays import are_step_labels, from_step_arrays
from recipes.sources.steps.step_labels import TASK
from recipes.sources.tables.frames import category_names, plain, plain_labels
from recipes.sources.texts.pairs import from_pairs
from recipes.sources.texts.text import as_texts
from zoo.errors import InputError, checked
from zoo.kinds import Kind


def from_arrays(
    x_train: Any,
    y_train: Any,
    x_test: Any = None,
    y_test: Any = None,
    x_validation: Any = None,
    y_validation: Any = None,
    *,
    class_names: Iterable[str] | None = None,
    task: Task | None = None,
    value_names: Sequence[str] = (),
    feature_names: Iterable[str] = (),
    sample_rate: int | None = None,
    clip_seconds: float | None = None,
    sequences: bool | None = None,
    groups: Any = None,
    test_groups: tuple[str, ...] = (),
    keep_duplicates_together: bool = False,
    name: str = "arrays",
    notes: tuple[str, ...] = (),
    split: bool | Split | Division = True,
) -> Dataset:
    """A data set from arrays, lists, series and data frames.

    Args:
        x_train: Images `(n, height, width)` or `(n, height, width, channels)`, in
            0…255 or, as floats, in 0…1; table rows `(n, features)`; strings; or,
            with `sample_rate`, audio clips: arrays of any length in −1…1, or of 16-bit
            integers. A dictionary or a data frame of named columns is a table of
            numbers and words, in which values may be missing. With `sequences`,
            arrays `(time, features)` of any length, or one array
            `(n, time, features)`.
        y_train: Labels `(n,)`: whole numbers, such as `0…K-1`, `1…K` or `-1, 1`,
            booleans, or text; or one-hot `(n, K)`. Or numbers to predict, `(n,)` or
            `(n, k)`. Or any number of labels for each example: zeros and ones `(n, k)`,
            or texts such as `"red|round"`. An example whose label is missing is left
            out. Or a label for each step of a sequence: a list of labels for each, or
            an array `(n, time)`.
        x_test: The same for the test part; split off if `None`.
        y_test: Its labels.
        x_validation: The same for the validation part; split off if `None`.
        y_validation: Its labels.
        class_names: Names of the classes in their order. Default: the numbers in
            their order, or the text labels in alphabetical order.
        task: `"classification"`, `"multilabel"`, `"regression"`,
            `"sequence_labelling"`, or `"translation"` if both `x` and `y` are texts.
            Default: one of the first four, by the labels; a note says so if it is not
            the first.
        value_names: A name for each number to predict, or for each column of zeros and
            ones. Default: `"value"`, or `"value_1"`, …; or `"0"`, `"1"`, ….
        feature_names: Names of the columns of a table.
        sample_rate: Samples per second; says that `x` are audio clips.
        clip_seconds: Clip length in seconds; longer clips are cut, shorter ones padded
            with zeros. Default: 99 % of the training clips stay whole.
        sequences: Whether `x` are sequences of vectors. Default: whether they are a
            list of float arrays `(time, features)` of different length; an array
            `(n, time, features)` could also be images.
        groups: A name for each training example; examples with the same name, such as
            the recordings of one speaker, stay in one part.
        test_groups: The groups of the test part. Default: chosen.
        keep_duplicates_together: Whether examples with the same content stay in one
            part, so that none is scored that was trained on. By default they are only
            counted in a note.
        name: Name of the data set.
        notes: Notes to begin with.
        split: How parts that are not given are split off the training part, such as
            `"70/15/15"` or `(0.7, 0.15, 0.15)`; by default a fifth of everything for
            testing, and a tenth of the rest. If `False`, as for scoring a model, those
            parts are empty, examples that are alone are the test part, and no class
            needs examples.

    Raises:
        InputError: If shapes, values or labels cannot be used.

    >>> import numpy as np
    >>> rows = np.linspace(0, 1, 80).reshape(40, 2)
    >>> dataset = from_arrays(rows, np.arange(40) % 2)
    >>> print(dataset.describe())
    arrays: rows of 2 features, 2 classes; 28 train, 4 validation, 8 test
    """
    division = _division(split, groups, test_groups, keep_duplicates_together)
    if class_names is None and task in (None, "classification"):
        class_names = category_names(y_train)
    given = {
        "train": (plain(x_train), plain_labels(y_train)),
        "test": (plain(x_test), plain_labels(y_test)),
        "validation": (plain(x_validation), plain_labels(y_validation)),
    }
    for key, (x, y) in given.items():
        if x is None and y is not None:
            raise InputError(f"The {key} part has labels, but no examples.")
    given = {key: pair for key, pair in given.items() if pair[0] is not None}
    if task == "translation":
        return from_pairs(
            {key: x for key, (x, _) in given.items()},
            {key: y for key, (_, y) in given.items()},
            groups=_checked_groups(groups, len(given["train"][0])),
            name=name,
            notes=notes,
            split=division,
        )
    if task == TASK or (task is None and are_step_labels(*given["train"], sequences)):
        inferred = "each step has a label, so the task is sequence_labelling"
        return from_step_arrays(
            given,
            class_names=class_names,
            groups=_checked_groups(groups, len(given["train"][0])),
            division=division,
            name=name,
            notes=(*notes, *([inferred] if task is None else [])),
        )
    if isinstance(given["train"][0], dict):
        from recipes.sources.tables.columns import from_columns

        return from_columns(
            {key: x for key, (x, _) in given.items()},
            {key: y for key, (_, y) in given.items()},
            class_names=class_names,
            task=task,
            value_names=value_names,
            groups=groups if groups is None else np.asarray(plain(groups)).astype(str),
            name=name,
            notes=tuple(notes),
            split=division,
        )
    told = list(notes)
    sample_rate = checked(optional(positive_integer), "sample_rate", sample_rate)
    clip_seconds = checked(optional(positive), "clip_seconds", clip_seconds)
    kind, inputs, lengths = _inputs_of_any_kind(
        {key: x for key, (x, _) in given.items()},
        sample_rate,
        clip_seconds,
        sequences,
        told,
    )
    for key, (_, y) in given.items():
        if y is None or np.ndim(y) == 0 or len(y) != len(inputs[key]):
            found = "none" if y is None else np.shape(y)
            raise InputError(
                f"The {key} part has {len(inputs[key])} examples; its labels have "
                f"the shape {found}."
            )
        if inputs[key].shape[1:] != inputs["train"].shape[1:]:
            raise InputError(
                f"Examples of the {key} part have shape {inputs[key].shape[1:]}, "
                f"those of the training part {inputs['train'].shape[1:]}."
            )
    is_encoded = isinstance(inputs["train"], EncodedFiles)
    if kind == Kind.IMAGES and not is_encoded:
        inputs = as_pixels(inputs, told)
    labels = read_labels(
        {key: y for key, (_, y) in given.items()},
        class_names,
        task=task,
        value_names=value_names,
        covering=division.split,
    )
    if kind == Kind.TEXT:
        labels = _without_missing_texts(inputs, labels)
    part_of = EncodedImages if is_encoded else Part
    parts = {
        key: part_of(inputs[key], labels.numbers[key], lengths.get(key))
        for key in given
    }
    train, validation, test, split_notes = complete(
        parts["train"],
        parts.get("validation"),
        parts.get("test"),
        labels.names,
        division,
        _checked_groups(groups, len(parts["train"])),
        digests(parts["train"]) if division.keeps_duplicates else None,
    )
    pieces = {"train": train, "validation": validation, "test": test}
    contents = {part: digests(examples) for part, examples in pieces.items()}
    return Dataset(
        name=name,
        kind=kind,
        train=train,
        validation=validation,
        test=test,
        class_names=labels.names,
        names_given=labels.names_given,
        value_names=labels.value_names,
        label_names=labels.label_names,
        feature_names=tuple(feature_names),
        sample_rate=sample_rate,
        notes=(
            *told,
            *labels.notes,
            *split_notes,
            *notes_on_duplicates(contents, given),
        ),
    )


def _division(
    split: Any, groups: Any, test_groups: Iterable[str], keeps_duplicates: bool
) -> Division:
    """The division that the arguments of `from_arrays` ask for."""
    if isinstance(split, Division):
        return split
    proportions: tuple[Fraction, ...] = ()
    if not isinstance(split, bool):
        _, by, proportions = parsed_split(checked(check_split, "split", split))
        if by is not None:
            raise InputError(
                f"`split` {split!r} names a column; arrays have none: give `groups`, "
                "or proportions such as 70/15/15."
            )
    return Division(
        None if groups is None else "groups",
        test=tuple(test_groups),
        keeps_duplicates=keeps_duplicates,
        proportions=proportions,
        split=split is not False,
    )


def _inputs_of_any_kind(xs, sample_rate, clip_seconds, sequences, notes):
    """Kind, inputs by part and, for audio and sequences, lengths without padding."""
    if isinstance(xs["train"], EncodedFiles):
        return Kind.IMAGES, xs, {}
    if sequences is None:
        sequences = sample_rate is None and are_ragged_sequences(xs["train"])
    if sequences:
        if sample_rate is not None:
            raise InputError(
                "Examples are either sequences or, with `sample_rate`, audio."
            )
        arrays = {part: as_sequences(part, x) for part, x in xs.items()}
        return Kind.SEQUENCES, *padded_sequences(arrays, notes)
    if sample_rate is not None:
        clips = {part: as_clips(part, x, notes) for part, x in xs.items()}
        counts = {part: np.array([*map(len, some)]) for part, some in clips.items()}
        samples = clip_samples(counts, sample_rate, clip_seconds, notes)
        number = sum(map(len, clips.values()))
        check_memory(
            number * samples * 4,
            f"{number:,} clips of {samples / sample_rate:.2f} s at {sample_rate:,} Hz",
            "choose a lower --clip-seconds or --sample-rate",
        )
        arrays = {part: padded(some, samples) for part, some in clips.items()}
        inputs = {part: array for part, (array, _) in arrays.items()}
        tell_silent(inputs, notes)
        return Kind.AUDIO, inputs, {part: n for part, (_, n) in arrays.items()}
    if _are_texts(xs["train"]):
        return Kind.TEXT, {part: as_texts(part, x) for part, x in xs.items()}, {}
    inputs = {part: _inputs(part, x) for part, x in xs.items()}
    return Kind.TABLE if inputs["train"].ndim == 2 else Kind.IMAGES, inputs, {}


def _are_texts(x) -> bool:
    """Whether the first item of `x` is a string."""
    values = iter(x) if np.iterable(x) else iter(())
    first = next((v for v in values if isinstance(v, str) or not is_missing(v)), None)
    return isinstance(first, str | bytes)


def _without_missing_texts(texts: dict[str, np.ndarray], labels: Labels) -> Labels:
    """Takes the labels of missing texts away, so that those examples are left out."""
    numbers, notes = dict(labels.numbers), list(labels.notes)
    for part, some in texts.items():
        gone = missing_rows(some)
        if len(gone):
            numbers[part] = numbers[part].copy()
            missing = MISSING if numbers[part].ndim == 1 else np.nan
            numbers[part][gone] = missing
            first = f"number {gone[0]:,} of the {part} part, counted from 0"
            notes.append(told_left_out(len(gone), len(some), "text", first))
    return dataclasses.replace(labels, numbers=numbers, notes=tuple(notes))


def _checked_groups(groups, number):
    if groups is None:
        return None
    groups = np.asarray(plain(groups)).astype(str)
    if groups.shape != (number,):
        raise InputError(
            f"`groups` must name one group for each of the {number} training "
            f"examples, got the shape {groups.shape}."
        )
    return groups


def _inputs(part: str, x) -> np.ndarray:
    """Images with a channel axis, of any type; rows as float32."""
    try:
        x = np.asarray(x)
    except ValueError as error:  # Lists of different lengths.
        raise InputError(
            f"Examples of the {part} part must all have the same shape."
        ) from error
    if x.dtype.kind not in "iufb":
        raise InputError(
            f"Examples of the {part} part must be numbers, got {x.dtype.name}."
        )
    if x.size == 0:
        raise InputError(f"The {part} part has no examples: its shape is {x.shape}.")
    bad = ~np.isfinite(x) if x.dtype.kind == "f" else np.zeros(1, bool)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"The {part} part has {int(bad.sum()):,} values that are NaN or infinite, "
            f"the first at {first}; replace them or leave those examples out."
        )
    if x.ndim == 2:
        return _rows(part, x)
    if x.ndim == 3:
        x = x[..., np.newaxis]
    if x.ndim != 4 or x.shape[-1] not in (1, 3, 4):
        raise InputError(
            f"Examples of the {part} part must be rows (n, features) or images "
            f"(n, height, width[, 1, 3 or 4 channels]), got shape {x.shape}."
        )
    return x


def _rows(part, x):
    with np.errstate(over="ignore"):  # It becomes infinite and is refused.
        rows = x.astype("float32")
    large = np.argwhere(~np.isfinite(rows))
    if len(large):
        first = tuple(int(i) for i in large[0])
        raise InputError(
            f"The {part} part has {len(large):,} values beyond float32, the first at "
            f"{first}: {x[first]}; scale that column down."
        )
    return rows
