"""The kinds of data: what one example is, each kind declared once.

A table that must live elsewhere, such as how examples of a kind are drawn, has a
`Kind` as its key.
"""

import enum
from collections.abc import Sequence

from zoo.names import nearest

# Names that version 0.1.0 wrote into files, with the names of today.
OLDER_NAMES = {"waveforms": "audio"}


class Kind(enum.StrEnum):
    """What one example is. Each kind is also the string of its name.

    Attributes:
        noun: What several examples are called in a sentence.
        holds: The end of a sentence that starts with the name of a data set.
        axes: Names of the axes of one example, without the batch axis.
        dtype: Type of the inputs of a `recipes.Part`, as NumPy names it.
        input_name: Name of the input in a serving signature.
        input_dtype: Type of the input in a serving signature.

    >>> Kind.IMAGES.axes, Kind.TABLE.input_name
    (('height', 'width', 'channels'), 'rows')
    """

    noun: str
    holds: str
    axes: tuple[str, ...]
    dtype: str
    input_name: str
    input_dtype: str

    def __new__(
        cls,
        name: str,
        noun: str,
        holds: str,
        axes: tuple[str, ...],
        dtype: str,
        input_name: str,
        input_dtype: str,
    ) -> "Kind":
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.noun, kind.holds, kind.axes, kind.dtype = noun, holds, axes, dtype
        kind.input_name, kind.input_dtype = input_name, input_dtype
        return kind

    IMAGES = (
        "images",
        "images",
        "holds images",
        ("height", "width", "channels"),
        "uint8",
        "images",
        "uint8",
    )
    TABLE = ("table", "rows", "is a table", ("features",), "float32", "rows", "float32")
    TEXT = ("text", "texts", "holds texts", (), "object", "texts", "string")
    AUDIO = (
        "audio",
        "audio clips",
        "holds audio",
        ("samples",),
        "float32",
        "waveforms",
        "float32",
    )
    SEQUENCES = (
        "sequences",
        "sequences",
        "holds sequences",
        ("time", "features"),
        "float32",
        "sequences",
        "float32",
    )
    TOKENS = (
        "tokens",
        "token sequences",
        "holds token sequences",
        ("time",),
        "int32",
        "tokens",
        "int32",
    )


def kind_named(name: str) -> Kind:
    """The kind of a name, or of what version 0.1.0 called it in its files.

    >>> kind_named("waveforms")
    <Kind.AUDIO: 'audio'>
    """
    for kind in Kind:
        if kind == OLDER_NAMES.get(name, name):
            return kind
    raise ValueError(f"There is no kind of data {name!r}; {nearest(name, Kind)}")


def kind_of_input(shape: Sequence[int | None], dtype: str) -> Kind | None:
    """The kind that an input is of, or `None` if no kind has such inputs.

    >>> kind_of_input((28, 28, 1), "uint8")
    <Kind.IMAGES: 'images'>
    >>> kind_of_input((None,), "float32"), kind_of_input((None, 2, 3), "float32")
    (<Kind.AUDIO: 'audio'>, None)
    """
    shape = tuple(shape)
    if dtype == "string":
        return Kind.TEXT if shape == () else None
    if shape == (None,):
        return Kind.TOKENS if dtype.startswith(("int", "uint")) else Kind.AUDIO
    if len(shape) == 2 and shape[1] is not None:
        return Kind.SEQUENCES
    if None in shape:
        return None
    return {1: Kind.TABLE, 3: Kind.IMAGES}.get(len(shape))
