"""Images as users have them, uint8 in 0…255, and as the networks do, in −1…1."""

from keras import ops

HALF = 127.5


def to_network(images, image_shape):
    """uint8 images in float32, scaled to −1…1.

    Raises:
        ValueError: If they are of another type or shape.
    """
    dtype = getattr(images.dtype, "name", str(images.dtype))
    if dtype.removeprefix("torch.") != "uint8":
        raise ValueError(
            f"Images must be uint8 in 0…255, got {dtype}. Images in 0…1 become that by "
            "`np.round(255 * images).astype('uint8')`."
        )
    shape = tuple(images.shape)
    fits = len(shape) == 4 and all(
        got in (None, wanted)
        for got, wanted in zip(shape[1:], image_shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"Images must have shape (n, {', '.join(map(str, image_shape))}), "
            f"got {shape}."
        )
    return ops.cast(images, "float32") / HALF - 1


def to_pixels(images):
    """−1…1 to 0…255, not rounded."""
    return (ops.cast(images, "float32") + 1) * HALF
