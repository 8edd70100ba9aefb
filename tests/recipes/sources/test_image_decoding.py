"""Images of every format and form: what decoding keeps, changes, and tells."""

import io
import re

import numpy as np
import pillow_heif
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

import recipes
from tests.recipes.sources.decoding import decoded_images
from zoo.errors import InputError
from zoo.images import decode

pillow_heif.register_heif_opener()
HEIGHT = WIDTH = 8
ROUNDING = 8  # of the transforms of JPEG, for noise
RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), dtype="uint8")
ALPHA = RNG.integers(0, 256, (HEIGHT, WIDTH, 1), dtype="uint8")
GREY = RGB[..., 0]
BITS = GREY > 99
DEEP = RNG.integers(0, 2**16, (HEIGHT, WIDTH, 3), dtype="uint16")
CMYK = Image.fromarray(RGB).convert("CMYK")
PALETTE = Image.fromarray(RGB).quantize(16)
EXIF = Image.Exif()


def saved(picture, form, **options):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def turned(orientation, order="II"):
    """A JPEG of one colour channel a quarter, with an EXIF orientation."""
    tiff = {"II": "little", "MM": "big"}[order]
    entry = [(0x0112, 2), (3, 2), (1, 4), (orientation, 2), (0, 2)]
    exif = order.encode() + (42).to_bytes(2, tiff) + (8).to_bytes(4, tiff)
    exif += (1).to_bytes(2, tiff) + b"".join(v.to_bytes(n, tiff) for v, n in entry)
    return saved(RGB, "JPEG", subsampling=0, exif=b"Exif\0\0" + exif + bytes(4))


