"""What is left out of a table or an archive is told; names of arrays are known."""

import numpy as np
import pytest

import recipes
from tests.recipes.sources.source_files import write_csv
from zoo.errors import InputError

NUMBER = 60
X = np.arange(NUMBER) * 7 % 11
LABELS = np.array(["a", "b"])[np.arange(NUMBER) // 30]
SHUFFLED = np.random.default_rng(0).permutation(NUMBER)

LEFT_OUT = {  # name of the column: (its values, why it is left out)
    "": (np.arange(NUMBER), "it has no name"),
    "Unnamed: 0": (np.arange(NUMBER), "it has no name"),
    "number": (np.arange(NUMBER), "it counts the rows"),
    "backwards": (100 - np.arange(NUMBER), "it counts the rows"),
    "shuffled": (SHUFFLED + 5, "it counts the rows"),
    "with gaps": (np.arange(NUMBER) ** 2, "it counts the rows"),
    "PassengerId": (SHUFFLED * 13, "it names the rows"),
    "id": ([f"{n * 37:08x}" for n in range(NUMBER)], "it names the rows"),
    "customer_id": (SHUFFLED // 1.5 // 1, "it names the rows"),
    "userid": (SHUFFLED * 13, "it names the rows"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
@pytest.mark.parametrize("form", ["table", "frame", "columns"])
def test_columns_that_number_the_rows_are_left_out(tmp_path, name, form):
    values, why = LEFT_OUT[name]
    columns = {name: values, "x": X, "label": LABELS}
    if form == "columns":
        dataset = recipes.from_arrays({name: values, "x": X}, LABELS)
    elif form == "frame":
        dataset = recipes.load(columns)
    else:
        rows = list(zip(*columns.values(), strict=True))
        dataset = recipes.load(write_csv(tmp_path / "t.csv", list(columns), rows))
    assert dataset.feature_names == ("x",)
    assert any(f"column {name!r} is left out because {why}" in n for n in dataset.notes)


KEPT = {
    "repeating": np.arange(NUMBER) % 9,
    "fractions": np.arange(NUMBER) / 2,
    "paid": SHUFFLED * 13,
    "heat_index": SHUFFLED * 1.5,
    "measured": np.sin(np.arange(NUMBER)),
}
KEPT["paid"][0] = KEPT["paid"][1]


@pytest.mark.parametrize("name", KEPT)
def test_measurements_are_kept(name):
    dataset = recipes.load({name: KEPT[name], "x": X, "label": LABELS})
    assert dataset.feature_names == (name, "x")


def test_columns_are_dropped_or_kept_on_request(tmp_path):
    rows = list(zip(range(NUMBER), X, X % 3, LABELS, strict=True))
    path = write_csv(tmp_path / "t.csv", ["n", "x", "y", "label"], rows)
    assert recipes.load(path, drop_columns=["y"]).feature_names == ("x",)
    kept = recipes.load(path, categorical_columns=["y"], drop_columns=["x", "n"])
    assert kept.feature_names == ("y",)
    with pytest.raises(InputError, match=r"no column 'z'"):
        recipes.load(path, drop_columns=["z"])
    with pytest.raises(InputError, match="label column 'label' cannot be dropped"):
        recipes.load(path, drop_columns=["label"])


FEATURES = {  # the options, and the columns that are learnt from
    "one": ({"feature_columns": ["y"]}, ("y",)),
    "in the order of the table": ({"feature_columns": ["y", "x"]}, ("x", "y")),
    "an id that is named": ({"feature_columns": ["n", "x"]}, ("n", "x")),
    "as categories": (
        {"feature_columns": ["x", "y"], "categorical_columns": ["y"]},
        ("x", "y"),
    ),
}


@pytest.mark.parametrize("options, names", FEATURES.values(), ids=FEATURES)
def test_only_the_named_columns_are_learnt_from(tmp_path, options, names):
    rows = list(zip(range(NUMBER), X, X % 3, LABELS, strict=True))
    path = write_csv(tmp_path / "t.csv", ["n", "x", "y", "label"], rows)
    dataset = recipes.load(path, **options)
    assert dataset.feature_names == names
    others = [role.name for role in dataset.roles if role.why.startswith("--feature")]
    assert others == [name for name in ("n", "x", "y") if name not in names]


def test_a_forecast_reads_only_the_named_columns():
    n = np.arange(NUMBER)
    series = {"day": n, "x": X, "y": X % 3, "label": np.sin(n)}
    options = {"task": "forecasting", "time": "day", "window": 4}
    assert recipes.load(series, **options).feature_names == ("label", "x", "y")
    alone = recipes.load(series, feature_columns=["y"], **options)
    assert alone.feature_names == ("label", "y")


REFUSED_FEATURES = {
    "unknown": ({"feature_columns": ["z"]}, "no column 'z'.*--feature-column"),
    "dropped": (
        {"feature_columns": ["x"], "drop_columns": ["x"]},
        "feature column 'x' cannot be dropped.*--drop-column",
    ),
    "label": ({"feature_columns": ["label"]}, "'label' is to be predicted and cannot"),
    "group": ({"feature_columns": ["n"], "group": "n"}, "'n' is the group of an"),
    "another category": (
        {"feature_columns": ["x"], "categorical_columns": ["y"]},
        "categorical column 'y' is not among .*--feature-column",
    ),
    "pairs of texts": (
        {"feature_columns": ["x"], "task": "translation"},
        "does not apply to pairs of texts",
    ),
    "another text": (
        {"feature_columns": ["x"], "text_column": "y"},
        "text column 'y' is not among",
    ),
}


@pytest.mark.parametrize("options, message", REFUSED_FEATURES.values())
def test_feature_columns_that_do_not_fit_are_refused(options, message):
    frame = {"n": X, "x": X, "y": X % 3, "label": LABELS}
    with pytest.raises(InputError, match=message):
        recipes.load(frame, **options)


PARTS = {
    "valid": ("x_train", "y_train", "x_valid", "y_valid"),
    "val": ("x_train", "y_train", "x_val", "y_val"),
    "dev": ("X_train", "Y_train", "X_dev", "Y_dev"),
    "words": ("train_images", "train_labels", "val_images", "val_labels"),
    "camel": ("trainX", "trainY", "validationX", "validationY"),
    "training": ("x_training", "y_training", "x_validation", "y_validation"),
    "plain": ("x", "y", "x_VAL", "y_VAL"),
}
ROWS = np.stack([X, X % 3], 1).astype("float32")


def save(folder, form, arrays):
    if form == "archive":
        np.savez(folder / "a.npz", **arrays)
        return folder / "a.npz"
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize("form", ["archive", "folder"])
@pytest.mark.parametrize("names", PARTS.values(), ids=PARTS)
def test_named_parts_are_used(tmp_path, names, form):
    numbers = np.arange(NUMBER) % 2
    arrays = dict(zip(names, (ROWS, numbers, ROWS[:10], numbers[:10]), strict=True))
    dataset = recipes.load(save(tmp_path, form, arrays))
    np.testing.assert_array_equal(dataset.validation.inputs, ROWS[:10])
    assert len(dataset.train) + len(dataset.test) == NUMBER


@pytest.mark.parametrize("form", ["archive", "folder"])
def test_other_arrays_are_told_or_refused(tmp_path, form):
    arrays = {"x_train": ROWS, "y_train": np.arange(NUMBER) % 2, "speakers": X}
    dataset = recipes.load(save(tmp_path, form, arrays))
    assert any("not used: speakers" in note for note in dataset.notes)
    with pytest.raises(InputError, match="'x_extra', which is named like a part"):
        recipes.load(save(tmp_path, form, {**arrays, "x_extra": ROWS}))
    del arrays["speakers"]
    twice = {"x_val": ROWS, "x_valid": ROWS}
    with pytest.raises(InputError, match=r"both 'x_validation'|named like a part"):
        recipes.load(save(tmp_path, form, {**arrays, **twice}))
