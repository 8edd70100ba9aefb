"""TFRecord files: layouts, parts, splits, damaged files and the cache."""

import json

import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.data.fingerprint import fingerprint
from recipes.sources.arrays import mapped
from recipes.sources.files import cache
from zoo.errors import InputError

NUMBER = 60
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (NUMBER, 5, 4, 3), dtype="uint8")
ROWS = RNG.normal(size=(NUMBER, 4)).astype("float32")
CLASSES = np.arange(NUMBER) % 3
STEPS = [RNG.normal(size=(3 + n % 4, 2)).astype("float32") for n in range(NUMBER)]
CLIPS = [RNG.uniform(-1, 1, 40 + n % 5).astype("float32") for n in range(NUMBER)]


def feature(value):
    if isinstance(value, bytes | str):
        value = value if isinstance(value, bytes) else value.encode()
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    value = np.asarray(value)
    if value.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=value.ravel()))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=value.ravel()))


def write(path, examples, compression=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), compression) as file:
        for example in examples:
            features = {name: feature(value) for name, value in example.items()}
            message = tf.train.Example(features=tf.train.Features(feature=features))
            file.write(message.SerializeToString())
    return path


def examples(name="x", values=ROWS, labels=CLASSES, **others):
    return [
        {name: value, "label": label, **others}
        for value, label in zip(values, labels, strict=True)
    ]


def shards(folder, records, describe=None, prefix="data", number=3):
    folder.mkdir(exist_ok=True)
    for shard in range(number):
        name = f"{prefix}-{shard:05}-of-{number:05}.tfrecord"
        write(folder / name, records[shard::number])
    if describe:
        (folder / "tfrecords.json").write_text(json.dumps(describe))
    return folder


def everything(dataset):
    """Return inputs, labels and lengths of all parts, sorted."""
    return sorted(
        (np.asarray(x).tobytes() if not isinstance(x, str) else x.encode(), int(y), n)
        for part in (dataset.train, dataset.validation, dataset.test)
        for x, y, n in zip(
            part.inputs,
            part.labels,
            [0] * len(part) if part.lengths is None else part.lengths.tolist(),
            strict=True,
        )
    )


def padded(arrays):
    longest = max(map(len, arrays))
    return [
        np.concatenate([a, np.zeros((longest - len(a), *a.shape[1:]), a.dtype)])
        for a in arrays
    ]


