"""Drawing a figure to a PNG file that carries the fingerprint of its sources."""

import importlib
import io

import numpy as np
from PIL import Image, PngImagePlugin

from docs.figures import freshness, style

SEED = 0


def draw(name, folder):
    """Draw the figure `name` to `folder` and return the path of the picture."""
    import keras
    import matplotlib

    # Taken before drawing: if sources change meanwhile, the picture is stale.
    fingerprint = freshness.fingerprint(name)
    module = importlib.import_module(f"docs.figures.{name}")
    keras.utils.set_random_seed(SEED)
    with matplotlib.rc_context(style.SETTINGS):
        pixels = _pixels(module.draw())
    text = PngImagePlugin.PngInfo()
    text.add_text(freshness.KEY, fingerprint)
    content = io.BytesIO()
    pixels.save(content, "png", pnginfo=text, optimize=True)
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{name}.png"
    picture.write_bytes(content.getvalue())
    return picture


def _pixels(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    # A palette reduces the file to a third, without a visible difference.
    return image.quantize(128, dither=Image.Dither.NONE)
