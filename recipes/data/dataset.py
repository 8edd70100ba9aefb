"""Data sets: three parts, class names, and notes on what loading did."""

import dataclasses
import typing
from collections.abc import Callable

import numpy as np

from recipes.data.roles import ColumnRole
from recipes.data.zero_copy import as_tensor, taken
from zoo.columns import Columns
from zoo.errors import InputError
from zoo.kinds import Kind, kind_named
from zoo.names import file_name

if typing.TYPE_CHECKING:  # These load Keras and TensorFlow.
    from recipes.sampling.order import Sampler
    from zoo.targets import Target


@dataclasses.dataclass(frozen=True)
class Part:
    """Examples that are used together: for training, validation or testing.

    Attributes:
        inputs: `uint8` images `(n, height, width, channels)` in 0…255; `float32`
            rows `(n, num_features)`; strings `(n,)`, of dtype `object`; `float32`
            audio `(n, samples)` in −1…1, padded with zeros; or `float32` sequences
            `(n, time, features)`, padded with zeros.
        labels: `int64` class numbers `(n,)` in `0…num_classes - 1`, or `float32`
            values `(n, k)` of k numbers, or zeros and ones `(n, k)` for k labels.
        lengths: `int64` lengths `(n,)` of audio and sequences without padding; `None`
            for other kinds.
        columns: The columns of the table that the rows encode, if they hold words or
            lack numbers; otherwise `None`.
    """

    inputs: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray | None = None
    columns: Columns | None = None

    # Whether training shows the examples in their order, and does not shuffle them.
    in_order: typing.ClassVar[bool] = False
    # Options of `recipes.load` that make such a part of the same data.
    loaded_with: typing.ClassVar[typing.Mapping[str, str]] = {}

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example, without the batch axis."""
        return tuple(self.inputs.shape[1:])

    @property
    def model_inputs(self) -> typing.Any:
        """What a model reads, an array or what can be sliced like one."""
        return self.inputs

    @property
    def answers(self) -> np.ndarray:
        """The right answers to all examples."""
        return self.labels

    def take(self, examples: np.ndarray | slice) -> "Part":
        """The examples with these indices, in this order."""
        lengths = None if self.lengths is None else self.lengths[examples]
        inputs = taken(self.inputs, examples)
        return Part(inputs, self.labels[examples], lengths, self.columns)

    def check_length(self, batch_size: int, segment_length: int) -> None:
        """Refuses a part that is too short to train on with these settings."""

    def arranged(self, batch_size: int, segment_length: int | None) -> "Part":
        """The part as training with these settings reads it."""
        return self

    def explain(self, error: Exception) -> None:
        """Raises an `InputError` if examples that cannot be read explain an error."""

    def classes(self, examples: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The class numbers that rebalancing counts, those of the given examples."""
        return self.labels[examples]

    def gather(
        self, sampler: "Sampler", num_classes: int | None = None
    ) -> Callable[..., tuple]:
        """Makes the function from positions in an epoch to their batch.

        The function is traced into the graph of the pipeline. It takes the number of
        the epoch and the positions `(n,)`, and returns `(inputs, targets)`, or
        `(inputs, targets, weights)` if some targets do not count.

        Args:
            sampler: Decides which example stands at which position.
            num_classes: If given, labels become class probabilities.
        """
        import tensorflow as tf

        # Held once, outside the graph: the function of the pipeline refers to them.
        with tf.device("CPU"):
            all_inputs = as_tensor(self.inputs)
            all_labels = tf.convert_to_tensor(self.labels)

        def batch(epoch: tf.Tensor, positions: tf.Tensor) -> tuple:
            examples, inputs = sampler.batch(all_inputs, epoch, positions)
            labels = tf.gather(all_labels, examples)
            if num_classes is not None:
                labels = tf.one_hot(labels, num_classes)
            return inputs, labels

        return batch


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set ready for training.

    Attributes:
        name: What the user asked for: `"digits"`, `"cifar10"`, a file's stem.
        kind: What an example is. A name, such as `"images"`, becomes its `Kind`.
        train: Examples the weights are fitted to.
        validation: Examples that decide when to stop.
        test: Examples used once, at the end.
        class_names: One name per class, in the order of the labels; empty if the
            labels are numbers.
        task: What is to be predicted, as `recipes.load` takes it. Default: by the
            names: `"multilabel"`, `"regression"` or `"classification"`.
        names_given: Whether the class names were given, or are made of the class
            numbers `0…num_classes - 1`.
        feature_names: One name per number in a row of a table; empty for other kinds.
        sample_rate: Samples per second of audio; `None` for other kinds.
        notes: What loading chose or changed, one sentence each.
        value_names: One name per number to predict; else empty.
        label_names: One name per label, if examples have any number; else empty.
        origin: Arguments of `recipes.load` that load it again, as JSON stores them;
            `None` for a data set from arrays.
        roles: What each column of a table is, in their order; empty for other data.
        bit_depth: Bits that the values of image files with 16 bits use; a model reads
            the upper 8 of them.
    """

    name: str
    kind: Kind
    train: Part
    validation: Part
    test: Part
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    sample_rate: int | None = None
    notes: tuple[str, ...] = ()
    origin: dict | None = None
    value_names: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()
    names_given: bool = True
    task: str = ""
    roles: tuple[ColumnRole, ...] = ()
    bit_depth: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", kind_named(self.kind))
        object.__setattr__(self, "name", file_name(self.name))
        if not self.task:
            numbers = "regression" if self.value_names else "classification"
            task = "multilabel" if self.label_names else numbers
            object.__setattr__(self, "task", task)

    def arranged(self, batch_size: int, segment_length: int | None) -> "Dataset":
        """The data set as training with these settings reads it; see `TextPart`.

        Raises:
            InputError: If the settings do not fit the data.
        """
        if segment_length is not None and self.task != "text_generation":
            raise InputError(
                f"`segment_length` {segment_length} is for a text to learn to write "
                f"from; the task of {self.name} is {self.task}: leave it out."
            )
        self.train.check_length(batch_size, segment_length or 1)
        parts = {
            name: part.arranged(batch_size, segment_length)
            for name, part in self.parts.items()
        }
        return dataclasses.replace(self, **parts)

    @property
    def parts(self) -> dict[str, typing.Any]:
        """The parts by name, in order."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example, without the batch axis."""
        return self.train.input_shape

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def given_class_names(self) -> tuple[str, ...] | None:
        """The class names, or `None` if they are made of numbers."""
        return self.class_names if self.names_given else None

    @property
    def target_class(self) -> "type[Target]":
        """What is to be answered: a class of `zoo.targets`."""
        from zoo.targets import OF_TASK

        return OF_TASK[self.task]

    @property
    def columns(self) -> Columns | None:
        """The columns of a table with words or missing numbers, otherwise `None`."""
        return self.train.columns

    @property
    def holds(self) -> str:
        """Predicate of a sentence whose subject is the name: `"holds texts"`."""
        return self.kind.holds

    def describe(self) -> str:
        """Kind, shape, classes and numbers of examples, in one line."""
        if self.task == "text_generation":
            inputs = _describe_continuous_text(self)
        else:
            inputs = f"{DESCRIPTIONS[self.kind](self)}, {self._describe_labels()}"
        return (
            f"{self.name}: {inputs}; "
            f"{len(self.train):,} train, {len(self.validation):,} validation, "
            f"{len(self.test):,} test"
        )

    def _describe_labels(self) -> str:
        if self.label_names:
            per_example = _main_part(self).labels.sum(axis=1).mean()
            return f"{len(self.label_names)} labels ({per_example:.2g} per example)"
        if self.task == "translation":
            answers = _main_part(self).labels
            words = int(np.median([len(text.split()) for text in answers]))
            return f"answers of {_count(words, 'word')}"
        if not self.value_names:
            at = " at each step" if self.task == "sequence_labelling" else ""
            return f"{self.num_classes} classes{at}"
        ranges = zip(
            self.value_names,
            _main_part(self).labels.min(axis=0),
            _main_part(self).labels.max(axis=0),
            strict=True,
        )
        return ", ".join(f"{name} {low:,.6g}…{high:,.6g}" for name, low, high in ranges)


