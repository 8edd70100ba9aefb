"""Texts from tables, folders, arrays and data sets, and refusals of bad ones."""

import numpy as np
import pytest

import recipes
from recipes.data.dataset import Part
from recipes.pipeline import ordered_batches, training_batches
from recipes.sources.parts.division import Division
from recipes.sources.parts.splitting import _whole_groups
from tests.recipes.sources.source_files import prepare_tfds, write_csv
from zoo.errors import InputError

WORDS = ["plot", "actor", "scene", "music", "joke", "cut", "light", "pace"]


def review(number):
    """Return a text that determines its class, and the class."""
    label = ("bad", "good")[number % 2]
    opinion = {"bad": "dull", "good": "bright"}[label]
    word = WORDS[number % len(WORDS)]
    return f"a {opinion} {word}, take {number} 🎬", label


REVIEWS = [review(number) for number in range(60)]
TEXTS, LABELS = zip(*REVIEWS, strict=True)


def write_texts(root, counts, start=0):
    """Write text files; `counts` maps folders of classes to numbers of files."""
    for name, count in counts.items():
        folder = root / name
        folder.mkdir(parents=True)
        for number in range(start, start + count):
            text = f"{name} number {number}\n\nof several lines é\n"
            (folder / f"a{number % 4}_{number:02}.txt").write_text(text, "utf-8")
    return root


def all_inputs(dataset):
    parts = (dataset.train, dataset.validation, dataset.test)
    return [text for part in parts for text in part.inputs]


def check_texts(dataset, expected):
    """Check that every text is in one of three stratified parts, as strings."""
    assert dataset.kind == "text"
    assert dataset.input_shape == ()
    assert sorted(all_inputs(dataset)) == sorted(expected)
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part.inputs.dtype == object
        assert all(type(text) is str for text in part.inputs)
        assert set(part.labels) == set(range(dataset.num_classes))


@pytest.mark.parametrize(
    "texts",
    [
        list(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, object),
        [text.encode() for text in TEXTS],
        [f"  {text}\n" for text in TEXTS],
    ],
    ids=["list", "array", "objects", "bytes", "space around"],
)
def test_arrays_of_texts_are_accepted(texts):
    dataset = recipes.from_arrays(texts, LABELS)
    check_texts(dataset, TEXTS)
    assert dataset.class_names == ("bad", "good")
    for text, label in zip(dataset.train.inputs, dataset.train.labels, strict=True):
        assert dict(REVIEWS)[text] == dataset.class_names[label]
    assert dataset.describe() == (
        "arrays: texts of 6 words (median), 2 classes; 43 train, 5 validation, 12 test"
    )


def test_a_table_with_words_in_its_only_column_is_text(tmp_path):
    path = write_csv(tmp_path / "reviews.csv", ["text", "label"], REVIEWS)
    dataset = recipes.load(path)
    check_texts(dataset, TEXTS)
    assert dataset.feature_names == ()
    again = recipes.load(path)
    assert list(again.test.inputs) == list(dataset.test.inputs)


def test_a_text_column_is_chosen_among_others(tmp_path):
    rows = [[n, text, label] for n, (text, label) in enumerate(REVIEWS)]
    path = write_csv(tmp_path / "reviews.csv", ["id", "review", "mood"], rows)
    dataset = recipes.load(path, label_column="mood", text_column="review")
    check_texts(dataset, TEXTS)
    assert "columns other than the text are not used: 'id'" in dataset.notes
    alone = recipes.load(path, label_column="mood")
    assert alone.kind == "text"
    assert any("'id' is left out because it names" in note for note in alone.notes)


def test_words_that_hardly_repeat_are_left_out_of_a_table(tmp_path):
    rows = [[n % 7, text, label] for n, (text, label) in enumerate(REVIEWS)]
    path = write_csv(tmp_path / "reviews.csv", ["stars", "review", "mood"], rows)
    table = recipes.load(path, label_column="mood")
    assert table.kind == "table"
    assert any(
        "'review' is left out because its words hardly repeat (--text" in note
        for note in table.notes
    )


def test_a_column_of_numbers_is_text_only_on_request(tmp_path):
    rows = [[1000 + n, "ab"[n % 2]] for n in range(30)]
    path = write_csv(tmp_path / "t.csv", ["code", "label"], rows)
    assert recipes.load(path).kind == "table"
    assert recipes.load(path, text_column="code").kind == "text"


