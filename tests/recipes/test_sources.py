"""Every source gives the same thing, and says what is wrong with a bad one."""

import csv

import numpy as np
import pytest
from PIL import Image

import recipes
from recipes.sources.labels import class_numbers
from zoo.errors import InputError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (60, 6, 5, 3), dtype="uint8")
LABELS = np.arange(60) % 3
ROWS = RNG.normal(size=(60, 4)).astype("float32")


def write_folder(root, counts, size=(6, 5), mode="RGB", suffix="png"):
    """A folder of random images: `counts` maps class paths to numbers of images."""
    rng = np.random.default_rng(1)
    channels = {"RGB": (3,), "L": ()}[mode]
    written = {}
    for name, count in counts.items():
        folder = root / name
        folder.mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (*size, *channels), dtype="uint8")
            path = folder / f"{number:02}.{suffix}"
            Image.fromarray(pixels).save(path)
            written[path] = pixels
    return written


def write_csv(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def good_rows(number=30):
    return [[i * 0.5, i % 7, "ab"[i % 2]] for i in range(number)]


def check_complete(dataset, total):
    """Three disjoint, stratified parts of the right types."""
    parts = (dataset.train, dataset.validation, dataset.test)
    assert sum(map(len, parts)) == total
    for part in parts:
        assert part.labels.dtype == "int64"
        assert len(part.inputs) == len(part)
        assert part.inputs.shape[1:] == dataset.input_shape
        assert part.inputs.dtype == ("float32" if dataset.kind == "table" else "uint8")
        assert set(part.labels) == set(range(dataset.num_classes))


def test_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    dataset = recipes.load("digits")
    check_complete(dataset, 1797)
    assert dataset.input_shape == (8, 8, 1)
    assert dataset.class_names == tuple("0123456789")
    seen = np.concatenate(
        [p.inputs for p in (dataset.train, dataset.validation, dataset.test)]
    )
    expected = np.rint(load_digits().images * 255 / 16).astype("uint8")[..., None]
    assert sorted(map(bytes, seen)) == sorted(map(bytes, expected))


def test_the_split_is_stratified_and_always_the_same():
    first, second = recipes.load("digits"), recipes.load("digits")
    for part in ("train", "validation", "test"):
        a, b = getattr(first, part), getattr(second, part)
        np.testing.assert_array_equal(a.inputs, b.inputs)
        share = np.bincount(a.labels) / len(a)
        np.testing.assert_allclose(share, 0.1, atol=0.01)
    assert (len(first.test), len(first.validation)) == (360, 144)


def test_parts_that_are_given_are_left_alone(tmp_path):
    np.savez(
        tmp_path / "data.npz",
        x_train=IMAGES[:40],
        y_train=LABELS[:40],
        x_test=IMAGES[40:],
        y_test=LABELS[40:],
        class_names=["ant", "bee", "cat"],
    )
    dataset = recipes.load(tmp_path / "data.npz")
    np.testing.assert_array_equal(dataset.test.inputs, IMAGES[40:])
    np.testing.assert_array_equal(dataset.test.labels, LABELS[40:])
    assert dataset.class_names == ("ant", "bee", "cat")
    assert len(dataset.train) + len(dataset.validation) == 40
    assert dataset.name == "data"


@pytest.mark.parametrize(
    "x, shape",
    [
        (IMAGES, (6, 5, 3)),
        (IMAGES[..., 0], (6, 5, 1)),
        (IMAGES.astype("int32"), (6, 5, 3)),
        (IMAGES.astype("float64"), (6, 5, 3)),
        (IMAGES / 255, (6, 5, 3)),
        (ROWS, (4,)),
        (np.arange(240).reshape(60, 4), (4,)),
    ],
    ids=["colour", "grey", "int", "float", "unit", "rows", "int-rows"],
)
def test_arrays_of_every_kind(x, shape):
    dataset = recipes.from_arrays(x, LABELS, x, LABELS)
    assert dataset.input_shape == shape
    expected = IMAGES[..., : shape[-1]] if len(shape) == 3 else x.astype("float32")
    np.testing.assert_array_equal(dataset.test.inputs, expected)
    told = any("multiplied by 255" in note for note in dataset.notes)
    assert told == (x.dtype.kind == "f" and len(shape) == 3 and x.max() <= 1)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        LABELS[:, None],
        LABELS.astype("float32"),
        np.eye(3)[LABELS],
        np.array(["0", "1", "2"])[LABELS],
    ],
    ids=["integers", "column", "floats", "one-hot", "text"],
)
def test_labels_of_every_kind(labels):
    numbered, names = class_numbers({"train": labels})
    np.testing.assert_array_equal(numbered["train"], LABELS)
    assert names == ("0", "1", "2")


