"""The preset that learns to write, character by character."""

import collections
import dataclasses
import math
import shutil

import numpy as np

from tools.presets.table import Recipe


@dataclasses.dataclass(frozen=True)
class Settings:
    """Truncated backpropagation through time over texts that follow each other."""

    epochs: int
    seed: int
    batch_size: int = 64
    segment: int = 64  # characters over which gradients flow
    learning_rate: float = 4e-3
    clip_norm: float = 1.0


def load(recipe: Recipe, **source):
    """The texts, from where `data` says, or else by their name; labels do not count."""
    import recipes

    return recipes.load(source.pop("data", recipe.data), **source)


def train(recipe: Recipe, dataset, out, seed: int) -> None:
    """Trains the network and measures what it has learnt."""
    import keras

    from recipes.reports.run_folder import RunFolder, write_json
    from recipes.training.callbacks import MetricsFile, Progress
    from recipes.training.run_config import describe_run
    from zoo.models.recurrent import Segments, learn_vocabulary, side_by_side

    shutil.rmtree(out, ignore_errors=True)  # Of a run that was cut off.
    out.mkdir(parents=True)
    folder = RunFolder(out)
    settings = Settings(**recipe.settings, seed=seed)
    text = text_of(dataset.train)
    keras.utils.set_random_seed(seed)
    model = _network(
        recipe,
        vocabulary=learn_vocabulary([text], size=None, split="character"),
        stateful_batch_size=settings.batch_size,
    )
    rows = side_by_side(model.tokens_of([text])[0], settings.batch_size)
    segments = Segments(
        rows[:, :-1],
        rows[:, 1:],
        length=settings.segment,
        batch_size=settings.batch_size,
    )
    steps = len(segments) * settings.epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=settings.learning_rate, warmup_steps=steps // 20
    )
    model.compile(
        keras.optimizers.Adam(schedule, global_clipnorm=settings.clip_norm),
        "sparse_categorical_crossentropy",
    )
    write_json(folder.config, describe_run(model, dataset, settings))
    with Progress(settings.epochs, len(segments)) as progress:
        model.fit(
            segments,
            epochs=settings.epochs,
            callbacks=[MetricsFile(folder.metrics), progress],
            shuffle=False,
            verbose=0,
        )
    model = model.with_carried_state(None)
    model.save(folder.model)
    write_json(folder.evaluation, judged(model, dataset))


def _network(recipe, **arguments):
    from zoo.models.recurrent import RecurrentNetwork

    return RecurrentNetwork(
        mode="one_to_many",
        inputs="tokens",
        split="character",
        mask_padding=False,
        **arguments,
        **recipe.arguments,
    )


def text_of(part) -> str:
    """The texts of a part, a line each."""
    return "".join(f"{text.strip()}\n" for text in part.inputs)


def judged(model, dataset) -> dict:
    """Bits that a character of the test part costs, by this model and by counting."""
    train, test = text_of(dataset.train), text_of(dataset.test)
    return {
        "bits per character": bits_per_character(model, test),
        "beside": {
            "by the frequency of each character": counted(train, test, order=1),
            "by the two characters before": counted(train, test, order=3),
            "by the four characters before": counted(train, test, order=5),
        },
    }


def bits_per_character(model, text: str, rows: int = 32) -> float:
    """$-\\log_2 p$ of a character that follows, on average over a text."""
    from zoo.models.recurrent import side_by_side

    tokens = side_by_side(model.tokens_of([text])[0], rows)
    probabilities = model.predict(tokens[:, :-1], verbose=0)
    chosen = np.take_along_axis(probabilities, tokens[:, 1:, None], axis=-1)
    return float(-np.log2(chosen.astype("float64")).mean())


def counted(train: str, test: str, order: int) -> float:
    """The same by counting `order` characters in a row.

    A run that is not in the training text falls back on the one that is a character
    shorter: half a count of the shorter estimate is added to every count.
    """
    counts = [
        collections.Counter(train[n : n + size] for n in range(len(train) - size + 1))
        for size in range(order + 1)
    ]
    counts[0][""] = len(train)
    least = 1 / (len(set(train)) + 1)

    def probability(run):
        if not run:
            return least
        context = counts[len(run) - 1][run[:-1]]
        shorter = probability(run[1:])
        return (counts[len(run)][run] + 0.5 * shorter) / (context + 0.5)

    runs = (test[max(0, n - order + 1) : n + 1] for n in range(1, len(test)))
    return -sum(math.log2(probability(run)) for run in runs) / (len(test) - 1)


def examples(model, dataset, number: int):
    """Beginnings of test texts, as the model takes them."""
    return model.tokens_of(
        [text[:40].ljust(40) for text in dataset.test.inputs[:number]]
    )
