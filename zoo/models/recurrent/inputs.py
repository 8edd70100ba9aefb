"""What a recurrent network reads: numbers, tokens, text or waveforms.

Each kind of input is a function that checks its own arguments and gives the shape of
an example and the layers that turn examples into sequences of vectors.
"""

import dataclasses

import keras
from keras import ops

from custom.arguments import one_of, positive_integer
from zoo.models.recurrent.padding import (
    LongestSequence,
    PaddedSteps,
    at_least_the_first,
    first_step,
)
from zoo.models.recurrent.vocabulary import (
    RESERVED,
    SPLITS,
    TextToTokens,
    checked_vocabulary,
)
from zoo.models.recurrent.waveforms import LogMelSpectra

# The arguments that only some kinds of input have, with their defaults.
ARGUMENTS = {
    "numbers": {},
    "tokens": {
        "vocabulary_size": None,
        "vocabulary": None,
        "split": "word",
        "embedding_units": 64,
    },
    "text": {"vocabulary": None, "split": "word", "embedding_units": 64},
    "waveform": {
        "sample_rate": 16000,
        "frame_length": 0.025,
        "frame_step": 0.01,
        "mel_bands": 40,
    },
}


@dataclasses.dataclass(frozen=True)
class Reading:
    """How inputs of one kind become sequences of vectors.

    Attributes:
        shape: Of one example, `None` where it varies.
        dtype: Of the examples.
        layers: Applied in order; the last gives `(batch, time, features)`.
        arguments: The arguments of this kind, checked, as plain values.
    """

    shape: tuple[int | None, ...]
    dtype: str
    layers: tuple[keras.layers.Layer, ...]
    arguments: dict


def reading(
    inputs,
    given,
    *,
    input_shape,
    output_length,
    writes,
    max_length,
    mask,
    force_first,
    policy,
):
    """The `Reading` of a kind of input.

    Args:
        inputs: One of `ARGUMENTS`.
        given: The arguments that only some kinds have; `None` where not given.
        input_shape: Shape of one example, or `None` for the usual one.
        output_length: How often one vector of numbers is read.
        writes: Whether one thing is read and many are answered.
        max_length: Greatest length, or `None`.
        mask: Whether padding is masked.
        force_first: Whether the first step counts even if it is padding.
        policy: Precision of the layers.

    Raises:
        ValueError: If an argument belongs to another kind, or is not allowed.
    """
    one_of("inputs", inputs, ARGUMENTS)
    own = ARGUMENTS[inputs]
    for name, value in given.items():
        if value is not None and name not in own:
            kinds = [repr(kind) for kind, names in ARGUMENTS.items() if name in names]
            raise ValueError(
                f"`{name}` goes with inputs={' or '.join(kinds)}, got it with "
                f"inputs={inputs!r}."
            )
    arguments = {
        name: default if given[name] is None else given[name]
        for name, default in own.items()
    }
    repeats = writes and inputs == "numbers"
    if repeats != (output_length is not None):
        raise ValueError(
            "`output_length` goes with mode='one_to_many' and inputs='numbers', which "
            f"need it, got {output_length!r}."
        )
    if repeats:
        shape = _checked_shape(input_shape, 1, "(features,)")
        if shape[0] is None or max_length is not None:
            raise ValueError(
                "One vector is read: `input_shape` must be (features,) and "
                f"`max_length` None, got {input_shape!r} and {max_length!r}."
            )
        length = positive_integer("output_length", output_length)
        repeat = keras.layers.RepeatVector(length, dtype=policy, name="repeat")
        return Reading(shape, "float32", (repeat,), {})
    if writes and inputs != "tokens":
        raise ValueError(
            "mode='one_to_many' takes inputs='tokens' or 'numbers', got "
            f"{inputs!r}. Text becomes tokens by `tokens_of`."
        )
    shape, dtype, layers = _KINDS[inputs](
        arguments, input_shape, mask=mask, force_first=force_first, policy=policy
    )
    limit = LongestSequence(max_length, dtype=dtype, name="length")
    if inputs == "text":
        layers = (layers[0], limit, *layers[1:])
    else:
        fixed = shape[0]
        if max_length is not None and fixed is not None and fixed > max_length:
            raise ValueError(
                f"`max_length` {max_length} is less than the {fixed} steps of "
                f"`input_shape` {shape}."
            )
        layers = (limit, *layers)
    return Reading(shape, dtype, layers, arguments)