@pytest.mark.parametrize("parts", [False, True])
def test_a_text_folder_is_loaded(tmp_path, parts):
    if parts:
        write_texts(tmp_path, {"train/ant": 9, "train/bee": 9})
        write_texts(tmp_path, {"test/ant": 3, "test/bee": 3})
    else:
        write_texts(tmp_path, {"ant": 12, "bee": 12})
    files = sorted(tmp_path.rglob("*.txt"))
    dataset = recipes.load(tmp_path)
    check_texts(dataset, [file.read_text("utf-8").strip() for file in files])
    assert dataset.class_names == ("ant", "bee")
    assert parts == all(text.startswith("test") for text in dataset.test.inputs)


def test_unreadable_texts_are_skipped_on_request(tmp_path):
    write_texts(tmp_path, {"ant": 12, "bee": 12})
    (tmp_path / "ant" / "bad.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"bad\.txt is not UTF-8 \(byte 0\)"):
        recipes.load(tmp_path)
    dataset = recipes.load(tmp_path, skip_corrupt=True)
    assert len(all_inputs(dataset)) == 24
    assert any("1 unreadable files were skipped" in note for note in dataset.notes)


def test_texts_of_tensorflow_datasets_are_loaded(tmp_path):
    import tensorflow_datasets as tfds

    features = {
        "text": tfds.features.Text(),
        "label": tfds.features.ClassLabel(names=["neg", "pos"]),
    }
    examples = [{"text": t, "label": n % 2} for n, t in enumerate(TEXTS)]
    split = {"train": examples[:40], "test": examples[40:]}
    prepare_tfds(tmp_path, "imdb_reviews/plain_text/1.0.0", features, split)
    options = {"data_dir": tmp_path, "download": False}
    dataset = recipes.load("imdb_reviews", **options)
    check_texts(dataset, TEXTS)
    assert sorted(dataset.test.inputs) == sorted(TEXTS[40:])
    assert dataset.class_names == ("neg", "pos")
    with pytest.raises(InputError, match="no text 'txt'; it has text"):
        recipes.load("imdb_reviews", text_column="txt", **options)
    with pytest.raises(InputError, match="Choose 'label' with --label-column"):
        recipes.load("imdb_reviews", label_column="mood", **options)
    with pytest.raises(InputError, match="several texts: title, description"):
        recipes.load("ag_news_subset", **options)
    with pytest.raises(InputError, match="no feature 'author' to group by"):
        recipes.load("imdb_reviews", group="author", **options)
    with pytest.raises(InputError, match="keeps no file names"):
        recipes.load("imdb_reviews", group="_(.+)_", **options)


BAD_TABLES = {
    "empty": ([["fine", "a"], [" ", "b"], ["good", "a"]], {}, "one class only"),
    "null bytes": ([["a\0b", "a"], ["c", "b"]], {}, "line 2.* null bytes.*UTF-8"),
    "one class": ([[text, "a"] for text in TEXTS], {}, "one class only, 'a'"),
    "few": ([["one", "a"], ["two", "b"]], {}, "at least 3 of each class"),
    "no column": (REVIEWS, {"text_column": "txt"}, "did you mean 'text'. .*--text-co"),
    "the label": (REVIEWS, {"text_column": "label"}, "both text and label"),
    "no group": (REVIEWS, {"group": "author"}, "no column 'author' to group by"),
}


@pytest.mark.parametrize("rows, options, message", BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables_are_refused(tmp_path, rows, options, message):
    path = write_csv(tmp_path / "t.csv", ["text", "label"], rows)
    with pytest.raises(InputError, match=message):
        recipes.load(path, **options)


BAD_TEXTS = {
    "number": (["fine", 3], "Text 1 of the train part must be a string, got 3"),
    "empty": (["fine", "\ufeff "], "Text 1 of the train part is empty"),
    "latin": (["fine", "é".encode("latin-1")], "is not UTF-8"),
    "half a character": (["fine", "\ud83d"], "half a character"),
}


@pytest.mark.parametrize("texts, message", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_bad_texts_are_refused(texts, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(texts, ["a", "b"])


def write_bad_folder(root, case):
    write_texts(root, {"ant": 9} if case == "one class" else {"ant": 9, "bee": 9})
    if case == "empty file":
        (root / "ant" / "e.txt").write_text(" \n")
    elif case == "image":
        (root / "bee" / "photo.png").write_bytes(b"\x89PNG")
    elif case == "utf-16":
        (root / "bee" / "wide.txt").write_bytes("wide".encode("utf-16-le"))
    elif case == "empty class":
        (root / "cat").mkdir()


@pytest.mark.parametrize(
    "case, message",
    {
        "one class": "one class only, 'ant'",
        "empty file": r"e\.txt is empty",
        "image": r"photo\.png is not a \.txt file",
        "utf-16": r"wide\.txt holds null bytes.*UTF-16",
        "empty class": "cat holds no text files",
    }.items(),
)
def test_bad_folders_are_refused(tmp_path, case, message):
    write_bad_folder(tmp_path, case)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path)


def test_groups_stay_whole(tmp_path):
    write_texts(tmp_path, {"ant": 20, "bee": 20})
    dataset = recipes.load(tmp_path, group="^(.+)_")

    def authors(part):
        return {int(text.split()[2]) % 4 for text in part.inputs}

    parts = [authors(p) for p in (dataset.train, dataset.validation, dataset.test)]
    assert sorted(author for part in parts for author in part) == [0, 1, 2, 3]
    chosen = recipes.load(tmp_path, group="^(.+)_", test_groups=("a2",))
    assert authors(chosen.test) == {2}
    assert "test part: 10 examples of groups that no other part has: a2" in (
        chosen.notes
    )


@pytest.mark.parametrize("sizes", [(99, 1), (1, 99), (1, 1, 98), (50, 50), (1, 2, 3)])
def test_whole_groups_are_kept_or_held_out(sizes):
    groups = np.repeat([f"group {n}" for n in range(len(sizes))], sizes)
    part = Part(np.zeros((len(groups), 1)), np.zeros(len(groups), int))
    kept, held_out = _whole_groups(part, groups, 0.2, ())
    assert sorted([*kept, *held_out]) == [*range(len(groups))]
    assert len(kept) > 0
    assert len(held_out) > 0
    assert not set(groups[kept]) & set(groups[held_out])


def test_a_column_names_the_groups(tmp_path):
    rows = [[text, label, f"author {n % 5}"] for n, (text, label) in enumerate(REVIEWS)]
    path = write_csv(tmp_path / "t.csv", ["text", "label", "author"], rows)
    dataset = recipes.load(path, group="author", test_groups=("author 3",))
    assert sorted(dataset.test.inputs) == sorted(TEXTS[3::5])
    assert dataset.kind == "text"


AUTHORS = [f"author {n // 12}" for n in range(60)]
BAD_GROUPS = {
    "unknown": ({"test_groups": ["x"]}, "no group 'x'; choose from author 0, author 1"),
    "too few": ({"groups": ["a"] * 30 + ["b"] * 30}, "There are 2 groups"),
    "too few left": (
        {"groups": list("abc") * 20, "test_groups": ("a", "b")},
        "There are 3 groups",
    ),
    "number": ({"groups": ["a"] * 59}, "each of the 60 training"),
    "a class": ({"groups": ["a", "b"] * 29 + ["c", "d"]}, "only in held-out groups"),
}


@pytest.mark.parametrize("options, message", BAD_GROUPS.values(), ids=BAD_GROUPS)
def test_bad_groups_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(TEXTS, LABELS, **{"groups": AUTHORS, **options})


@pytest.mark.parametrize(
    "by, test, message",
    [
        (None, ("a",), "Test groups need `group`"),
        ("_(", (), "is not a regular expression"),
        ("_(a)(b)", (), "one pair of capturing parentheses .* has 2"),
        ("speaker", (), "must be a regular expression with parentheses"),
        ("^([0-9]+)", (), "finds no group in 'ant.txt'"),
    ],
)
def test_a_bad_grouping_is_refused(by, test, message):
    with pytest.raises(InputError, match=message):
        Division(by, test=test).of_files(["folder/ant.txt"])


def test_groups_are_refused_if_nothing_is_split():
    with pytest.raises(InputError, match="nothing to split by groups"):
        recipes.from_arrays(
            *(TEXTS, LABELS, TEXTS, LABELS, TEXTS, LABELS), groups=AUTHORS
        )
    with pytest.raises(InputError, match=r"`group` .* does not apply to digits"):
        recipes.load("digits", group="writer")


def test_batches_of_texts_are_a_function_of_seed_and_step():
    part = recipes.from_arrays(TEXTS, LABELS).train

    def batches(start, number, seed=3):
        taken = training_batches(part, batch_size=8, seed=seed, start_step=start)
        return [
            (list(texts.numpy()), list(labels.numpy()))
            for texts, labels in taken.take(number)
        ]

    straight = batches(0, 12)
    assert batches(5, 7) == straight[5:]
    assert batches(0, 12, seed=4) != straight
    known = {t.encode(): n for t, n in zip(part.inputs, part.labels, strict=True)}
    epoch = [pair for batch in straight[:6] for pair in zip(*batch, strict=True)]
    assert sorted(epoch) == sorted(known.items())
    ordered = ordered_batches(part, batch_size=8)
    seen = [text.decode() for texts, _ in ordered for text in texts.numpy()]
    assert seen == list(part.inputs)
