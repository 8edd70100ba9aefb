"""Folders of `.npy` files give the batches of the array, memory-mapped or not."""

import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.data.zero_copy import as_tensor, taken
from recipes.pipeline import ordered_batches, training_batches
from recipes.sources.arrays import mapped
from tests.recipes.sources.source_files import IMAGES, LABELS, check_complete
from zoo.errors import InputError

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(1000, 3)).astype("float32")
CLASSES = np.arange(1000) % 3


@pytest.fixture
def large(monkeypatch):
    """Treats every file as too large for memory."""
    monkeypatch.setattr(mapped, "IN_MEMORY", 0)


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "table", x_train=ROWS, y_train=CLASSES)


def write(folder, **arrays):
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def test_small_files_are_read_into_memory(folder):
    dataset = recipes.load(folder)
    check_complete(dataset, 1000)
    assert not isinstance(dataset.train.inputs, np.memmap)
    assert "read into memory" in dataset.notes[0]


def test_small_files_may_be_in_fortran_order(tmp_path):
    folder = write(tmp_path / "f", x_train=np.asfortranarray(ROWS), y_train=CLASSES)
    check_complete(recipes.load(folder), 1000)


def test_large_files_are_mapped_and_their_end_is_split_off(folder, large):
    dataset = recipes.load(folder)
    check_complete(dataset, 1000)
    parts = (dataset.train, dataset.validation, dataset.test)
    assert all(isinstance(part.inputs, np.memmap) for part in parts)
    np.testing.assert_array_equal(np.concatenate([p.inputs for p in parts]), ROWS)
    np.testing.assert_array_equal(np.concatenate([p.labels for p in parts]), CLASSES)
    assert "memory-mapped" in dataset.notes[0]


def test_mapped_files_have_no_folds(folder, large):
    with pytest.raises(InputError, match=r"`fold` .* too large for memory"):
        recipes.load(folder, fold="1/3")


def test_mapped_parts_that_are_given_are_not_split(tmp_path, large):
    folder = write(
        tmp_path / "images",
        **{f"x_{part}": IMAGES for part in mapped.PARTS},
        **{f"y_{part}": LABELS for part in mapped.PARTS},
    )
    dataset = recipes.load(folder)
    assert dataset.kind == "images"
    for part in (dataset.train, dataset.validation, dataset.test):
        np.testing.assert_array_equal(part.inputs, IMAGES)
        np.testing.assert_array_equal(part.labels, LABELS)


def test_the_tensor_shares_the_memory_of_the_file(folder, large):
    dataset = recipes.load(folder)
    for part in (dataset.train, dataset.validation, dataset.test):
        tensor = as_tensor(part.inputs)
        assert np.shares_memory(np.asarray(memoryview(tensor)), part.inputs)


def test_tensors_of_parts_in_memory_share_the_memory_of_the_array():
    dataset = recipes.from_arrays(ROWS, CLASSES)
    for part in (dataset.train, dataset.validation, dataset.test):
        tensor = as_tensor(part.inputs)
        assert np.shares_memory(np.asarray(memoryview(tensor)), part.inputs)


@pytest.mark.parametrize(
    "array",
    [
        ROWS[1:],
        ROWS[:, :2],
        np.asfortranarray(ROWS),
        ROWS.astype(">f4"),
        ROWS[:0],
        np.array(["a", "b"], object),
    ],
    ids=["unaligned", "columns", "Fortran", "big-endian", "empty", "strings"],
)
def test_every_array_becomes_a_tensor_of_its_values(array):
    found = as_tensor(array).numpy()
    assert found.shape == array.shape
    assert found.tolist() == [
        value.encode() if isinstance(value, str) else value for value in array.tolist()
    ]


@pytest.mark.parametrize(
    "examples", [slice(2, 9, 3), [3, 1], np.array([-1, 0]), np.arange(1000) % 7 == 0]
)
def test_taken_equals_indexing(examples):
    for array in (ROWS, CLASSES.astype(object)):
        np.testing.assert_array_equal(taken(array, examples), array[examples])
    with pytest.raises(IndexError):
        taken(ROWS, [1000])


