"""Pairs of texts: tables, headers, arrays, notes and refusals."""

import datetime

import numpy as np
import pytest

import recipes
from recipes.sources.dates import FORMS, MONTHS, load_dates
from zoo.errors import InputError

PAIRS = [(f"text {n}", f"answer {n}") for n in range(20)]


def written(folder, name, lines):
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def all_pairs(dataset):
    parts = (dataset.train, dataset.validation, dataset.test)
    return sorted(
        (text, answer)
        for part in parts
        for text, answer in zip(part.inputs, part.labels, strict=True)
    )


TABS = ["\t".join(pair) for pair in PAIRS]
COMMAS = [",".join(pair) for pair in PAIRS]
FILES = {  # name: (file, lines, options, a note)
    "no header": ("p.tsv", TABS, {}, "line 1 is a pair, not a header"),
    "header": ("p.tsv", ["english\tfrench", *TABS], {}, "column 'english' into"),
    "language": ("p.tsv", ["English\tFrench", *TABS], {}, "column 'English' into"),
    "named header": (
        "p.tsv",
        ["Text A\tText B", *TABS],
        {"text_column": "Text A"},
        "column 'Text A' into column 'Text B'",
    ),
    "commas": ("p.csv", ["Text A,Text B", *COMMAS], {}, "'Text A' into"),
    "other order": (
        "p.csv",
        ["b,a", *(",".join(pair[::-1]) for pair in PAIRS)],
        {"text_column": "a", "target": "b"},
        "column 'a' into column 'b'",
    ),
    "third column": (
        "p.csv",
        ["a,b,c", *(f"{line},x" for line in COMMAS)],
        {"text_column": "a", "target": "b"},
        "columns that are not used: 'c'",
    ),
    "label column": (
        "p.csv",
        ["a,b", *COMMAS],
        {"label_column": "b"},
        "column 'a' into column 'b'",
    ),
}


@pytest.mark.parametrize("name, lines, options, note", FILES.values(), ids=FILES)
def test_files_of_pairs_are_read(name, lines, options, note, tmp_path):
    path = written(tmp_path, name, lines)
    dataset = recipes.load(path, task="translation", **options)
    assert all_pairs(dataset) == sorted(PAIRS)
    assert any(note in each for each in dataset.notes)
    assert (dataset.task, dataset.class_names) == ("translation", ())


def test_a_quotation_mark_that_does_not_quote_is_part_of_a_sentence(tmp_path):
    pairs = [*PAIRS, ('"Go', 'Va"'), ('"No!" he said.', "« Non ! »")]
    path = written(tmp_path, "p.tsv", ["\t".join(pair) for pair in pairs])
    dataset = recipes.load(path, task="translation")
    assert all_pairs(dataset) == sorted(pairs)
    assert "quotation marks are part of the texts" in dataset.notes


def test_tabs_separate_the_cells_of_other_tables_too(tmp_path):
    rows = [f"{n}\t{n % 7}\t{'ab'[n % 2]}" for n in range(40)]
    path = written(tmp_path, "t.tsv", ["x\ty\tlabel", *rows])
    dataset = recipes.load(path)
    assert dataset.feature_names == ("y",) or dataset.feature_names == ("x", "y")
    assert "the cells are separated by tabs, as .tsv says" in dataset.notes


MEMORY = {
    "lists": [list(side) for side in zip(*PAIRS, strict=True)],
    "frame": {"a": [a for a, _ in PAIRS], "b": [b for _, b in PAIRS]},
    "arrays": [np.array(side) for side in zip(*PAIRS, strict=True)],
}


@pytest.mark.parametrize("data", MEMORY.values(), ids=MEMORY)
def test_pairs_in_memory_are_read(data):
    given = data if isinstance(data, dict) else tuple(data)
    assert all_pairs(recipes.load(given, task="translation")) == sorted(PAIRS)


def test_given_parts_stay_as_they_are():
    parts = [[*zip(*PAIRS[start::2], strict=True)] for start in (0, 1)]
    dataset = recipes.load(tuple(map(tuple, parts)), task="translation")
    assert [*dataset.test.labels] == [answer for _, answer in PAIRS[1::2]]


