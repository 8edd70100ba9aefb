"""A preset refined on other data: what moves, when, and that it is resumed exactly."""

import functools
import itertools
import json
import types

import keras
import numpy as np
import pytest

import recipes
import zoo
from recipes.training.callbacks import Terminated
from recipes.training.fine_tuning.base import Base
from recipes.training.fine_tuning.thawing import check_thawing
from recipes.training.given import command_of
from recipes.training.settings import settings_for
from tests.recipes.training.test_resume import (
    assert_same,
    terminated_at,  # noqa: F401  A fixture.
)
from zoo.errors import InputError
from zoo.keras_file import load_keras_file
from zoo.models.body import taken_apart
from zoo.targets import Multiclass, Multilabel, Regression

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (48, 8, 8, 3)).astype("uint8")
ROWS = RNG.normal(size=(60, 4))
EPOCHS = 4


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    """Untrained presets: what they know does not matter here."""
    folder = tmp_path_factory.mktemp("presets")
    keras.utils.set_random_seed(5)
    models = {
        "cnn": zoo.CNN((8, 8, 3), 3, widths=(4, 6), depth=1, class_names=[*"abc"]),
        "mlp": zoo.MLP((4,), 2, hidden_units=(6, 5)),
        "perceptron": zoo.Perceptron((4,)),
        "tokens": zoo.RecurrentNetwork(
            num_classes=2, inputs="text", vocabulary=["good", "bad"], units=(4,)
        ),
        "steps": zoo.RecurrentNetwork((None, 3), 2, mode="many_to_many", units=(3,)),
    }
    for name, model in models.items():
        for variable in model.non_trainable_variables:
            if variable.path.endswith("moving_variance"):
                variable.assign(RNG.uniform(0.5, 2, variable.shape))
        model.save_to_preset(folder / name)
    return folder


def images(classes=4, names=None, inputs=IMAGES):
    labels = np.arange(len(inputs)) % classes
    return recipes.from_arrays(inputs, labels, class_names=names)


def weights_of(model):
    """The values of each stage of a model and of its head."""
    parts = taken_apart(model)
    stages = (*parts.stages, (parts.head,))
    return [[w.numpy() for layer in stage for w in layer.weights] for stage in stages]


class Weights(keras.callbacks.Callback):
    """Remembers the weights at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(weights_of(self.model))


def moved(before, after):
    """Whether weights and statistics changed: all, none, or (for no answer) some."""
    changed = {not np.array_equal(a, b) for a, b in zip(before, after, strict=True)}
    assert len(changed) == 1
    return changed.pop()


PLANS = {  # freeze: in which epochs the first stage, the second, and the head learn
    None: ("..xx", ".xxx", "xxxx"),
    1: ("....", ".xxx", "xxxx"),
    "body": ("....", "....", "xxxx"),
    "none": ("xxxx", "xxxx", "xxxx"),
}


@pytest.mark.parametrize("freeze", PLANS)
def test_only_stages_that_have_thawed_move(freeze, presets, tmp_path):
    weights = Weights()
    run = recipes.fit(
        preset=presets / "cnn",
        data=images(),
        freeze=freeze,
        epochs=EPOCHS,
        batch_size=8,
        optimizer="keras.adamw:weight_decay=0.1,use_ema=true,ema_momentum=0.5",
        callbacks=[weights],
        out=tmp_path / "run",
        progress=False,
    )
    before = weights_of(zoo.from_preset(presets / "cnn"))
    for place, plan in enumerate(PLANS[freeze]):
        values = [each[place] for each in (before, *weights.seen)]
        if place == 2:  # A head for four classes begins with zeros.
            values[0] = [np.zeros_like(value) for value in values[1]]
        found = [moved(*pair) for pair in itertools.pairwise(values)]
        assert "".join(".x"[each] for each in found) == plan, place
    # The file has the layers as they are at the end.
    for model in (run.model, load_keras_file(run.folder.model)):
        parts = taken_apart(model)
        frozen = [not stage[0].trainable for stage in parts.stages]
        assert frozen == [set(plan) == {"."} for plan in PLANS[freeze][:2]]
        assert parts.head.trainable
    settings = json.loads(run.folder.config.read_text())["training"]["settings"]
    assert settings["freeze"] == (0 if freeze is None else freeze)
    assert settings["preset"] == str(presets / "cnn")


# Steps of six an epoch: at the end of that of the head alone, and with all stages.
CUTS = [6, 15]


def test_a_run_is_resumed_exactly_in_every_phase(
    presets,
    tmp_path,
    terminated_at,  # noqa: F811
):
    data = images()
    arguments = {
        "preset": presets / "cnn",
        "epochs": EPOCHS,
        "batch_size": 8,
        "optimizer": "keras.adam:use_ema=true,ema_momentum=0.5",
        "accumulation_steps": 2,
        "progress": False,
    }
    recipes.fit(data=data, out=tmp_path / "unbroken", **arguments)
    folder, done = tmp_path / "run", 0
    for cut in CUTS:
        go_on = recipes.resume if done else functools.partial(recipes.fit, **arguments)
        given = {"run": folder, "progress": False} if done else {"out": folder}
        with terminated_at(cut - done), pytest.raises(Terminated):
            go_on(data=data, **given)
        done = cut - 1  # The last step is done once more.
    recipes.resume(folder, data=data, progress=False)
    assert_same(folder, tmp_path / "unbroken")


def head_of(preset, data, **arguments):
    """The preset's model with a head for the data, and what is told of it."""
    base = Base.read(preset)
    model, notes = base.fitted(data, arguments, None)
    return base.network, model, " ".join(notes)


