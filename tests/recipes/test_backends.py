"""Keras's `fit` trains every family on every backend; `recipes.fit` on TensorFlow."""

import keras
import numpy as np
import pytest

import recipes
import zoo
from recipes.data.dataset import Part
from zoo.errors import InputError

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
LABELS = np.arange(24) % 2
RNG = np.random.default_rng(0)
CLIPS = RNG.uniform(-0.1, 0.1, (24, 2000)).astype("float32")
# Class 1 has a tone, larger numbers, or lighter pixels.
CLIPS[LABELS == 1] += np.sin(np.arange(2000, dtype="float32"))
SEQUENCES = RNG.normal(size=(24, 5, 3)).astype("float32")
SEQUENCES[LABELS == 1] += 4
IMAGES = RNG.integers(0, 128, (24, 8, 8, 1), dtype="uint8")
IMAGES[LABELS == 1] += 128
FAMILIES = {  # model, arguments, inputs
    "cnn": ("cnn", {"input_shape": (8, 8, 1), "widths": (4,)}, IMAGES),
    "mlp": ("mlp", {"input_shape": (8, 8, 1), "hidden_units": (4,)}, IMAGES),
    "perceptron": ("perceptron", {"input_shape": (3,)}, SEQUENCES[:, 0]),
    "sequences": ("recurrent", {"input_shape": (5, 3), "units": (4,)}, SEQUENCES),
    "audio": (
        "recurrent",
        {"inputs": "waveform", "sample_rate": 8000, "units": (4,)},
        CLIPS,
    ),
}


@pytest.mark.parametrize("name, arguments, inputs", FAMILIES.values(), ids=FAMILIES)
def test_every_family_learns_from_the_same_batches(name, arguments, inputs):
    labels, loss = LABELS, "sparse_categorical_crossentropy"
    if name == "perceptron":
        labels, loss = 2 * labels - 1, "mean_squared_error"
    else:
        arguments = {**arguments, "num_classes": 2}
    keras.utils.set_random_seed(0)
    model = zoo.create(name, **arguments)
    model.compile(keras.optimizers.Adam(0.02), loss)
    history = model.fit(
        recipes.training_batches(Part(inputs, labels), batch_size=8, seed=1),
        steps_per_epoch=recipes.steps_per_epoch(24, 8),
        epochs=8,
        shuffle=False,
        verbose=0,
    ).history["loss"]
    assert history[-1] < history[0]


@pytest.mark.skipif(ON_TENSORFLOW, reason="`fit` works here")
def test_fit_is_refused_on_other_backends(tmp_path):
    with pytest.raises(InputError, match="trains on the TensorFlow backend"):
        recipes.fit("mlp", "digits", out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
