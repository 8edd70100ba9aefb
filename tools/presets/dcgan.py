"""Trains the DCGAN preset."""

import dataclasses
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.presets import classifiers
from tools.presets.table import Recipe

if TYPE_CHECKING:
    from recipes import Dataset
    from zoo import DCGAN

CLASSIFIER = "cnn_mnist"  # the preset whose features the Fréchet distance compares
FRAME = 2  # black pixels around MNIST's 28, because 32 can be halved three times
BATCH_SIZE = 128  # as in the paper
IMAGES = 10_000  # real ones, and as many generated ones, for the distance
COUNTED = 1_000  # generated images whose digits are counted


def load(recipe: Recipe, **source: Any) -> "Dataset":
    """The images of the data set, in a black frame.

    The discriminator halves them once more often than images of 28 pixels, so that its
    last features cover a whole digit and not only a stroke.
    """
    import recipes

    dataset = recipes.load(recipe.data, **source)
    parts = {
        part: dataclasses.replace(
            getattr(dataset, part), inputs=framed(getattr(dataset, part).inputs)
        )
        for part in ("train", "validation", "test")
    }
    return dataclasses.replace(dataset, **parts)


def framed(images: np.ndarray) -> np.ndarray:
    return np.pad(images, [(0, 0), (FRAME, FRAME), (FRAME, FRAME), (0, 0)])


def without_frame(images: np.ndarray) -> np.ndarray:
    """The images without the frame, as the classifier takes them."""
    return images[:, FRAME:-FRAME, FRAME:-FRAME]


def train(recipe: Recipe, dataset: "Dataset", out: pathlib.Path, seed: int) -> None:
    """Trains the DCGAN, or continues an interrupted run; then evaluates its images."""
    from recipes.reports.run_folder import RunFolder
    from zoo.atomic_writes import write_json
    from zoo.keras_file import load_keras_file

    settings = {"batch_size": BATCH_SIZE, **recipe.settings}
    recipe = dataclasses.replace(recipe, settings=settings)
    classifiers.train(recipe, dataset, out, seed)
    folder = RunFolder(out)
    write_json(folder.evaluation, evaluate(load_keras_file(folder.model), dataset))


def evaluate(model: "DCGAN", dataset: "Dataset") -> dict[str, Any]:
    """The distance of generated images from real ones, and the count of each digit."""
    import zoo
    from zoo.models.dcgan.quality import features_of, frechet_distance

    classifier = zoo.CNN.from_preset(CLASSIFIER)

    def features(images: np.ndarray) -> np.ndarray:
        return features_of(classifier, without_frame(images))

    real = features(dataset.test.inputs[:IMAGES])
    generated = features(model.generate(IMAGES, seed=1))
    train = features(dataset.train.inputs[:IMAGES])
    noise = np.random.default_rng(0).integers(
        0, 256, (IMAGES, *classifier.input_shape[1:]), "uint8"
    )
    counted = without_frame(model.generate(COUNTED, seed=0))
    classes = classifier.predict(counted, verbose=0).argmax(axis=1)
    return {
        "Fréchet distance": frechet_distance(real, generated),
        "beside": {
            "real against real": frechet_distance(real, train),
            "real against noise": frechet_distance(
                real, features_of(classifier, noise)
            ),
            **{
                f"{name} among {COUNTED:,}": int((classes == index).sum())
                for index, name in enumerate(classifier.class_names)
            },
        },
    }


def examples(model: "DCGAN", dataset: "Dataset", number: int) -> np.ndarray:
    """Latents."""
    return model.latents(number, seed=0)