def _numbers(arguments, input_shape, *, mask, force_first, policy):
    shape = _checked_shape(input_shape, 2, "(time or None, features)")
    if shape[1] is None:
        raise ValueError(f"`input_shape` must say how many features, got {shape}.")
    layers = (PaddedSteps(force_first, dtype=policy, name="steps"),) if mask else ()
    return shape, "float32", layers


def _tokens(arguments, input_shape, *, mask, force_first, policy):
    shape = _checked_shape(input_shape, 1, "(time or None,)", default=(None,))
    size, vocabulary = arguments["vocabulary_size"], arguments["vocabulary"]
    if (size is None) == (vocabulary is None):
        raise ValueError(
            "inputs='tokens' takes either `vocabulary_size`, one more than the "
            "greatest token, or `vocabulary`, got "
            f"{'neither' if size is None else 'both'}."
        )
    if vocabulary is not None:
        arguments["vocabulary"] = checked_vocabulary(vocabulary)
        one_of("split", arguments["split"], SPLITS)
    else:
        arguments["vocabulary_size"] = positive_integer("vocabulary_size", size)
        arguments["split"] = None
    embedding = _embedding(arguments, mask, force_first, policy)
    return shape, "int32", (embedding,)


def _text(arguments, input_shape, *, mask, force_first, policy):
    shape = _checked_shape(input_shape, 0, "()", default=())
    if arguments["vocabulary"] is None:
        raise ValueError(
            "inputs='text' needs a `vocabulary`: learn_vocabulary(texts) gives one."
        )
    arguments["vocabulary"] = checked_vocabulary(arguments["vocabulary"])
    one_of("split", arguments["split"], SPLITS)
    lookup = TextToTokens(arguments["vocabulary"], arguments["split"], name="tokens")
    return shape, "string", (lookup, _embedding(arguments, mask, force_first, policy))


def _waveform(arguments, input_shape, *, mask, force_first, policy):
    shape = _checked_shape(input_shape, 1, "(samples or None,)", default=(None,))
    spectra = LogMelSpectra(**arguments, mask=mask, dtype=policy, name="log_mel")
    return shape, "float32", (spectra,)


_KINDS = {
    "numbers": _numbers,
    "tokens": _tokens,
    "text": _text,
    "waveform": _waveform,
}


def token_count(arguments) -> int:
    """How many tokens there are, padding and unknown ones included."""
    size = arguments.get("vocabulary_size")
    return len(arguments["vocabulary"]) + RESERVED if size is None else size


def _embedding(arguments, mask, force_first, policy):
    arguments["embedding_units"] = positive_integer(
        "embedding_units", arguments["embedding_units"]
    )
    return TokenVectors(
        token_count(arguments),
        arguments["embedding_units"],
        mask_zero=mask,
        force_first=force_first,
        dtype=policy,
        name="embedding",
    )


def _checked_shape(shape, rank, wanted, default=None):
    """A tuple of positive integers and `None`, of the right rank."""
    given = default if shape is None else shape
    if isinstance(given, tuple | list) and len(given) == rank:
        return tuple(
            None if n is None else positive_integer("input_shape", n) for n in given
        )
    raise ValueError(f"`input_shape` must be {wanted}, got {shape!r}.")


@keras.saving.register_keras_serializable(package="zoo")
class TokenVectors(keras.layers.Embedding):
    """Keras's embedding, in which a sequence of padding alone has one real step.

    Args:
        input_dim: Number of tokens.
        output_dim: Units of each vector.
        force_first: Whether the first step is real even where all are padding.
        **kwargs: `mask_zero` and what else Keras's embedding takes.
    """

    def __init__(self, input_dim, output_dim, force_first=True, **kwargs):
        super().__init__(input_dim, output_dim, **kwargs)
        self.force_first = force_first

    def vectors(self, tokens):
        """The vectors of tokens of any shape."""
        return super().call(tokens)

    def compute_mask(self, inputs, mask=None):
        valid = super().compute_mask(inputs, mask)
        if valid is None or not self.force_first:
            return valid
        return at_least_the_first(valid)

    def get_config(self):
        return {**super().get_config(), "force_first": self.force_first}


@keras.saving.register_keras_serializable(package="zoo")
class TargetsBefore(TokenVectors):
    """At each step the vector of the target before; that of 0 stands for the start.

    The steps up to and with the first 0, the end of a target, are real.
    """

    def call(self, targets):
        return self.vectors(_moved_one_on(targets))

    def compute_mask(self, targets, mask=None):
        there = ops.not_equal(_moved_one_on(targets), 0)
        return ops.logical_or(there, first_step(there))


def _moved_one_on(targets):
    return ops.pad(targets, [[0, 0], [1, 0]])[:, :-1]
