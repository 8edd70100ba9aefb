"""The layers that turn the inputs of a recurrent network into sequences of vectors.

Each type of input has a function that checks its arguments and returns the shape of an
example and the layers.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from custom.arguments import one_of, positive_integer
from custom.types import Shape, Tensor
from zoo.kinds import Kind
from zoo.models.recurrent.padding import (
    PaddedSteps,
    SequenceLengthLimit,
    first_step,
    with_first_step,
)
from zoo.models.recurrent.vocabulary import (
    RESERVED,
    SPLITS,
    TextToTokens,
    checked_vocabulary,
)
from zoo.models.recurrent.waveforms import LogMelSpectra


@dataclasses.dataclass(frozen=True)
class InputLayers:
    """The layers that turn inputs into sequences of vectors.

    Attributes:
        shape: Shape of one example; `None` where it varies.
        dtype: Type of the examples.
        layers: Applied in order; the last one returns `(batch, time, features)`.
        arguments: The arguments of this type of input, checked, as plain values.
    """

    shape: Shape
    dtype: str
    layers: list[keras.layers.Layer]
    arguments: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class LayerOptions:
    """Options of the layers for every type of input.

    Attributes:
        mask: Whether to mask padding.
        force_first: Whether the first step counts even if it is padding.
        policy: Precision of the layers.
    """

    mask: bool
    force_first: bool
    policy: keras.DTypePolicy


def input_layers(
    inputs: str,
    given: dict[str, Any],
    *,
    input_shape: Shape | None,
    output_length: int | None,
    one_to_many: bool,
    max_length: int | None,
    options: LayerOptions,
) -> InputLayers:
    """The layers for a type of input.

    Args:
        inputs: A key of `INPUT_TYPES`.
        given: Values of the arguments that only some types have; `None` where an
            argument was not given.
        input_shape: Shape of one example, or `None` for the default.
        output_length: How often one vector of numbers is repeated.
        one_to_many: Whether the network reads one vector, or its own tokens.
        max_length: The greatest length, or `None`.
        options: Options of the layers.
    """
    input_type = INPUT_TYPES[one_of("inputs", inputs, INPUT_TYPES)]
    for name, value in given.items():
        if value is not None and name not in input_type.defaults:
            allowed = [repr(n) for n, t in INPUT_TYPES.items() if name in t.defaults]
            raise ValueError(
                f"`{name}` only applies to inputs={' or '.join(allowed)}, got it with "
                f"inputs={inputs!r}."
            )
    arguments = {
        name: default if given[name] is None else given[name]
        for name, default in input_type.defaults.items()
    }
    dtype = input_type.kind.input_dtype
    repeats = one_to_many and inputs == "numbers"
    if repeats != (output_length is not None):
        raise ValueError(
            "`output_length` is required for mode='one_to_many' with inputs='numbers', "
            f"and does not apply otherwise, got {output_length!r}."
        )
    if repeats:
        shape = _checked_shape(input_shape, ("features",))
        if shape[0] is None or max_length is not None:
            raise ValueError(
                "The network reads one vector: `input_shape` must be (features,) and "
                f"`max_length` None, got {input_shape!r} and {max_length!r}."
            )
        length = positive_integer("output_length", output_length)
        repeat = keras.layers.RepeatVector(length, dtype=options.policy, name="repeat")
        return InputLayers(shape, dtype, [repeat], {})
    if one_to_many and inputs != "tokens":
        raise ValueError(
            "mode='one_to_many' requires inputs='tokens' or 'numbers', got "
            f"{inputs!r}. `tokens_of` converts text to tokens."
        )
    if input_shape is None and inputs != "numbers":
        input_shape = (None,) * len(input_type.axes)
    shape = _checked_shape(input_shape, input_type.axes)
    layers = input_type.layers(arguments, options)
    if shape and max_length is not None and max_length < (shape[0] or 0):
        raise ValueError(
            f"`max_length` is {max_length}, less than the {shape[0]} steps of "
            f"`input_shape` {shape}."
        )
    if inputs == "numbers" and shape[1] is None:
        raise ValueError(
            f"`input_shape` must contain the number of features, got {shape}."
        )
    limit = SequenceLengthLimit(max_length, dtype=dtype, name="length")
    layers.insert(1 if inputs == "text" else 0, limit)
    return InputLayers(shape, dtype, layers, arguments)


def _numbers(arguments: dict, options: LayerOptions) -> list[keras.layers.Layer]:
    if not options.mask:
        return []
    return [PaddedSteps(options.force_first, dtype=options.policy, name="steps")]


def _tokens(arguments: dict, options: LayerOptions) -> list[keras.layers.Layer]:
    size, vocabulary = arguments["vocabulary_size"], arguments["vocabulary"]
    if (size is None) == (vocabulary is None):
        raise ValueError(
            "inputs='tokens' requires either `vocabulary_size`, which is one more than "
            "the greatest token, or `vocabulary`, got "
            f"{'neither' if size is None else 'both'}."
        )
    if vocabulary is not None:
        arguments["vocabulary"] = checked_vocabulary(vocabulary)
        one_of("split", arguments["split"], SPLITS)
    else:
        arguments["vocabulary_size"] = positive_integer("vocabulary_size", size)
        arguments["split"] = None
    return [_embedding(arguments, options)]


def _text(arguments: dict, options: LayerOptions) -> list[keras.layers.Layer]:
    if arguments["vocabulary"] is None:
        raise ValueError(
            "inputs='text' requires a `vocabulary`: learn_vocabulary(texts) returns "
            "one."
        )
    arguments["vocabulary"] = checked_vocabulary(arguments["vocabulary"])
    one_of("split", arguments["split"], SPLITS)
    lookup = TextToTokens(arguments["vocabulary"], arguments["split"], name="tokens")
    return [lookup, _embedding(arguments, options)]


def _waveform(arguments: dict, options: LayerOptions) -> list[keras.layers.Layer]:
    arguments = {**arguments, "mask": options.mask, "dtype": options.policy}
    return [LogMelSpectra(**arguments, name="log_mel")]


def _embedding(arguments: dict, options: LayerOptions) -> "TokenVectors":
    arguments["embedding_units"] = positive_integer(
        "embedding_units", arguments["embedding_units"]
    )
    return TokenVectors(
        token_count(arguments),
        arguments["embedding_units"],
        mask_zero=options.mask,
        force_first=options.force_first,
        dtype=options.policy,
        name="embedding",
    )


@dataclasses.dataclass(frozen=True)
class InputType:
    """A value of the argument `inputs`.

    Attributes:
        kind: The kind of data.
        axes: Allowed sizes of the axes of an example.
        layers: Checks the arguments, and builds the layers.
        defaults: The arguments that only some types have, with their defaults.
    """

    kind: Kind
    axes: tuple[str, ...]
    layers: Callable[[dict[str, Any], LayerOptions], list[keras.layers.Layer]]
    defaults: dict[str, Any]


_TEXT = {"vocabulary": None, "split": "word", "embedding_units": 64}
_AUDIO = {
    "sample_rate": 16000,
    "frame_length": 0.025,
    "frame_step": 0.01,
    "mel_bands": 40,
}
INPUT_TYPES = {
    "numbers": InputType(Kind.SEQUENCES, ("time or None", "features"), _numbers, {}),
    "tokens": InputType(
        Kind.TOKENS, ("time or None",), _tokens, {"vocabulary_size": None, **_TEXT}
    ),
    "text": InputType(Kind.TEXT, (), _text, _TEXT),
    "waveform": InputType(Kind.AUDIO, ("samples or None",), _waveform, _AUDIO),
}


def token_count(arguments: dict[str, Any]) -> int:
    """The number of tokens, including those for padding and unknown words."""
    size = arguments.get("vocabulary_size")
    return len(arguments["vocabulary"]) + RESERVED if size is None else size


def _checked_shape(shape: Shape | None, axes: tuple[str, ...]) -> Shape:
    """Check for a tuple of positive integers and `None`, one for each axis."""
    if isinstance(shape, tuple | list) and len(shape) == len(axes):
        return tuple(
            None if n is None else positive_integer("input_shape", n) for n in shape
        )
    expected = ", ".join(axes) + ("," if len(axes) == 1 else "")
    raise ValueError(f"`input_shape` must be ({expected}), got {shape!r}.")


@keras.saving.register_keras_serializable(package="zoo")
class TokenVectors(keras.layers.Embedding):
    """Keras's embedding, with at least one real step in each sequence.

    Args:
        input_dim: Number of tokens.
        output_dim: Units of each vector.
        force_first: Whether the first step is real even if all steps are padding.
        **kwargs: `mask_zero` and other arguments of Keras's embedding.
    """

    def __init__(
        self, input_dim: int, output_dim: int, force_first: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(input_dim, output_dim, **kwargs)
        self.force_first = force_first

    def vectors(self, tokens: Tensor) -> Tensor:
        """The vectors of tokens of any shape."""
        return super().call(tokens)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        valid = super().compute_mask(inputs, mask)
        if valid is None or not self.force_first:
            return valid
        return with_first_step(valid)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "force_first": self.force_first}


# Registered under the name that files of version 0.1.0 hold.
@keras.saving.register_keras_serializable(package="zoo", name="TargetsBefore")
class ShiftedTargets(TokenVectors):
    """At each step the vector of the previous target; token 0 stands for the start.

    The steps up to the first 0, which ends a target, are real, and so is that step.
    """

    def call(self, targets: Tensor) -> Tensor:
        return self.vectors(_shifted(targets))

    def compute_mask(self, targets: Tensor, mask: Tensor | None = None) -> Tensor:
        real = ops.not_equal(_shifted(targets), 0)
        return ops.logical_or(real, first_step(real))


def _shifted(targets: Tensor) -> Tensor:
    return ops.pad(targets, [[0, 0], [1, 0]])[:, :-1]