def test_the_file_stays_mapped_while_its_tensor_exists(folder, large):
    tensor = as_tensor(recipes.load(folder).train.inputs)
    np.testing.assert_array_equal(tensor.numpy(), ROWS[: len(tensor)])


@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("rebalance", [None, "oversample"])
def test_batches_equal_those_of_the_array(folder, large, threads, rebalance):
    train = recipes.load(folder).train
    read = recipes.from_arrays(ROWS, CLASSES).train
    read = type(read)(np.array(train.inputs), train.labels)

    def batches(part, threads):
        dataset = training_batches(
            part, batch_size=64, seed=5, rebalance=rebalance, drop_remainder=True
        )
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        dataset = dataset.with_options(options)
        assert dataset.element_spec[0].shape == (64, 3)
        return [
            (x.tobytes(), y.tobytes()) for x, y in dataset.take(30).as_numpy_iterator()
        ]

    assert batches(train, threads) == batches(read, 1)


def test_evaluation_reads_the_file_in_order(folder, large):
    test = recipes.load(folder).test
    seen = [x for x, _ in ordered_batches(test, batch_size=50).as_numpy_iterator()]
    np.testing.assert_array_equal(np.concatenate(seen), test.inputs)


def test_a_model_trains_on_a_mapped_table(folder, large, tmp_path, no_export):
    run = recipes.fit("mlp", folder, epochs=1, out=tmp_path / "run", progress=False)
    assert len(run.metrics) == 1
    assert all(np.isfinite(w).all() for w in run.model.get_weights())


def cut(folder):
    path = folder / "x_train.npy"
    path.write_bytes(path.read_bytes()[:-1])


def replace(name, array):
    return lambda folder: np.save(folder / f"{name}.npy", array)


def with_nan():
    rows = ROWS.copy()
    rows[700, 1] = np.nan
    return rows


BAD = {
    "cut off": (cut, r"says \(1000, 3\), 12,000 bytes .* the file has 11,999"),
    "no header": (
        lambda folder: (folder / "x_train.npy").write_bytes(b"PK, not NumPy"),
        "damaged, or is not an .npy file",
    ),
    "float64": (
        replace("x_train", ROWS.astype("float64")),
        "holds <f8 .*must hold float32",
    ),
    "other byte order": (replace("x_train", ROWS.astype(">f4")), "holds >f4 "),
    "Fortran order": (
        replace("x_train", np.asfortranarray(ROWS)),
        "Fortran order.*np.ascontiguousarray",
    ),
    "objects": (
        lambda folder: np.save(
            folder / "x_train.npy", np.array([{}, None]), allow_pickle=True
        ),
        "never unpickled",
    ),
    "NaN": (replace("x_train", with_nan()), r"NaN or infinite at \(700, 1\)"),
    "few labels": (replace("y_train", CLASSES[:7]), "1,000 examples and 7 labels"),
    "one label": (replace("y_train", np.array(1)), r"labels have the shape \(n,\)"),
    "no labels": (lambda folder: (folder / "y_train.npy").unlink(), "There is no file"),
    "other shape": (
        lambda folder: (
            np.save(folder / "x_test.npy", ROWS[:, :2]),
            np.save(folder / "y_test.npy", CLASSES),
        ),
        r"shape \(2,\), those of the training part \(3,\)",
    ),
    "sorted": (replace("y_train", np.sort(CLASSES)), "shuffle the file, or give"),
}


@pytest.mark.parametrize("damage, message", BAD.values(), ids=BAD)
def test_bad_files_are_refused(folder, large, damage, message):
    damage(folder)
    with pytest.raises(InputError, match=message):
        recipes.load(folder)


def test_a_bad_value_in_a_later_block_is_found(folder, large, monkeypatch):
    monkeypatch.setattr(mapped, "BLOCK", 40)
    replace("x_train", with_nan())(folder)
    with pytest.raises(InputError, match=r"infinite at \(700, 1\)"):
        recipes.load(folder)
