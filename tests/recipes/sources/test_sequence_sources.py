"""Sequences of vectors from arrays and files, of one length or many."""

import json

import numpy as np
import pytest

import recipes
import recipes.command
from recipes.sources.arrays import mapped
from tests.recipes.sources.source_files import prepare_tfds
from zoo.errors import InputError
from zoo.loading import load_classifier


def waves(number=80, seed=0):
    """Return rising and falling lines with a column of noise, and their classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(number) % 2
    sequences = []
    for label in labels:
        line = np.linspace(-1, 1, rng.integers(5, 12)) * (1 - 2 * label)
        noise = rng.normal(size=len(line))
        sequences.append(np.stack([line, noise], axis=1).astype("float32"))
    return sequences, labels


SEQUENCES, LABELS = waves()
LENGTHS = np.array([len(sequence) for sequence in SEQUENCES])
PADDED = np.zeros((80, 11, 2), "float32")
for row, sequence in zip(PADDED, SEQUENCES, strict=True):
    row[: len(sequence)] = sequence


def check(dataset, inputs=PADDED, lengths=LENGTHS):
    """Check that three parts hold all sequences with their lengths and classes."""
    assert (dataset.kind, dataset.input_shape) == ("sequences", inputs.shape[1:])
    parts = (dataset.train, dataset.validation, dataset.test)
    seen = {
        (row.tobytes(), int(label), int(length))
        for part in parts
        for row, label, length in zip(
            part.inputs, part.labels, part.lengths, strict=True
        )
    }
    expected = zip(inputs, LABELS, lengths, strict=True)
    assert seen == {(row.tobytes(), int(k), int(n)) for row, k, n in expected}


def test_ragged_arrays_are_sequences():
    dataset = recipes.from_arrays(SEQUENCES, LABELS)
    check(dataset)
    median = int(np.median(dataset.train.lengths))
    described = f"sequences of {median} steps (median), at most 11, of 2 numbers"
    assert described in dataset.describe()
    objects = np.empty(80, object)
    objects[:] = SEQUENCES
    check(recipes.from_arrays(objects, LABELS))


def test_arrays_of_one_length_are_sequences_on_request():
    even = np.random.default_rng(0).random((80, 11, 2), "float32")
    check(recipes.from_arrays(even, LABELS, sequences=True), even, np.full(80, 11))
    assert recipes.from_arrays(np.abs(even), LABELS, sequences=True).kind == "sequences"
    single = recipes.from_arrays(even[..., 0], LABELS, sequences=True)
    assert single.input_shape == (11, 1)


def write(folder, suffix, **arrays):
    if suffix == ".npz":
        np.savez(folder / "data.npz", **arrays)
        return folder / "data.npz"
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_padding_in_files_with_lengths_is_ignored(tmp_path, suffix):
    dirty = PADDED.copy()
    dirty[np.arange(11) >= LENGTHS[:, None]] = 7  # the padding may hold anything
    arrays = {"x_train": dirty, "y_train": LABELS, "lengths_train": LENGTHS}
    check(recipes.load(write(tmp_path, suffix, **arrays)))


def test_files_without_lengths_are_read_on_request(tmp_path):
    path = write(tmp_path, ".npz", x=PADDED, y=LABELS)
    check(recipes.load(path, sequences=True), lengths=np.full(80, 11))
    with pytest.raises(InputError, match="channels"):  # read as images
        recipes.load(write(tmp_path, ".npz", x=PADDED[..., None, :], y=LABELS))


@pytest.mark.parametrize("with_lengths", [False, True])
def test_large_files_are_mapped(tmp_path, monkeypatch, with_lengths):
    monkeypatch.setattr(mapped, "IN_MEMORY", 100)
    arrays = {"x_train": np.tile(PADDED, (8, 1, 1)), "y_train": np.tile(LABELS, 8)}
    if with_lengths:
        arrays["lengths_train"] = np.tile(LENGTHS, 8)
    dataset = recipes.load(write(tmp_path, ".npy", **arrays), sequences=True)
    assert isinstance(dataset.train.inputs, np.memmap)
    assert dataset.kind == "sequences"
    expected = LENGTHS if with_lengths else np.full(80, 11)
    np.testing.assert_array_equal(dataset.train.lengths[:80], expected)
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 640


def test_large_scales_are_noted():
    notes = recipes.from_arrays([s * 1e4 for s in SEQUENCES], LABELS).notes
    assert any("scale them to about 1" in note for note in notes)


def test_sequences_of_tensorflow_datasets_are_loaded(tmp_path):
    import tensorflow_datasets as tfds

    features = {
        "signal": tfds.features.Tensor(shape=(None, 2), dtype=np.float32),
        "label": tfds.features.ClassLabel(names=["up", "down"]),
    }
    examples = [
        {"signal": sequence, "label": int(label)}
        for sequence, label in zip(SEQUENCES, LABELS, strict=True)
    ]
    folder = prepare_tfds(tmp_path, "mnist/9.9.9", features, {"train": examples})
    check(recipes.load("mnist:9.9.9", data_dir=folder, download=False))


def test_columns_of_tensorflow_datasets_are_a_table(tmp_path):
    import tensorflow_datasets as tfds

    features = {
        "age": tfds.features.Scalar(dtype=np.float32),
        "port": tfds.features.Tensor(shape=(), dtype=np.str_),
        "deck": tfds.features.ClassLabel(names=["A", "B"]),
        "survived": tfds.features.ClassLabel(names=["no", "yes"]),
    }
    examples = [
        {
            "age": float(n % 20),
            "port": "SC"[n % 2],
            "deck": n % 2,
            "survived": n // 2 % 2,
        }
        for n in range(60)
    ]
    folder = prepare_tfds(tmp_path, "mnist/9.9.9", features, {"train": examples})
    dataset = recipes.load(
        "mnist:9.9.9", data_dir=folder, download=False, label_column="survived"
    )
    categories = {
        c.name: getattr(c, "categories", None) for c in dataset.columns.columns
    }
    assert categories == {"age": None, "port": ("C", "S"), "deck": ("A", "B")}
    raw = dataset.columns.raw(dataset.test.inputs)
    for age, port, deck in zip(raw["age"], raw["port"], raw["deck"], strict=True):
        assert (port, deck) == (("S", "A"), ("C", "B"))[int(age) % 2]


BAD = {
    "features": ([np.zeros((3, 2)), np.ones((4, 3))], "has 3 features, the first 2"),
    "empty": ([np.ones((3, 2)), np.ones((0, 2))], r"at least one step, got \(0, 2\)"),
    "NaN": ([np.ones((3, 2)), np.full((4, 2), np.nan)], r"NaN.* at \(0, 0\)"),
    "words": ([np.array([["a"]]), np.array([["b"]])], "must be numbers"),
    "large": ([np.full((3, 2), 1e300)], "beyond float32"),
    "none": ([], "no examples"),
}


@pytest.mark.parametrize("x, message", BAD.values(), ids=BAD)
def test_bad_sequences_are_refused(x, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(x, np.arange(len(x)) % 2, sequences=True)


@pytest.mark.parametrize(
    "lengths", [LENGTHS[:-1], LENGTHS * 0, LENGTHS + 9.5, LENGTHS * 9]
)
def test_bad_lengths_are_refused(tmp_path, lengths):
    path = write(tmp_path, ".npz", x=PADDED, y=LABELS, lengths=lengths)
    with pytest.raises(InputError, match="lengths of the train part must be"):
        recipes.load(path)


def test_sources_and_models_without_sequences_refuse_them(tmp_path):
    for source in ("digits", tmp_path):
        with pytest.raises(InputError, match=r"`sequences` .* to .* an .npz file"):
            recipes.load(source, sequences=True)
    dataset = recipes.from_arrays(SEQUENCES, LABELS)
    with pytest.raises(InputError, match="no named augmentation for sequences"):
        recipes.fit("recurrent", dataset, augment="light", out=tmp_path / "run")
    with pytest.raises(InputError, match="Models for it: recurrent"):
        recipes.fit("mlp", dataset, out=tmp_path / "run")


def test_a_recurrent_network_learns_sequences_and_is_served(
    tmp_path, monkeypatch, capsys
):
    path = write(
        tmp_path, ".npz", x_train=PADDED, y_train=LABELS, lengths_train=LENGTHS
    )
    run = recipes.fit(
        "recurrent",
        path,
        out=tmp_path / "run",
        epochs=6,
        batch_size=8,
        learning_rate=0.03,
        rebalance="balanced",
        model_arguments={"units": [8]},
        progress=False,
    )
    assert run.evaluation.accuracy > 0.9
    again = recipes.evaluate(run.folder.saved_model, path)
    assert again.loss == pytest.approx(run.evaluation.loss, abs=1e-5)
    np.save(tmp_path / "new.npy", SEQUENCES[1])
    arguments = ["predict", str(run.folder.path), str(tmp_path / "new.npy"), "--json"]
    monkeypatch.setattr("sys.argv", ["zoo", *arguments])
    recipes.command.main()
    (answer,) = json.loads(capsys.readouterr().out)
    expected = load_classifier(run.folder.path).probabilities(SEQUENCES[1][None])
    assert answer["label"] == expected.argmax()
