"""Rebalancing in runs and commands, embedded features, static shapes."""

import dataclasses
import json

import keras
import numpy as np
import pytest

import recipes
import zoo
from recipes import sampling
from recipes.training.batches import batches_for
from recipes.training.models import build
from recipes.training.settings import settings_for
from tests.recipes.sampling.test_sampling import BATCH, CASES, batches
from tests.recipes.sources.source_files import write_csv
from tests.recipes.training.test_sequences import SMALL, data_of
from zoo.errors import InputError


@pytest.mark.parametrize("rebalance", [case[0] for case in CASES.values()], ids=CASES)
def test_shapes_are_static(rebalance):
    spec = batches(rebalance, drop_remainder=True).element_spec
    weights = [(BATCH,)] if rebalance.name == "class_weights" else []
    assert [tuple(each.shape) for each in spec] == [(BATCH, 3), (BATCH,), *weights]


@pytest.fixture(scope="module")
def unequal():
    rng = np.random.default_rng(0)
    labels = (rng.random(300) < 0.15).astype(int)
    rows = rng.normal(size=(300, 3)) + 2 * labels[:, None]
    return recipes.from_arrays(rows, labels, class_names=["many", "few"])


def test_validation_is_unchanged_and_steps_follow_the_quotas(unequal):
    settings = settings_for("mlp", len(unequal.train), batch_size=BATCH)
    made = batches_for(unequal, settings, rebalance=sampling.Oversample())
    labels = np.concatenate([y for _, y in made.validation.as_numpy_iterator()])
    np.testing.assert_array_equal(labels, unequal.validation.labels)
    largest = np.bincount(unequal.train.labels).max()
    assert made.steps_per_epoch == -(-2 * largest // BATCH)


@pytest.fixture
def table(tmp_path):
    """A file of 120 rows, a sixth of them of the class `few`."""
    rng = np.random.default_rng(0)
    rows = [
        [*rng.normal(size=2).round(3), "few" if n % 6 == 0 else "many"]
        for n in range(120)
    ]
    write_csv(tmp_path / "table.csv", ["x", "y", "label"], rows)
    return tmp_path / "table.csv"


@pytest.mark.parametrize("name", ["smote", "class_weights"])
def test_the_command_shows_the_classes(no_export, zoo, table, tmp_path, name):
    options = ("--rebalance", name, "--rebalance-ratio", "0.5", "--epochs", "1")
    out = tmp_path / "run"
    status, text, _ = zoo("fit", "mlp", "--data", table, *options, "--out", out)
    assert status == 0
    config = json.loads((out / "config.json").read_text())
    kept = config["training"]["rebalancing"]
    assert (kept["name"], kept["ratio"]) == (name, 0.5)
    for each, row in kept["classes"].items():
        counts = f"{row['there']} in the data, {row['asked']} requested, {row['drawn']}"
        assert f"{each}: {counts} per epoch" in text
        assert row["asked"] == row["drawn"]
    few, many = kept["classes"]["few"], kept["classes"]["many"]
    if name == "smote":
        assert few["asked"] == many["there"] // 2 > few["there"]
    else:
        assert few["weight"] > many["weight"]


@pytest.mark.parametrize(
    "options, message",
    [
        (("--rebalance", "smot"), "did you mean 'smote'"),
        (("--rebalance", "sqrt", "--rebalance-ratio", "0.5"), "does not take a ratio"),
        (("--rebalance", "smote", "--rebalance-ratio", "2"), "must be in (0, 1]"),
        (("--rebalance", "smote", "--rebalance-ratio", "0.01"), "already"),
    ],
)
def test_the_command_refuses(zoo, table, tmp_path, options, message):
    out = tmp_path / "run"
    status, _, errors = zoo("fit", "mlp", "--data", table, *options, "--out", out)
    assert status != 0
    assert message in errors
    assert not out.exists()


def features_of(kind):
    """Data of a kind, and an untrained model for them."""
    if kind == "images":
        digits = recipes.load("digits")
        return digits, zoo.CNN(input_shape=(8, 8, 1), num_classes=10, widths=[8, 16])
    data = data_of(kind)
    return data, build("recurrent", data, dict(SMALL))


@pytest.mark.parametrize("kind", ["images", "text", "audio"])
def test_rows_are_the_inputs_of_the_last_layer(no_export, kind, tmp_path):
    data, model = features_of(kind)
    table = recipes.embed(model, data, batch_size=32)
    assert table.kind == "table"
    for name in ("train", "validation", "test"):
        made, part = getattr(table, name), getattr(data, name)
        np.testing.assert_array_equal(made.labels, part.labels)
        assert made.inputs.dtype == "float32"
    (inputs, _), *_ = recipes.ordered_batches(data.test, batch_size=8)
    np.testing.assert_allclose(
        model.layers[-1](table.test.inputs[:8]), model(inputs), rtol=1e-4, atol=1e-5
    )
    run = recipes.fit(
        "mlp",
        few_of_the_first(table),
        out=tmp_path / "run",
        epochs=1,
        rebalance="smote",
        model_arguments={"hidden_units": []},
        progress=False,
    )
    drawn = {row["drawn"] for row in run.rebalancing["classes"].values()}
    assert len(drawn) == 1
    assert len([w for w in run.model.weights if "kernel" in w.path]) == 1


def few_of_the_first(table):
    """Data whose training part has only eight examples of class 0."""
    labels = table.train.labels
    first = np.flatnonzero(labels == 0)[:8]
    kept = np.sort(np.concatenate([first, np.flatnonzero(labels != 0)]))
    return dataclasses.replace(table, train=table.train.take(kept))


def test_bad_data_and_models_are_refused():
    digits = recipes.load("digits")
    with pytest.raises(InputError, match=r"of shape \(4, 4, 1\)"):
        recipes.embed(zoo.CNN(input_shape=(4, 4, 1), num_classes=10), digits)

    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(InputError, match="functional"):
        recipes.embed(Own(), digits)