def _describe_images(data: Dataset) -> str:
    height, width, channels = data.input_shape
    return f"{height}×{width} images, {_channels(channels)}"


def _describe_table(data: Dataset) -> str:
    if data.columns is not None:
        types = [type(column).__name__.lower() for column in data.columns.columns]
        number, word = (types.count(each) for each in ("number", "category"))
        counts = [_count(number, "number"), _count(word, "word")]
        if "date" in types:
            counts.insert(1, _count(types.count("date"), "date"))
        return f"rows of {', '.join(counts[:-1])} and {counts[-1]}"
    return f"rows of {_count(data.input_shape[0], 'feature')}"


def _describe_text(data: Dataset) -> str:
    words = int(np.median([len(text.split()) for text in _main_part(data).inputs]))
    return f"texts of {_count(words, 'word')} (median)"


def _describe_continuous_text(data: Dataset) -> str:
    part: typing.Any = _main_part(data)
    length = sum(len(each) for each in (data.train, data.validation, data.test))
    return f"a text of {length:,} {part.unit}, {len(part.vocabulary):,} different"


def _describe_sequences(data: Dataset) -> str:
    steps, features = data.input_shape
    if data.task == "forecasting":
        main: typing.Any = _main_part(data)
        return (
            f"windows of {_count(main.window, 'step')} of {_count(features, 'number')} "
            f"to predict {_count(main.horizon, 'step')}"
        )
    median = int(_median_length(data))
    return (
        f"sequences of {_count(median, 'step')} (median), at most {steps}, of "
        f"{_count(features, 'number')}"
    )


def _describe_audio(data: Dataset) -> str:
    rate = data.sample_rate or 1
    longest, median = data.input_shape[0] / rate, _median_length(data) / rate
    return (
        f"clips of {median:.2f} s (median) and at most {longest:.2f} s at {rate:,} Hz"
    )


def _median_length(data: Dataset) -> float:
    lengths = _main_part(data).lengths
    return float(np.median(lengths if lengths is not None else 0))


def _main_part(data: Dataset) -> Part:
    """The training part, or what is to be scored if there is nothing to train on."""
    return data.train if len(data.train) else data.test


def _channels(channels: int) -> str:
    return {1: "grey", 3: "colour", 4: "colour with alpha"}.get(
        channels, _count(channels, "channel")
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


DESCRIPTIONS = {  # of the inputs, for `Dataset.describe`
    Kind.IMAGES: _describe_images,
    Kind.TABLE: _describe_table,
    Kind.TEXT: _describe_text,
    Kind.AUDIO: _describe_audio,
    Kind.SEQUENCES: _describe_sequences,
}
