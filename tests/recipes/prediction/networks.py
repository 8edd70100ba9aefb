"""Untrained models of every kind and target, and the files that they read."""

import json

import keras
import numpy as np
from PIL import Image
from scipy.io import wavfile

import zoo
from zoo.columns import Category, Columns, Number
from zoo.targets import Forecast, Multilabel, Regression, Translation

COLUMNS = Columns((Number("age", 30.0, True), Category("sex", ("f", "m"))))
SMALL = {"units": 3}


def forecast():
    return Forecast(
        ("load",), 2, 3, (0.0,), (1.0,), (1.0,), (1.0,)
    ).with_margins([[1.0], [2.0]], 0.9)  # fmt: skip


# name: (model, origin of the training data, names of the columns)
NETWORKS = {
    "classes": lambda: (
        zoo.MLP((2,), 2, class_names=["no", "yes"], hidden_units=[3]),
        {"label_column": "kind"},
        ["a", "b"],
    ),
    "words": lambda: (
        zoo.MLP(
            (3,),
            2,
            class_names=["=no", "yes"],
            hidden_units=[3],
            columns=COLUMNS.get_config(),
        ),
        {},
        None,
    ),
    "numbers": lambda: (
        zoo.MLP(
            (2,),
            target=Regression(("price",), (100.0,), (20.0,)).with_margins([5.0], 0.9),
            hidden_units=[3],
        ),
        {},
        ["a", "b"],
    ),
    "labels": lambda: (
        zoo.MLP((2,), target=Multilabel(("red", "round"), (0.0, 1.0)), hidden_units=[]),
        {},
        ["a", "b"],
    ),
    "images": lambda: (
        zoo.MLP((6, 5, 3), 2, class_names=["cat", "dog"], hidden_units=[2]),
        {},
        None,
    ),
    "texts": lambda: (
        zoo.RecurrentNetwork(
            inputs="text",
            vocabulary=["good", "bad"],
            num_classes=2,
            class_names=["bad", "good"],
            **SMALL,
        ),
        {"text_column": "body"},
        None,
    ),
    "audio": lambda: (
        zoo.RecurrentNetwork(
            inputs="waveform", sample_rate=8000, num_classes=2, **SMALL
        ),
        {},
        None,
    ),
    "sequences": lambda: (
        zoo.RecurrentNetwork((None, 2), num_classes=2, **SMALL),
        {},
        None,
    ),
    "tokens": lambda: (
        zoo.RecurrentNetwork(
            inputs="tokens", vocabulary_size=9, num_classes=2, **SMALL
        ),
        {},
        None,
    ),
    "steps": lambda: (
        zoo.RecurrentNetwork(
            mode="many_to_many",
            inputs="text",
            vocabulary=["a", "b"],
            split="space",
            num_classes=2,
            class_names=["N", "V"],
            **SMALL,
        ),
        {},
        None,
    ),
    "series": lambda: (
        zoo.RecurrentNetwork((3, 1), target=forecast(), **SMALL),
        {"task": "forecasting", "target": ["load"], "group": "place", "time": "day"},
        ["load"],
    ),
    "translation": lambda: (
        zoo.RecurrentNetwork(
            mode="encoder_decoder",
            inputs="text",
            vocabulary=["a", "b"],
            split="character",
            target=Translation([*"ab"], "character", max_length=3),
            **SMALL,
        ),
        {"task": "translation"},
        None,
    ),
}


def write_run(name, folder):
    """A run folder with an untrained model, as training writes it."""
    keras.utils.set_random_seed(1)
    model, origin, features = NETWORKS[name]()
    names = list(getattr(model.target, "class_names", None) or ())
    data = {"class_names": names, "feature_names": features, "origin": origin}
    folder.mkdir()
    model.save(folder / "model.keras")
    config = json.dumps({"data": {**data, "class_names_given": bool(names)}})
    (folder / "config.json").write_text(config)
    return folder


def write_files(folder):
    """Files of every kind, with known content."""
    rng = np.random.default_rng(0)
    (folder / "t.csv").write_text("id,b,a,kind\n007,2,1,no\n1e5,3,2,yes\n8,4,3,no\n")
    (folder / "words.csv").write_text("name,sex,age\n=1+1,f,\n'x,m,31\n")
    (folder / "reviews.csv").write_text("n,body\n1,good film\n2,bad\n")
    (folder / "reviews.jsonl").write_text('{"body": "good"}\n{"body": "bad film"}\n')
    (folder / "lines.txt").write_text("a b\n\nb\n")
    (folder / "steps.jsonl").write_text('{"tokens": ["a", "b"], "id": 5}\n')
    days = "".join(f"2024-01-0{n},{p},{n}\n" for p in "xy" for n in range(1, 6))
    (folder / "series.csv").write_text(f"day,place,load\n{days}")
    (folder / "pairs.tsv").write_text("lower\tupper\nab\tAB\nb\tB\n")
    (folder / "photos" / "cat").mkdir(parents=True)
    for n, name in enumerate(("cat/1.png", "cat/0.png", "9.JPG")):
        image = rng.integers(0, 256, (6 + n, 5, 3), "uint8")
        Image.fromarray(image).save(folder / "photos" / name)
    (folder / "photos" / "names.csv").write_text("file,id\n9.JPG,a\ncat/0.png,b\n")
    (folder / "clips.csv").write_text("id,clip\nc,b\nd,a\n")
    for name in ("Thumbs.db", "notes.txt", "cat/.hidden.png"):
        (folder / "photos" / name).write_text("x")
    (folder / "clips").mkdir()
    for name, rate in (("b.wav", 8000), ("a.wav", 4000)):
        clip = (rng.normal(size=rate // 4) * 8000).clip(-30000, 30000)
        wavfile.write(folder / "clips" / name, rate, clip.astype("int16"))
    np.save(folder / "sequence.npy", rng.normal(size=(4, 2)))
    np.save(folder / "sequences.npy", rng.normal(size=(2, 3, 2)))
    np.savez(folder / "rows.npz", x=[[1.0, 2.0], [2.0, 3.0]], y=[0, 1])
    np.save(folder / "tokens.npy", np.array([[1, 2, 3], [4, 5, 0]]))
    (folder / "values.jsonl").write_text('{"values": [[1, 2], [0, 1]], "id": "q"}\n')