def test_table(tmp_path):
    path = write_csv(tmp_path / "t.csv", ["size", "count", "species"], good_rows())
    dataset = recipes.load(path, label_column="species")
    check_complete(dataset, 30)
    assert dataset.feature_names == ("size", "count")
    assert dataset.class_names == ("a", "b")
    rows = {tuple(row) for row in np.float32([r[:2] for r in good_rows()])}
    assert {tuple(row) for row in dataset.train.inputs} < rows


def test_number_labels_of_a_table_keep_their_order(tmp_path):
    rows = [[i, (-1, 9, 10)[i % 3]] for i in range(30)]
    dataset = recipes.load(write_csv(tmp_path / "t.csv", ["x", "label"], rows))
    assert dataset.class_names == ("-1", "9", "10")


def test_table_with_a_byte_order_mark(tmp_path):
    path = write_csv(
        tmp_path / "t.csv", ["label", "x"], [["ab"[i % 2], i] for i in range(30)]
    )
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert recipes.load(path).feature_names == ("x",)


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_image_folder(tmp_path, suffix):
    written = write_folder(tmp_path, {"bee": 12, "ant": 12}, suffix=suffix)
    (tmp_path / "bee" / ".hidden").write_text("not an image")
    dataset = recipes.load(tmp_path)
    check_complete(dataset, 24)
    assert dataset.class_names == ("ant", "bee")
    assert dataset.input_shape == (6, 5, 3)
    by_pixels = {pixels.tobytes(): path.parent.name for path, pixels in written.items()}
    for image, label in zip(dataset.train.inputs, dataset.train.labels, strict=True):
        assert by_pixels[image.tobytes()] == dataset.class_names[label]


def test_image_folder_with_parts(tmp_path):
    for part, number in (("train", 10), ("test", 3), ("val", 2)):
        write_folder(tmp_path / part, {"ant": number, "bee": number}, mode="L")
    dataset = recipes.load(tmp_path)
    assert dataset.input_shape == (6, 5, 1)
    sizes = len(dataset.train), len(dataset.test), len(dataset.validation)
    assert sizes == (20, 6, 4)


def test_mixed_images_are_made_alike_and_it_says_so(tmp_path):
    write_folder(tmp_path, {"ant": 10, "bee": 10}, size=(10, 10))
    write_folder(tmp_path, {"cat": 10}, size=(20, 30), mode="L")
    dataset = recipes.load(tmp_path)
    assert dataset.input_shape == (10, 10, 3)
    assert any("2 sizes were resized to 10×10" in note for note in dataset.notes)
    assert any("made colour" in note for note in dataset.notes)


def test_large_images_are_shrunk_unless_asked(tmp_path):
    write_folder(tmp_path, {"ant": 5, "bee": 5}, size=(100, 192))
    assert recipes.load(tmp_path).input_shape == (50, 96, 3)
    assert recipes.load(tmp_path, image_size=(100, 192)).input_shape == (100, 192, 3)


def test_corrupt_images_can_be_skipped(tmp_path):
    write_folder(tmp_path, {"ant": 10, "bee": 10})
    (tmp_path / "ant" / "notes.txt").write_text("no image")
    truncated = tmp_path / "bee" / "00.png"
    truncated.write_bytes(truncated.read_bytes()[:60])
    dataset = recipes.load(tmp_path, skip_corrupt=True)
    check_complete(dataset, 19)
    assert any("2 unreadable files" in note for note in dataset.notes)


