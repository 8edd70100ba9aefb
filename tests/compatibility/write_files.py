"""Writes files of the version that is checked out, for later versions to read.

    python -m tests.compatibility.write_files tests/compatibility/version_X_Y_Z

`test_files` reads the files and compares the outputs of models with the stored ones.
All files are small; pictures and logs of the runs are left out.
"""

import multiprocessing
import os
import pathlib
import shutil
import signal
import sys
import threading
import time
from unittest import mock

import keras
import numpy as np
from PIL import Image
from scipy.io import wavfile

import recipes
import zoo
from custom.losses import CrossEntropy, HalfSumSquaredError
from custom.optimizers import Adagrad, GradientDescent
from custom.regularizers import L1L2
from tests.compatibility import record

NUM_INPUTS = 4
DROPPED = ("*.png", "tensorboard", "lock")
CUT_OFF = {  # A run of 33 steps that is killed after its second checkpoint.
    "batch_size": 128,
    "epochs": 3,
    "checkpoint_steps": 8,
    "augment": "auto",
    "seed": 5,
    "model_arguments": {"hidden_units": [8], "dropout": 0.2},
}


def columns() -> recipes.Dataset:
    """Return a table with words and missing numbers."""
    numbers = (record.drawn() / 64).astype("float32")
    numbers[::7] = np.nan
    words = np.array(["red", "green", "blue"])[record.drawn(start=0, stop=3)]
    data = {"size": numbers, "colour": words}
    return recipes.from_arrays(data, record.labels(), name="columns")


def models() -> dict[str, tuple]:
    """Return a trained model of each family, with inputs."""
    keras.utils.set_random_seed(1)
    return {
        "perceptron": fitted(
            zoo.Perceptron((4,), class_names=["no", "yes"]),
            record.table(),
            lambda labels: np.where(labels > 0, 1.0, -1.0)[:, None],
            optimizer=GradientDescent(0.1),
            loss=HalfSumSquaredError(),
        ),
        "mlp": fitted(
            zoo.MLP(
                (4,),
                num_classes=3,
                hidden_units=(6, 6),
                residual=True,
                activation="softsign",
                dropout=0.1,
                kernel_regularizer=L1L2(1e-4, 1e-3),
                class_names=["a", "b", "c"],
            ),
            record.table(),
            lambda labels: np.eye(3, dtype="float32")[labels],
            optimizer=Adagrad(0.05),
            loss=CrossEntropy(),
        ),
        "cnn": fitted(
            zoo.CNN(
                (12, 12, 3),
                num_classes=3,
                widths=(3, 4),
                depth=2,
                residual=True,
                pooling="mixed",
            ),
            record.images(),
            optimizer="adam",
            loss="sparse_categorical_crossentropy",
        ),
        "recurrent_text": fitted(
            zoo.RecurrentNetwork(
                num_classes=3,
                inputs="text",
                vocabulary=["good", "bad", "film", "not"],
                units=(4,),
                bidirectional=True,
                pooling="max",
                embedding_units=5,
            ),
            record.texts(),
            optimizer="adam",
            loss="sparse_categorical_crossentropy",
        ),
        "recurrent_numbers": fitted(
            zoo.RecurrentNetwork(
                (None, 3), num_classes=3, cell="lstm", units=(4, 4), memory_length=8
            ),
            record.sequences(),
            optimizer="adam",
            loss="sparse_categorical_crossentropy",
        ),
        "recurrent_waveform": fitted(
            zoo.RecurrentNetwork(
                num_classes=3,
                inputs="waveform",
                sample_rate=2000,
                mel_bands=8,
                units=(4,),
                cell="simple",
            ),
            record.waveforms(),
            optimizer="adam",
            loss="sparse_categorical_crossentropy",
        ),
        "dcgan": game(),
    }


def fitted(model, dataset, targets=lambda labels: labels, **compiled) -> tuple:
    if hasattr(model, "adapt"):
        model.adapt(dataset.train.inputs)
    model.compile(**compiled)
    inputs = dataset.train.inputs
    examples = keras.ops.convert_to_tensor(inputs) if inputs.ndim > 1 else inputs
    model.fit(examples, targets(dataset.train.labels), epochs=2, verbose=0)
    return model, inputs[:NUM_INPUTS]


def game() -> tuple:
    model = zoo.DCGAN((28, 28, 1), width=2, latent_dim=5, seed=3)
    model.compile(label_smoothing=0.1)
    model.fit(record.drawings().train.inputs, verbose=0)
    return model, model.latents(NUM_INPUTS, seed=2)


def write_models(folder: pathlib.Path) -> None:
    folder.mkdir()
    outputs = {}
    for name, (model, inputs) in models().items():
        model.save(folder / f"{name}.keras")
        stored = inputs.astype(str) if inputs.dtype == object else inputs
        outputs[f"{name}/inputs"] = stored
        outputs[f"{name}/outputs"] = model.predict(inputs, verbose=0)
    np.savez_compressed(folder / "outputs.npz", **outputs)


def write_preset(folder: pathlib.Path) -> None:
    dataset = record.images()
    keras.utils.set_random_seed(2)
    model = zoo.CNN((12, 12, 3), num_classes=3, widths=(3, 4), depth=1)
    model, inputs = fitted(
        model, dataset, optimizer="adam", loss="sparse_categorical_crossentropy"
    )
    model.save_to_preset(folder, card={"task": "pixels"}, examples=inputs)


def write_finished_run(folder: pathlib.Path) -> None:
    """Write a run on a table with words, its scores and its outputs."""
    dataset = columns()
    run = recipes.fit(
        "mlp",
        dataset,
        out=folder,
        epochs=2,
        progress=False,
        rebalance="oversample",
        model_arguments={"hidden_units": [6]},
    )
    answers = zoo.load_classifier(run.folder.path).probabilities(dataset.test.inputs)
    np.save(folder.with_name("finished_run_outputs.npy"), answers)


def write_cut_off_run(folder: pathlib.Path) -> None:
    """Write a run that is killed, and the results of the same run after resuming."""
    process = multiprocessing.get_context("spawn").Process(
        target=fit_and_die, args=(folder,)
    )
    process.start()
    process.join()
    if process.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"The run ended with {process.exitcode} before its time.")
    shutil.rmtree(folder / "tensorboard")
    whole = folder.with_name("whole")
    recipes.fit("mlp", "digits", out=whole, progress=False, **CUT_OFF)
    resumed = folder.with_name("resumed")
    shutil.copytree(folder, resumed)
    recipes.resume(resumed, progress=False)
    weights = [
        [weight.numpy() for weight in zoo.load_classifier(run).model.weights]
        for run in (whole, resumed)
    ]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    shutil.copy(whole / "metrics.csv", folder.with_name("resumed_metrics.csv"))
    np.savez_compressed(folder.with_name("resumed_weights.npz"), *weights[0])
    shutil.rmtree(whole)
    shutil.rmtree(resumed)


def fit_and_die(folder: pathlib.Path) -> None:
    threading.Thread(target=die_after, args=(folder, 16), daemon=True).start()
    recipes.fit("mlp", "digits", out=folder, progress=False, **CUT_OFF)


def die_after(folder: pathlib.Path, step: int) -> None:
    """Kill this process as soon as the checkpoint of a step exists."""
    while not (folder / "checkpoints" / f"step-{step:010}").exists():
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)


def write_caches(folder: pathlib.Path, sources: pathlib.Path) -> None:
    """Write caches of decoded images and audio, although they are small."""
    write_sources(sources)
    for name in ("images", "audio"):
        with mock.patch("recipes.sources.files.cache.WORTH_KEEPING", 0):
            recipes.load(sources / name, cache_dir=folder / "aside")
        (kept,) = (folder / "aside").iterdir()
        kept.rename(folder / name)
    (folder / "aside").rmdir()


def write_sources(folder: pathlib.Path) -> None:
    """Write the images and audio files of the caches."""
    pixels = record.drawn(6, 5, 3, start=0, stop=256).astype("uint8")
    clips = (record.drawn(300) * 64).astype("int16")
    for number, label in enumerate(record.labels()):
        image = folder / "images" / "abc"[label] / f"{number:02}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[number]).save(image)
        if number < 30:
            sound = folder / "audio" / "ab"[number % 2] / f"{number:02}.wav"
            sound.parent.mkdir(parents=True, exist_ok=True)
            wavfile.write(sound, 2000, clips[number, : 200 + number])


def main(out: str) -> None:
    folder = pathlib.Path(out)
    folder.mkdir()
    write_models(folder / "models")
    write_preset(folder / "preset")
    write_finished_run(folder / "finished_run")
    write_cut_off_run(folder / "cut_off_run")
    write_caches(folder / "cache", folder / "sources")
    shutil.rmtree(folder / "sources")
    for pattern in DROPPED:
        for path in folder.rglob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
