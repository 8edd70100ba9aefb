"""Parts of a data set that are given as sources of their own."""

import datasets
import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

import recipes
from recipes.data.fingerprint import fingerprint
from tests.recipes.sources.source_files import write_csv, write_folder
from tests.recipes.sources.step_sequences import sentences, write_json_lines
from zoo.errors import InputError

RNG = np.random.default_rng(0)


def frame(count, seed=0, classes=("cat", "dog")):
    rng = np.random.default_rng(seed)
    return {
        "age": rng.normal(size=count).round(3).tolist(),
        "port": ["AB"[n % 2] for n in range(count)],
        "label": [classes[n % len(classes)] for n in range(count)],
    }


def csv(path, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_csv(path, list(columns), zip(*columns.values(), strict=True))


def arrays(count, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, 3)).astype("float32")
    return rows, np.arange(count) % 2


def npz(path, count, seed):
    x, y = arrays(count, seed)
    np.savez(path, x=x, y=y, when=np.arange(count))
    return path


def texts(root, count, seed):
    for n in range(count):
        path = root / "ab"[n % 2] / f"{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text {n} of {seed}")
    return root


def sounds(root, count, samples):
    for n in range(count):
        path = root / "ab"[n % 2] / f"{n}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(path, 8000, np.full(samples, 90 + n, "int16"))
    return root


