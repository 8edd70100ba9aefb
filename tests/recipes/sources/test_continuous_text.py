"""Texts to learn to write from: files, parts, tokens, refusals."""

import pytest

import recipes
from zoo.errors import InputError

LINE = "It was a dark and stormy night. "


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def texts_of(dataset):
    return [part.text for part in (dataset.train, dataset.validation, dataset.test)]


def told(dataset, words):
    return any(words in note for note in dataset.notes)


def test_the_parts_are_stretches_of_the_text_in_order(tmp_path):
    text = "".join(chr(ord("a") + n % 26) for n in range(999)) + "Ω" * 11
    dataset = recipes.load(written(tmp_path / "book.txt", text))
    assert "".join(texts_of(dataset)) == text
    assert [len(part) for part in texts_of(dataset)] == [808, 101, 101]
    assert (dataset.task, dataset.name) == ("text_generation", "book")
    assert "Ω" not in dataset.train.vocabulary
    assert dataset.test.unknown == 11
    assert told(dataset, "11 of 101 characters of the test part")
    assert told(dataset, "its last characters are 101 of the validation part, then 101")
    assert "a text of 1,010 characters, 26 different" in dataset.describe()


NORMALISED = {  # bytes, text, what the notes say
    "byte order mark": (b"\xef\xbb\xbf" + LINE.encode() * 9, LINE * 9, "byte order"),
    "Windows": ((LINE + "\r\n").encode() * 9, (LINE + "\n") * 9, "9 line ends"),
    "old": ((LINE + "\r").encode() * 9, (LINE + "\n") * 9, "9 line ends"),
}


@pytest.mark.parametrize("content, text, note", NORMALISED.values(), ids=NORMALISED)
def test_what_is_changed_is_told(content, text, note, tmp_path):
    dataset = recipes.load(written(tmp_path / "a.txt", content))
    assert "".join(texts_of(dataset)) == text.strip()
    assert told(dataset, note)


def test_a_folder_of_texts_is_one_text_in_the_order_of_their_names(tmp_path):
    for name in ("2", "10", "1"):
        written(tmp_path / "texts" / f"{name}.txt", f"<{name}>" + LINE * 9)
    written(tmp_path / "texts" / "cover.png", b"some")
    dataset = recipes.load(tmp_path / "texts")
    text = "".join(texts_of(dataset))
    assert [text.index(f"<{name}>") for name in ("1", "10", "2")] == sorted(
        text.index(f"<{name}>") for name in ("1", "10", "2")
    )
    assert told(dataset, "3 texts are read one after the other")
    assert told(dataset, "1 other files are not used")


def test_a_folder_of_class_folders_holds_labelled_texts(tmp_path):
    for label in "ab":
        for n in range(20):
            written(tmp_path / label / f"{n}.txt", f"{label} {n}")
    written(tmp_path / "README.txt", "about")
    assert recipes.load(tmp_path).task == "classification"


def test_words_and_the_size_of_the_vocabulary(tmp_path):
    path = written(tmp_path / "a.txt", "One two, one three. " * 40)
    dataset = recipes.load(path, tokens="words", vocabulary_size=3)
    assert dataset.train.vocabulary == ("one", ",", ".")
    assert dataset.train.text.startswith("one two , one three .")
    assert dataset.train.unknown == pytest.approx(len(dataset.train) / 3, abs=1)
    assert told(dataset, "words are in lower case")
    assert recipes.load(**dataset.origin).train.vocabulary == dataset.train.vocabulary


def test_the_task_of_labelled_data_is_not_writing(tmp_path):
    path = written(tmp_path / "t.csv", "x,label\n" + "1,a\n2,b\n" * 20)
    with pytest.raises(InputError, match="needs data of another form"):
        recipes.load(path, task="text_generation")


REFUSED = {
    "empty": (b"", {}, "is empty"),
    "blank": (b" \n \n", {}, "is empty"),
    "short": (b"It was.", {}, "has 7 characters; .* at least 100"),
    "few words": (LINE.encode() * 9, {"tokens": "words"}, "has 72 words"),
    "UTF-16": ((LINE * 9).encode("utf-16"), {}, "not UTF-8"),
    "Latin 1": (("é" * 200).encode("latin-1"), {}, "not UTF-8"),
    "zero bytes": (b"a\0" * 200, {}, "null bytes"),
    "another task": (LINE.encode() * 9, {"task": "classification"}, "needs a label"),
    "other tokens": (LINE.encode() * 9, {"tokens": "lines"}, "`tokens` must be"),
}


@pytest.mark.parametrize("content, options, message", REFUSED.values(), ids=REFUSED)
def test_texts_that_cannot_be_used_are_refused(content, options, message, tmp_path):
    path = written(tmp_path / "a.txt", content)
    with pytest.raises(InputError, match=message):
        recipes.load(path, **options)
