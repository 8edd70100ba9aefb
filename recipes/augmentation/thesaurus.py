"""Reading synonyms from files."""

import pathlib

from zoo.errors import InputError

# Groups of interchangeable words, written for this project.
ENGLISH = str(pathlib.Path(__file__).with_name("english.txt"))
PARTS = {"adj": "as", "noun": "n", "verb": "v", "adv": "r"}  # with their synset types


def read(path: str) -> dict[str, tuple[str, ...]]:
    """Reads the synonyms of each word, in lower case, from a file or WordNet folder."""
    source = pathlib.Path(path)
    if source.is_dir():
        synonyms = _wordnet(source)
    elif path == ENGLISH:
        synonyms = _groups(source)
    else:
        synonyms = _pairs(source)
    if not synonyms:
        raise InputError(f"{path} has no synonyms.")
    return synonyms


def _lines(path):
    """Yields numbered lines, without empty lines and comments that begin with #."""
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
    """Reads lines of `word<TAB>synonym,synonym`; lines of the same word are merged."""
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
                f"{path}, line {number}: {word!r} is more than one word, so it would "
                "never be found in a text; leave it out."
            )
        known = synonyms.setdefault(word, [])
        known += [other for other in others if other != word and other not in known]
    return {word: tuple(others) for word, others in synonyms.items() if others}


def _wordnet(folder):
    """Reads the synonyms of each word in its most common meaning.

    Within a part of speech WordNet orders the meanings of a word by frequency. Among
    the parts of speech, the one with the most meanings in WordNet's tagged texts is
    used. Compounds and names, which contain a space or a capital, are left out. So are
    antonyms and all other relations: only words of the same synset are synonyms.
    """
    found = {}
    parts = [part for part in PARTS if (folder / f"data.{part}").is_file()]
    if not parts:
        raise InputError(
            f"{folder} is not a WordNet folder: it has none of "
            f"{', '.join(f'data.{part}' for part in PARTS)}."
        )
    for part in parts:
        sets = dict(_sets(folder / f"data.{part}", PARTS[part]))
        index = folder / f"index.{part}"
        if not index.is_file():
            raise InputError(f"{folder} has data.{part} but no index.{part}.")
        for number, word, frequency, offset in _index(index):
            if offset not in sets:
                raise InputError(
                    f"{index}, line {number}: data.{part} has no synset {offset}."
                )
            if word in sets[offset] and frequency > found.get(word, (-1,))[0]:
                found[word] = frequency, sets[offset]
    others = {
        word: tuple(other for other in group if other != word)
        for word, (_, group) in found.items()
    }
    return {word: group for word, group in others.items() if group}


def _records(path):
    """Yields the fields of each line, without the licence, which is indented."""
    for number, line in _lines(path):
        if not line.startswith("  "):
            yield number, line.partition(" | ")[0].split()


def _sets(path, types):
    """Yields offset and words of each synset: see WordNet's manual, `wndb(5WN)`."""
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
            raise InputError(f"{path}, line {number}: this is not a WordNet synset.")
        # An adjective may be followed by its position in parentheses.
        words = dict.fromkeys(word.partition("(")[0] for word in words)
        yield offset, [word for word in words if word.isalpha() and word.islower()]


def _index(path):
    """Yields line number, word, number of tagged meanings, offset of the first."""
    for number, fields in _records(path):
        try:
            word, _, senses, pointers, *rest = fields
            tagged, *offsets = rest[int(pointers) + 1 :]
            frequency = int(tagged)
            complete = len(offsets) == int(senses) > 0
        except ValueError:
            complete = False
        if not complete:
            raise InputError(f"{path}, line {number}: this is not a WordNet index.")
        yield number, word, frequency, offsets[0]
