"""Examples with the same content, found by digests."""

import hashlib
from collections.abc import Collection, Mapping

import numpy as np

from recipes.data.dataset import Part
from recipes.data.encoded_images import EncodedImages
from recipes.data.text_part import TextPart
from recipes.data.windows import Windows

BLOCK = 2**18  # bytes of content that are digested at a time
# The step and the mixing of SplitMix64 (Steele, Lea and Flood 2014). The digests are
# the same in every process, as the split by contents must be.
PLACE = np.uint64(0x9E3779B97F4A7C15)


def digests(part: Part) -> np.ndarray:
    """A digest of the content of each example, uint64 `(n,)`; labels do not count.

    Memory-mapped files are not read for it; there is no digest then.
    """
    array, lengths = part.inputs, part.lengths
    if isinstance(part, EncodedImages):
        return np.ascontiguousarray(part.inputs.contents[:, :8]).view("uint64")[:, 0]
    if isinstance(array, np.memmap):
        return np.empty(0, "uint64")
    if array.dtype.hasobject:
        return np.array([_digest(str(text)) for text in array], "uint64")
    found = np.empty(len(array), "uint64")
    width = max(1, array[:1].nbytes)
    step = max(1, BLOCK // width)
    words = -(-width // 8)
    for start in range(0, len(array), step):
        block = np.ascontiguousarray(array[start : start + step])
        content = block.view("uint8").reshape(len(block), -1)
        if content.shape[1] % 8:
            content = np.pad(content, ((0, 0), (0, -content.shape[1] % 8)))
        numbers = content.view("uint64") + PLACE * np.arange(
            1, words + 1, dtype="uint64"
        )
        found[start : start + step] = _mixed(numbers).sum(axis=1, dtype="uint64")
    if lengths is not None:
        found += _mixed(lengths.astype("uint64") * PLACE)
    return _mixed(found)


def digests_of_rows(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """A digest of each row of a table, uint64 `(n,)`."""
    found = np.zeros(1, "uint64")
    for place, column in enumerate(columns.values(), 1):
        if column.dtype == object:
            known = {word: _digest(repr(word)) for word in {*column.tolist()}}
            numbers = np.array([known[word] for word in column.tolist()], "uint64")
        else:
            is_date = column.dtype.kind == "M"
            numbers = (column if is_date else column.astype("float64")).view("uint64")
        found = found + _mixed(numbers + PLACE * np.array([place], "uint64"))
    return _mixed(found)


def notes_on_duplicates(
    contents: Mapping[str, np.ndarray], given: Collection[str]
) -> list[str]:
    """Notes on examples that are scored although another part has them, too.

    Args:
        contents: Digests of the examples of each part.
        given: Names of the parts that were not split off.
    """
    seen, notes = contents["train"], []
    for name, others in (
        ("validation", "the training part"),
        ("test", "the training or validation part"),
    ):
        found = contents[name]
        copies = _count_in(found, seen)
        seen = np.concatenate([seen, found])
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
    seen = np.concatenate([digests(other) for other in others.values()])
    own = digests(found)
    copies = _count_in(own, seen)
    if not copies:
        return []
    read = ", as the model reads them," if found.columns is not None else ""
    names = " or ".join(name for name, other in others.items() if len(other))
    return [
        f"{copies:,} of {len(own):,} {part} examples are copies{read} of examples in "
        f"the {names.replace('train', 'training')} part; remove them there, or the "
        "score is better than that on new examples"
    ]


def _count_in(found: np.ndarray, seen: np.ndarray) -> int:
    """How many digests are among others."""
    if not len(seen):
        return 0
    seen = np.sort(seen)
    places = np.searchsorted(seen, found)
    return int((seen.take(places, mode="clip") == found).sum())


def _digest(text: str) -> int:
    content = text.encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Numbers of which every bit depends on every bit of those given."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
