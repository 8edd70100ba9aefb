"""Data files whose headers lie or whose parts are broken are refused in a sentence."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.sources.audio.audio_files import read_audio, resampled
from zoo.errors import InputError
from zoo.json_files import DEEPEST, parse_json

X = np.linspace(0, 1, 80, dtype="float32").reshape(40, 2)
Y = np.arange(40) % 2


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text, version=(1, 0), body=b"\0" * 64):
    """An `.npy` file with a header of one's own."""
    content = text.encode("latin1").ljust(117) + b"\n"
    size = struct.pack("<H" if version == (1, 0) else "<I", len(content))
    return b"\x93NUMPY" + bytes(version) + size + content + body


def lying(shape="(40, 2)", descr="'<f4'", fortran="False"):
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}}}"


ARRAYS = {  # what is wrong with x: bytes of an .npy file
    "huge": header(lying("(10000000000000, 2)")),
    "beyond 64 bits": header(lying("(4294967296, 4294967296)")),
    "far beyond": header(lying("(10" + "0" * 60 + ",)")),
    "negative": header(lying("(-40, 2)")),
    "no columns": header(lying(f"({10**25}, 0)")),
    "no bytes": header(lying("(1000000000000,)", "'<U0'")),
    "twice negative": header(lying("(-4, -2)")),
    "one row too many": header(lying("(41, 2)"), body=b"\0" * 320),
    "Fortran, cut off": header(lying(fortran="True")),
    "fortran_order not a truth value": header(lying(fortran="[1]")),
    "objects": header(lying(descr="'|O'"), body=b"cos\nsystem\n(S'true'\ntR."),
    "objects inside": header(lying(descr="[('a', '<f4'), ('b', '|O')]")),
    "unknown type": header(lying(descr="'<f3'")),
    "type is code": header(lying(descr="__import__('os').system('true')")),
    "shape is text": header(lying("'many'")),
    "shape of truths": header(lying("(True, False)")),
    "not a dictionary": header("[1, 2]"),
    "nested": header("(" * 110),
    "later version": header(lying(), version=(9, 0)),
    "header beyond the file": b"\x93NUMPY\x01\x00\xff\xff{'descr'",
    "magic only": b"\x93NUMPY",
    "empty": b"",
    "pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "text": b"hello, this is not an array",
    "one number": npy(np.float32(3)),
    "words": npy(np.array(["a", "b"])),
    "dates": npy(np.zeros(40, "datetime64[s]")),
    "structured": npy(np.zeros(40, [("a", "<f4")])),
}


def assert_one_sentence(read):
    with pytest.raises(InputError) as error:
        read()
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 700
    assert message.endswith(".")


@pytest.mark.parametrize("content", ARRAYS.values(), ids=ARRAYS)
def test_an_array_with_a_wrong_header_is_refused(content, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x_train.npy").write_bytes(content)
    (folder / "y_train.npy").write_bytes(npy(Y))
    assert_one_sentence(lambda: recipes.load(folder))
    file = tmp_path / "data.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", npy(Y))
    assert_one_sentence(lambda: recipes.load(file))
    (folder / "x_train.npy").write_bytes(npy(X))
    (folder / "y_train.npy").write_bytes(content)
    if content not in (ARRAYS["words"], ARRAYS["dates"]):
        assert_one_sentence(lambda: recipes.load(folder))


