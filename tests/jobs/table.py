"""The jobs that `recipes.fit` does, one row each: the raw files, and the arguments."""

import dataclasses
import json
import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from PIL import Image
from scipy.io import wavfile

import zoo
from zoo.loading import load_network

RNG = np.random.default_rng
Arrays = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Job:
    """What a user brings and types.

    Attributes:
        model: Name of the model.
        write: Writes the raw files into a folder; returns what `--data` is given.
        data: Options of `recipes.load`.
        training: Options of `recipes.fit`.
        files: Pattern of the files that are given to `zoo predict`, below the folder.
        generate: Options of `zoo generate`, for a job without `zoo predict`.
        request: Makes what a client sends, and the answer of the model, from the model
            and the data. Default: from what `zoo predict` reads.
        signature: The signature that a client asks.
    """

    model: str
    write: Callable[[pathlib.Path], pathlib.Path]
    data: dict[str, Any] = dataclasses.field(default_factory=dict)
    training: dict[str, Any] = dataclasses.field(default_factory=dict)
    files: str = "*.csv"
    generate: tuple[Any, ...] = ()
    request: Callable[[Any, Any], tuple[Arrays, Arrays]] | None = None
    signature: str = "serving_default"


def write_csv(path: pathlib.Path, columns: dict[str, Any]) -> pathlib.Path:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def numbers(folder: pathlib.Path) -> dict[str, Any]:
    """Two columns of numbers and one of words, that say something of the target."""
    rng = RNG(0)
    columns: dict[str, Any] = {"area": rng.normal(80, 20, 90).round(2)}
    columns["rooms"] = rng.integers(1, 9, 90) + 0.5
    columns["city"] = rng.choice(["Rome", "Oslo"], 90)
    return columns


def classes_of_rows(folder: pathlib.Path) -> pathlib.Path:
    columns = numbers(folder)
    columns["label"] = np.where(columns["area"] > 80, "large", "small")
    return write_csv(folder / "homes.csv", columns)


def prices_of_rows(folder: pathlib.Path) -> pathlib.Path:
    columns = numbers(folder)
    columns["price"] = (1000 * columns["area"] + 500 * columns["rooms"]).round()
    return write_csv(folder / "houses.csv", columns)


def tags_of_rows(folder: pathlib.Path) -> pathlib.Path:
    columns = numbers(folder)
    large, many = columns["area"] > 80, columns["rooms"] > 4
    tags = zip(np.where(large, "large", ""), np.where(many, "many", ""), strict=True)
    columns["tags"] = ["|".join(["home", *filter(None, pair)]) for pair in tags]
    return write_csv(folder / "tags.csv", columns)


def pictures(folder: pathlib.Path, count: int = 60) -> list[tuple[str, int]]:
    """Grey pictures of 12×12 pixels, and how bright each is."""
    rng = RNG(0)
    written = []
    for number in range(count):
        bright = int(rng.integers(40, 200))
        pixels = rng.integers(bright - 30, bright + 30, (12, 12)).astype("uint8")
        Image.fromarray(pixels).save(folder / f"{number}.png")
        written.append((f"{number}.png", bright))
    return written


def classes_of_pictures(folder: pathlib.Path) -> pathlib.Path:
    for name, bright in pictures(folder):
        kind = folder / "photos" / ("dark" if bright < 120 else "light")
        kind.mkdir(parents=True, exist_ok=True)
        (folder / name).rename(kind / name)
    return folder / "photos"


def numbers_of_pictures(folder: pathlib.Path) -> pathlib.Path:
    names, bright = zip(*pictures(folder), strict=True)
    lumen = np.array(bright) / 10
    return write_csv(folder / "lumen.csv", {"image": names, "lumen": lumen})


def classes_of_texts(folder: pathlib.Path) -> pathlib.Path:
    rng = RNG(0)
    words = {"good": ["bright", "fine", "plot"], "bad": ["dull", "weak", "plot"]}
    labels = rng.choice([*words], 60)
    texts = [" ".join(rng.choice(words[label], 4)) for label in labels]
    return write_csv(folder / "films.csv", {"review": texts, "label": labels})


def classes_of_clips(folder: pathlib.Path) -> pathlib.Path:
    rng, time = RNG(0), np.arange(800) / 8000
    for number in range(40):
        pitch = ("low", "high")[number % 2]
        clip = np.sin(2 * np.pi * time * (300 if pitch == "low" else 1500))
        clip = (clip + 0.1 * rng.normal(size=800)) * 8000
        (folder / "words" / pitch).mkdir(parents=True, exist_ok=True)
        path = folder / "words" / pitch / f"{number}.wav"
        wavfile.write(path, 8000, clip.astype("int16"))
    return folder / "words"


