"""Copies of examples in several parts: counted, and kept together on request."""

import shutil

import numpy as np
import pytest
from scipy.io import wavfile

import recipes
from tests.recipes.sources.source_files import write_csv, write_folder
from zoo.errors import InputError

NUMBER = 20  # of different examples of each class; each is there twice


def images(root):
    write_folder(root, {"ant": NUMBER, "bee": NUMBER})
    for file in [*root.rglob("*.png")]:
        shutil.copy(file, file.with_name(f"copy of {file.name}"))
    return root


def linked_images(root):
    write_folder(root, {"ant": NUMBER, "bee": NUMBER})
    for file in [*root.rglob("*.png")]:
        file.with_name(f"link to {file.name}").symlink_to(file)
    return root


def audio(root):
    for n in range(2 * NUMBER):
        for name, value in (("ant", 1), ("bee", -1)):
            (root / name).mkdir(parents=True, exist_ok=True)
            samples = np.full(20 + n // 2, value * (100 + n // 2), "int16")
            wavfile.write(root / name / f"{n}.wav", 8000, samples)
    return root


def texts(root):
    for n in range(2 * NUMBER):
        for name in ("ant", "bee"):
            (root / name).mkdir(parents=True, exist_ok=True)
            (root / name / f"{n}.txt").write_text(f"{name} {n // 2}")
    return root


def numbers_in_csv(root):
    rows = [[n // 4, "ab"[n % 2] * 1 == "a", "ab"[n % 2]] for n in range(4 * NUMBER)]
    rows = [[number + 0.5, int(first), label] for number, first, label in rows]
    return write_csv(root.with_suffix(".csv"), ["x", "first", "label"], rows)


def words_in_csv(root):
    kinds = ["red", "green", "blue"]
    rows = [[n // 4 + 0.5, kinds[n % 2], "ab"[n % 2]] for n in range(4 * NUMBER)]
    return write_csv(root.with_suffix(".csv"), ["x", "colour", "label"], rows)


def npz(root):
    x = np.repeat(np.random.default_rng(0).normal(size=(2 * NUMBER, 3)), 2, axis=0)
    np.savez(root.with_suffix(".npz"), x=x, y=np.arange(4 * NUMBER) // 2 % 2)
    return root.with_suffix(".npz")


SOURCES = [images, linked_images, audio, texts, numbers_in_csv, words_in_csv, npz]


def contents(part):
    return {
        row.encode() if isinstance(row, str) else row.tobytes() for row in part.inputs
    }


def copies(dataset):
    """Return the numbers of copies that the notes tell, by part."""
    notes = [note for note in dataset.notes if "are copies of examples in" in note]
    return {note.split()[3]: int(note.split()[0]) for note in notes}


@pytest.mark.parametrize("write", SOURCES, ids=lambda write: write.__name__)
def test_copies_are_counted_and_kept_together_on_request(tmp_path, write):
    source = write(tmp_path / "data")
    apart = recipes.load(source)
    train, validation = contents(apart.train), contents(apart.validation)
    expected = {
        "validation": sum(row in train for row in map(one, apart.validation.inputs)),
        "test": sum(row in train | validation for row in map(one, apart.test.inputs)),
    }
    assert expected["test"] > 0
    assert copies(apart) == {part: n for part, n in expected.items() if n}

    together = recipes.load(source, keep_duplicates_together=True)
    parts = (together.train, together.validation, together.test)
    assert sum(map(len, parts)) == 4 * NUMBER
    assert sum(len(contents(part)) for part in parts) == 2 * NUMBER
    assert copies(together) == {}
    assert any("80 of 80 examples are copies" in note for note in together.notes)
    for part in parts:  # stratified
        first, second = np.bincount(part.labels)
        assert abs(int(first) - int(second)) <= 2
    assert len(together.test) == pytest.approx(0.2 * 4 * NUMBER, abs=2)


def one(row):
    return row.encode() if isinstance(row, str) else row.tobytes()


def test_copies_between_given_parts_are_counted():
    x, y = np.arange(90.0).reshape(30, 3), np.arange(30) % 2
    dataset = recipes.from_arrays(x, y, x[:8], y[:8], x[6:12] + 0.5, y[6:12])
    assert "8 of 8 test examples are copies" in dataset.notes[-1]
    assert "keep" not in dataset.notes[-1]
    with pytest.raises(InputError, match="leave out `keep_duplicates_together`"):
        recipes.from_arrays(x, y, x, y, x, y, keep_duplicates_together=True)


def test_audio_of_another_length_is_not_a_copy():
    clips = [np.zeros(10 + n, "float32") for n in range(20)]
    dataset = recipes.from_arrays(clips, np.arange(20) % 2, sample_rate=8000)
    assert copies(dataset) == {}


def test_groups_and_copies_cannot_both_be_kept(tmp_path):
    source = npz(tmp_path / "data")
    with pytest.raises(InputError, match="Give either `group` 'y' or `keep_dup"):
        recipes.load(source, group="y", keep_duplicates_together=True)


def test_a_class_of_one_content_cannot_be_split():
    x = np.float32([[0, 0]] * 9 + [[n, 1] for n in range(9)])
    with pytest.raises(InputError, match="Class '0' has 1 of 10 examples"):
        recipes.from_arrays(x, np.arange(18) // 9, keep_duplicates_together=True)
