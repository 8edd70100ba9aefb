"""`zoo.images` compared with independent decoders and an independent resize."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo import InputError
from zoo.images import decode, decode_batch, decode_upright_jpeg

HEIGHT, WIDTH = 9, 7  # odd, so that BMP rows are padded
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def noise(channels, height=HEIGHT, width=WIDTH):
    rng = np.random.default_rng(channels)
    return rng.integers(0, 256, (height, width, channels), dtype="uint8")


def encode(pixels, file_format, mode=None, **options):
    """Encode pixels as a file with Pillow, in the colour mode `mode` of Pillow."""
    picture = Image.fromarray(pixels.squeeze())
    if mode:
        picture = picture.convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def by_pillow(encoded, channels):
    picture = Image.open(io.BytesIO(encoded))
    if channels < 4 and picture.has_transparency_data:
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture.convert("RGBA"))
        picture = ground.convert("RGB")
    picture = picture.convert(MODES[channels])
    return np.asarray(picture).reshape(picture.height, picture.width, channels)


ANIMATION = encode(
    noise(3), "GIF", save_all=True, append_images=[Image.fromarray(noise(3)[::-1])]
)
PICTURES = {
    "png grey": encode(noise(1), "PNG"),
    "png rgb": encode(noise(3), "PNG"),
    "png rgba": encode(noise(4), "PNG"),
    "png palette": encode(noise(3), "PNG", "P"),
    "png grey alpha": encode(noise(4), "PNG", "LA"),
    "png bits": encode(noise(1), "PNG", "1"),
    "png clear palette": encode(noise(3), "PNG", "P", transparency=3),
    "png 4 bits clear": encode(
        noise(1) // 16, "PNG", "P", bits=4, transparency=3, icc_profile=b"tRNS" * 9
    ),
    "png 4 bits, tRNS in a text": encode(
        noise(1) // 16, "PNG", "P", bits=4, icc_profile=b"tRNS" * 9
    ),
    "png clear grey": encode(noise(1), "PNG", transparency=int(noise(1)[0, 0, 0])),
    "png clear colour": encode(
        noise(3), "PNG", transparency=tuple(noise(3)[0, 0].tolist())
    ),
    "bmp grey": encode(noise(1), "BMP"),
    "bmp rgb": encode(noise(3), "BMP"),
    "bmp palette": encode(noise(3), "BMP", "P"),
    "gif": encode(noise(3), "GIF"),
    "gif grey": encode(noise(1), "GIF"),
    "gif animated": ANIMATION,
}


@pytest.fixture(scope="module")
def decoders():
    """`decode` in a graph, as in training and serving, by number of channels."""
    return {
        channels: tf.function(
            lambda encoded, channels=channels: decode(encoded, HEIGHT, WIDTH, channels),
            input_signature=[tf.TensorSpec([], tf.string)],
        )
        for channels in MODES
    }


@pytest.mark.parametrize("channels", MODES)
@pytest.mark.parametrize("encoded", PICTURES.values(), ids=PICTURES)
def test_decoded_pixels_equal_those_of_pillow(encoded, channels, decoders):
    pixels = decoders[channels](encoded).numpy()
    assert pixels.dtype == np.uint8
    # libpng cuts the fraction of a grey value that Pillow rounds, and Pillow cuts what
    # lies over a ground.
    is_cut = channels < 4 and encoded.startswith(b"\x89PNG")
    np.testing.assert_allclose(
        pixels.astype(int), by_pillow(encoded, channels), atol=int(is_cut)
    )


def test_a_pixel_is_laid_over_white_by_its_alpha():
    pixels = np.array([[[10, 20, 30, 0], [10, 20, 30, 51], [10, 20, 30, 255]]], "uint8")
    read = decode(tf.io.encode_png(pixels), 1, 3, 3).numpy()
    assert read[0].tolist() == [[255, 255, 255], [206, 208, 210], [10, 20, 30]]


@pytest.mark.parametrize(
    "bit_depth, expected",
    {
        16: [0, 0, 3, 4, 255],
        10: [1, 1, 255, 255, 255],
        8: [4, 7, 255, 255, 255],
    }.items(),
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_values_of_16_bits_are_scaled_by_their_depth(bit_depth, expected, channels):
    values = np.array([4, 7, 1023, 1024, 65535], "uint16").reshape(1, 5, 1)
    read = decode(tf.io.encode_png(values), 1, 5, channels, bit_depth).numpy()
    assert read[0, :, 0].tolist() == expected
    eight = decode(tf.io.encode_png(values.astype("uint8")), 1, 5, channels, bit_depth)
    assert eight.numpy()[0, :, 0].tolist() == [4, 7, 255, 0, 255]


@pytest.mark.parametrize("bit_depth", [7, 17, None])
def test_other_depths_are_refused(bit_depth):
    with pytest.raises(InputError, match="`bit_depth` must be 8 to 16, got"):
        decode(PICTURES["png rgb"], 4, 4, 3, bit_depth)


@pytest.mark.parametrize("channels", MODES)
@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["base", "prog"])
def test_an_image_of_the_right_size_is_not_resized(options, channels, decoders):
    png, jpeg = encode(noise(3), "PNG"), encode(noise(3), "JPEG", **options)
    np.testing.assert_array_equal(
        decoders[channels](png), tf.io.decode_png(png, channels)
    )
    pixels = decoders[channels](jpeg).numpy()
    colours = min(channels, 3)
    np.testing.assert_array_equal(
        pixels[..., :colours], tf.io.decode_jpeg(jpeg, colours)
    )
    assert (pixels[..., 3:] == 255).all()


def resized(pixels, height, width):
    """Antialiased bilinear resize in float64, one axis after the other.

    Output pixel i looks at (i + ½)·scale in the source; a source pixel weighs
    1 − distance / max(scale, 1), and the weights add up to 1.
    """
    for axis, size in ((0, height), (1, width)):
        scale = pixels.shape[axis] / size
        centres = (np.arange(size) + 0.5) * scale
        distance = centres[:, None] - (np.arange(pixels.shape[axis]) + 0.5)
        weights = np.maximum(0, 1 - np.abs(distance) / max(scale, 1))
        weights /= weights.sum(axis=1, keepdims=True)
        pixels = np.moveaxis(np.tensordot(weights, pixels, (1, axis)), 0, axis)
    return pixels


@pytest.mark.parametrize("height, width", [(18, 14), (20, 15), (4, 3), (5, 30), (9, 8)])
@pytest.mark.parametrize("channels", MODES)
def test_other_sizes_are_resized_by_the_formula(height, width, channels, decoders):
    source = noise(channels, height, width)
    pixels = decoders[channels](encode(source, "PNG")).numpy()
    exact = resized(source.astype("float64"), HEIGHT, WIDTH)
    # Half from rounding to whole numbers, the rest from float32.
    np.testing.assert_allclose(pixels, exact, atol=0.5 + 1e-3)


@pytest.mark.parametrize("pair, mean", [((0, 1), 0), ((1, 2), 2), ((2, 3), 2)])
def test_halves_are_rounded_to_even(pair, mean):
    picture = tf.io.encode_png(np.array([[pair], [pair]], "uint8").reshape(2, 2, 1))
    assert decode(picture, 1, 1, 1).numpy().item() == mean


def test_the_shape_is_static():
    traced = []

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def graph(encoded):
        traced.append(decode(encoded[0], 5, 6, 3).shape.as_list())
        return decode_batch(encoded, 5, 6, 3)

    specification = graph.get_concrete_function().output_shapes
    assert specification.as_list() == [None, 5, 6, 3]
    assert traced == [[5, 6, 3]]


def test_a_batch_is_decoded_like_single_images():
    files = [encode(noise(3), "PNG"), encode(noise(1, 4, 4), "BMP"), ANIMATION]
    batch = decode_batch(tf.constant(files), 5, 6, 1)
    for file, pixels in zip(files, batch, strict=True):
        np.testing.assert_array_equal(pixels, decode(file, 5, 6, 1))


def test_an_empty_batch_is_decoded():
    assert decode_batch(tf.zeros([0], tf.string), 5, 6, 3).shape == (0, 5, 6, 3)


@pytest.mark.parametrize(
    "encoded",
    {
        "empty": b"",
        "text": b"no picture at all",
        "one byte": b"B",
        "png": PICTURES["png rgb"][:-30],
        "jpeg": encode(noise(3), "JPEG")[:-30],
        "gif": PICTURES["gif"][:100],
        "bmp": PICTURES["bmp rgb"][:-5],
        "bmp header": PICTURES["bmp rgb"][:20],
        "bmp palette": PICTURES["bmp palette"][:-5],
        "tiff": encode(noise(3), "TIFF"),
    }.items(),
    ids=lambda item: item[0],
)
@pytest.mark.parametrize("channels", MODES)
def test_damaged_images_and_other_files_are_refused(encoded, channels, decoders):
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoders[channels](encoded[1])


def test_a_compressed_bmp_is_refused(decoders):
    compressed = bytearray(PICTURES["bmp palette"])
    compressed[30] = 1  # run-length encoding, which TensorFlow would read as pixels
    with pytest.raises(tf.errors.InvalidArgumentError, match="save the image as PNG"):
        decoders[3](bytes(compressed))


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(InputError, match=r"`channels` must be 1, 3 or 4, got 2\."):
        decode(PICTURES["png rgb"], 4, 4, 2)


@pytest.mark.parametrize("size", [(9, 7), (30, 41), (4, 90), (1, 1), (9, 31)])
def test_resizing_gives_the_bits_of_tensorflow(size):
    pixels = noise(3, 31, 17)
    expected = tf.image.resize(pixels, size, antialias=True)
    expected = tf.cast(tf.clip_by_value(tf.round(expected), 0, 255), tf.uint8)
    assert (decode(tf.io.encode_png(pixels), *size, 3) == expected).numpy().all()


@pytest.mark.parametrize("channels", MODES)
def test_upright_jpeg_files_are_decoded_faster_to_the_same_pixels(channels):
    encoded = encode(noise(3, 31, 17), "JPEG")
    found = decode_upright_jpeg(encoded, HEIGHT, WIDTH, channels)
    assert (found == decode(encoded, HEIGHT, WIDTH, channels)).numpy().all()