def write_npz(file, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("x.npy", npy(X))
        archive.writestr("y.npy", npy(Y))


def encrypted(file):
    """Set the flag that says that the members are encrypted."""
    write_npz(file)
    content = bytearray(file.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 4)
    file.write_bytes(content)


def other_compression(file):
    write_npz(file)
    content = bytearray(file.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.find(mark) + offset] = 98
    file.write_bytes(content)


def broken_stream(file):
    write_npz(file)
    content = bytearray(file.read_bytes())
    content[60:90] = b"\xff" * 30
    file.write_bytes(content)


def wrong_checksum(file):
    write_npz(file, zipfile.ZIP_STORED)
    content = file.read_bytes()
    file.write_bytes(content.replace(X[20:21].tobytes(), b"\0" * 8, 1))


def bomb(file):
    """Zeros that grow a thousandfold, with a header that is right for them."""
    size = 2**50
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("y.npy", npy(Y))
        body = header(lying(f"({size},)"))
        archive.writestr("x.npy", body)
        for member in archive.infolist():  # what the directory of the archive says
            if member.filename == "x.npy":
                member.file_size = len(body) + 4 * size


def no_members(file):
    with zipfile.ZipFile(file, "w"):
        pass


BROKEN = [encrypted, other_compression, broken_stream, wrong_checksum, bomb, no_members]


@pytest.mark.parametrize("write", BROKEN, ids=lambda write: write.__name__)
def test_a_broken_archive_is_refused(write, tmp_path):
    write(tmp_path / "data.npz")
    assert_one_sentence(lambda: recipes.load(tmp_path / "data.npz"))


def wav(
    rate=8000, channels=1, bits=16, tag=1, data=b"\0\1" * 40, size=None, align=None
):
    align = channels * bits // 8 % 2**16 if align is None else align
    form = struct.pack("<HHIIHH", tag, channels, rate, 1, align, bits)
    size = len(data) if size is None else size
    chunks = b"fmt " + struct.pack("<I", 16) + form
    chunks += b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


SOUNDS = {
    "rate 0": wav(rate=0),
    "rate beyond reason": wav(rate=4_000_000_000),
    "no channels": wav(channels=0),
    "many channels": wav(channels=60_000),
    "no bits": wav(bits=0),
    "many bits": wav(bits=65_535, align=8_192),
    "alignment 0": wav(align=0),
    "unknown coding": wav(tag=0x55),
    "data beyond the file": wav(size=2**32 - 1),
    "no data": wav(data=b""),
    "half a sample": wav(data=b"\0"),
    "NaN": wav(bits=32, tag=3, data=struct.pack("<f", float("nan")) * 8),
    "no chunks": b"RIFF\x04\0\0\0WAVE",
    "another RIFF": b"RIFF\x04\0\0\0AVI ",
    "RF64 of 2**63 bytes": b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0" + b"\xff" * 28,
    "empty": b"",
}


@pytest.mark.parametrize("content", SOUNDS.values(), ids=SOUNDS)
def test_a_wav_file_with_a_wrong_header_is_refused(content, tmp_path):
    (tmp_path / "a.wav").write_bytes(content)
    assert_one_sentence(lambda: read_audio(tmp_path / "a.wav"))


def test_resampling_that_needs_too_much_memory_is_refused():
    samples = np.broadcast_to(np.zeros(1, "float32"), 2**40)
    with pytest.raises(InputError, match=r"resampled to 48,000 Hz, would take .* GB"):
        resampled(samples, 1, 48_000)


LAYOUTS = [
    {"shape": 5},
    {"shape": ["a", "b", 3]},
    {"shape": [-1, 2, 3]},
    {"shape": [0, 2, 3]},
    {"shape": [True, 2, 3]},
    {"shape": [2.5, 2, 3]},
    {"shape": [10**30, 10**30, 3]},
    {"shape": []},
    {"shape": {"0": 1}},
    {"kind": ["images"]},
    {"kind": {"a": 1}},
    {"kind": 3},
    {"input": ["x"]},
    {"input": {"x": 1}},
    {"label": ["label"]},
    {"label": 7},
    {"class_names": 5},
    {"class_names": "ab"},
    {"class_names": [["a"], {"b": 1}]},
    {"kind": "audio", "sample_rate": "8000"},
    {"kind": "audio", "sample_rate": -1},
    {"kind": "audio", "sample_rate": 1.5},
    {"kind": "audio", "sample_rate": [8000]},
    {"unknown": 1},
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=json.dumps)
def test_a_layout_of_records_with_wrong_types_is_refused(layout, tmp_path):
    features = {
        "x": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"\0" * 12])),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[1])),
    }
    record = tf.train.Example(features=tf.train.Features(feature=features))
    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrecord")) as writer:
        writer.write(record.SerializeToString())
    layout = {"kind": "images", "shape": [2, 2, 3], **layout}
    (tmp_path / "tfrecords.json").write_text(json.dumps(layout))
    assert_one_sentence(lambda: recipes.load(tmp_path, cache_dir="none"))


@pytest.mark.parametrize("levels", [DEEPEST + 1, 50_000])
@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_deep_json_is_refused(levels, opening, closing):
    with pytest.raises(ValueError, match="nested more than 200 levels"):
        parse_json(opening * levels + "1" + closing * levels)
