"""Decodes image files to pixels, as operations of a TensorFlow graph.

Training and serving decode with the same function, so that an image file gives the
same pixels, and the model the same answer, in both.
"""

import functools
from collections.abc import Callable

from custom.types import Tensor
from zoo.errors import InputError
from zoo.orientation import SEARCHED, orientation, upright

DEPTH = 16  # bits of a value that `decode` reads the upper 8 of


def decode(
    encoded: Tensor, height: int, width: int, channels: int, bit_depth: int = DEPTH
) -> Tensor:
    """Decodes a PNG, JPEG, BMP or GIF file to pixels of a fixed size.

    An image of another size is resized with `tf.image.resize`, bilinear and
    antialiased, without keeping its aspect ratio; values halfway between two integers
    round to the even one. An image of the right size is not changed. Colour is
    converted to grey by ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B), grey to colour by
    repetition. A missing alpha channel becomes opaque; with 1 or 3 `channels`, a PNG
    is laid over white, and transparent pixels of a GIF are black. Only the first frame
    of an animation is read. Photos in JPEG files are turned upright, as their EXIF
    orientation says.

    Args:
        encoded: Scalar string tensor, the bytes of the file.
        height: Number of rows of the result.
        width: Number of columns of the result.
        channels: 1 for grey, 3 for RGB, 4 for RGBA.
        bit_depth: Bits that the values of 16-bit images use, 8 to 16: 10 for values in
            0…1023. The upper 8 of them are read; larger values become white.

    Returns:
        A uint8 tensor of static shape `[height, width, channels]`.

    Raises:
        InputError: If `channels` is not 1, 3 or 4, or `bit_depth` is out of its range.
        tf.errors.InvalidArgumentError: When it runs, if the bytes are truncated or
            not an image file.

    >>> import tensorflow as tf
    >>> png = tf.io.encode_png(tf.constant([[[7], [9]]], tf.uint8))
    >>> decode(png, 1, 2, 3).numpy().tolist()
    [[[7, 7, 7], [9, 9, 9]]]
    """
    import tensorflow as tf

    if channels not in (1, 3, 4):
        raise InputError(f"`channels` must be 1, 3 or 4, got {channels!r}.")
    if bit_depth not in range(8, DEPTH + 1):
        raise InputError(f"`bit_depth` must be 8 to {DEPTH}, got {bit_depth!r}.")
    encoded = tf.convert_to_tensor(encoded, tf.string)
    # The JPEG decoder has no alpha, the BMP and GIF decoders have no grey (and BMP
    # palettes stay as they are).
    pixels = tf.case(
        [
            (
                _starts_with(encoded, b"\x89PNG"),
                lambda: _decode_png(encoded, channels, bit_depth),
            ),
            (
                _starts_with(encoded, b"\xff\xd8\xff"),
                lambda: upright(
                    _with_channels(
                        tf.io.decode_jpeg(encoded, min(channels, 3)), channels
                    ),
                    orientation(encoded),
                ),
            ),
            (
                _starts_with(encoded, b"BM"),
                lambda: _with_channels(_decode_bmp(encoded), channels),
            ),
        ],
        default=lambda: _with_channels(_decode_gif(encoded), channels),
    )
    return _sized(pixels, height, width, channels)


def decode_upright_jpeg(
    encoded: Tensor, height: int, width: int, channels: int
) -> Tensor:
    """Decodes a JPEG file without an EXIF orientation, as `decode` does, but faster."""
    import tensorflow as tf

    pixels = tf.io.decode_jpeg(encoded, min(channels, 3))
    return _sized(_with_channels(pixels, channels), height, width, channels)


def decode_batch(
    encoded: Tensor, height: int, width: int, channels: int, bit_depth: int = DEPTH
) -> Tensor:
    """Decodes a vector of image files to one batch of pixels; see `decode`.

    Returns:
        A uint8 tensor of shape `[n, height, width, channels]`.

    >>> import tensorflow as tf
    >>> png = tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8))
    >>> decode_batch(tf.stack([png, png]), 4, 4, 3).shape.as_list()
    [2, 4, 4, 3]
    """
    import tensorflow as tf

    return tf.map_fn(
        traced_decoder(height, width, channels, bit_depth),
        encoded,
        fn_output_signature=tf.TensorSpec([height, width, channels], tf.uint8),
    )


