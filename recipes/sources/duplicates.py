"""Examples with the same content, found by digests."""

import hashlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from recipes.data.dataset import Part
from recipes.data.encoded_images import EncodedImages
from recipes.data.text_part import TextPart
from recipes.data.windows import Windows


def digests(part: Part) -> list[bytes]:
    """A digest of the content of each example; labels do not count.

    Memory-mapped files are not read for it; there is no digest then.
    """
    array, lengths = part.inputs, part.lengths
    if isinstance(part, EncodedImages):
        return [digest.tobytes() for digest in part.inputs.contents]
    if isinstance(array, np.memmap):
        return []
    if array.dtype.hasobject:
        return [_digest(str(text).encode()) for text in array]
    rows = (np.ascontiguousarray(row).tobytes() for row in array)
    if lengths is None:
        return [*map(_digest, rows)]
    return [
        _digest(row + int(length).to_bytes(8, "little"))
        for row, length in zip(rows, lengths, strict=True)
    ]


def digests_of_rows(columns: Mapping[str, np.ndarray]) -> list[bytes]:
    """A digest of each row of a table."""
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [_digest(repr(row).encode("utf-8", "backslashreplace")) for row in rows]


def notes_on_duplicates(
    contents: Mapping[str, Sequence[bytes]], given: Collection[str]
) -> list[str]:
    """Notes on examples that are scored although another part has them, too.

    Args:
        contents: Digests of the examples of each part.
        given: Names of the parts that were not split off.
    """
    seen, notes = {*contents["train"]}, []
    for name, others in (
        ("validation", "the training part"),
        ("test", "the training or validation part"),
    ):
        found = contents[name]
        copies = sum(digest in seen for digest in found)
        seen.update(found)
        if copies:
            remedy = " (--keep-duplicates-together keeps copies in one part)"
            notes.append(
                f"{copies:,} of {len(found):,} {name} examples are copies of examples "
                f"in {others}" + remedy * (name not in given)
            )
    return notes


def note_on_copies(part: str, found: Part, others: Mapping[str, Part]) -> list[str]:
    """A note on examples of a part that was given and that other parts have, too."""
    if isinstance(found, Windows | TextPart):
        return []
    seen = {digest for other in others.values() for digest in digests(other)}
    own = digests(found)
    copies = sum(digest in seen for digest in own)
    if not copies:
        return []
    read = ", as the model reads them," if found.columns is not None else ""
    names = " or ".join(name for name, other in others.items() if len(other))
    return [
        f"{copies:,} of {len(own):,} {part} examples are copies{read} of examples in "
        f"the {names.replace('train', 'training')} part; remove them there, or the "
        "score is better than that on new examples"
    ]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
