"""Reading words and their synonyms from files."""

import pathlib

from zoo.errors import InputError

# Groups of words that may stand for each other, written for this project.
ENGLISH = str(pathlib.Path(__file__).with_name("english.txt"))
PARTS = {"adj": "as", "noun": "n", "verb": "v", "adv": "r"}  # and their types of synset


def read(path: str) -> dict[str, tuple[str, ...]]:
    """Synonyms by word, in lower case, of a file or of a folder of WordNet.

    Raises:
        InputError: If it is neither, or has no synonyms; names file and line.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        synonyms = _wordnet(path)
    elif str(path) == ENGLISH:
        synonyms = _groups(path)
    else:
        synonyms = _pairs(path)
    if not synonyms:
        raise InputError(f"{path} has no synonyms.")
    return synonyms


def _lines(path):
    """Lines with their numbers, without those that are empty or begin with #."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not encoded in UTF-8: {error.reason}.") from error
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip("\r")
        if line.strip() and not line.startswith("#"):
            yield number, line


def _groups(path):
    synonyms = {}
    for _, line in _lines(path):
        group = line.split()
        for word in group:
            synonyms[word] = tuple(other for other in group if other != word)
    return synonyms


def _pairs(path):
    """Lines of `word<TAB>synonym,synonym`; several of one word add up."""
    synonyms = {}
    for number, line in _lines(path):
        word, tab, others = line.partition("\t")
        word = word.strip().lower()
        others = [other.strip() for other in others.split(",")]
        if not tab or not word or not all(others) or "\t" in "".join(others):
            raise InputError(
                f"{path}, line {number}: expected word<TAB>synonym,synonym, got "
                f"{line!r}."
            )
        if len(word.split()) > 1:
            raise InputError(
                f"{path}, line {number}: {word!r} is more than one word, and would "
                "never be found in a text; leave it out."
            )
        known = synonyms.setdefault(word, [])
        known += [other for other in others if other != word and other not in known]
    return {word: tuple(others) for word, others in synonyms.items() if others}


def _wordnet(folder):
    """Of each word the synonyms in its commonest meaning.

    WordNet orders the meanings of a word by how often they are met, within a part of
    speech; between parts of speech the one with more meanings met in its texts is
    taken. Compounds and names, which have a space or a capital, are left out, as are
    antonyms and all other relations: only words of one set are synonyms.
    """
    found = {}
    there = [part for part in PARTS if (folder / f"data.{part}").is_file()]
    if not there:
        raise InputError(
            f"{folder} is no folder of WordNet: it has none of "
            f"{', '.join(f'data.{part}' for part in PARTS)}."
        )
    for part in there:
        sets = dict(_sets(folder / f"data.{part}", PARTS[part]))
        index = folder / f"index.{part}"
        if not index.is_file():
            raise InputError(f"{folder} has data.{part} but no index.{part}.")
        for number, word, met, offset in _index(index):
            if offset not in sets:
                raise InputError(
                    f"{index}, line {number}: data.{part} has no synset {offset}."
                )
            if word in sets[offset] and met > found.get(word, (-1,))[0]:
                found[word] = met, sets[offset]
    others = {
        word: tuple(other for other in group if other != word)
        for word, (_, group) in found.items()
    }
    return {word: group for word, group in others.items() if group}


def _records(path):
    """Lines in fields, without the licence, whose lines begin with two spaces."""
    for number, line in _lines(path):
        if not line.startswith("  "):
            yield number, line.partition(" | ")[0].split()


def _sets(path, types):
    """Offsets, and the words of one meaning: see WordNet's manual, `wndb(5WN)`."""
    for number, fields in _records(path):
        try:
            offset, _, kind, count, *rest = fields
            count = int(count, 16)
            words, identifiers = rest[: 2 * count : 2], rest[1 : 2 * count : 2]
            pointers = int(rest[2 * count])
            complete = len(identifiers) == count and count > 0 and kind in types
            for identifier in identifiers:
                int(identifier, 16)
            complete &= len(rest) >= 2 * count + 1 + 4 * pointers
            complete &= len(offset) == 8 and offset.isdigit()
        except (ValueError, IndexError):
            complete = False
        if not complete:
            raise InputError(f"{path}, line {number}: this is no synset of WordNet.")
        # Adjectives may say in parentheses where they stand.
        words = dict.fromkeys(word.partition("(")[0] for word in words)
        yield offset, [word for word in words if word.isalpha() and word.islower()]


def _index(path):
    """Lines' numbers, words, how many meanings were met, and the first's offset."""
    for number, fields in _records(path):
        try:
            word, _, senses, pointers, *rest = fields
            met, *offsets = rest[int(pointers) + 1 :]
            met = int(met)
            complete = len(offsets) == int(senses) > 0
        except ValueError:
            complete = False
        if not complete:
            raise InputError(f"{path}, line {number}: this is no index of WordNet.")
        yield number, word, met, offsets[0]