@pytest.fixture(scope="module")
def tfds_folder(tmp_path_factory):
    """A tiny image classification, prepared as TensorFlow Datasets keeps it."""
    import tensorflow_datasets as tfds

    folder = tmp_path_factory.mktemp("tfds")
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(28, 28, 1)),
            "label": tfds.features.ClassLabel(names=list("0123456789")),
        }
    )
    rng = np.random.default_rng(2)
    examples = [
        {
            "image": rng.integers(0, 256, (28, 28, 1), dtype="uint8"),
            "label": number % 10,
        }
        for number in range(100)
    ]
    version = folder / "mnist" / "3.0.1"
    version.mkdir(parents=True)
    writer = tfds.core.SequentialWriter(
        tfds.core.DatasetInfo(
            builder=tfds.core.DatasetIdentity(
                name="mnist",
                version=tfds.core.Version("3.0.1"),
                data_dir=str(version),
                module_name="",
            ),
            features=features,
        ),
        max_examples_per_shard=1000,
    )
    writer.initialize_splits(["train", "test"])
    writer.add_examples({"train": examples[:80], "test": examples[80:]})
    writer.close_all()
    return folder, examples


def test_tensorflow_datasets(tfds_folder):
    folder, examples = tfds_folder
    dataset = recipes.load("mnist", data_dir=folder, download=False)
    assert dataset.class_names == tuple("0123456789")
    np.testing.assert_array_equal(
        sorted(map(bytes, dataset.test.inputs)),
        sorted(bytes(example["image"]) for example in examples[80:]),
    )
    assert len(dataset.train) + len(dataset.validation) == 80
    resized = recipes.load("mnist", data_dir=folder, download=False, image_size=(14, 7))
    assert resized.input_shape == (14, 7, 1)


BAD_ARRAYS = {
    "nan": (np.where(ROWS > 2, np.nan, ROWS), LABELS, "NaN or infinite"),
    "infinite": (np.full((60, 4), np.inf), LABELS, "240 values that are NaN"),
    "objects": (np.array([["a", 1]] * 60, object), LABELS, "must be numbers"),
    "empty": (np.zeros((0, 4)), np.zeros(0), "no examples"),
    "one axis": (np.zeros(60), LABELS, "got shape"),
    "two channels": (np.zeros((60, 6, 6, 2)), LABELS, "1, 3 or 4 channels"),
    "negative pixels": (IMAGES - 300.0, LABELS, "0…255"),
    "large pixels": (IMAGES * 2.0, LABELS, "0…255"),
    "fewer labels": (ROWS, LABELS[:50], "60 examples; its labels"),
    "no labels": (ROWS, None, "its labels have the shape none"),
    "negative label": (ROWS, LABELS - 1, "out of range: -1"),
    "label gap": (ROWS, LABELS * 2, "no example of classes '1', '3'"),
    "fractional label": (ROWS, LABELS + 0.5, "regression target"),
    "two marks": (ROWS, np.ones((60, 3)), "several classes"),
    "label cube": (ROWS, np.zeros((60, 2, 2)), "shape \\(n,\\)"),
    "one class": (ROWS, LABELS * 0, "one class only"),
    "lonely class": (ROWS, np.where(np.arange(60) == 7, 1, 0), "class '1'|Class '1'"),
}


