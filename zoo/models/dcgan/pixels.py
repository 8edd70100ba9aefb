"""Conversion between uint8 images in 0…255 and the networks' images in −1…1."""

from keras import ops

from custom.types import Tensor

HALF = 127.5


def to_network(images: Tensor, image_shape: tuple[int, int, int]) -> Tensor:
    """uint8 images as float32, scaled to −1…1."""
    dtype = getattr(images.dtype, "name", str(images.dtype))
    if dtype.removeprefix("torch.") != "uint8":
        raise ValueError(
            f"Images must be uint8 in 0…255, got {dtype}. Convert images in 0…1 with "
            "`np.round(255 * images).astype('uint8')`."
        )
    shape = tuple(images.shape)
    fits = len(shape) == 4 and all(
        found in (None, size)
        for found, size in zip(shape[1:], image_shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"Images must have shape (n, {', '.join(map(str, image_shape))}), "
            f"got {shape}."
        )
    return ops.cast(images, "float32") / HALF - 1


def to_pixels(images: Tensor) -> Tensor:
    """Images in −1…1 scaled to 0…255, without rounding."""
    return (ops.cast(images, "float32") + 1) * HALF