def marked_words(folder: pathlib.Path) -> pathlib.Path:
    rng, words = RNG(0), {"dog": "N", "cat": "N", "runs": "V", "sees": "V"}
    lines = []
    for length in rng.integers(2, 7, 60):
        tokens = rng.choice([*words], length).tolist()
        labels = [words[token] for token in tokens]
        lines.append(json.dumps({"tokens": tokens, "labels": labels}))
    path = folder / "steps.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def waves(folder: pathlib.Path) -> pathlib.Path:
    hours = np.arange(200)
    load = 50 + 10 * np.sin(hours * np.pi / 3) + RNG(0).normal(size=200)
    return write_csv(folder / "power.csv", {"hour": hours, "load": load.round(3)})


def windows_of(network: Any, dataset: Any) -> tuple[Arrays, Arrays]:
    windows = dataset.test.model_inputs[:3]
    return {"sequences": windows}, zoo.load_model(network).answers(windows)


def pairs(folder: pathlib.Path) -> pathlib.Path:
    texts = ["".join(RNG(n).choice([*"abc"], 3)) for n in range(60)]
    path = folder / "pairs.tsv"
    lines = [f"{text} {n}\t{n} {text}" for n, text in enumerate(texts)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def translations(network: Any, dataset: Any) -> tuple[Arrays, Arrays]:
    texts = np.array(["abc 4", "cba 12"], object)
    request = {"texts": np.char.encode(texts.astype(str))}
    return request, zoo.load_model(network).answers(texts)


def book(folder: pathlib.Path) -> pathlib.Path:
    words = RNG(0).choice(["the", "cat", "sat", "on", "a", "mat"], 1500)
    path = folder / "book.txt"
    path.write_text(" ".join(words), encoding="utf-8")
    return path


def continuation(network: Any, dataset: Any) -> tuple[Arrays, Arrays]:
    counts = {"length": 12, "count": 1, "seed": 1}
    request: Arrays = {n: np.array(value, "int64") for n, value in counts.items()}
    request |= {"prompt": np.array(b"the "), "temperature": np.array(0, "float32")}
    texts = load_network(network).generate(12, prompt="the ", temperature=0)
    return request, {"texts": np.array(texts, object)}


def many_pictures(folder: pathlib.Path) -> pathlib.Path:
    images = RNG(0).integers(0, 256, (64, 28, 28, 1), dtype="uint8")
    np.savez(folder / "images.npz", x=images, y=np.arange(64) % 2)
    return folder / "images.npz"


def drawings(network: Any, dataset: Any) -> tuple[Arrays, Arrays]:
    model = load_network(network)
    latents = keras.ops.convert_to_numpy(model.latents(3, seed=1))
    return {"latents": latents}, {"images": model.generate(latents=latents)}


MLP = {"model_arguments": {"hidden_units": [8]}}
CNN = {"model_arguments": {"widths": [4]}}
RNN = {"model_arguments": {"units": [4]}}

JOBS = {
    "table to class": Job("mlp", classes_of_rows, training=MLP),
    "table to number": Job("mlp", prices_of_rows, {"target": ["price"]}, training=MLP),
    "table to labels": Job("mlp", tags_of_rows, {"target": ["tags"]}, training=MLP),
    "images to class": Job(
        "cnn", classes_of_pictures, training=CNN, files="photos/*/1*.png"
    ),
    "images to number": Job(
        "cnn",
        numbers_of_pictures,
        {"target": ["lumen"]},
        training=CNN,
        files="1*.png",
    ),
    "texts to class": Job("recurrent", classes_of_texts, training=RNN),
    "audio to class": Job(
        "recurrent",
        classes_of_clips,
        training=RNN,
        files="words/*/1*.wav",
    ),
    "words to marks": Job("recurrent", marked_words, training=RNN, files="*.jsonl"),
    "series to forecast": Job(
        "recurrent",
        waves,
        {
            "task": "forecasting",
            "time": "hour",
            "target": ["load"],
            "window": 12,
            "horizon": 4,
        },
        training=RNN,
        request=windows_of,
    ),
    "text to another text": Job(
        "recurrent",
        pairs,
        {"task": "translation"},
        training=RNN,
        files="*.tsv",
        request=translations,
    ),
    "text to its continuation": Job(
        "recurrent",
        book,
        training={**RNN, "segment_length": 16},
        generate=("--prompt", "the ", "--length", 12, "--temperature", 0),
        request=continuation,
    ),
    "images to images": Job(
        "dcgan",
        many_pictures,
        training={"model_arguments": {"width": 2, "latent_dim": 5}},
        generate=("--count", 4, "--out", "drawn.png"),
        request=drawings,
        signature="latents",
    ),
}
