"""Images that are decoded in the batch: the same examples as decoded at once."""

import io
import os
import pathlib
import sys

import numpy as np
import pytest
from PIL import Image

import recipes
from recipes.augmentation import Compose, CropWithPadding, Flip
from recipes.data.encoded_images import EncodedImages
from recipes.data.fingerprint import fingerprint
from recipes.pipeline import ordered_batches, sized_batches, training_batches
from recipes.sources.files.file_kinds import EncodedFile
from recipes.sources.images import encoded_folder, image_files
from recipes.training.resume import _dataset
from zoo.errors import InputError

RNG = np.random.default_rng(0)
PARTS = ("train", "validation", "test")
BOUNDS = [0, 2, 7, 9]


def picture(size=(9, 12), mode="RGB"):
    shape = (*size, 3) if mode != "L" else size
    image = Image.fromarray(RNG.integers(0, 256, shape, dtype="uint8"))
    return image.convert(mode)


def turned(orientation=6):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"exif": exif}


FILES = {  # what a folder holds beside plain JPEG files: name, picture, how to save it
    "JPEG of one size": [],
    "JPEG of several sizes": [("big.jpg", picture((40, 30)), {"quality": 95})],
    "grey and colour": [("grey.jpg", picture(mode="L"), {})],
    "a photo on its side": [("turned.jpg", picture(), turned())],
    "PNG, GIF and BMP": [
        (f"a.{form}", picture(), {}) for form in ("png", "gif", "bmp")
    ],
    "WebP and 16 bits": [
        ("a.webp", picture(), {"lossless": True}),
        ("deep.png", Image.fromarray(RNG.integers(0, 2**16, (9, 12), "uint16")), {}),
    ],
    "CMYK": [("cmyk.jpg", picture(mode="CMYK"), {})],
    "named -1.JPG, in UTF-8": [("Bär 1.JPG", picture(), {}), ("-1.JPG", picture(), {})],
}


def write(folder, more=(), number=10):
    """Write JPEG files of two classes, and `more` files for the first."""
    for name in ("ant", "bee"):
        (folder / name).mkdir(parents=True)
        for n in range(number):
            picture().save(folder / name / f"{n}.jpg")
    for name, image, options in more:
        image.save(folder / "ant" / name, **options)
    return folder


def both(folder, **options):
    once = recipes.load(folder, decode="once", cache_dir="none", **options)
    cache_dir = folder.parent / "cache"
    return once, recipes.load(folder, decode="batch", cache_dir=cache_dir, **options)


@pytest.mark.parametrize("more", FILES.values(), ids=FILES)
def test_the_examples_are_those_that_are_decoded_once(more, tmp_path):
    once, batch = both(write(tmp_path / "photos", more), image_size=(8, 8))
    assert batch.class_names == once.class_names
    for part in PARTS:
        expected, found = getattr(once, part), getattr(batch, part)
        assert isinstance(found, EncodedImages)
        np.testing.assert_array_equal(found.labels, expected.labels)
        np.testing.assert_array_equal(found.inputs[:], expected.inputs)
        np.testing.assert_array_equal(found.inputs[-1], expected.inputs[-1])
    assert set(once.notes) < set(batch.notes)
    assert any("decoded in each batch" in note for note in batch.notes)


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_names_need_not_be_utf_8(tmp_path):
    folder = write(tmp_path / "photos")
    name = os.fsencode(folder / "ant") + b"/\xff \n.jpg"
    pathlib.Path(os.fsdecode(name)).write_bytes((folder / "ant" / "0.jpg").read_bytes())
    once, batch = both(folder)
    np.testing.assert_array_equal(batch.train.inputs[:], once.train.inputs)


def test_batches_are_those_of_decoded_images(tmp_path):
    once, batch = (each.train for each in both(write(tmp_path / "a", number=12)))
    augment = Compose(CropWithPadding(2), Flip())
    for options in ({}, {"augment": augment, "rebalance": "balanced", "seed": 2}):
        options = {"batch_size": 5, "num_classes": 2, **options}
        expected = [*training_batches(once, **options).take(6)]
        found = [*training_batches(batch, **options).take(4)]
        found += training_batches(batch, **options, start_step=4).take(2)
        check_batches(found, expected)
    check_batches(
        ordered_batches(batch, batch_size=4), ordered_batches(once, batch_size=4)
    )
    check_batches(sized_batches(batch, BOUNDS), sized_batches(once, BOUNDS))


def check_batches(found, expected):
    for batch, other in zip(found, expected, strict=True):
        for values, same in zip(batch, other, strict=True):
            np.testing.assert_array_equal(values, same)


def test_large_folders_are_decoded_in_the_batch(tmp_path, monkeypatch):
    folder = write(tmp_path / "photos")
    small = recipes.load(folder, cache_dir="none")
    assert not isinstance(small.train, EncodedImages)
    assert "decode" not in small.origin
    monkeypatch.setattr(encoded_folder, "WORTH_DECODING_ONCE", 20 * 9 * 12 * 3 - 1)
    large = recipes.load(folder)
    assert isinstance(large.train, EncodedImages)
    assert large.origin["decode"] == "batch"
    told = "images are decoded in each batch; decoded at once they would take 0.00 GB"
    assert any(told in note for note in large.notes)
    # Larger than the limit if they were of the largest size, which they are not.
    monkeypatch.setattr(encoded_folder, "WORTH_DECODING_ONCE", 20 * 9 * 12 * 3)
    assert not isinstance(recipes.load(folder).train, EncodedImages)


@pytest.mark.parametrize("decode", [None, "batch"])
def test_parts_of_their_own_are_decoded_like_the_training_part(
    decode, tmp_path, monkeypatch
):
    folder = write(tmp_path / "train")
    other = write(tmp_path / "validation", number=30)
    (other / "bee" / "copy.jpg").hardlink_to(folder / "bee" / "0.jpg")
    monkeypatch.setattr(encoded_folder, "WORTH_DECODING_ONCE", 20 * 9 * 12 * 3)
    data = recipes.load(folder, validation=other, decode=decode, cache_dir="none")
    for part in (data.train, data.validation):
        assert isinstance(part, EncodedImages) == (decode == "batch")
    assert any("1 of 61 validation examples" in note for note in data.notes)


def test_a_run_goes_on_with_what_it_began_with(tmp_path, monkeypatch):
    once, batch = both(write(tmp_path / "photos"))
    monkeypatch.setattr(encoded_folder, "WORTH_DECODING_ONCE", 0)
    for dataset in (once, batch):
        origin = dict(dataset.origin)
        if dataset is once:
            del origin["decode"]  # as earlier versions recorded it
        recorded = {"data": {"origin": origin, "fingerprint": fingerprint(dataset)}}
        again = _dataset(None, recorded, None, False)
        assert isinstance(again.train, type(dataset.train))


def test_a_changed_file_changes_the_fingerprint_and_another_folder_does_not(tmp_path):
    folder = write(tmp_path / "photos")
    before = fingerprint(recipes.load(folder, decode="batch"))
    folder = folder.rename(tmp_path / "moved")
    assert fingerprint(recipes.load(folder, decode="batch")) == before
    for number in range(10):
        picture().save(folder / "ant" / f"{number}.jpg")
    assert fingerprint(recipes.load(folder, decode="batch")) != before


def test_copies_are_files_with_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(encoded_folder, "END", 4)
    folder = write(tmp_path / "photos", number=0)
    same_ends = picture().tobytes()
    for number in range(20):
        middle = Image.frombytes("RGB", (12, 9), same_ends)
        middle.putpixel((5, 5), (number, 0, 0))
        middle.save(folder / ("ant", "bee")[number % 2] / f"{number}.bmp")
    assert not any(
        "copies" in note for note in recipes.load(folder, decode="batch").notes
    )
    for number in range(20):
        os.link(folder / "ant" / "0.bmp", folder / "bee" / f"again {number}.bmp")
    together = recipes.load(folder, decode="batch", keep_duplicates_together=True)
    assert any("21 of 40 examples are copies" in note for note in together.notes)


def test_a_file_that_is_damaged_after_loading_is_named(tmp_path):
    folder = write(tmp_path / "photos")
    data = recipes.load(folder, decode="batch")
    victim = pathlib.Path(os.fsdecode(data.train.inputs.paths[-1]))
    victim.write_bytes(victim.read_bytes()[:300])
    refusal = rf"{victim.name} cannot be decoded: .*damaged.*--decode once"
    with pytest.raises(InputError, match=refusal):
        data.train.inputs[:]
    with pytest.raises(InputError, match=refusal):
        recipes.fit("mlp", data, out=tmp_path / "run", epochs=1, progress=False)
    victim.unlink()
    with pytest.raises(InputError, match=refusal):
        data.train.inputs[-1]


def test_damaged_files_are_found_or_skipped_on_loading(tmp_path):
    folder = write(tmp_path / "photos", [("a.tif", picture(), {})])
    (folder / "bee" / "notes.jpg").write_text("a text")
    tiff = folder / "ant" / "a.tif"
    tiff.write_bytes(tiff.read_bytes()[:-100])
    options = {"decode": "batch", "cache_dir": tmp_path / "cache"}
    with pytest.raises(InputError, match=r"is not an image.*--skip-corrupt"):
        recipes.load(folder, **options)
    data = recipes.load(folder, skip_corrupt=True, **options)
    assert sum(len(getattr(data, part)) for part in PARTS) == 20
    assert any("2 unreadable files were skipped" in note for note in data.notes)


def test_other_formats_need_the_cache(tmp_path):
    folder = write(tmp_path / "photos", FILES["WebP and 16 bits"])
    with pytest.raises(InputError, match=r"webp is of a format .* --cache-dir"):
        recipes.load(folder, decode="batch", cache_dir="none")


def test_smote_refuses_them_as_images(tmp_path):
    data = recipes.load(write(tmp_path / "photos"), decode="batch")
    with pytest.raises(InputError, match=r"got uint8 .*Images"):
        training_batches(data.train, batch_size=2, rebalance="smote")


def test_a_model_is_trained_and_scored(tmp_path):
    once, batch = both(write(tmp_path / "photos"))
    run = recipes.fit("mlp", batch, out=tmp_path / "run", epochs=1, progress=False)
    assert run.folder.mistakes.exists()
    scores = recipes.evaluate(run.model, once)
    assert run.evaluation.as_json() == scores.as_json()


JPEG = {  # of a header that is read without Pillow: how it is saved
    "baseline": ("RGB", {}),
    "progressive": ("RGB", {"progressive": True}),
    "grey": ("L", {}),
    "comment and other sampling": ("RGB", {"comment": b"x" * 500, "subsampling": 0}),
    "restarts": ("RGB", {"restart_marker_blocks": 1}),
}
NOT_PLAIN = {"EXIF": ("RGB", turned()), "CMYK": ("CMYK", {}),
             "profile": ("RGB", {"icc_profile": b"x" * 200})}  # fmt: skip


def jpeg(mode, options):
    buffer = io.BytesIO()
    picture((31, 17), mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("case", JPEG.values(), ids=JPEG)
def test_plain_headers_are_those_that_pillow_reads(case):
    content = jpeg(*case)
    read = image_files.read_header(EncodedFile(content, "a.jpg"))
    assert encoded_folder.plain_jpeg(content) == read
    assert encoded_folder.plain_jpeg(content[:100]) is None


@pytest.mark.parametrize("case", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_other_headers_are_left_to_pillow(case):
    assert encoded_folder.plain_jpeg(jpeg(*case)) is None
