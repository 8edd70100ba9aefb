"""Grids of generated images, written as PNG files during training."""

import math
import os
import pathlib
from typing import Any

import keras
import numpy as np

from custom.arguments import positive_integer
from zoo.atomic_writes import atomic_write, draft_folder, move_into_place


def grid(images: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Arranges images in rows and columns on a black background.

    Args:
        images: uint8 `[n, height, width, channels]`.
        columns: Number of images in a row; the last row may have fewer.
        gap: Number of pixels between two images.

    Returns:
        uint8 `[rows · (height + gap) − gap, columns · (width + gap) − gap, channels]`.

    >>> import numpy as np
    >>> grid(np.full((6, 2, 2, 1), 9, "uint8"), columns=3, gap=1).shape
    (5, 8, 1)
    """
    count, height, width, channels = images.shape
    places = -(-count // columns) * columns
    spaced = np.zeros((places, height + gap, width + gap, channels), images.dtype)
    spaced[:count, :height, :width] = images
    rows = spaced.reshape(-1, columns, height + gap, width + gap, channels)
    table = rows.transpose(0, 2, 1, 3, 4).reshape(-1, columns * (width + gap), channels)
    return table[: len(table) - gap, : table.shape[1] - gap]


def save_png(image: np.ndarray, path: str | os.PathLike) -> None:
    """Writes an image, uint8 `[height, width, 1 or 3]`, as a whole or not at all."""
    from PIL import Image

    picture = image[:, :, 0] if image.shape[2] == 1 else image
    with atomic_write(path) as draft:
        Image.fromarray(picture).save(draft, format="PNG")


def save_pngs(images: np.ndarray, folder: str | os.PathLike) -> None:
    """Writes each image as `0001.png` and so on into a new folder, all or none.

    Raises:
        FileExistsError: If there is such a folder.
    """
    folder = pathlib.Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with draft_folder(folder.parent) as drafts:
        draft = drafts / folder.name
        draft.mkdir()
        digits = max(4, len(str(len(images))))
        for number, image in enumerate(images, 1):
            save_png(image, draft / f"{number:0{digits}}.png")
        move_into_place(draft, folder, replace=False)


class SampleGrids(keras.callbacks.Callback):
    """Writes a grid of generated images as `epoch_0001.png` and so on.

    The latents are always the same, so that the pictures of a run can be compared. The
    callback does not change the training. It writes no picture once a loss is no longer
    finite.

    Args:
        folder: Folder of the pictures, created if it is missing.
        rows: Number of rows.
        columns: Number of columns.
        every: Number of epochs from one picture to the next.
        seed: Seed of the latents, as in `DCGAN.generate`.

    Raises:
        ValueError: If a number is not a positive integer.

    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from zoo.models.dcgan import DCGAN
    >>> gan = DCGAN((28, 28, 1), width=4)
    >>> gan.compile()
    >>> images = np.zeros((4, 28, 28, 1), "uint8")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = gan.fit(images, callbacks=[SampleGrids(folder)], verbose=0)
    ...     print(*(path.name for path in pathlib.Path(folder).iterdir()))
    epoch_0001.png
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        rows: int = 8,
        columns: int = 8,
        every: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.rows = positive_integer("rows", rows)
        self.columns = positive_integer("columns", columns)
        self.every = positive_integer("every", every)
        self.seed = seed

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % self.every or not all(
            map(math.isfinite, (logs or {}).values())
        ):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        images = self.model.generate(self.rows * self.columns, self.seed)
        path = self.folder / f"epoch_{epoch + 1:04d}.png"
        save_png(grid(images, self.columns), path)