def images(root, count, size):
    write_folder(root, {"a": count // 2, "b": count // 2}, size)
    return root


def steps(count, length, seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(length, 2)) for _ in range(count)], np.arange(count) % 2


def series(first, count):
    days = np.datetime64("2024-01-01") + np.arange(first, first + count)
    values = np.sin(np.arange(first, first + count)).round(3)
    return {"day": days.astype(str).tolist(), "label": values.tolist()}


def numbers(count, seed):
    x = np.random.default_rng(seed).normal(size=count).round(3)
    return {"x": x.tolist(), "y": (2 * x).tolist()}


def labels(count, seed):
    given = ["red|round", "red", "round"]
    return {**numbers(count, seed), "y": [given[n % 3] for n in range(count)]}


def pairs(count, seed):
    return {
        "a": [f"x {seed} {n}" for n in range(count)],
        "b": [f"y {n}" for n in range(count)],
    }


def prose(path, words):
    path.write_text(words * 90)
    return path


OF_SERIES = {"task": "forecasting", "time": "day", "window": 8, "horizon": 2}
# The training source of 40 examples, that of the test part, how many it has, options.
SOURCES = {
    "frame": lambda r: (frame(40), frame(6, 1), 6, {}),
    "pandas": lambda r: (pd.DataFrame(frame(40)), pd.DataFrame(frame(6, 1)), 6, {}),
    "file": lambda r: (csv(r / "a.csv", frame(40)), csv(r / "b.csv", frame(1)), 1, {}),
    "frame and file": lambda r: (frame(40), csv(r / "b.csv", frame(5, 1)), 5, {}),
    "pair": lambda r: (arrays(40), arrays(5, 1), 5, {}),
    "archive": lambda r: (npz(r / "a.npz", 40, 0), npz(r / "b.npz", 3, 1), 3, {}),
    "archive and pair": lambda r: (npz(r / "a.npz", 40, 0), arrays(5, 1), 5, {}),
    "texts": lambda r: (texts(r / "a", 40, 0), texts(r / "b", 4, 1), 4, {}),
    "texts and table": lambda r: (
        *(texts(r / "a", 40, 0), {"text": ["x y", "z"], "label": ["a", "b"]}, 2),
        {},
    ),
    "images": lambda r: (
        images(r / "a", 12, (6, 5)),
        images(r / "b", 4, (9, 9)),
        4,
        {},
    ),
    "images in parts": lambda r: (
        *(images(r / "a", 12, (6, 5)), _in_parts(r / "b"), 2),
        {},
    ),
    "audio": lambda r: (sounds(r / "a", 40, 90), sounds(r / "b", 4, 50), 4, {}),
    "sequences": lambda r: (steps(40, 5, 0), steps(7, 9, 1), 7, {"sequences": True}),
    "steps": lambda r: (
        write_json_lines(r / "a.jsonl", sentences(40)),
        write_json_lines(r / "b.jsonl", sentences(5, 1)),
        *(5, {}),
    ),
    "numbers": lambda r: (numbers(40, 0), numbers(5, 1), 5, {"target": "y"}),
    "any number of labels": lambda r: (labels(40, 0), labels(5, 1), 5, {"target": "y"}),
    "translation": lambda r: (pairs(40, 0), pairs(5, 1), 5, {"task": "translation"}),
    "forecast": lambda r: (series(0, 100), series(100, 30), 21, OF_SERIES),
    "a synthetic source": lambda r: ("xor", "two_moons", 1000, {}),
    "writing": lambda r: (
        prose(r / "a.txt", "a cab. "),
        prose(r / "b.txt", "a zoo. "),
        *(90 * 7 - 1, {}),
    ),
}


def _in_parts(root):
    write_folder(root / "train", {"a": 3, "b": 3})
    write_folder(root / "Test", {"a": 1, "b": 1})
    write_folder(root / "dev", {"a": 1, "b": 1})
    return root


@pytest.mark.parametrize("given", SOURCES.values(), ids=SOURCES)
def test_a_part_of_its_own_is_read_for_the_training_data(tmp_path, given):
    source, test, count, options = given(tmp_path)
    alone = recipes.load(source, **options)
    data = recipes.load(source, test=test, **options)
    assert len(data.test) == count
    assert data.test.input_shape == data.train.input_shape
    assert (data.task, data.kind, data.class_names) == (
        *(alone.task, alone.kind),
        alone.class_names,
    )
    assert any(f"test part: {count:,} examples of" in note for note in data.notes)
    if data.task not in ("forecasting", "text_generation"):
        total = sum(map(len, (alone.train, alone.validation, alone.test)))
        assert len(data.train) + len(data.validation) == total
        assert 0 < len(data.validation) <= -(-total // 5)
    both = recipes.load(source, test=test, validation=test, **options)
    assert len(both.validation) == len(both.test) == count
    if isinstance(data.test.inputs, np.ndarray) and data.kind != "text":
        np.testing.assert_array_equal(both.validation.inputs, both.test.inputs)


def test_labels_and_columns_are_those_of_the_training_data():
    test = {
        "port": ["B", "?", "A"],
        "label": ["dog"] * 3,
        "age": [1, 2, 3],
        "z": [0] * 3,
    }
    data = recipes.load(frame(40), test=test)
    assert data.test.labels.tolist() == [1, 1, 1]
    np.testing.assert_array_equal(
        data.test.inputs, data.columns.rows({"age": [1, 2, 3], "port": ["B", "", "A"]})
    )
    numbers = recipes.load(arrays(40), test=(arrays(3)[0], [1, 1, 1]))
    assert numbers.test.labels.tolist() == [1, 1, 1]


def test_copies_across_sources_are_counted():
    data = recipes.load(arrays(40), test=arrays(5), validation=arrays(9, 1))
    assert "5 of 5 test examples are copies of examples in the" in data.notes[-1]
    data = recipes.load(frame(40), test=frame(5, 1))
    assert "copies" not in " ".join(data.notes)


def strange(test, **options):
    return lambda root: {"source": frame(40), "test": test, **options}


REFUSED = {
    "a class": (
        strange(frame(6, 1, ("cat", "bird"))),
        r"`test` \(--test\): 3 of 6 examples of the test part have the class 'bird', "
        "which the training data lack: leave those",
    ),
    "a number among words": (
        lambda r: {"source": arrays(40), "test": (arrays(4)[0], [0, 1, 2, 2])},
        "2 of 4 examples of the test part have the class '2'",
    ),
    "numbers from 0 and from 1": (
        lambda r: {
            "source": (arrays(40)[0], arrays(40)[1] + 1),
            "test": arrays(4),
        },
        "2 of 4 examples of the test part have the class '0'",
    ),
    "no label": (
        strange({"age": [1, 2], "port": ["A", "B"]}),
        r"no column 'label', so there are no answers .* `zoo predict` answers",
    ),
    "a column": (strange({"age": [1], "label": ["cat"]}), "no column 'port', which"),
    "another shape": (
        lambda r: {"source": arrays(40), "test": (arrays(4)[0][:, :2], [0, 1] * 2)},
        r"the shape of an example differs: \(2,\) in arrays, \(3,\) in the training",
    ),
    "another kind": (
        lambda r: {"source": arrays(40), "test": (["a b"] * 4, [0, 1] * 2)},
        "the kind differs: texts in arrays, rows in",
    ),
    "no file": (strange("absent.csv"), r"`test` \(--test\): There is no file"),
    "no data": (strange(5), r"`test` \(--test\): Data must be a path"),
    "twice": (strange(None, train=frame(40)), "given twice"),
    "a part that there is": (
        lambda r: {"source": {"train": frame(40), "test": frame(5)}, "test": frame(5)},
        r"has a test part of its own: leave out `test` \(--test\)",
    ),
    "three proportions": (
        strange(frame(5, 1), split="70/15/15"),
        "has 3 proportions, and the data have a part of their own: give two",
    ),
    "uneven steps": (
        lambda r: {
            "source": series(0, 100),
            "test": {**series(0, 30), "day": series(0, 60)["day"][::2]},
            **OF_SERIES,
        },
        "are 2 days apart, those of the training data 1 day",
    ),
}


@pytest.mark.parametrize("given, message", REFUSED.values(), ids=REFUSED)
def test_a_part_that_does_not_fit_is_refused(tmp_path, given, message):
    with pytest.raises(InputError, match=message):
        recipes.load(**given(tmp_path))


def hugging_face(count, seed=0):
    return datasets.Dataset.from_dict(frame(count, seed))


DICTIONARIES = {
    "frames": {"train": frame(40), "Test": frame(5, 1)},
    "pandas": {"training": pd.DataFrame(frame(40)), "test": pd.DataFrame(frame(5, 1))},
    "pairs": {"train": arrays(40), "test": arrays(5, 1)},
    "Hugging Face": datasets.DatasetDict(
        {"train": hugging_face(40), "test": hugging_face(5, 1)}
    ),
}


@pytest.mark.parametrize("given", DICTIONARIES.values(), ids=DICTIONARIES)
def test_a_dictionary_of_parts_is_read(given):
    data = recipes.load(given)
    assert [len(data.train) + len(data.validation), len(data.test)] == [40, 5]
    assert data.origin is None


@pytest.mark.parametrize(
    "given, message",
    [
        (
            {"train": frame(40), "unsupervised": frame(5)},
            "has 'unsupervised'; its keys",
        ),
        ({"test": frame(40), "valid": frame(5)}, "has no training part"),
        ({"train": frame(40), "val": frame(5), "dev": frame(5)}, "two names for the"),
    ],
)
def test_a_dictionary_of_other_parts_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        recipes.load(given)


def test_a_dictionary_of_columns_named_like_parts_is_a_table():
    columns = {"train": [n % 3 for n in range(40)], "label": ["a", "b"] * 20}
    assert recipes.load(columns).feature_names == ("train",)


FOLDERS = {  # sizes of training and validation together, and of the test part
    "tables": lambda r: [
        csv(r / "train.csv", frame(40)),
        csv(r / "test.csv", frame(5)),
    ],
    "named": lambda r: [
        csv(r / "cats_Train.csv", frame(40)),
        csv(r / "cats_test.csv", frame(5)),
    ],
    "folders": lambda r: [
        csv(r / "train" / "0.csv", frame(20)),
        csv(r / "train" / "1.csv", frame(20, 1)),
        csv(r / "test" / "0.csv", frame(5)),
    ],
    "archives": lambda r: [npz(r / "train.npz", 40, 0), npz(r / "test.npz", 5, 1)],
}


@pytest.mark.parametrize("write", FOLDERS.values(), ids=FOLDERS)
def test_files_of_parts_in_a_folder_are_used(tmp_path, write):
    folder = tmp_path / "sales"
    folder.mkdir()
    write(folder)
    (folder / "notes.md").write_text("some")
    data = recipes.load(folder)
    assert [len(data.train) + len(data.validation), len(data.test)] == [40, 5]
    assert data.name == "sales"
    assert data.origin == {"source": str(folder)}
    assert any("not used: notes.md" in note for note in data.notes)


UNUSED = {  # a file beside train.csv, and what is said of it
    "unlabeled.csv": "'unlabeled.csv', which is named like examples that belong to no",
    "train_2.csv": "train.csv and train_2.csv, whose names stand for one part",
}


@pytest.mark.parametrize("name, message", UNUSED.items(), ids=UNUSED)
def test_a_file_named_like_a_part_is_refused(tmp_path, name, message):
    csv(tmp_path / "train.csv", frame(40))
    csv(tmp_path / name, frame(40))
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path)


def test_training_data_that_are_given_twice_are_refused(zoo, tmp_path):
    path = csv(tmp_path / "a.csv", frame(40))
    status, _, errors = zoo("fit", "mlp", "--data", "digits", "--train", path)
    assert status == 2
    assert "given twice" in errors


def test_the_origin_loads_the_parts_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for n in range(3):
        csv(tmp_path / f"{n}.csv", frame(40, n))
    data = recipes.load(train="0.csv", validation="1.csv", test="2.csv")
    monkeypatch.chdir(tmp_path.parent)
    again = recipes.load(**data.origin)
    assert again.origin == data.origin
    assert fingerprint(again) == fingerprint(data)
    np.testing.assert_array_equal(again.test.inputs, data.test.inputs)
