"""`recipes.fit` with a DCGAN: what it writes, keeps, and refuses."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import recipes
import zoo
from recipes.augmentation import Mixup
from recipes.training.callbacks import LatestModel
from zoo.errors import InputError
from zoo.keras_file import load_keras_file

SMALL = {"width": 2, "latent_dim": 5}


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (100, 28, 28, 1), dtype="uint8")
    return recipes.from_arrays(pixels, [n % 2 for n in range(100)], name="noise")


def fit(data, out, **options):
    arguments = {"model_arguments": SMALL, "batch_size": 24, "epochs": 3} | options
    return recipes.fit("dcgan", data, out=out, progress=False, **arguments)


@pytest.fixture(scope="module")
def run(images, tmp_path_factory):
    return fit(images, tmp_path_factory.mktemp("gan") / "run")


def test_the_folder_has_networks_pictures_and_an_export(run):
    names = {path.name for path in run.folder.path.iterdir()}
    files = {"config.json", "metrics.csv", "model.keras", "curves.png", "samples.png"}
    files |= {"outcome.json", "report.html"}
    assert names == files | {"grids", "saved_model", "tensorboard"}
    assert (run.ended, run.kept_epoch, run.evaluation) == ("complete", 3, None)
    grids = sorted(path.name for path in run.folder.grids.iterdir())
    assert grids == [f"epoch_000{n}.png" for n in (1, 2, 3)]
    with Image.open(run.folder.samples) as picture:
        assert picture.size == (8 * 30 - 2, 8 * 30 - 2)
    with run.folder.metrics.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert {"discriminator_loss", "generator_loss", "val_d_real"} <= set(rows[0])


def test_the_file_and_the_export_generate_the_images_of_the_run(run):
    model = load_keras_file(run.folder.model)
    drawn = model.generate(3, seed=1)
    np.testing.assert_array_equal(drawn, run.model.generate(3, seed=1))
    served = tf.saved_model.load(str(run.folder.saved_model / "1"))
    answer = served.signatures["serving_default"](
        count=tf.constant(3, "int64"), seed=tf.constant(1, "int64")
    )
    assert np.abs(answer["images"].numpy().astype(int) - drawn).max() <= 1


def test_the_generator_has_averaged_weights(run):
    model = load_keras_file(run.folder.model, compiled=True)
    averages = model.generator_optimizer._model_variables_moving_average
    for weights, average in zip(
        model.generator.trainable_variables, averages, strict=True
    ):
        np.testing.assert_array_equal(weights.numpy(), average.numpy())
    assert not model.discriminator_optimizer.use_ema
    settings = model.discriminator_optimizer.get_config()
    assert settings["beta_1"] == 0.5
    assert settings["learning_rate"]["config"]["warmup_target"] == 2e-4


def test_the_configuration_records_the_game(run):
    config = json.loads(run.folder.config.read_text())
    game = config["training"]["game"]
    assert game["generator_loss"] == "non_saturating"
    assert game["label_smoothing"] == 0.1
    assert config["model"]["configuration"]["width"] == 2


def test_a_compiled_dcgan_keeps_its_optimizers(images, tmp_path):
    gan = zoo.DCGAN((28, 28, 1), **SMALL)
    gan.compile(keras.optimizers.SGD(1e-3), keras.optimizers.SGD(1e-3))
    run = recipes.fit(gan, images, out=tmp_path / "run", epochs=1, progress=False)
    assert isinstance(run.model.generator_optimizer, keras.optimizers.SGD)
    with pytest.raises(InputError, match="optimizer of its own"):
        recipes.fit(gan, images, learning_rate=0.1, progress=False)


def test_a_dcgan_trains_with_another_optimizer_and_loss(images, tmp_path):
    run = fit(
        images,
        tmp_path / "run",
        optimizer="adagrad",
        loss="minimax_generator_loss",
        epochs=1,
    )
    game = run.model.get_compile_config()
    assert game["generator_loss"] == "minimax"
    for optimizer in (run.model.generator_optimizer, run.model.discriminator_optimizer):
        assert type(optimizer).__name__ == "Adagrad"
        assert optimizer.learning_rate == 0  # at the end of the schedule
    assert run.model.generator_optimizer.use_ema
    assert not run.model.discriminator_optimizer.use_ema


def test_divergence_keeps_the_networks_of_the_last_finite_epoch(
    images, tmp_path, monkeypatch
):
    class Exploding(LatestModel):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if epoch == 0:
                self.model.generator.trainable_variables[0].assign(
                    np.full_like(self.model.generator.trainable_variables[0], np.nan)
                )

    monkeypatch.setattr("recipes.training.tasks.generation.LatestModel", Exploding)
    run = fit(images, tmp_path / "run")
    assert (run.ended, run.kept_epoch) == ("diverged", 1)
    assert "step 4: " in run.divergence
    assert "generator_loss" in run.divergence
    assert np.isfinite(run.model.predict(run.model.latents(2), verbose=0)).all()


REFUSED = {
    "small images": ({"data": "digits"}, "pixels a side; those of digits are 8×8"),
    "table": ({"data": "two_moons"}, "takes images; two_moons is a table"),
    "patience": ({"patience": 3}, "`patience` waits for"),
    "restoring": ({"on_nan": "restore"}, "`on_nan` 'restore' is for a model"),
    "weights": ({"rebalance": "class_weights"}, "takes no weights"),
    "metrics": ({"metrics": ["auc"]}, "`metrics` are for classifiers"),
    "loss": ({"loss": "cross_entropy"}, "learns by 'non_saturating_generator_loss'"),
    "penalty": ({"regularizer": "l2"}, "`regularizer` does not apply to .* 'dcgan'"),
    "mixing": ({"augment": Mixup()}, "leave out mixing"),
    "another shape": (
        {"model_arguments": {"image_shape": (32, 32, 1)}},
        r"draws images \(32, 32, 1\); those of noise are \(28, 28, 1\)",
    ),
}


@pytest.mark.parametrize("options, message", REFUSED.values(), ids=REFUSED)
def test_options_that_do_not_fit_a_dcgan_are_refused(
    images, tmp_path, options, message
):
    with pytest.raises(InputError, match=message):
        fit(options.pop("data", images), tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []
