"""Files of another kind than their folder's: the refusal says what they are."""

import gzip
import io
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

import recipes
from recipes.sources.files.file_kinds import kind_of_content
from recipes.sources.images.image_files import read_header
from zoo.errors import InputError


def saved(write):
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


PIXELS = np.arange(75, dtype="uint8").reshape(5, 5, 3)
PNG = saved(lambda file: Image.fromarray(PIXELS).save(file, "PNG"))
WAV = saved(lambda file: wavfile.write(file, 8000, np.arange(99, dtype="int16")))
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(99)
# What the file is called, its content, what the refusal says.
CONTENTS = {
    "nothing": (b"", "is empty; remove it, or bring it back"),
    "page": (b"\n<!DOCTYPE html><html>", "is an HTML page; download the file again"),
    "pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
        "is a Git LFS pointer; fetch the file with `git lfs pull`",
    ),
    "document": (b"%PDF-1.7\n%\xe2\xe3", "is a PDF; "),
    "text": ("naïve words".encode(), "is a text; "),
    "UTF-16": ("words".encode("utf-16"), "is a text; "),
    "JSON": (b'{"a": 1}', "is a JSON text; "),
    "drawing": (b'<?xml version="1.0"?><svg>', "is an SVG drawing; "),
    "archive": (b"PK\3\4" + bytes(30), "is a ZIP archive; "),
    "compressed": (gzip.compress(b"data"), "is a gzip archive; "),
    "film": (b"\0\0\0\x20ftypisom" + bytes(99), "is an MP4 or QuickTime file; "),
    "array": (saved(lambda file: np.save(file, PIXELS)), "is a NumPy array; "),
    "noise": (bytes(range(1, 200)), "or is damaged; "),
}
KINDS = {  # a valid file, and contents that are of another kind
    "png": (PNG, {"sound": (WAV, "is a WAV file; "), "m4a": (M4A, "M4A")}),
    "wav": (WAV, {"image": (PNG, "is a PNG image; "), "m4a": (M4A, "an M4A.*ffmpeg")}),
}
CASES = {
    f"{name} as {suffix}": (suffix, good, *case)
    for suffix, (good, own) in KINDS.items()
    for name, case in {**CONTENTS, **own}.items()
}


@pytest.mark.parametrize("suffix, good, bad, sentence", CASES.values(), ids=CASES)
def test_a_file_of_another_kind_is_named(suffix, good, bad, sentence, tmp_path):
    for n, label in enumerate("aabbbb"):
        (tmp_path / label).mkdir(exist_ok=True)
        (tmp_path / label / f"{n}.{suffix}").write_bytes(good)
    (tmp_path / "b" / f"6.{suffix}").write_bytes(bad)
    with pytest.raises(InputError, match=rf"b/6\.{suffix} .*{sentence}") as caught:
        recipes.load(tmp_path)
    assert str(caught.value).endswith("or skip such files with --skip-corrupt.")


def test_a_folder_of_m4a_files_is_audio_that_cannot_be_read(tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.m4a").write_bytes(M4A)
    with pytest.raises(InputError, match=r"1\.m4a is an M4A \(AAC\) file; convert it"):
        recipes.load(tmp_path)


def test_every_first_byte_has_an_answer():
    for first in range(256):
        for length in (1, 2, 600):
            assert kind_of_content(bytes([first]) * length) != ""


@pytest.mark.parametrize("name", ["page", "pointer", "document", "archive", "film"])
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_table_of_another_kind_is_named(name, suffix, tmp_path):
    content, sentence = CONTENTS[name]
    (tmp_path / f"a.{suffix}").write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.{suffix} {sentence}"):
        recipes.load(tmp_path / f"a.{suffix}")


def test_a_header_may_begin_like_a_binary_file(tmp_path):
    rows = [f"{n % 5},{n % 2}" for n in range(20)]
    (tmp_path / "a.csv").write_text("\n".join(["ID3,label", *rows]))
    assert recipes.load(tmp_path / "a.csv").kind == "table"


def chunk(name, content):
    checksum = zlib.crc32(name + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + name + content + checksum


def bomb(side):
    """A valid PNG file of one colour, with one bit for each of its pixels."""
    rows = zlib.compress(bytes((side // 8 + 1) * side), 1)
    header = 2 * side.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("side", [9_600, 20_000])  # Pillow warns, and Pillow refuses.
@pytest.mark.filterwarnings("ignore:Image size")
def test_images_of_very_many_pixels_are_refused(side, tmp_path):
    (tmp_path / "bomb.png").write_bytes(bomb(side))
    message = r"bomb\.png has more than 67,108,864 pixels \(8,192×8,192\); make it"
    with pytest.raises(InputError, match=message):
        read_header(tmp_path / "bomb.png")
