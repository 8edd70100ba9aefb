"""Augmentation in `fit`, `zoo fit --augment` and `zoo augment`."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image

import recipes
from recipes.augmentation import (
    PRESETS,
    Compose,
    CropWithPadding,
    Cutout,
    Flip,
    LabelSmoothing,
    Mixup,
    Synonyms,
    Warp,
    choose,
    from_config,
)
from recipes.reports.preview import draw_samples
from tests.recipes.sources.source_files import good_rows, write_csv
from zoo.errors import InputError

LABELS = np.arange(60) % 2


@pytest.fixture(scope="module")
def digits():
    """Few digits, so that an epoch is short."""
    digits = recipes.load("digits")
    few = recipes.Part(digits.train.inputs[:200], digits.train.labels[:200])
    return dataclasses.replace(digits, train=few)


@pytest.fixture(scope="module")
def table():
    rows = np.random.default_rng(0).normal(size=(60, 3))
    return recipes.from_arrays(rows, np.arange(60) % 2, name="rows")


@pytest.fixture
def zoo(zoo, monkeypatch, tmp_path):
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return zoo


def named(digits, name):
    return dataclasses.replace(digits, name=name)


def test_auto_depends_on_the_name_of_the_data(digits):
    warps = {choose("auto", named(digits, name)) for name in ("digits", "mnist")}
    assert len(warps) == 1
    (warp,) = warps
    assert isinstance(warp, Warp)
    assert not warp.horizontal_flip
    assert not warp.vertical_flip
    large = named(recipes.from_arrays(np.zeros((60, 32, 32, 3)), LABELS), "cifar10")
    assert choose("auto", large) == Compose(CropWithPadding(4), Flip())
    unknown = choose("auto", named(digits, "holiday"))
    assert unknown == PRESETS["light"](digits)
    assert "flip=True" not in repr(unknown)


def test_names_and_objects(digits, table):
    assert choose(None, digits) is choose("none", digits) is None
    assert choose("none", table) is None
    assert choose("strong", digits).steps[-1] == Cutout(2)
    mine = Flip()
    assert choose(mine, digits) is mine
    with pytest.raises(InputError, match="did you mean 'photos'"):
        choose("photo", digits)
    with pytest.raises(InputError, match="choose from none, auto, light, digits"):
        choose("x", digits)
    with pytest.raises(InputError, match="'photos' is for images; rows is a table"):
        choose("photos", table)
    with pytest.raises(InputError, match=r"Flip\(\) is for images; rows is a table"):
        choose(Flip(), table)
    with pytest.raises(InputError, match="must be a name, an augmentation or a fun"):
        choose(3, digits)


@pytest.fixture
def fit(no_export):
    """`recipes.fit` for an epoch, without the export, which takes longer."""

    def run(model, data, out, **arguments):
        arguments = {"epochs": 1, "progress": False, **arguments}
        return recipes.fit(model, data, out=out, **arguments)

    return run


def test_a_run_is_repeated_from_its_configuration(fit, tmp_path, digits):
    runs = {
        name: fit("mlp", digits, tmp_path / name, augment=name)
        for name in ("auto", "none")
    }
    kept = {
        name: json.loads(run.folder.config.read_text())["training"]["augmentation"]
        for name, run in runs.items()
    }
    assert kept["none"] is None
    augment = from_config(kept["auto"])
    assert augment == choose("digits", digits)
    again = fit("mlp", digits, tmp_path / "again", augment=augment)
    losses = [run.metrics[0]["loss"] for run in (runs["auto"], again, runs["none"])]
    assert losses[0] == losses[1] != losses[2]


def test_the_name_of_a_function_is_kept(fit, tmp_path, digits):
    def untouched(images, labels, seed):
        if seed[0] == seed[1]:  # AutoGraph makes a graph of this
            images = images + 1
        return images, labels

    run = fit("mlp", digits, tmp_path / "run", augment=untouched)
    config = json.loads(run.folder.config.read_text())
    name = config["training"]["augmentation"]["function"]
    assert name.endswith("untouched")


def softmax():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


def compiled(loss):
    model = softmax()
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda: "mlp",
        softmax,
        lambda: compiled(keras.losses.CategoricalCrossentropy(from_logits=True)),
    ],
    ids=["by name", "logits", "compiled"],
)
def test_soft_targets_reach_the_loss(fit, tmp_path, digits, make):
    augment = Compose(Mixup(1.0), LabelSmoothing(0.1))
    run = fit(make(), digits, tmp_path / "run", augment=augment)
    loss = json.loads(run.folder.config.read_text())["training"]["loss"]
    assert loss == "categorical_crossentropy"
    # Validation uses the true labels.
    kept = recipes.evaluate(run.model, digits, part="validation")
    assert kept.loss == pytest.approx(run.metrics[0]["val_loss"], rel=1e-5)


def test_the_loss_uses_the_soft_targets(fit, tmp_path, digits):
    """Against the same probability for every class no loss is below ln 10."""
    run = fit("mlp", digits, tmp_path / "run", epochs=5, augment=LabelSmoothing(1.0))
    assert all(row["loss"] >= np.log(10) - 1e-6 for row in run.metrics)
    assert run.metrics[-1]["loss"] < 2.4


def one_sigmoid():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )


def test_models_that_cannot_take_soft_targets(fit, tmp_path, digits):
    out = tmp_path / "run"
    with pytest.raises(InputError, match="'sparse_categorical_crossentropy' takes cl"):
        fit(compiled("sparse_categorical_crossentropy"), digits, out, augment=Mixup())
    two = recipes.from_arrays(np.zeros((60, 8, 8, 1)), LABELS)
    with pytest.raises(InputError, match="ends in a single sigmoid"):
        fit(one_sigmoid(), two, out, augment=Mixup())
    assert list(tmp_path.iterdir()) == []


def test_zoo_fit_augments(zoo, tmp_path):
    status, _, _ = zoo(
        "fit", "mlp", "--augment", "auto", "--epochs", 1, "--out", "run", "--json"
    )
    assert status == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["training"]["augmentation"]["name"] == "Warp"


def test_zoo_augment_draws(zoo, tmp_path):
    status, output, errors = zoo("augment", "--out", "a.png", "--json")
    assert status == 0, errors
    result = json.loads(output)
    assert result["path"] == "a.png"
    assert result["seed"] == 0
    assert from_config(result["augmentation"]) == choose("auto", recipes.load("digits"))
    status, output, _ = zoo("augment", "--augment", "none", "--out", "none.png")
    assert status == 0
    assert output == "no augmentation\npicture: none.png\n"
    zoo("augment", "--out", "again.png")
    zoo("augment", "--out", "other.png", "--seed", 1)
    pictures = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
    assert pictures["a"] == pictures["again"]
    assert len(set(pictures.values())) == 3
    status, _, _ = zoo("augment", "--out", "a.png", "--number", 1, "--variants", 1)
    assert status == 0
    assert (tmp_path / "a.png").read_bytes() != pictures["a"]  # replaced
    with Image.open(tmp_path / "a.png") as small, Image.open("none.png") as large:
        assert small.width < large.width
        assert small.height < large.height


def test_the_picture_shows_originals_and_batches_of_training(tmp_path, monkeypatch):
    """The pictures are those of the augmentation, and mixtures are labelled."""
    import matplotlib.axes

    shown, labelled = [], []
    draw, tell = matplotlib.axes.Axes.imshow, matplotlib.axes.Axes.set_xlabel

    def imshow(self, image, *arguments, **options):
        shown.append(image)
        return draw(self, image, *arguments, **options)

    def set_xlabel(self, text, *arguments, **options):
        labelled.append(text)
        return tell(self, text, *arguments, **options)

    monkeypatch.setattr(matplotlib.axes.Axes, "imshow", imshow)
    monkeypatch.setattr(matplotlib.axes.Axes, "set_xlabel", set_xlabel)
    values = np.repeat([10, 200], 30).astype("uint8")
    images = np.broadcast_to(values[:, None, None, None], (60, 4, 4, 1))
    data = recipes.from_arrays(images, values // 200, class_names=["night", "day"])
    draw_samples(data, Mixup(1.0), tmp_path / "p.png", number=2, variants=3)
    levels = [int(image[0, 0]) for image in shown]
    assert levels[:2] == [10, 200]
    assert len(levels) == 8
    assert len(set(levels)) > 4
    assert len(labelled) == 6
    for level, text in zip(levels[2:], labelled, strict=True):
        day = float(text.split("% day")[0].split("\n")[-1]) / 100
        assert level == pytest.approx(10 + 190 * day, abs=2)


def write_reviews(folder):
    """Forty short texts, of two classes."""
    rows = [[f"A big  film, no. {n}!\x1b 😀", "ab"[n % 2]] for n in range(40)]
    return write_csv(folder / "reviews.csv", ["text", "label"], rows)


def test_zoo_augment_prints_texts(zoo, tmp_path):
    write_reviews(tmp_path)
    shown = ("augment", "--data", "reviews.csv", "--number", 2, "--variants", 20)
    status, output, errors = zoo(*shown, "--json")
    assert status == 0, errors
    result = json.loads(output)
    assert result["path"] is None
    assert from_config(result["augmentation"]) == Synonyms()
    assert {text["class"] for text in result["texts"]} == {"a", "b"}
    for text in result["texts"]:
        variants = {"big", "large"}
        assert {words.split()[1] for words in text["augmented"]} == variants
    status, output, _ = zoo(*shown, "--out", "texts.txt")
    assert (status, output) == (0, "Synonyms()\ntexts: texts.txt\n")
    written = (tmp_path / "texts.txt").read_text(encoding="utf-8")
    assert "A large  film, no." in written
    assert "\x1b" not in written
    status, output, _ = zoo(*shown)
    assert (status, output) == (0, f"Synonyms()\n{written}\n")


def test_zoo_augment_draws_audio(zoo, tmp_path):
    sounds = np.random.default_rng(0).uniform(-1, 1, (40, 400)).astype("float32")
    sounds[:, 300:] = 0
    np.savez(tmp_path / "s.npz", x=sounds, y=np.arange(40) % 2, sample_rate=8000)
    shown = ("augment", "--data", "s.npz", "--sample-rate", 8000, "--number", 2)
    for name in ("strong", "none"):
        status, _, errors = zoo(*shown, "--augment", name, "--out", f"{name}.png")
        assert status == 0, errors
    with Image.open(tmp_path / "strong.png") as image:
        assert min(image.size) > 100
    changed, same = ((tmp_path / f"{n}.png").read_bytes() for n in ("strong", "none"))
    assert changed != same


BAD = {
    "name": (("--augment", "lihgt"), "did you mean 'light'"),
    "fit": (("--augment", "lihgt"), "did you mean 'light'"),
    "no png": (
        ("--out", "grid.jpg"),
        "must be a .png file, or a .txt file for texts, got grid",
    ),
    "folder": (("--out", "folder.png"), "folder.png: it is a folder"),
    "no folder": (("--out", "absent/a.png"), "there is no folder absent"),
    "number": (("--number", "0"), "--number"),
    "seed": (("--seed", "-1"), "--seed"),
    "table": (("--data", "t.csv"), "Only images, audio and texts can be shown; t is"),
    "picture of texts": (("--data", "r.csv", "--out", "a.png"), "give a .txt file"),
    "texts of images": (("--out", "a.txt"), "holds images: give a .png file"),
    "few texts": (("--data", "r.csv", "--number", "40"), "training texts"),
    "preset for a table": (
        ("--data", "t.csv", "--augment", "photos"),
        "'photos' is for images; t is a table",
    ),
    "data": (("--data", "mnits"), "did you mean 'mnist'"),
    "too many": (("--data", "few.npz", "--number", "9"), "has 6 training images"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_one_line(zoo, tmp_path, case):
    arguments, message = BAD[case]
    (tmp_path / "folder.png").mkdir()
    write_csv(tmp_path / "t.csv", ["a", "b", "label"], good_rows(40))
    write_reviews(tmp_path).rename(tmp_path / "r.csv")
    np.savez(tmp_path / "few.npz", x=np.zeros((10, 4, 4, 1)), y=np.arange(10) % 2)
    before = sorted(tmp_path.rglob("*"))
    command = ("fit", "mlp") if case == "fit" else ("augment",)
    status, output, errors = zoo(*command, *arguments)
    assert status == 2
    assert message in errors
    assert output == ""
    assert "Traceback" not in errors
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failed_drawing_leaves_the_old_picture(tmp_path, digits, monkeypatch):
    path = tmp_path / "p.png"
    path.write_bytes(b"old")

    def full_disk(self, target, **options):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full_disk)
    with pytest.raises(OSError, match="No space"):
        draw_samples(digits, Flip(), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
