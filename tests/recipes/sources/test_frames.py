"""Data frames, series, tuples and lists where a path or arrays may be given."""

import numpy as np
import pytest

import recipes
from zoo.errors import InputError

NUMBER = 60
COLUMNS = {
    "size": np.arange(NUMBER) % 7 + 0.5,
    "colour": np.array(["red", "blue"], object)[np.arange(NUMBER) // 2 % 2],
    "label": np.array(["yes", "no"], object)[np.arange(NUMBER) % 2],
}
TEXTS = np.array([f"a {'good' if n % 2 else 'bad'} film, take {n}" for n in range(60)])


class Series:
    """Stands in for a series of pandas, whose index is not 0, 1, 2, …."""

    def __init__(self, values):
        self._values = values

    def keys(self):
        return range(100, 100 + len(self._values))

    def __getitem__(self, key):
        return dict(zip(self.keys(), self._values, strict=True))[key]

    def __len__(self):
        return len(self._values)

    def to_numpy(self):
        return np.asarray(self._values)


class Pandas(dict):
    """Stands in for a data frame of pandas or polars."""

    @property
    def columns(self):
        return [*self.keys()]

    def to_numpy(self):
        raise AssertionError("columns of several types")


class Arrow:
    """Stands in for a table of pyarrow."""

    column_names = property(lambda self: list(COLUMNS))

    def __getitem__(self, name):
        return Series(COLUMNS[name])


FRAMES = {
    "dictionary": COLUMNS,
    "lists": {name: values.tolist() for name, values in COLUMNS.items()},
    "pandas": Pandas({name: Series(values) for name, values in COLUMNS.items()}),
    "pyarrow": Arrow(),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_frames_are_tables(frame):
    dataset = recipes.load(frame)
    assert (dataset.kind, dataset.class_names) == ("table", ("no", "yes"))
    assert dataset.columns.names == ("size", "colour")
    assert dataset.origin is None


def test_the_options_of_tables_apply_to_frames():
    dataset = recipes.load(COLUMNS, label_column="colour", drop_columns=["label"])
    assert dataset.feature_names == ("size",)
    with pytest.raises(InputError, match=r"data frame has no column 'labl'.*'label'"):
        recipes.load(COLUMNS, label_column="labl")


@pytest.mark.parametrize("labels", [Series(COLUMNS["label"]), {"y": COLUMNS["label"]}])
def test_series_are_arrays(labels):
    texts = recipes.from_arrays(Series(TEXTS), labels)
    assert (texts.kind, texts.class_names) == ("text", ("no", "yes"))
    frame = Pandas({"size": Series(COLUMNS["size"])})
    assert recipes.from_arrays(frame, labels).feature_names == ("size",)


X = np.random.default_rng(0).normal(size=(NUMBER, 3)).astype("float32")
Y = np.arange(NUMBER) % 2
PAIRS = {
    "tuple": (X, Y),
    "list": [X, Y],
    "lists": (X.tolist(), Y.tolist()),
    "series": (X, Series(Y)),
    "texts": (TEXTS.tolist(), Y.tolist()),
    "keras": ((X, Y), (X[:20], Y[:20])),
    "three parts": ((X, Y), (X[:10], Y[:10]), (X[:20], Y[:20])),
}


@pytest.mark.parametrize("data", PAIRS.values(), ids=PAIRS)
def test_pairs_are_inputs_and_labels(data):
    dataset = recipes.load(data)
    assert dataset.kind == ("text" if isinstance(data[0][0], str) else "table")
    if isinstance(data[0], tuple):
        assert (len(dataset.test), dataset.num_classes) == (20, 2)


BAD = {
    "inputs alone": (X, "or a tuple"),
    "number": (5, "must be a path, a name, a data frame or a tuple"),
    "three arrays": ((X, Y, Y), "must be given with their labels"),
    "no columns": ({}, "no columns"),
    "two lengths": ({"a": [1, 2], "label": [1]}, "different numbers of values"),
}


@pytest.mark.parametrize("data, message", BAD.values(), ids=BAD)
def test_other_objects_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        recipes.load(data)


@pytest.mark.usefixtures("no_export")
@pytest.mark.parametrize("data", [(X, Y), Pandas({"a": X[:, 0], "label": Y})])
def test_fit_and_evaluate_take_data_in_memory(tmp_path, data):
    run = recipes.fit(
        "mlp",
        data,
        out=tmp_path / "run",
        epochs=1,
        progress=False,
        model_arguments={"hidden_units": [4]},
    )
    evaluation = recipes.evaluate(run.model, data)
    assert evaluation.confusion.sum() == NUMBER