@functools.cache
def traced_decoder(
    height: int, width: int, channels: int, bit_depth: int = DEPTH
) -> Callable[[Tensor], Tensor]:
    """`decode` as one function of a graph: it is traced once, which takes a second."""
    import tensorflow as tf

    return tf.function(
        lambda encoded: decode(encoded, height, width, channels, bit_depth),
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
    )


def largest_value(encoded: Tensor) -> Tensor:
    """The largest value of a PNG file with 16 bits, without alpha; else −1."""
    import tensorflow as tf

    def found():
        return tf.reduce_max(tf.cast(tf.io.decode_png(encoded, 3, tf.uint16), tf.int32))

    is_png = _starts_with(encoded, b"\x89PNG") & (tf.strings.length(encoded) > 25)
    return tf.cond(
        tf.cond(is_png, lambda: _little_endian(encoded, 24, 1) == DEPTH, lambda: False),
        found,
        lambda: -1,
    )


def _starts_with(encoded, prefix):
    import tensorflow as tf

    return tf.strings.substr(encoded, 0, len(prefix)) == prefix


def _with_channels(pixels, channels):
    """Converts between grey, RGB and RGBA pixels."""
    import tensorflow as tf

    if pixels.shape[-1] == channels:
        return pixels
    if channels == 1:
        colours = tf.cast(pixels[..., :3], tf.int32)
        red, green, blue = tf.unstack(colours, num=3, axis=-1)
        grey = (299 * red + 587 * green + 114 * blue + 500) // 1000
        return tf.cast(grey, tf.uint8)[..., tf.newaxis]
    if channels == 4:
        pixels = tf.concat([pixels, _opaque(pixels)], axis=-1)
    return pixels[..., :channels]


def _opaque(pixels):
    """An alpha channel for pixels."""
    import tensorflow as tf

    return tf.fill(tf.shape(pixels[..., :1]), tf.constant(255, tf.uint8))