NUMBERS = RNG.normal(size=(48, 2))
MARKS = (NUMBERS > 0).astype(int)
HEADS = {  # data for the CNN: (target, units of the head)
    "classes": (lambda: images(5), Multiclass, 5),
    "as many classes of other names": (lambda: images(3, [*"abd"]), Multiclass, 3),
    "in another order": (lambda: images(3, [*"bac"]), Multiclass, 3),
    "numbers": (
        lambda: recipes.from_arrays(IMAGES, NUMBERS, value_names=["x", "y"]),
        Regression,
        2,
    ),
    "labels": (
        lambda: recipes.from_arrays(IMAGES, MARKS, value_names=["x", "y"]),
        Multilabel,
        2,
    ),
}


@pytest.mark.parametrize("data, target, units", HEADS.values(), ids=HEADS)
def test_the_head_is_made_for_the_data(data, target, units, presets):
    network, model, notes = head_of(presets / "cnn", data())
    assert isinstance(model.target, target)
    assert taken_apart(model).head.units == units
    assert not any(w.numpy().any() for w in taken_apart(model).head.trainable_weights)
    assert f"gets a new head for {units}" in notes
    np.testing.assert_array_equal(network.features(IMAGES), model.features(IMAGES))


def test_the_head_is_kept_for_the_same_classes(presets):
    network, model, notes = head_of(presets / "cnn", images(3, [*"abc"]))
    assert "the head" in notes
    assert "is kept" in notes
    for one, other in zip(network.weights, model.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_grey_images_are_colour_images_whose_parts_are_equal(presets, tmp_path):
    grey = IMAGES[..., :1]
    network, model, notes = head_of(presets / "cnn", images(inputs=grey))
    assert model.input_shape == (None, 8, 8, 1)
    assert "were made to fit images with 1" in notes
    colours = np.repeat(grey, 3, axis=-1)
    expected = network.features(colours)
    np.testing.assert_allclose(model.features(grey), expected, rtol=1e-4, atol=1e-5)
    model.save_to_preset(tmp_path / "grey")
    _, back, _ = head_of(tmp_path / "grey", images())
    np.testing.assert_allclose(back.features(colours), expected, rtol=1e-4, atol=1e-5)


def test_images_of_another_size_are_resized_or_the_body_is_rebuilt(presets):
    large = RNG.integers(0, 256, (48, 16, 12, 3)).astype("uint8")
    labels = np.arange(48) % 4
    base = Base.read(presets / "cnn")
    loaded = base.load((large, labels), {})
    assert loaded.input_shape == (8, 8, 3)
    assert "resized" in " ".join(loaded.notes)
    _, model, notes = head_of(presets / "cnn", recipes.from_arrays(large, labels))
    assert model.input_shape == (None, 16, 12, 3)
    assert "16×12" in notes
    assert "8×8" in notes


def test_texts_keep_the_vocabulary(presets):
    texts = ["a good film", "a bad one"] * 20
    data = recipes.from_arrays(texts, [0, 1] * 20)
    _, model, notes = head_of(presets / "tokens", data)
    assert model.get_config()["vocabulary"] == ["good", "bad"]
    assert "lacks 67% of the words" in notes


def test_arguments_of_the_constructor_can_be_changed(presets):
    _, model, _ = head_of(presets / "cnn", images(), dropout=0.75)
    assert model.get_config()["dropout"] == 0.75


def test_a_model_of_your_own_gets_a_head(tmp_path):
    inner = keras.Sequential([keras.Input((4,)), *map(keras.layers.Dense, (6, 5))])
    own = keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(2)])
    own.save(tmp_path / "own.keras")
    data = recipes.from_arrays(ROWS, np.arange(60) % 3)
    run = recipes.fit(
        preset=tmp_path / "own.keras",
        data=data,
        epochs=2,
        out=tmp_path / "run",
        progress=False,
    )
    assert run.model.output_shape == (None, 3)
    assert len(taken_apart(run.model).stages) == 2
    with pytest.raises(InputError, match="heads for classes only"):
        head_of(tmp_path / "own.keras", recipes.from_arrays(ROWS, ROWS[:, 0]))


def table(columns=4, classes=2):
    return recipes.from_arrays(ROWS[:, :columns], np.arange(60) % classes)


REFUSED = {  # (preset, data, options): what is said
    "another kind": ("cnn", table, {}, "takes images; arrays is a table"),
    "another number of columns": ("mlp", lambda: table(3), {}, "do not fit|shape"),
    "another size of images": (
        "mlp",
        lambda: recipes.from_arrays(ROWS[:, :3], np.arange(60) % 2),
        {},
        "do not fit|shape",
    ),
    "three classes for one line": ("perceptron", lambda: table(4, 3), {}, "must be 2"),
    "another task": (
        "steps",
        lambda: recipes.from_arrays(np.ones((40, 5, 3)), [0, 1] * 20, sequences=True),
        {},
        "is for sequence labelling; the task of arrays is classification",
    ),
    "too many stages": ("mlp", table, {"freeze": 3}, "must be at most 2"),
    "an argument that changes the body": (
        "mlp",
        table,
        {"model_arguments": {"hidden_units": [3, 3]}},
        "do not fit",
    ),
    "an optimizer with one count of steps": (
        "mlp",
        table,
        {"optimizer": "keras.nadam"},
        "keras.Nadam cannot train the stages",
    ),
    "a model beside it": ("mlp", table, {"model": "mlp"}, "leave out `model`"),
}


@pytest.mark.parametrize("preset, data, options, said", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(preset, data, options, said, presets, tmp_path):
    with pytest.raises(InputError, match=said):
        recipes.fit(
            preset=presets / preset,
            data=data(),
            epochs=2,
            out=tmp_path / "run",
            progress=False,
            **options,
        )
    assert [*tmp_path.iterdir()] == []


def test_several_devices_train_the_head_alone():
    two = types.SimpleNamespace(replicas=2)
    model = zoo.MLP((4,), 2)
    check_thawing(model, settings_for("mlp", 100, freeze="body"), two)
    with pytest.raises(InputError, match="on one device only"):
        check_thawing(model, settings_for("mlp", 100, freeze=0), two)


@pytest.mark.parametrize(
    "preset, said",
    [
        ("dcgan_mnist", "generates images"),
        ("recurrent_movie_characters", "is for text generation"),
        ("cnn_nothing", "There is no model cnn_nothing"),
    ],
)
def test_presets_without_a_body_for_others_are_refused(preset, said, tmp_path):
    with pytest.raises(InputError, match=said):
        recipes.fit(preset=preset, data="digits", out=tmp_path / "run")


def test_the_command_refines_a_preset(zoo, tmp_path):
    arguments = ["--preset", "mlp_digits", "--freeze", "1", "--epochs", "1"]
    status, _, told = zoo("fit", *arguments, "--out", tmp_path / "run")
    assert status == 0
    assert "mlp_digits gets a new head for 10 classes" in told
    assert "1 of 2 stages of the body stays frozen; 1 stage of the body is" in told
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    again = "zoo fit --data digits --image-size 8x8 --preset mlp_digits --freeze 1"
    assert command_of(config) == f"{again} --epochs 1"
    status, _, told = zoo("fit", "mlp", "--freeze", "1", "--out", tmp_path / "other")
    assert status == 2
    assert "is for fine-tuning: give the `preset` (--preset)" in told
