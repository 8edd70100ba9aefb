"""Features of new examples: `recipes.embed` and `zoo predict --features`."""

import json

import keras
import numpy as np
import pyarrow.parquet
import pytest

import recipes
import zoo as package
from tests.recipes.sources.source_files import write_csv
from tests.zoo.table_classifier import saved_model, table_model
from zoo.errors import InputError
from zoo.targets import Multilabel, Regression

RNG = np.random.default_rng(0)
NUMBERS = Regression(("a",), (1.0,), (2.0,))
KINDS = {  # model, examples
    "table": (lambda: package.MLP((4,), 3, hidden_units=(5,)), np.ones((3, 4))),
    "labels": (
        lambda: package.MLP((4,), target=Multilabel(("a", "b")), hidden_units=(5,)),
        np.ones((3, 4)),
    ),
    "numbers": (
        lambda: package.MLP((4,), target=NUMBERS, hidden_units=(5,)),
        np.ones((3, 4)),
    ),
    "images": (
        lambda: package.CNN((8, 8, 1), 3, widths=(5,), depth=1),
        RNG.integers(0, 256, (3, 8, 8, 1)),
    ),
    "texts": (
        lambda: package.RecurrentNetwork(
            num_classes=2, inputs="text", vocabulary=["good", "bad"], units=(5,)
        ),
        ["good", "bad bad", "else"],
    ),
    "sequences": (
        lambda: package.RecurrentNetwork((None, 2), 2, units=(5,)),
        RNG.normal(size=(3, 6, 2)),
    ),
}


@pytest.mark.parametrize("build, examples", KINDS.values(), ids=KINDS)
def test_features_are_what_the_head_reads(build, examples):
    model = build()
    found = recipes.embed(model, examples)
    columns = found.columns
    assert [*columns] == ["input", *(f"feature_{n}" for n in range(5))]
    features = np.stack([columns[f"feature_{n}"] for n in range(5)], axis=1)
    assert (features.shape, features.dtype) == ((3, 5), "float32")
    given = np.array(examples, object) if isinstance(examples, list) else examples
    np.testing.assert_allclose(features, model.features(given), atol=1e-6)
    assert found[0]["features"] == pytest.approx(features[0].tolist())


def test_steps_have_rows_of_their_own():
    model = package.RecurrentNetwork((None, 2), 2, mode="many_to_many", units=(5,))
    columns = recipes.embed(model, RNG.normal(size=(2, 3, 2))).columns
    assert list(columns["step"]) == [0, 1, 2] * 2
    assert len(columns["feature_4"]) == 6


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    model = package.MLP((2,), 2, hidden_units=(5,))
    model.save(folder / "m.keras")
    rows = [[n, n / 7, 1 - n] for n in range(4)]
    return folder, model, write_csv(folder / "rows.csv", ["id", "a", "b"], rows)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_command_writes_features_with_ids(zoo, files, tmp_path, suffix):
    folder, model, rows = files
    out = tmp_path / f"features.{suffix}"
    words = ("--features", "--id-column", "id", "--out", out)
    status, _, errors = zoo("predict", folder / "m.keras", rows, *words)
    assert status == 0, errors
    if suffix == "parquet":
        table = pyarrow.parquet.read_table(out).to_pydict()
        header, first = [*table], [table[name][1] for name in table]
    else:
        lines = out.read_text().splitlines()
        header, first = lines[0].split(","), lines[2].split(",")
    assert header == ["id", *(f"feature_{n}" for n in range(5))]
    expected = model.features(np.array([[1 / 7, 0]]))[0]
    np.testing.assert_allclose([*map(float, first[1:])], expected, rtol=1e-5)


def test_the_command_writes_json(zoo, files):
    folder, _, rows = files
    words = ("--features", "--id-column", "id", "--json")
    status, output, _ = zoo("predict", folder / "m.keras", rows, *words)
    assert status == 0
    assert [len(row["features"]) for row in json.loads(output)] == [5] * 4


def test_what_has_no_features_is_refused(zoo, files, tmp_path):
    folder, _, rows = files
    status, _, errors = zoo("predict", folder / "m.keras", rows, "--features")
    assert status == 2
    assert "give --out, --format or --json" in errors
    served = saved_model(tmp_path / "1", table_model())
    with pytest.raises(InputError, match="a SavedModel has none"):
        recipes.embed(served, np.ones((2, 4)))
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Softmax()])
    with pytest.raises(InputError, match="has no weights"):
        recipes.embed(inner, np.ones((2, 4)))
    with pytest.raises(InputError, match="`id_columns` is for new examples"):
        recipes.embed("mlp_digits", recipes.load("digits"), id_columns=("id",))
