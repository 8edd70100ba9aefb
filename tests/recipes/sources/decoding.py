"""Decoding of single image files, as the readers of data sets do it."""

from recipes.sources.images.image_files import FULL_DEPTH, read_header
from recipes.sources.images.image_folder import decoder_of


def decoded_images(paths, shape, bit_depth=FULL_DEPTH):
    """Return the pixels of image files, as those of a data set are decoded."""
    paths = [*paths]
    read = decoder_of({path: read_header(path) for path in paths}, *shape, bit_depth)
    return [read(path) for path in paths]