def _decode_png(encoded, channels, bit_depth):
    """The pixels of a PNG file, laid over white unless `channels` has alpha."""
    import tensorflow as tf

    def read(channels):
        if bit_depth == DEPTH:
            return tf.io.decode_png(encoded, channels)

        def reduced():
            values = tf.io.decode_png(encoded, channels, tf.uint16)
            values = tf.minimum(tf.cast(values, tf.int32), 2**bit_depth - 1)
            return tf.cast(values // 2 ** (bit_depth - 8), tf.uint8)

        is_deep = _little_endian(encoded, 24, 1) == DEPTH
        return tf.cond(is_deep, reduced, lambda: tf.io.decode_png(encoded, channels))

    def transparent():
        pixels = read(4)
        return (
            pixels if channels == 4 else _with_channels(_over_white(pixels), channels)
        )

    has_alpha = tf.reduce_any(_little_endian(encoded, 25, 1) == [4, 6])
    return tf.cond(
        has_alpha | _has_transparent_colour(encoded),
        transparent,
        # With 1, 2 or 4 bits, TensorFlow's own alpha channel is not opaque.
        lambda: _with_channels(read(min(channels, 3)), channels),
    )


def _over_white(pixels):
    """RGB pixels of RGBA pixels over a white ground."""
    import tensorflow as tf

    colours, alpha = tf.split(tf.cast(pixels, tf.int32), [3, 1], axis=-1)
    laid = (colours * alpha + 255 * (255 - alpha) + 127) // 255
    return tf.cast(laid, tf.uint8)


def _has_transparent_colour(encoded):
    """Whether a PNG file has a chunk `tRNS`, which stands before the pixels."""
    import tensorflow as tf

    beginning = tf.strings.substr(encoded, 0, SEARCHED)
    last = tf.strings.length(beginning) - 8

    def is_named(start, *names):
        name = tf.strings.substr(beginning, tf.minimum(start, last) + 4, 4)
        return tf.reduce_any(name == [*names])

    def next_chunk(start):
        length = tf.strings.substr(beginning, start, 4)
        return start + 12 + tf.io.decode_raw(length, tf.int32, little_endian=False)[0]

    def found():
        (start,) = tf.while_loop(
            lambda start: (
                (start >= 8) & (start <= last) & ~is_named(start, b"tRNS", b"IDAT")
            ),
            lambda start: [next_chunk(start)],
            [tf.constant(8)],
        )
        return (start >= 8) & is_named(tf.maximum(start, 8), b"tRNS")

    # Few files have one, and looking for it takes longer than searching for its name.
    without = tf.strings.regex_replace(beginning, "tRNS", "", replace_global=False)
    may_have = tf.strings.length(without) < tf.strings.length(beginning)
    return tf.cond(may_have, found, lambda: False)


def _decode_bmp(encoded):
    """The colours of a BMP file, RGB or RGBA.

    For 8-bit files TensorFlow returns indices into the palette that follows the
    header, with four bytes (blue, green, red, unused) for each colour.
    """
    import tensorflow as tf

    def look_up():
        header_size = _little_endian(encoded, 14, 4)
        with tf.control_dependencies(
            [tf.debugging.assert_equal(_little_endian(encoded, 30, 4), 0, _COMPRESSED)]
        ):
            indices = tf.io.decode_bmp(encoded)[..., 0]
        offset = _little_endian(encoded, 10, 4)
        start = 14 + header_size
        entries = tf.strings.substr(encoded, start, offset - start)
        palette = tf.reshape(tf.io.decode_raw(entries, tf.uint8), [-1, 4])
        colours = tf.gather(palette, [2, 1, 0], axis=1)
        return tf.gather(colours, tf.cast(indices, tf.int32))

    bits = _little_endian(encoded, 28, 2)
    return tf.cond(bits == 8, look_up, lambda: tf.io.decode_bmp(encoded))


def _decode_gif(encoded):
    """The first frame of a GIF file.

    No other file is decoded, because TensorFlow 2.21 writes beyond its memory when it
    decodes an animated WebP file.
    """
    import tensorflow as tf

    is_gif = tf.debugging.assert_equal(_starts_with(encoded, b"GIF8"), True, UNKNOWN)
    with tf.control_dependencies([is_gif]):
        return tf.io.decode_image(tf.identity(encoded), 3, expand_animations=False)


UNKNOWN = "The file is not a PNG, JPEG, BMP or GIF image."
_COMPRESSED = "Compressed BMP files are not supported: save the image as PNG."


def _little_endian(encoded, position, size):
    """Reads an unsigned number from the header of a file."""
    import tensorflow as tf

    read = tf.strings.substr(encoded, position, size)
    digits = tf.cast(tf.io.decode_raw(read, tf.uint8), tf.int32)
    return tf.reduce_sum(digits * [256**power for power in range(size)])


def _sized(pixels, height, width, channels):
    """Pixels of a fixed size; those of the right size are not changed."""
    import tensorflow as tf

    pixels = tf.ensure_shape(pixels, [None, None, channels])
    is_right_size = tf.reduce_all(tf.shape(pixels)[:2] == [height, width])
    pixels = tf.cond(
        is_right_size, lambda: pixels, lambda: _resize(pixels, height, width)
    )
    return tf.ensure_shape(pixels, [height, width, channels])


def _resize(pixels, height, width):
    """The pixels that `tf.image.resize` gives with `antialias`, rounded.

    It computes rows first, then columns: columns of three numbers, one after another.
    Here columns are computed as rows of a transposed image, which takes half the time;
    the sums are the same, number by number.
    """
    import tensorflow as tf

    old_height, old_width = tf.unstack(tf.shape(pixels)[:2])
    channels = pixels.shape[-1]
    rows = tf.reshape(pixels, [old_height, 1, old_width * channels])
    rows = tf.reshape(_resized_rows(rows, height), [height, old_width, channels])
    columns = tf.reshape(tf.transpose(rows, [1, 0, 2]), [old_width, 1, -1])
    columns = tf.clip_by_value(tf.round(_resized_rows(columns, width)), 0, 255)
    columns = tf.reshape(tf.cast(columns, tf.uint8), [width, height, channels])
    return tf.transpose(columns, [1, 0, 2])


def _resized_rows(image, height):
    """The weighted sums of the rows of an image `(rows, 1, values)`."""
    import tensorflow as tf

    scale = tf.cast(height, tf.float32) / tf.cast(tf.shape(image)[0], tf.float32)
    resized = tf.raw_ops.ScaleAndTranslate(
        images=image[tf.newaxis],
        size=[height, 1],
        scale=tf.stack([scale, 1.0]),
        translation=[0.0, 0.0],
        kernel_type="triangle",
        antialias=True,
    )
    return resized[0]