@pytest.mark.parametrize("x, y, message", BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays(x, y, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(x, y)


def test_label_without_a_name():
    with pytest.raises(InputError, match="out of range: 2 is not in 0…1"):
        recipes.from_arrays(ROWS, LABELS, class_names=["a", "b"])


def test_test_class_that_training_lacks():
    with pytest.raises(InputError, match="no example of class '2'"):
        recipes.from_arrays(ROWS, LABELS % 2, ROWS, LABELS)
    with pytest.raises(InputError, match="'c', which the training part lacks"):
        recipes.from_arrays(
            ROWS, np.array(["a", "b"])[LABELS % 2], ROWS, np.array(list("abc"))[LABELS]
        )


BAD_TABLES = {
    "no label column": (["x", "labels"], [[1, "a"]], "no column 'label'.*'labels'"),
    "text": (["x", "label"], [[1, "a"], ["two", "b"]], "'x', line 3: 'two' is not"),
    "missing": (["x", "label"], [[1, "a"], ["", "b"]], "1 missing values.*line 3"),
    "written out": (
        ["x", "label"],
        [["NA", "a"], [1, "b"]],
        "1 missing values.*line 2",
    ),
    "infinite": (["x", "label"], [["inf", "a"], [1, "b"]], "line 2: 'inf'"),
    "too large": (["x", "label"], [["1e99", "a"], [1, "b"]], "line 2: '1e99'"),
    "ragged": (["x", "label"], [[1, "a"], [1, 2, "b"]], "line 3: 3 values for 2"),
    "twice": (["x", "x", "label"], [[1, 2, "a"]], "several columns 'x'"),
    "no rows": (["x", "label"], [], "no rows"),
    "nothing else": (["label"], [["a"], ["b"]], "no column besides"),
    "no label": (["x", "label"], [[1, "a"], [2, " "]], "line 3: the label is missing"),
}


@pytest.mark.parametrize("header, rows, message", BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables(tmp_path, header, rows, message):
    with pytest.raises(InputError, match=message):
        recipes.load(write_csv(tmp_path / "t.csv", header, rows))


def test_table_in_another_encoding(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("x,label\n1,é\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        recipes.load(path)


def write_bad_folder(root, case):
    """A folder with one thing wrong."""
    if case == "empty":
        return
    if case == "flat":
        Image.new("L", (4, 4)).save(root / "one.png")
        return
    counts = {"one class": {"ant": 3}, "no test class": {"train/a": 9, "train/b": 9}}
    write_folder(root, counts.get(case, {"ant": 9, "bee": 9}))
    if case == "empty class":
        (root / "cat").mkdir()
    elif case == "text file":
        (root / "ant" / "notes.txt").write_text("no image")
    elif case == "truncated":
        image = root / "bee" / "03.png"
        image.write_bytes(image.read_bytes()[:70])
    elif case == "webp":
        Image.new("RGB", (4, 4)).save(root / "ant" / "w.webp")
    elif case == "no test class":
        write_folder(root / "test", {"a": 2, "c": 2})


@pytest.mark.parametrize(
    "case, message",
    {
        "empty": "no class folders",
        "flat": "no class folders",
        "one class": "one class only, 'ant'",
        "empty class": "cat holds no images",
        "text file": "notes.txt is no image.*--skip-corrupt",
        "truncated": "03.png is no image, or is damaged",
        "webp": "w.webp is a WEBP image; convert",
        "no test class": "'c', which the training part lacks",
    }.items(),
)
def test_bad_folders(tmp_path, case, message):
    write_bad_folder(tmp_path, case)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path)


def write_bad_npz(path, case):
    if case == "pickled":
        np.savez(path, x=np.array([{}] * 3), y=np.arange(3))
    elif case == "no labels":
        np.savez(path, x_train=ROWS)
    else:
        path.write_bytes(b"PK damaged")


@pytest.mark.parametrize(
    "case, message",
    [
        ("pickled", "never unpickled"),
        ("no labels", "no array 'y_train'.*it has x_train"),
        ("damaged", "damaged, or no .npz"),
    ],
)
def test_bad_npz(tmp_path, case, message):
    write_bad_npz(tmp_path / "data.npz", case)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path / "data.npz")


@pytest.mark.parametrize(
    "source, message",
    [
        ("mnits", "did you mean .*'mnist'"),
        ("diggits", "did you mean 'digits'"),
        ("no/such/folder", "no data set, folder or file"),
        ("missing.csv", "no file missing.csv"),
        ("missing.npz", "no file missing.npz"),
        ("imdb_reviews", "no image classification: it has text, label"),
        ("mnist/unknown", "no 'mnist/unknown'"),
        ("mnist:9.9.9", "cannot be loaded at version 9.9.9"),
    ],
)
def test_unknown_sources(tmp_path, monkeypatch, source, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        recipes.load(source, data_dir=tmp_path, download=False)


def test_unprepared_data_without_download(tmp_path):
    with pytest.raises(InputError, match=r"not prepared in .*--data-dir"):
        recipes.load("cifar10", data_dir=tmp_path, download=False)
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_said_at_once(tmp_path, monkeypatch):
    import socket

    def nowhere(*_):
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    with pytest.raises(InputError, match=r"host www\.cs\.toronto\.edu is not found"):
        recipes.load("cifar10", data_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "data.txt").write_text("x")
    with pytest.raises(InputError, match="neither a folder of images"):
        recipes.load(tmp_path / "data.txt")
