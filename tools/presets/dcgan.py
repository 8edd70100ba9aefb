"""The preset that two networks train against each other."""

import dataclasses

import numpy as np

from tools.presets import classifiers
from tools.presets.table import Recipe

JUDGE = "cnn_mnist"  # The preset whose features tell how near images are.
FRAME = 2  # Black pixels around MNIST's 28: sides of 32 can be halved three times.
BATCH_SIZE = 128  # of the paper
IMAGES = 10_000  # of each kind for the distance
DRAWN = 1_000  # of which each digit must have its part


def load(recipe: Recipe, **source):
    """The images by the name of the data set, in a black frame.

    The discriminator halves them once more than 28 pixels: what it sees at a time is a
    whole digit, and no longer a stroke.
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


def framed(images):
    return np.pad(images, [(0, 0), (FRAME, FRAME), (FRAME, FRAME), (0, 0)])


def bare(images):
    """Without the frame, as the judge knows digits."""
    return images[:, FRAME:-FRAME, FRAME:-FRAME]


def train(recipe: Recipe, dataset, out, seed: int) -> None:
    """Trains the DCGAN, or goes on, as a classifier; then measures what it draws."""
    from recipes.reports.run_folder import RunFolder, write_json
    from zoo.keras_file import load_keras_file

    settings = {"batch_size": BATCH_SIZE, **recipe.settings}
    recipe = dataclasses.replace(recipe, settings=settings)
    classifiers.train(recipe, dataset, out, seed)
    folder = RunFolder(out)
    write_json(folder.evaluation, judged(load_keras_file(folder.model), dataset))


def judged(model, dataset) -> dict:
    """How near its images are to real ones, and how many it draws of each digit."""
    import zoo
    from zoo.models.dcgan.quality import features_of, frechet_distance

    judge = zoo.CNN.from_preset(JUDGE)
    real = features_of(judge, bare(dataset.test.inputs[:IMAGES]))
    drawn = features_of(judge, bare(model.generate(IMAGES, seed=1)))
    train = features_of(judge, bare(dataset.train.inputs[:IMAGES]))
    noise = np.random.default_rng(0).integers(
        0, 256, (IMAGES, *judge.input_shape[1:]), "uint8"
    )
    some = bare(model.generate(DRAWN, seed=0))
    classes = judge.predict(some, verbose=0).argmax(axis=1)
    return {
        "Fréchet distance": frechet_distance(real, drawn),
        "beside": {
            "real against real": frechet_distance(real, train),
            "real against noise": frechet_distance(real, features_of(judge, noise)),
            **{
                f"{name} among {DRAWN:,}": int((classes == number).sum())
                for number, name in enumerate(judge.class_names)
            },
        },
    }


def examples(model, dataset, number: int):
    """Latents, as the model takes them."""
    return model.latents(number, seed=0)