def bitmap(bits):
    """A BMP of 1 or 4 bits with a palette of greys, and the pixels that it shows."""
    indices = RNG.integers(0, 2**bits, (HEIGHT, 8))
    lines = np.flip(indices, 0).reshape(-1, 8 // bits)
    packed = (lines << np.arange(8 - bits, -1, -bits)).sum(axis=1).astype("uint8")
    rows = np.zeros((HEIGHT, 4 * -(-bits // 4)), "uint8")
    rows[:, :bits] = packed.reshape(HEIGHT, bits)
    greys = (np.arange(2**bits) * 255 // (2**bits - 1)).astype("uint8")
    colours = np.stack([greys, greys, greys, 0 * greys], axis=1).tobytes()
    header = np.array(
        [40, 8, HEIGHT, 1 + (bits << 16), 0, 0, 0, 0, 0, 0], "<u4"
    ).tobytes()
    start = 14 + len(header) + len(colours)
    size = start + rows.nbytes
    first = b"BM" + np.array([size, 0, start], "<u4").tobytes()
    return first + header + colours + rows.tobytes(), greys[indices]


def deep_tiff():
    """A TIFF of 16 bits and three channels, which Pillow reads and does not write."""
    numbers = {256: WIDTH, 257: HEIGHT, 259: 1, 262: 2, 277: 3, 278: HEIGHT}
    numbers |= {258: 8 + 2 + 9 * 12 + 4, 273: 8 + 2 + 9 * 12 + 4 + 6, 279: DEEP.nbytes}
    entries = [[tag, 4, 1, numbers[tag]] for tag in sorted(numbers)]
    entries[2][1:3] = 3, 3
    table = b"".join(
        np.array(entry[:2], "<u2").tobytes() + np.array(entry[2:], "<u4").tobytes()
        for entry in entries
    )
    beginning = b"II*\0\x08\0\0\0\x09\0" + table + bytes(4)
    return beginning + np.array([16] * 3, "<u2").tobytes() + DEEP.tobytes()


def deep_png():
    return bytes(tf.io.encode_png(DEEP).numpy())


DEEP_TIFF = deep_tiff()
BMP_1, PIXELS_1 = bitmap(1)
BMP_4, PIXELS_4 = bitmap(4)
BEHIND = np.concatenate([RGB, ALPHA], axis=-1)
OVER_WHITE = np.rint(255 + (RGB - 255.0) * (ALPHA / 255))
FRAMES = {"save_all": True, "append_images": [Image.fromarray(RGB[::-1])]}
LOSSLESS = {"lossless": True, "exact": True}
# Name: (file, pixels or None for those of Pillow, beginnings of the notes).
FILES = {
    "grey png": (saved(GREY, "PNG"), GREY[..., None], None),
    "png": (saved(RGB, "PNG"), RGB, None),
    "bits png": (saved(BITS, "PNG"), 255 * BITS[..., None], None),
    "alpha png": (saved(BEHIND, "PNG"), OVER_WHITE, "have transparency"),
    "grey alpha png": (
        saved(Image.fromarray(BEHIND).convert("LA"), "PNG"),
        None,
        "have transparency",
    ),
    "palette png": (saved(PALETTE, "PNG"), None, "have a palette"),
    "transparent palette png": (
        saved(PALETTE, "PNG", transparency=3),
        np.where(
            np.asarray(PALETTE)[..., None] == 3, 255, np.asarray(PALETTE.convert("RGB"))
        ),
        "have transparency|have a palette",
    ),
    "16-bit png": (deep_png(), DEEP >> 8, "have 16 bits a channel;"),
    "16-bit grey png": (
        saved(Image.fromarray(DEEP[..., 0]), "PNG"),
        DEEP[..., :1] >> 8,
        "have 16 bits a channel;",
    ),
    "16-bit tiff": (
        saved(Image.fromarray(DEEP[..., 0]), "TIFF"),
        DEEP[..., :1] >> 8,
        "have 16 bits a channel;",
    ),
    "animated png": (saved(RGB, "PNG", **FRAMES), RGB, "have several frames"),
    "animated gif": (
        saved(RGB, "GIF", **FRAMES),
        None,
        "have several frames|have a palette",
    ),
    "animated webp": (
        saved(RGB, "WEBP", lossless=True, **FRAMES),
        RGB,
        "have several frames",
    ),
    "mpo": (saved(RGB, "MPO", subsampling=0, **FRAMES), None, "have several frames"),
    "jpeg": (saved(RGB, "JPEG", subsampling=0), None, None),
    "cmyk jpeg": (saved(CMYK, "JPEG"), None, "are CMYK"),
    "webp": (saved(RGB, "WEBP", lossless=True), RGB, None),
    "alpha webp": (
        saved(BEHIND, "WEBP", **LOSSLESS),
        OVER_WHITE,
        "have transparency",
    ),
    "clear gif": (
        saved(PALETTE, "GIF", transparency=3),
        np.where(
            np.asarray(PALETTE)[..., None] == 3, 0, np.asarray(PALETTE.convert("RGB"))
        ),
        "are GIFs with transparent|have a palette",
    ),
    "heic": (saved(RGB, "HEIF", quality=-1, chroma=444), None, None),
    "16-bit colour tiff": (DEEP_TIFF, DEEP >> 8, "have 16 bits a channel in a form"),
    "avif": (saved(RGB, "AVIF"), None, None),
    "tiff": (saved(RGB, "TIFF"), RGB, None),
    "jpeg 2000": (saved(RGB, "JPEG2000"), RGB, None),
    "ppm": (saved(RGB, "PPM"), RGB, None),
    "bmp": (saved(RGB, "BMP"), RGB, None),
    "1-bit bmp": (BMP_1, PIXELS_1[..., None], None),
    "4-bit bmp": (BMP_4, PIXELS_4[..., None], "have a palette"),
    "profile": (saved(RGB, "PNG", icc_profile=b"Display P3"), RGB, "have a colour"),
}


def pixels_of(encoded, channels=3):
    """What Pillow shows: the first frame, upright, over white."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded)))
    if picture.mode == "LA":
        ground = Image.new("LA", picture.size, 255)
        picture = Image.composite(picture, ground, picture.getchannel("A"))
    if picture.mode == "P":
        picture.info.pop("transparency", None)
    pixels = np.asarray(picture.convert({1: "L", 3: "RGB"}[channels]))
    return pixels.reshape(*pixels.shape[:2], channels).astype(int)


def write_files(root, files, number=3):
    """Write each file several times, into a class folder of its name."""
    for name, encoded in files.items():
        (root / name).mkdir(parents=True)
        for n in range(number):
            (root / name / f"{n}.image").write_bytes(encoded)
    return root


def by_class(dataset):
    """Return an image of each class."""
    part = dataset.train
    return {
        dataset.class_names[label]: image.astype(int)
        for image, label in zip(part.inputs, part.labels, strict=True)
    }


def notes_on_images(dataset):
    """Return the numbers of images that notes begin with."""
    found = [re.match(r"(\d+) of \d+ images (.*)", note) for note in dataset.notes]
    return {match[2]: int(match[1]) for match in found if match}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """All forms in one data set, which is in colour."""
    files = {name: encoded for name, (encoded, *_) in FILES.items()}
    return recipes.load(write_files(tmp_path_factory.mktemp("forms"), files))


@pytest.mark.parametrize("name", FILES)
def test_images_of_every_form_are_read(loaded, name):
    encoded, expected, _ = FILES[name]
    image = by_class(loaded)[name]
    if expected is not None:
        np.testing.assert_array_equal(image, np.broadcast_to(expected, image.shape))
    else:
        np.testing.assert_allclose(image, pixels_of(encoded), atol=ROUNDING)


def test_what_decoding_drops_is_told_with_its_number(loaded):
    texts = [text for *_, told in FILES.values() if told for text in told.split("|")]
    notes = notes_on_images(loaded)
    for text in set(texts):
        (number,) = [n for told, n in notes.items() if told.startswith(text)]
        assert number == 3 * texts.count(text), text


TURNED = {
    f"{order}{orientation}": turned(orientation, order)
    for order in ("II", "MM")
    for orientation in range(10)
}
EXIF[0x0112] = 6
for form in ("PNG", "WEBP", "TIFF"):
    TURNED[form] = saved(RGB, form, exif=EXIF, **(LOSSLESS if form == "WEBP" else {}))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return recipes.load(write_files(tmp_path_factory.mktemp("photos"), TURNED))


@pytest.mark.parametrize("name", TURNED)
def test_photos_are_turned_upright(photos, name):
    expected = pixels_of(TURNED[name])
    np.testing.assert_allclose(by_class(photos)[name], expected, atol=ROUNDING)


def test_the_number_of_turned_photos_is_told(photos):
    told = notes_on_images(photos)
    assert told == {"were turned upright, as their EXIF orientation says": 3 * 17}


def test_a_turned_photo_has_the_size_of_the_upright_one(tmp_path):
    photo = saved(RGB[:4], "JPEG", exif=EXIF)
    dataset = recipes.load(write_files(tmp_path, {"ant": photo, "bee": photo}))
    assert dataset.input_shape == (WIDTH, 4, 3)


def test_photos_in_records_are_turned_upright(tmp_path):
    photo = saved(RGB[:4], "JPEG", exif=EXIF, subsampling=0)
    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrecord")) as writer:
        for n in range(20):
            image = tf.train.Feature(bytes_list=tf.train.BytesList(value=[photo]))
            label = tf.train.Feature(int64_list=tf.train.Int64List(value=[n % 2]))
            features = tf.train.Features(feature={"image": image, "label": label})
            writer.write(tf.train.Example(features=features).SerializeToString())
    dataset = recipes.load(tmp_path / "a.tfrecord")
    assert dataset.input_shape == (WIDTH, 4, 3)
    image = dataset.train.inputs[0].astype(int)
    np.testing.assert_allclose(image, pixels_of(photo), atol=ROUNDING)


JPEG = turned(6)
DAMAGED_EXIF = {
    "cut in the tags": JPEG[:48],
    "endless table": JPEG.replace(b"\x01\x00\x12\x01", b"\xff\xff\x12\x02"),
    "table far away": JPEG.replace(b"*\0\x08\0\0\0", b"*\0\xff\xff\xff\x7f"),
    "many segments": b"\xff\xd8" + b"\xff\xe0\0\x02" * 10**4 + JPEG[20:],
    "segment without length": b"\xff\xd8\xff\xe1\0\0" + JPEG[4:],
}


@pytest.mark.parametrize("encoded", DAMAGED_EXIF.values(), ids=DAMAGED_EXIF)
def test_damaged_exif_data_neither_hang_nor_turn(encoded):
    from zoo.orientation import orientation

    assert int(orientation(tf.constant(encoded))) == 1


def test_serving_turns_photos_as_loading_does(tmp_path):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    (loaded,) = decoded_images([tmp_path / "a.jpg"], RGB.shape)
    np.testing.assert_array_equal(loaded, decode(JPEG, *RGB.shape))


HALF = {  # files that end early, each format
    form: saved(RGB, form)
    for form in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000")
}
DAMAGED = {form: encoded[: len(encoded) // 2] for form, encoded in HALF.items()} | {
    "empty": b"",
    "text": b"no image at all",
    "one byte": b"\x89",
    "header only": HALF["PNG"][:20],
    "signature only": HALF["JPEG"][:4],
    "zeros": bytes(1000),
    "float tiff": saved(Image.fromarray(GREY.astype("float32")), "TIFF"),
}


def test_damaged_images_are_skipped(tmp_path):
    png = FILES["png"][0]
    write_files(tmp_path, {"ant": png, "bee": png})
    for name, encoded in DAMAGED.items():
        (tmp_path / "ant" / f"{name}.png").write_bytes(encoded)
    dataset = recipes.load(tmp_path, skip_corrupt=True)
    note = f"{len(DAMAGED)} unreadable files were skipped"
    assert any(note in told for told in dataset.notes)
    np.testing.assert_array_equal(by_class(dataset)["ant"], RGB)


def test_a_damaged_image_is_refused(tmp_path):
    (tmp_path / "bad.png").write_bytes(DAMAGED["PNG"])
    with pytest.raises(InputError, match=r"bad\.png is not an image, or is damaged"):
        decoded_images([tmp_path / "bad.png"], RGB.shape)


def test_the_content_and_not_the_extension_says_the_format(tmp_path):
    paths = [tmp_path / f"a.{suffix}" for suffix in ("jpg", "png", "gif", "txt", "")]
    for path in paths:
        path.write_bytes(FILES["webp"][0])
    for pixels in decoded_images(paths, RGB.shape):
        np.testing.assert_array_equal(pixels, RGB)


def test_a_cmyk_image_is_decoded_to_grey(tmp_path):
    (tmp_path / "a.jpg").write_bytes(FILES["cmyk jpeg"][0])
    (pixels,) = decoded_images([tmp_path / "a.jpg"], (HEIGHT, WIDTH, 1))
    expected = pixels_of(FILES["cmyk jpeg"][0], 1)
    np.testing.assert_allclose(pixels, expected, atol=ROUNDING)
