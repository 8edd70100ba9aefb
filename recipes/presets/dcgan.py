"""The preset that two networks train against each other."""

import dataclasses
import shutil

import numpy as np

from recipes.presets.table import Recipe

JUDGE = "cnn_mnist"  # The preset whose features tell how near images are.
FRAME = 2  # Black pixels around MNIST's 28: sides of 32 can be halved three times.
IMAGES = 10_000  # of each kind for the distance
DRAWN = 1_000  # of which each digit must have its part


@dataclasses.dataclass(frozen=True)
class Settings:
    """The learning rate falls to 0; the generator is the average of its last steps."""

    epochs: int
    seed: int
    batch_size: int = 128
    learning_rate: float = 2e-4
    beta_1: float = 0.5
    ema_momentum: float = 0.999
    label_smoothing: float = 0.1


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
    """Trains the DCGAN, from where it was cut off, and measures what it draws."""
    from recipes.callbacks import Interruptible, MetricsFile, Progress
    from recipes.checkpoints.checkpointing import Checkpointing
    from recipes.checkpoints.storage import Checkpoints
    from recipes.pipeline import steps_per_epoch, training_batches
    from recipes.record import describe_run
    from recipes.run_folder import RunFolder, write_json
    from zoo.dcgan.pictures import SampleGrids

    settings = Settings(**recipe.settings, seed=seed)
    steps = steps_per_epoch(len(dataset.train), settings.batch_size, True)
    model = _compiled(dataset.input_shape, recipe.arguments, settings, steps)
    folder = RunFolder(out)
    checkpoints = Checkpoints(folder.checkpoints)
    after = checkpoints.newest()
    if after is None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        write_json(folder.config, describe_run(model, dataset, settings))
    metrics, interruptible = MetricsFile(folder.metrics), Interruptible()
    checkpointing = Checkpointing(
        checkpoints, steps, {"metrics": metrics}, interruptible, after=after
    )
    batches = training_batches(
        dataset.train,
        batch_size=settings.batch_size,
        seed=seed,
        drop_remainder=True,
        start_step=after.last_batch if after else 0,
    )
    progress = Progress(settings.epochs, steps, checkpointing.initial_epoch)
    grids = SampleGrids(out / "grids", every=5)
    with interruptible.listening(), progress:
        model.fit(
            batches,
            initial_epoch=checkpointing.initial_epoch,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            callbacks=[metrics, grids, checkpointing, interruptible, progress],
            shuffle=False,
            verbose=0,
        )
    model.save(folder.model)
    write_json(folder.evaluation, judged(model, dataset))
    checkpoints.remove()


def _compiled(image_shape, arguments, settings, steps_per_epoch):
    import keras

    import zoo

    keras.utils.set_random_seed(settings.seed)
    model = zoo.DCGAN(image_shape, seed=settings.seed, **arguments)

    def optimizer(**averaging):
        rate = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate, settings.epochs * steps_per_epoch
        )
        return keras.optimizers.Adam(rate, beta_1=settings.beta_1, **averaging)

    model.compile(
        optimizer(use_ema=True, ema_momentum=settings.ema_momentum),
        optimizer(),
        label_smoothing=settings.label_smoothing,
    )
    return model


def judged(model, dataset) -> dict:
    """How near its images are to real ones, and how many it draws of each digit."""
    import zoo
    from zoo.dcgan.quality import features_of, frechet_distance

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
