"""Networks of `keras.applications` as backbones; nothing is downloaded."""

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.models.applications import ApplicationInput, applications, build_application
from zoo.models.body import taken_apart
from zoo.targets import Multilabel, Regression
from zoo.testing import check_model

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype("uint8")
SMALL = {"application": "MobileNet", "options": {"alpha": 0.25}}
NUMBERS = Regression(("a",), (1.0,), (2.0,))


def small(**arguments):
    given = {"input_shape": (32, 32, 3), **SMALL, **arguments}
    if "target" not in given:
        given["num_classes"] = 3
    return zoo.Backbone(**given)


def body_of(model):
    (body,) = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return body


def outputs(model, inputs=IMAGES):
    return keras.ops.convert_to_numpy(model(inputs, training=False))


def test_a_backbone_keeps_the_promises_of_models():
    arguments = {"input_shape": (32, 32, 3), "num_classes": 3, **SMALL, "dropout": 0.1}
    check_model(
        zoo.Backbone,
        IMAGES,
        np.arange(3),
        arguments=arguments,
        loss="sparse_categorical_crossentropy",
        # Keras's networks, not ours: these promises take most of the time.
        skip=["precision", "training", "jit_compile", "shapes"],
    )


MODES = {  # application: its pixels, of 0…255, by hand
    "ResNet50": lambda x: x[..., ::-1] - [103.939, 116.779, 123.68],
    "VGG16": lambda x: x[..., ::-1] - [103.939, 116.779, 123.68],
    "MobileNetV2": lambda x: x / 127.5 - 1,
    "Xception": lambda x: x / 127.5 - 1,
    "DenseNet121": lambda x: (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
    "EfficientNetB0": lambda x: x,
    "EfficientNetV2B0": lambda x: x,
    "ConvNeXtTiny": lambda x: x,
    "MobileNetV3Small": lambda x: x,
}


@pytest.mark.parametrize("application, expected", MODES.items(), ids=MODES)
def test_pixels_are_preprocessed_as_the_application_wants(application, expected):
    found = ApplicationInput(application)(IMAGES)
    pixels = IMAGES.astype("float64")
    np.testing.assert_allclose(found, expected(pixels), rtol=1e-5, atol=1e-4)
    for dtype in ("int32", "float32"):
        again = ApplicationInput(application)(IMAGES.astype(dtype))
        np.testing.assert_array_equal(again, found)


def test_grey_images_become_three_channels():
    grey = small(input_shape=(32, 32, 1))
    colour = small()
    colour.set_weights(grey.get_weights())
    triple = np.repeat(IMAGES[..., :1], 3, axis=-1)
    np.testing.assert_allclose(
        outputs(grey, IMAGES[..., :1]), outputs(colour, triple), atol=1e-6
    )


def test_every_application_is_a_backbone():
    names = zoo.list_models("keras:*")
    assert len(names) == len(applications()) >= 38
    assert {"keras:ResNet50", "keras:EfficientNetV2B0", "keras:VGG16"} <= {*names}
    for name in applications():
        ApplicationInput(name)  # It has a module with its preprocessing.


TARGETS = {
    "classes": {},
    "labels": {"target": Multilabel(("a", "b"))},
    "numbers": {"target": NUMBERS},
}


@pytest.mark.parametrize("arguments", TARGETS.values(), ids=TARGETS)
def test_a_backbone_is_taken_apart(arguments):
    model = small(**arguments)
    parts = taken_apart(model)
    assert parts.head is model.layers[-1]
    assert len(parts.stages) > 3
    features = model.features(IMAGES)
    assert features.shape == (3, 256)
    np.testing.assert_allclose(parts.head(features), outputs(model), atol=1e-5)


# Weights


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A network with its top, in every file that weights may be in."""
    folder = tmp_path_factory.mktemp("weights")
    keras.utils.set_random_seed(1)
    whole = keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, weights=None, classes=7
    )
    headless = keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, weights=None, include_top=False
    )
    headless.set_weights(whole.get_weights()[: len(headless.weights)])
    layers = [keras.Input((32, 32, 3)), headless, keras.layers.GlobalMaxPooling2D()]
    whole.save(folder / "top.keras")
    keras.Sequential(layers).save(folder / "inside.keras")
    headless.save_weights(folder / "w.weights.h5")
    own = small()
    body_of(own).set_weights(headless.get_weights())
    own.save(folder / "own.keras")
    return folder, headless.get_weights()


@pytest.mark.parametrize(
    "file", ["top.keras", "inside.keras", "own.keras", "w.weights.h5"]
)
def test_weights_come_from_a_file(pretrained, file):
    folder, expected = pretrained
    model = small(weights=str(folder / file))
    for found, weight in zip(body_of(model).get_weights(), expected, strict=True):
        np.testing.assert_array_equal(found, weight)
    assert model.get_config()["weights"] is None  # It is built again without a file.


def test_weights_of_imagenet_are_those_that_keras_fetches(monkeypatch):
    """The first EfficientNets change with these weights, and ours does not."""
    fetched, built = [], []
    module = keras.src.applications.efficientnet

    def get_file(name, origin, **_):
        fetched.append(origin)
        return "weights"

    def build(*arguments):
        built.append(build_application(*arguments))
        return built[-1]

    monkeypatch.setattr(module.file_utils, "get_file", get_file)
    monkeypatch.setattr(keras.Model, "load_weights", lambda *_, **__: None)
    monkeypatch.setattr("zoo.models.applications.build_application", build)
    model = zoo.Backbone("EfficientNetB0", (32, 32, 3), 3, weights="imagenet")
    (reference,) = built  # the network with the weights that were fetched
    (origin,) = {*fetched}
    assert origin.startswith("https://storage.googleapis.com/keras-applications/")
    assert any(np.ptp(np.asarray(getattr(x, "scale", 0))) for x in reference.layers)
    expected = reference.predict(IMAGES.astype("float32"), verbose=0)
    np.testing.assert_allclose(model.features(IMAGES), expected, rtol=1e-3, atol=1e-5)
    assert model.get_config()["weights"] is None


def no_network(*arguments, **options):
    raise Exception("URL fetch failure on https://storage: None -- [Errno -2]\nmore")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"weights": "imagenet"}, r"cannot be had: URL fetch .*--weights.*'none'"),
        ({"weights": "absent.h5"}, r"There is no file absent\.h5"),
        ({"weights": "{folder}/other.keras"}, "does not hold keras:MobileNet"),
        ({"weights": "{folder}/text.h5"}, "does not hold the weights"),
        ({"weights": "{folder}/text.txt"}, r"must end in \.weights\.h5 or \.keras"),
        ({"input_shape": (8, 8, 3)}, r"at least 32×32 pixels, got 8×8.*size 32"),
        ({"input_shape": (32, 32, 4)}, "1 or 3 channels"),
        ({"options": {"aplha": 1}}, "'alpha'"),
        ({"options": {"weights": None}}, "must not hold 'weights'"),
        ({"application": "MobileNetV9"}, "did you mean 'MobileNetV2'"),
    ],
)
def test_what_does_not_fit_is_one_sentence(tmp_path, monkeypatch, arguments, message):
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", no_network)
    module = keras.src.applications.mobilenet
    monkeypatch.setattr(module.file_utils, "get_file", no_network)
    zoo.MLP((4,), 2).save(tmp_path / "other.keras")
    for name in ("text.h5", "text.txt"):
        (tmp_path / name).write_text("text")
    given = {k: v for k, v in arguments.items() if k != "weights"}
    if "weights" in arguments:
        given["weights"] = arguments["weights"].format(folder=tmp_path)
    with pytest.raises((InputError, ValueError), match=message) as refused:
        small(**given)
    assert "\n" not in str(refused.value)


def test_frozen_layers_of_the_network_stay_frozen(tmp_path):
    model = small()
    body = body_of(model)
    body.trainable = False
    for layer in body.layers[-3:]:
        layer.trainable = True
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    found = [layer.trainable for layer in body_of(loaded).layers]
    assert found == [layer.trainable for layer in body.layers]
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    two = small().with_head(2, freeze_body=True)
    assert [w.path for w in two.trainable_variables] == [
        "classifier/kernel",
        "classifier/bias",
    ]