PNG = [tf.io.encode_png(image).numpy() for image in IMAGES]
TEXTS = [f"text number {n} with a café" for n in range(NUMBER)]
NAMES = ["ant", "bee", "cat"]
CASES = {  # (records, tfrecords.json, options, kind, inputs, lengths)
    "encoded images": (
        examples("image/encoded", PNG, **{"image/height": 5, "file": "a.png"}),
        None,
        {},
        "images",
        IMAGES,
        None,
    ),
    "raw images": (
        examples("pixels", [image.tobytes() for image in IMAGES]),
        {"kind": "images", "shape": [5, 4, 3], "class_names": NAMES},
        {},
        "images",
        IMAGES,
        None,
    ),
    "rows": (examples(), None, {}, "table", ROWS, None),
    "chosen": (
        examples(other=np.float32([1])),
        {"input": "x"},
        {},
        "table",
        ROWS,
        None,
    ),
    "words for classes": (
        examples(labels=[NAMES[c] for c in CLASSES]),
        None,
        {},
        "table",
        ROWS,
        None,
    ),
    "sequences": (
        examples(values=STEPS),
        {"kind": "sequences", "shape": [None, 2]},
        {},
        "sequences",
        padded(STEPS),
        [len(s) for s in STEPS],
    ),
    "audio": (
        examples(values=CLIPS),
        None,
        {"sample_rate": 8000},
        "audio",
        padded(CLIPS),
        [len(c) for c in CLIPS],
    ),
    "audio as version 0.1.0 called it": (
        examples(values=CLIPS),
        {"kind": "waveforms", "sample_rate": 8000},
        {},
        "audio",
        padded(CLIPS),
        [len(c) for c in CLIPS],
    ),
    "texts": (examples("text", TEXTS), None, {}, "text", TEXTS, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_record_is_read(tmp_path, case):
    records, describe, options, kind, inputs, lengths = case
    folder = shards(tmp_path / "records", records, describe)
    dataset = recipes.load(folder, cache_dir=tmp_path / "kept", **options)
    assert (dataset.kind, dataset.name) == (kind, "records")
    assert [*map(len, (dataset.train, dataset.validation, dataset.test))] == [43, 5, 12]
    expected = zip(inputs, CLASSES, lengths or [0] * NUMBER, strict=True)
    assert everything(dataset) == sorted(
        (x.encode() if isinstance(x, str) else np.asarray(x).tobytes(), int(y), n)
        for x, y, n in expected
    )
    is_named = describe and "class_names" in describe
    words = isinstance(records[0]["label"], str)
    assert dataset.class_names == (tuple(NAMES) if is_named or words else tuple("012"))
    assert f"records: {kind} of the feature" in dataset.notes[0]


@pytest.mark.parametrize("in_folders", [False, True])
def test_parts_are_named_by_file_or_folder(tmp_path, in_folders):
    names = {
        part: f"{part}/a.tfrecord"
        if in_folders
        else f"d-{part}.tfrecord-00000-of-00001"
        for part in ("train", "val", "test")
    }
    for n, part in enumerate(names):
        write(tmp_path / "r" / names[part], examples()[20 * n : 20 * n + 20])
    dataset = recipes.load(tmp_path / "r")
    for n, part in enumerate((dataset.train, dataset.validation, dataset.test)):
        np.testing.assert_array_equal(part.inputs, ROWS[20 * n : 20 * n + 20])
        np.testing.assert_array_equal(part.labels, CLASSES[20 * n : 20 * n + 20])


@pytest.mark.parametrize("name", ["one.tfrecords", "one.tfrecord.gz"])
def test_a_single_file_is_read(tmp_path, name):
    path = write(tmp_path / name, examples(), "GZIP" if name.endswith("gz") else None)
    dataset = recipes.load(path)
    assert dataset.name == "one"
    assert len(everything(dataset)) == NUMBER


def test_images_of_many_sizes_are_resized_to_one(tmp_path):
    sizes = [(4 + n % 3, 5) for n in range(NUMBER)]
    images = [tf.io.encode_png(np.zeros((*s, 1), "uint8")).numpy() for s in sizes]
    folder = shards(tmp_path / "r", examples("image", images), number=1)
    assert recipes.load(folder).input_shape == (4, 5, 1)
    assert recipes.load(folder, image_size=(7, 6)).input_shape == (7, 6, 1)


@pytest.fixture
def large(monkeypatch, tmp_path):
    """Treats these few records as too large for memory."""
    monkeypatch.setattr(mapped, "IN_MEMORY", 100)
    monkeypatch.setattr(cache, "WORTH_KEEPING", 0)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "kept"))


def test_large_data_are_mapped_with_the_same_batches(tmp_path, large, monkeypatch):
    folder = shards(tmp_path / "r", examples(values=STEPS), CASES["sequences"][1])
    for note in ("are kept in", "were decoded before"):
        dataset = recipes.load(folder)
        assert isinstance(dataset.train.inputs, np.memmap)
        assert note in dataset.notes[-1]
        assert "memory-mapped" in dataset.notes[-1]
    with pytest.raises(InputError, match="no cache folder for them; give"):
        recipes.load(folder, cache_dir="none")
    monkeypatch.setattr(mapped, "IN_MEMORY", 2**28)
    plain = recipes.load(folder, cache_dir="none")
    assert not isinstance(plain.train.inputs, np.memmap)
    assert fingerprint(plain) == fingerprint(dataset)
    batches = [
        recipes.training_batches(data.train, batch_size=8, seed=1, start_step=7)
        for data in (plain, dataset)
    ]
    for (one, _), (other, _) in zip(*(b.take(3) for b in batches), strict=True):
        np.testing.assert_array_equal(one, other)


def test_too_little_disk_space_is_refused_before_decoding(tmp_path, large, monkeypatch):
    monkeypatch.setattr(cache, "SPARE", 2**60)
    with pytest.raises(InputError, match="GB free; choose another"):
        recipes.load(shards(tmp_path / "r", examples()))


