"""Pictures, drawings, clips and quotes as HTML; everything is inside."""

import base64
import html
import io
import wave
from typing import Any

import numpy as np

from recipes.reports.page import (
    Drawing,
    Histogram,
    Lines,
    Picture,
    Quote,
    Section,
    Sound,
    WeightedText,
    number_text,
)
from zoo.errors import printable

COLOURS = 4  # of lines in one drawing
SHARPEST = 80  # pixels of a side that PNG keeps as they are; larger ones become JPEG
RATE, SECONDS = 16_000, 4  # of a clip, at most
SHARPNESS = 0.8  # CSS pixels for a pixel of a drawing


def escaped(text: str) -> str:
    return html.escape(printable(text))


def html_histogram(cell: Histogram) -> str:
    highest = max(cell.counts, default=0) or 1
    bars = "".join(
        f'<rect x="{6 * n}" y="{24 - max(1, 24 * count / highest):.1f}" width="5" '
        f'height="{max(1, 24 * count / highest):.1f}"/>'
        for n, count in enumerate(cell.counts)
        if count
    )
    width = 6 * len(cell.counts)
    return (
        f'<svg role="img" aria-label="{escaped(cell.alt)}" width="{width}" height="24"'
        f' viewBox="0 0 {width} 24">{bars}</svg>'
    )


def _html_picture(item: Picture) -> str:
    return _figure(_html_image(item), item.caption)


def _html_image(item: Picture) -> str:
    from PIL import Image

    image = Image.fromarray(item.pixels)
    height, width = item.pixels.shape[:2]
    is_large = width > SHARPEST
    if is_large:  # twice as sharp as the page needs
        image.thumbnail((2 * item.width, 8 * item.width))
    is_photo = is_large and image.mode != "RGBA"
    kind, options = ("jpeg", {"quality": 85}) if is_photo else ("png", {})
    file = io.BytesIO()
    image.save(file, kind, **options)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    sharp = ' class="pixels"' if width < item.width else ""
    return (
        f'<img{sharp} alt="{escaped(item.alt)}" width="{item.width}" '
        f'height="{max(1, round(item.width * height / width))}" '
        f'src="data:image/{kind};base64,{data}">'
    )


def _html_lines(item: Lines) -> str:
    width, height = (900, 220) if item.is_wide else (180, 80)
    bands = [] if item.band is None else [item.band]
    points = np.concatenate([*item.series, *bands])
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1)

    def placed(line: np.ndarray) -> list[str]:
        x, y = ((line - low) / span).T
        across, down = x * width, (1 - y) * (height - 4) + 2
        return [f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True)]

    drawn = [f'<polygon points="{" ".join(placed(band))}"/>' for band in bands]
    if item.mark is not None:
        x = (item.mark - low[0]) / span[0] * width
        drawn.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>')
    for number, line in enumerate(item.series):
        kind = f"line-{number % COLOURS}"
        if number in item.dots:
            dots = "".join(f"M{point}h0" for point in placed(line))
            drawn.append(f'<path class="dots {kind}" d="{dots}"/>')
        else:
            pairs = " ".join(placed(line))
            drawn.append(f'<polyline class="{kind}" points="{pairs}"/>')
    kind = ' class="wide"' if item.is_wide else ""
    svg = (
        f'<svg role="img" aria-label="{escaped(item.alt)}"{kind} width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="none">{"".join(drawn)}</svg>'
    )
    if item.axes is not None:
        (left, bottom), (right, top) = low.tolist(), high.tolist()
        svg = (
            f'<div class="plot">{_axis("y", top, item.axes[1], bottom)}{svg}'
            f"{_axis('x', left, item.axes[0], right)}</div>"
        )
    legend = "".join(
        f'<span><i class="line-{number % COLOURS}"></i> {escaped(name)}</span> '
        for number, name in enumerate(item.names)
    )
    return _figure(
        svg + (f'<p class="legend">{legend}</p>' * bool(legend)), item.caption
    )


def _axis(kind: str, first: float, name: str, last: float) -> str:
    names = (number_text(first), name, number_text(last))
    return (
        f'<p class="{kind}">'
        + "".join(f"<span>{escaped(each)}</span>" for each in names)
        + "</p>"
    )


def _html_sound(item: Sound) -> str:
    """The picture, and a player of the first seconds, 16-bit samples in a WAV file."""
    from scipy.signal import resample_poly

    samples, rate = np.asarray(item.samples, "float32"), item.rate
    samples = samples[: SECONDS * rate]
    if rate > RATE:
        samples, rate = resample_poly(samples, RATE, rate), RATE
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    data = base64.b64encode(file.getvalue()).decode("ascii")
    player = (
        f'<audio controls preload="none" aria-label="{escaped(item.picture.alt)}" '
        f'src="data:audio/wav;base64,{data}"></audio>'
    )
    return _figure(_html_image(item.picture) + player, item.picture.caption)


def _html_drawing(item: Drawing) -> str:
    data = base64.b64encode(item.png).decode("ascii")
    kind = "" if item.is_photo else ' class="drawing"'
    width = round(SHARPNESS * int.from_bytes(item.png[16:20], "big"))
    return _figure(
        f'<img{kind} alt="{escaped(item.alt)}" width="{width}" '
        f'src="data:image/png;base64,{data}">',
        "",
    )


def _html_quote(item: Quote) -> str:
    quote = f"<blockquote>{escaped(item.text)}</blockquote>"
    return _figure(quote, item.caption) if item.caption else f"{quote}\n"


def html_weighted(item: WeightedText, section: Section | None = None) -> str:
    marked = []
    shown = zip(item.words, item.weights, item.shares, strict=True)
    for word, weight, share in shown:
        # Underlined too, for readers who cannot tell the colours apart.
        kind = f' class="against{" clearly" * (share < -0.2)}"' * (weight < 0)
        marked.append(
            f'<mark{kind} style="--share:{70 * abs(share):.0f}%" '
            f'title="{weight:+.3g}">{escaped(word)}</mark>'
        )
    text = html.escape(item.separator).join(marked)
    return _figure(f"<blockquote>{text}</blockquote>", item.caption)


def _figure(content: str, caption: str) -> str:
    below = f"<figcaption>{escaped(caption)}</figcaption>" if caption else ""
    return f"<figure>{content}{below}</figure>\n"


HTML_ITEMS: dict[type, Any] = {
    Picture: _html_picture,
    Lines: _html_lines,
    Quote: _html_quote,
    WeightedText: html_weighted,
    Sound: _html_sound,
    Drawing: _html_drawing,
}
