"""Text augmentations: replaced, dropped and swapped words, and preserved text."""

import os
import pathlib
import re

import numpy as np
import pytest

from recipes.augmentation import Synonyms, WordDrop, WordSwap, thesaurus
from recipes.augmentation.thesaurus import ENGLISH, read
from zoo.errors import InputError

ENDLESS = " ".join(["big"] * 400)
LONG = np.array([ENDLESS] * 50, object)
WORDS = [f"{a}{b}{c}" for a in "abcdefgh" for b in "klmnop" for c in "uvwxyz"]


def applied(augment, texts, seed=(1, 2)):
    labels = np.zeros(len(texts))
    changed = augment(np.array(texts, object), labels, seed)[0].numpy()
    return [text.decode("utf-8", "surrogateescape") for text in changed]


@pytest.fixture
def pairs(tmp_path):
    def make(text, name="synonyms.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def test_each_word_is_replaced_with_the_probability():
    for share in (0.1, 0.5, 1):
        changed = " ".join(applied(Synonyms(probability=share), LONG)).split()
        replaced = np.array([word != "big" for word in changed])
        assert replaced.mean() == pytest.approx(share, abs=0.015)
        assert set(changed) <= {"big", "large"}


def test_each_synonym_is_as_likely(pairs):
    path = pairs("# a comment\nbig\tlarge,huge, vast\n\nBIG\tgrand\nred\tred\n")
    found = " ".join(applied(Synonyms(path, probability=1), LONG)).split()
    words, counts = np.unique(found, return_counts=True)
    assert words.tolist() == ["grand", "huge", "large", "vast"]
    np.testing.assert_allclose(counts / len(found), 0.25, atol=0.02)


def test_case_and_punctuation_stay(pairs):
    path = pairs("big\tlarge\nélan\tÉclat\na\tone\nsmall-talk\tchat\nnew\tnot so old")
    texts = {
        "(Big), BIG! 'big'; bIG": "(Large), LARGE! 'large'; large",
        "Élan élan ÉLAN": "Éclat Éclat ÉCLAT",
        "A a, B": "One one, B",
        "bigger-big big-time big's": "bigger-big big-time big's",
        "Small-talk 3big_big": "Chat 3large_large",
        "A  big\t big\r\n big ": "One  large\t large\r\n large ",
        "New! NEW": "Not so old! NOT SO OLD",
    }
    changed = applied(Synonyms(path, probability=1), list(texts))
    assert changed == list(texts.values())


HARMLESS = [
    "",
    "   \n\t ",
    "\0",
    "\0\0 ,;\0",
    "😀👩‍👩‍👧🏳️‍🌈",
    "1984 – 12 % © §",
    "zzq \x1e zzq big very much",  # the mark of the pieces
    b"\xff\xfe\x00\x80",
    b"\xe4\xf6\xfc",  # Latin-1
]


@pytest.mark.parametrize(
    "augment", [Synonyms(probability=1), WordDrop(1), WordSwap(1)], ids=repr
)
def test_text_without_words_is_preserved(augment):
    raw = [text if isinstance(text, bytes) else text.encode() for text in HARMLESS]
    changed = augment(raw, np.zeros(len(raw)), (1, 2))[0].numpy()
    assert changed.tolist() == raw
    alone = augment(raw[:1], [0], (1, 2))[0].numpy()
    assert alone.tolist() == [b""]


def test_null_bytes_and_other_encodings_are_preserved():
    texts = [b"\0big\0", b"caf\xe9 big \xff", "😀 big 👩‍👩‍👧".encode(), b"big\0Big"]
    changed = Synonyms(probability=1)(texts, np.zeros(4), (1, 2))[0].numpy()
    expected = [
        text.replace(b"big", b"large").replace(b"Big", b"Large") for text in texts
    ]
    assert changed.tolist() == expected


def test_dropped_words():
    texts = [" ".join(WORDS)] * 50
    kept = [text.split() for text in applied(WordDrop(0.3), texts)]
    share = np.mean([len(words) for words in kept]) / len(WORDS)
    assert share == pytest.approx(0.7, abs=0.02)
    for words in kept:
        places = [WORDS.index(word) for word in words]
        assert places == sorted(set(places))
    assert applied(WordDrop(1, keep=()), ["Not one,  two"] * 30).count("") == 0
    assert {
        text.strip(" ,") for text in applied(WordDrop(1, ()), ["Not one"] * 30)
    } == {
        "Not",
        "one",
    }


def test_negations_are_not_dropped():
    text = "NOT a Never b don’t c without d cannot e, nothing"
    for changed in applied(WordDrop(1), [text] * 5):
        words = re.findall(r"[\w’]+", changed)
        assert [word for word in words if len(word) > 1] == [
            "NOT",
            "Never",
            "don’t",
            "without",
            "cannot",
            "nothing",
        ]


def test_swapped_words_are_neighbours():
    texts = [" ".join(WORDS)] * 50
    moved = []
    for text in applied(WordSwap(0.4), texts):
        words = text.split()
        assert sorted(words) == sorted(WORDS)
        distance = np.array([WORDS.index(word) for word in words]) - np.arange(
            len(WORDS)
        )
        assert set(distance) <= {-1, 0, 1}
        moved.append((distance != 0).mean())
    assert np.mean(moved) == pytest.approx(0.4, abs=0.02)
    firsts = {text.split()[0] for text in applied(WordSwap(1), texts)}
    assert firsts == set(WORDS[:2])


def test_swaps_stay_in_their_clause_and_text():
    texts = ["one two, three  four\nfive", "six", "", "not good at all"] * 20
    changed = applied(WordSwap(1), texts)
    assert set(changed[::4]) == {texts[0], "two one, three  four\nfive"}
    assert set(changed[1::4]) == {"six"}
    assert set(changed[3::4]) == {"not at good all", "not good all at"}


def test_the_included_thesaurus():
    synonyms = read(ENGLISH)
    assert len(synonyms) > 3000
    assert all(
        word.replace("-", "").isalpha() and word == word.lower() for word in synonyms
    )
    for word, others in synonyms.items():
        assert word not in others
        assert len(set(others)) == len(others)
        # One group for each word: what stands for it, it stands for.
        assert all(word in synonyms[other] for other in others)
    lines = pathlib.Path(ENGLISH).read_text(encoding="utf-8").splitlines()
    words = [w for line in lines if not line.startswith("#") for w in line.split()]
    assert len(words) == len(set(words))


OPPOSITES = (
    "good bad|happy sad|big small|hot cold|fast slow|rich poor|true false|love hate|"
    "interesting boring|funny serious|strong weak|best worst|excellent terrible|"
    "always never|more less|like dislike|beautiful ugly|success failure|"
    "predictable unpredictable|convincing unconvincing|memorable forgettable|"
    "original derivative|praise criticism|easy difficult|improve worsen|win lose"
)


def test_no_opposites_in_the_thesaurus():
    synonyms = read(ENGLISH)
    for pair in OPPOSITES.split("|"):
        one, other = pair.split()
        assert other not in synonyms.get(one, ())
    for word, others in synonyms.items():
        for prefix in ("un", "in", "im", "dis", "ir", "il"):
            assert prefix + word not in others


NOUN = """  1 This is a licence, not a record.
00000001 03 n 03 film 0 Movie_Show 0 movie 1 001 @ 00000002 n 0000 | a story; "a film"
00000002 03 n 02 coating 0 film 0 000 | a layer
00000003 03 n 02 good 0 goodness 0 000 | that which is good
"""
NOUN_INDEX = """  1 This is a licence.
film n 2 1 @ 2 1 00000001 00000002
movie n 1 0 1 0 00000001
coating n 1 0 1 0 00000002
good n 1 0 1 1 00000003
"""
ADJECTIVE = """00000010 00 a 02 fast 0 quick(p) 0 001 ! 00000011 a 0101 | not slow
00000011 00 a 01 slow 0 001 ! 00000010 a 0101 | not fast
00000012 00 s 02 well 0 good 4 001 & 00000010 a 0000 | in health
"""
ADJECTIVE_INDEX = """fast a 1 1 ! 1 1 00000010
quick a 1 0 1 0 00000010
slow a 1 1 ! 1 1 00000011
good a 1 1 & 1 5 00000012
"""
FILES = {
    "data.noun": NOUN,
    "index.noun": NOUN_INDEX,
    "data.adj": ADJECTIVE,
    "index.adj": ADJECTIVE_INDEX,
}


@pytest.fixture
def wordnet(tmp_path):
    """A folder of WordNet, with files replaced or left out."""

    def make(**changes):
        for name, text in {**FILES, **changes}.items():
            if text is not None:
                (tmp_path / name).write_text(text)
        return tmp_path

    return make


def test_a_folder_of_wordnet(wordnet):
    folder = wordnet()
    assert read(str(folder)) == {
        "film": ("movie",),  # in its first meaning; no compounds
        "movie": ("film",),
        "coating": ("film",),
        "fast": ("quick",),  # never "slow"
        "quick": ("fast",),
        "good": ("well",),  # met more often as an adjective
    }
    changed = applied(Synonyms(folder, probability=1), ["A Fast, slow FILM"])
    assert changed == ["A Quick, slow MOVIE"]


WRONG = {
    "word count": ({"data.adj": ADJECTIVE.replace("a 02", "a 03")}, "data.adj, line 1"),
    "type": ({"data.adj": ADJECTIVE.replace(" s ", " n ")}, "data.adj, line 3"),
    "pointers": ({"data.adj": ADJECTIVE.replace("001 &", "009 &")}, "line 3"),
    "no number": ({"data.noun": NOUN.replace("n 02", "n xx")}, "data.noun, line 3"),
    "offset": ({"data.noun": NOUN.replace("00000003", "3")}, "data.noun, line 4"),
    "cut short": ({"data.noun": NOUN[:60]}, "data.noun, line 2"),
    "index": ({"index.adj": "fast a 2 0 1 1 00000010\n"}, "index.adj, line 1"),
    "absent set": ({"index.adj": "fast a 1 0 1 1 00000099\n"}, "no synset 00000099"),
    "no index": ({"index.adj": None}, "data.adj but no index.adj"),
    "no data": (dict.fromkeys(FILES), "not a WordNet folder"),
    "nothing": (dict.fromkeys(FILES, ""), "has no synonyms"),
}


@pytest.mark.parametrize("changes, message", WRONG.values(), ids=WRONG)
def test_a_damaged_wordnet_is_refused(wordnet, changes, message):
    with pytest.raises(InputError, match=message):
        Synonyms(wordnet(**changes))


BAD_FILES = {
    "no tab": ("big large\n", "line 1: expected word<TAB>synonym,synonym"),
    "no synonym": ("big\tlarge\nred\t\n", "line 2"),
    "empty synonym": ("big\tlarge,,huge\n", "line 1"),
    "two tabs": ("big\tlarge\thuge\n", "line 1"),
    "two words": ("New York\tcity\n", "more than one word"),
    "encoding": (b"caf\xe9\tbar\n", "not encoded in UTF-8"),
    "empty": ("# nothing\n", "has no synonyms"),
    "itself": ("big\tbig\n", "has no synonyms"),
}


@pytest.mark.parametrize("text, message", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused(pairs, text, message):
    with pytest.raises(InputError, match=message):
        Synonyms(pairs(text))


def test_a_changed_file_is_read_again(pairs):
    path = pairs("big\tlarge\n")
    assert applied(Synonyms(path, 1.0), ["big"]) == ["large"]
    pairs("big\thuge\n")
    os.utime(path, (1, 1))
    assert applied(Synonyms(path, 1.0), ["big"]) == ["huge"]


def test_byte_order_marks_and_windows_line_ends(pairs):
    assert thesaurus.read(str(pairs("\ufeffbig\tlarge\r\n"))) == {"big": ("large",)}