def test_a_model_learns_from_records(tmp_path, large):
    rows = (ROWS + 3 * np.eye(3, 4)[CLASSES]).astype("float32")
    folder = shards(tmp_path / "r", examples(values=rows))
    run = recipes.fit(
        "mlp",
        folder,
        out=tmp_path / "run",
        epochs=8,
        batch_size=8,
        learning_rate=0.05,
        rebalance="oversample",
        progress=False,
        model_arguments={"hidden_units": [8], "dropout": 0.0},
    )
    assert run.evaluation.accuracy > 0.8


BAD = {
    "no label": ([{"x": ROWS[0]}] * 9, None, "no feature 'label' .* they have x"),
    "label of floats": (examples(labels=ROWS[:, 0]), None, "numbers, not"),
    "several inputs": (examples("a", b=ROWS[0]), None, 'Write .*"input": "a"'),
    "unknown input": (examples(), {"input": "z"}, "no feature 'z'"),
    "unknown key": (examples(), {"colour": 1}, "has colour; it may have input"),
    "unknown kind": (examples(), {"kind": "video"}, "has kind 'video'"),
    "not the same length": (examples(values=STEPS), None, "from 6 to 12 numbers"),
    "no steps": (
        examples(values=STEPS),
        {"kind": "sequences", "shape": [None, 5]},
        "not whole steps of 5",
    ),
    "sequences without a shape": (examples(), {"kind": "sequences"}, "need .shape."),
    "raw images without a shape": (
        examples("i", [b"abc"] * NUMBER),
        {"kind": "images"},
        "raw",
    ),
    "raw images of another shape": (
        examples("i", [b"abc"] * NUMBER),
        {"kind": "images", "shape": [2, 2, 1]},
        "3 raw bytes where",
    ),
    "NaN": (examples(values=ROWS * np.nan), None, "r/data-0.*NaN"),
    "audio outside −1…1": (
        examples(values=ROWS * 99),
        {"kind": "audio", "sample_rate": 8000},
        "must lie in",
    ),
    "broken image": (
        examples("image", [PNG[0], *[p[:60] for p in PNG[1:]]]),
        None,
        "has a record of another layout",
    ),
    "another layout": (
        [*examples()[:-1], {"label": 0}, {"x": "a word", "label": 1}],
        None,
        "record of another layout",
    ),
    "no records": ([], None, "has no records"),
}


@pytest.mark.parametrize("records, describe, message", BAD.values(), ids=BAD)
def test_bad_records_are_refused(tmp_path, records, describe, message):
    folder = shards(tmp_path / "r", records, describe, number=1)
    with pytest.raises(InputError, match=message):
        recipes.load(folder)


@pytest.mark.parametrize("damage", ["cut", "flipped", "text"])
def test_damaged_files_are_refused(tmp_path, damage):
    path = write(tmp_path / "r" / "a.tfrecord", examples())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    whole = path.read_bytes()
    path.write_bytes(
        {"cut": whole[:-5], "flipped": content, "text": b"no record at all, but text"}[
            damage
        ]
    )
    with pytest.raises(InputError, match=r"a\.tfrecord is damaged"):
        recipes.load(tmp_path / "r")


def test_options_of_other_sources_are_refused_with_a_remedy(tmp_path):
    folder = shards(tmp_path / "r", examples())
    with pytest.raises(InputError, match=r"`group` .* does not apply to TFRecord"):
        recipes.load(folder, group="a")
    with pytest.raises(InputError, match=r"into tfrecords\.json"):
        recipes.load(folder, sequences=True)
    (folder / "tfrecords.json").write_text("[1]")
    with pytest.raises(InputError, match="does not hold a JSON object"):
        recipes.load(folder)
    (folder / "tfrecords.json").write_text("{")
    with pytest.raises(InputError, match=r"tfrecords\.json is damaged"):
        recipes.load(folder)
    (folder / "dataset_info.json").write_text("{}")
    with pytest.raises(InputError, match="prepared by TensorFlow Datasets"):
        recipes.load(folder)