def test_pairs_with_the_same_text_stay_together(tmp_path):
    lines = [f"text {n // 4}\tanswer {n}" for n in range(40)]
    path = written(tmp_path, "p.tsv", lines)
    apart = recipes.load(path, task="translation")
    assert any("are copies of examples" in note for note in apart.notes)
    together = recipes.load(path, task="translation", keep_duplicates_together=True)
    assert not {*together.train.inputs} & {*together.test.inputs}


def test_the_notes_say_how_texts_are_split():
    words = recipes.load(
        ([a for a, _ in PAIRS], [b for _, b in PAIRS]), task="translation"
    )
    assert any("word by word, in lower case" in note for note in words.notes)
    dates = recipes.load("dates", num_examples=40)
    assert any("character by character" in note for note in dates.notes)
    assert dates.describe().startswith("dates: texts of 4 words (median), answers of 1")


BAD = {  # name: (file, lines, options, message)
    "empty text": (
        "p.tsv",
        [*TABS, "\tanswer"],
        {},
        r"line 21: the text in column 'source' is empty: complete the pair",
    ),
    "empty answer": (
        "p.csv",
        ["a,b", *COMMAS, "text, "],
        {},
        r"line 22: the answer in column 'b' is empty",
    ),
    "lacks a side": ("p.tsv", [*TABS, "text"], {}, r"line 21: 1 values for 2 columns"),
    "one column": ("p.csv", ["a", "x", "y"], {}, r"has one column, 'a', and pairs"),
    "one column, no header": ("p.tsv", ["A b.", "c d."], {}, "has one column"),
    "unknown column": (
        "p.csv",
        ["english,french", *COMMAS],
        {"target": "frensh"},
        r"no column 'frensh'; it has english, french; did you mean 'french'",
    ),
    "three columns": ("p.csv", ["a,b,c", "x,y,z"], {}, "has the columns a, b, c: name"),
    "two targets": ("p.csv", ["a,b", *COMMAS], {"target": ("a", "b")}, "one target"),
    "one for both": (
        "p.csv",
        ["a,b", *COMMAS],
        {"target": "a", "text_column": "a"},
        "cannot be both the text and the answer",
    ),
    "too few": ("p.tsv", TABS[:5], {}, "There are 5 examples"),
    "an option of images": (
        "p.csv",
        ["a,b", *COMMAS],
        {"image_size": (8, 8)},
        "`image_size` .* is for images; p holds texts",
    ),
}


@pytest.mark.parametrize("name, lines, options, message", BAD.values(), ids=BAD)
def test_what_is_not_a_file_of_pairs_is_refused(
    name, lines, options, message, tmp_path
):
    with pytest.raises(InputError, match=message):
        recipes.load(written(tmp_path, name, lines), task="translation", **options)


NOT_PAIRS = {
    "an answer is lacking": ((["a"] * 12, ["b"] * 11), "12 texts and 11 answers"),
    "None": (
        (["a"] * 11 + [None], ["b"] * 12),
        "The text 11 of the train part is empty",
    ),
    "numbers": ((["a"] * 12, list(range(12))), "must be a string, got 0"),
    "nothing": (([], []), "has no pairs"),
}


@pytest.mark.parametrize("data, message", NOT_PAIRS.values(), ids=NOT_PAIRS)
def test_what_is_not_pairs_is_refused(data, message):
    with pytest.raises(InputError, match=message):
        recipes.load(data, task="translation")


def test_dates_are_unique_and_right():
    dataset = load_dates("dates", num_examples=400)
    pairs = all_pairs(dataset)
    assert len({text for text, _ in pairs}) == 400
    forms = set()
    for text, answer in pairs:
        date = datetime.date.fromisoformat(answer)
        assert str(date.year) in text
        assert MONTHS[date.month - 1][:3] in text
        digits = [word.strip(",sthndr") for word in text.split()]
        if not text.startswith("the ") and " the " not in text:
            assert str(date.day) in digits
        forms.add(len(text.split()))
    assert len(FORMS) == 8
    assert len(forms) >= 3
    again = load_dates("dates", num_examples=400)
    assert all_pairs(again) == pairs != all_pairs(load_dates("dates", data_seed=1))
