"""Small data of each kind to inspect, and a reader of pages."""

import html.parser

import numpy as np

from tests.recipes.sources.source_files import write_csv

RNG = np.random.default_rng(0)
WORDS = np.array(["good", "bad", "long", "short", "film", "<b>bold</b>"])
TWO = np.arange(60) % 2


def table():
    """Columns with each fault that a warning names, and a rare class."""
    age = RNG.normal(40, 5, 200).round()
    age[::4], age[3] = np.nan, 9999
    return {
        "id": np.arange(1, 201),
        "age": age,
        "sex": RNG.choice(["f", "m"], 200),
        "constant": np.ones(200),
        "nearly": np.array([*["a"] * 199, "b"], object),
        "gaps": np.where(np.arange(200) % 20, np.nan, np.arange(200)),
        "label": np.array([*["no"] * 192, *["yes"] * 8]),
    }


def images():
    pixels = RNG.integers(0, 256, (60, 6, 5, 3), dtype="uint8")
    pixels[:2] = 7
    pixels[4] = pixels[2]
    pixels[5] = pixels[2]
    return pixels, TWO


def texts():
    return [" ".join(RNG.choice(WORDS, n + 1)) for n in range(60)], TWO


def clips():
    return [RNG.uniform(-1, 1, 100 * (n + 1)) for n in range(60)], TWO


def series():
    times = np.arange("2024-01-01", "2024-03-01", 6, dtype="datetime64[h]")
    return {"time": times, "load": np.sin(np.arange(len(times))) + 2}


def marks():
    return RNG.normal(size=(60, 2)), RNG.integers(0, 2, (60, 3))


def tokens():
    return [["a", "dog"], ["no", "dog"]] * 15, [["D", "N"], ["D", "N"]] * 15


def book(folder):
    text = "It was a dark and stormy night; the rain fell in torrents. " * 9
    (folder / "book.txt").write_text(text)
    return folder / "book.txt"


def pairs(folder):
    rows = [[f"{n} apples", f"{n} Äpfel"] for n in range(40)]
    return write_csv(folder / "pairs.csv", ["source", "target"], rows)


class Page(html.parser.HTMLParser):
    """The text, the pictures, the addresses and the headings of a page."""

    def __init__(self, text):
        super().__init__()
        self.words, self.tags, self.pictures, self.open = "", [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in ("meta", "img", "rect", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data
