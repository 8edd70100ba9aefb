"""Every argument of the public functions and classes, with bad values for its type."""

import dataclasses
import decimal
import inspect
import math
import pathlib

import numpy as np
import pytest

import recipes
import zoo
from recipes import augmentation, sampling
from recipes.data.options import checks_arguments, options_of_function
from recipes.sources import OPTIONS
from recipes.training.settings import settings_for
from tests.abuse.conftest import check_sentence
from zoo.registry import MODELS


class Unprintable:
    """An object whose representation fails."""

    def __repr__(self):
        raise RuntimeError("no representation")


STRANGE = {  # by name: what no argument takes
    "bytes": b"5",
    "object": Unprintable(),
    "dictionary": {"a": 1},
    "set": {1},
    "complex": 1j,
    "NaN": math.nan,
    "NaN of NumPy": np.float32("nan"),
    "array": np.arange(60).reshape(2, 30),
    "date": np.datetime64("2026-01-01"),
    "type": int,
    "decimal NaN": decimal.Decimal("NaN"),
}
NUMBERS = {
    "word": "many",
    "digits": "5",
    "infinite": math.inf,
    "negative": -1,
    "negative infinite": -math.inf,
    "true": True,
    "true of NumPy": np.True_,
    "list": [1],
    "long": "x" * 100_000,
}
COUNTS = {
    **NUMBERS,
    "zero": 0,
    "fraction": 1.5,
    "float": 3.0,
    "float of NumPy": np.float64(3),
    "huge": 10**400,
    "beyond 4300 digits": 10**5000,
    "beyond 32 bits": 2**31,
}
PATHS = {
    "empty": "",
    "blank": " ",
    "number": 5,
    "list": ["a"],
    "zero byte": "a\0b",
    "long name": "x" * 300,
    "surrogate": "\ud800",
    "true": True,
}
BAD = {  # by kind of argument
    "count": COUNTS,
    "seed": {k: v for k, v in COUNTS.items() if k not in ("zero", "beyond 32 bits")},
    "amount": {**NUMBERS, "zero": 0.0, "huge": 10**400},
    "spread": {**NUMBERS, "huge": 10**400},
    "ratio": {**NUMBERS, "zero": 0, "above 1": 1.0001, "huge": 10**400},
    "flag": {"one": 1, "zero": 0, "word": "true", "array": np.array([True, False])},
    "path": PATHS,
    "text": {"empty": "", "number": 5, "list": ["a"], "true": True},
    "texts": {"number": 5, "empty": [""], "numbers": [5], "bytes": [b"a"]},
    "choice": {"word": "nonsense", "number": 5, "true": True, "list": ["test"]},
    "size": {"number": 5, "one": (5,), "three": (5, 5, 5), "zero": (0, 5),
             "true": (True, 5), "fraction": (1.5, 2), "words": ("5", "5"),
             "huge": (10**400, 5), "wide": (5, 99_999), "word": "5x5"},
    "freezing": {"word": "many", "negative": -1, "fraction": 1.5, "true": True,
                 "list": [1], "empty": "", "below 0": "-1", "huge": 10**400,
                 "long": "x" * 100_000},
    "names": {"number": 5, "list": ["a"], "word": "nonsense", "empty": ""},
    "split": {"number": 5, "one": "80", "four": "4/3/2/1", "zero": "80/0/20",
              "sum": (0.7, 0.2), "negative": (1.5, -0.5), "rule": "day:time",
              "no column": "time:", "empty": "", "true": (True, False)},
    "fold": {"number": 5, "word": "two", "zero": "0/5", "high": "6/5", "one": "1/1"},
}  # fmt: skip
KINDS = {  # of the arguments of the public functions
    recipes.fit: {
        "count": "accumulation_steps epochs batch_size patience checkpoint_steps "
        "segment_length window horizon",
        "amount": "learning_rate clip_norm time_limit",
        "ratio": "rebalance_ratio interval",
        "seed": "seed",
        "flag": "scale_learning_rate jit_compile progress calibrate",
        "path": "out",
        "choice": "precision on_nan transform task",
        "texts": "target",
        "text": "time weights",
        "names": "regularizer augment rebalance optimizer loss metrics strategy",
        "split": "split",
        "freezing": "freeze",
        "": "model_arguments callbacks validation test preset",
    },
    recipes.load: {
        "count": "sample_rate num_examples vocabulary_size window horizon season",
        "amount": "clip_seconds",
        "spread": "noise",
        "seed": "data_seed",
        "flag": "download sequences skip_corrupt keep_duplicates_together",
        "path": "data_dir cache_dir",
        "text": "label_column text_column group time separator encoding sheet",
        "choice": "task tokens decimal decode",
        "texts": "target categorical_columns drop_columns feature_columns test_groups "
        "known calendar",
        "size": "image_size",
        "split": "split",
        "fold": "fold",
        "": "columns train validation test",
    },
    recipes.evaluate: {"count": "batch_size", "choice": "part", "flag": "trusted"},
    recipes.predict: {
        "count": "beam_width",
        "text": "text_column time group separator encoding sheet",
        "choice": "decimal",
        "texts": "id_columns",
        "flag": "trusted",
    },
    recipes.explain: {
        "count": "step most",
        "text": "target text_column time group separator encoding sheet",
        "choice": "method part decimal",
        "texts": "id_columns",
        "flag": "trusted",
    },
    recipes.resume: {
        "count": "checkpoint_steps",
        "flag": "progress accept_changed_data",
        "": "data augment callbacks strategy",  # They are read after the run.
    },
    recipes.embed: {
        "count": "batch_size",
        "texts": "id_columns",
        "text": "text_column",
    },
    recipes.search: {
        "count": "trials jobs",
        "amount": "time_limit",
        "seed": "seed",
        "flag": "prune retrain progress",
        "path": "out",
        "text": "by",
        "": "space",
    },
    recipes.find_learning_rate: {
        "count": "steps",
        "amount": "lowest highest",
        "seed": "seed",
        "path": "picture",
    },
}
FIRST = {  # what comes before the argument
    recipes.fit: ("mlp", "digits"),
    recipes.load: ("digits",),
    recipes.evaluate: ("cnn.keras", "digits"),
    recipes.predict: ("cnn.keras", "five.png"),
    recipes.explain: ("cnn.keras", "five.png"),
    recipes.resume: ("run",),
    recipes.embed: (None, None),
    recipes.search: ("mlp", "xor"),
    recipes.find_learning_rate: ("mlp", "xor"),
}


def cases():
    for function, kinds in KINDS.items():
        for kind, names in kinds.items():
            for name in names.split():
                for label, value in (STRANGE | BAD.get(kind, {})).items():
                    if function is recipes.resume and not kind:
                        continue
                    if kind or label not in ("dictionary", "type", "object"):
                        yield pytest.param(
                            function,
                            name,
                            value,
                            id=f"{function.__name__} {name} {label}",
                        )


def refusal(call, name, *arguments, **named):
    """What the call says when it refuses; it names the argument."""
    with pytest.raises(zoo.InputError) as refused:
        call(*arguments, **named)
    check_sentence(str(refused.value))
    assert name[:-1] in str(refused.value).replace(" ", "_")
    return str(refused.value)


@pytest.mark.parametrize("function, name, value", [*cases()])
def test_a_bad_value_is_refused(monkeypatch, tmp_path, function, name, value):
    monkeypatch.chdir(tmp_path)
    refusal(function, name, *FIRST[function], **{name: value})
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("function", KINDS)
def test_every_argument_has_a_kind(function):
    options = set(options_of_function(function))
    assert options == set(" ".join(KINDS[function].values()).split())


DATA = {label: v for label, v in (STRANGE | PATHS).items() if label != "dictionary"}
FIRST_ARGUMENTS = {
    "data to load": (recipes.load, ""),
    "data to inspect": (recipes.inspect, ""),
    "run to resume": (recipes.resume, "run"),
    "model to load": (zoo.load_classifier, "path"),
    "preset": (zoo.from_preset, "preset"),
    "export": (lambda path: zoo.export(zoo.MLP((4,), num_classes=2), path), "path"),
    "model to evaluate": (lambda model: recipes.evaluate(model, "digits"), ""),
    "model to predict": (lambda model: recipes.predict(model, "five.png"), ""),
    "data to fit": (lambda data: recipes.fit("mlp", data), ""),
    "model to fit": (lambda model: recipes.fit(model, "digits"), "model"),
    "model to create": (zoo.create, "model"),
}


@pytest.mark.parametrize("value", DATA.values(), ids=DATA)
@pytest.mark.parametrize("call, name", FIRST_ARGUMENTS.values(), ids=FIRST_ARGUMENTS)
def test_a_bad_first_argument_is_refused(monkeypatch, tmp_path, call, name, value):
    monkeypatch.chdir(tmp_path)
    refusal(call, name, value)
    assert [*tmp_path.iterdir()] == []


def fields(module, base):
    for name in module.__all__:
        cls = getattr(module, name)
        if isinstance(cls, type) and issubclass(cls, base):
            for field in dataclasses.fields(cls):
                for label, value in STRANGE.items():
                    yield pytest.param(
                        cls, field.name, value, id=f"{name} {field.name} {label}"
                    )


REQUIRED = {  # arguments without a default
    "TimeShift": {"shift": 0.1},
    "TimeMask": {"length": 4},
    "FrequencyMask": {"width": 0.5},
    "Cutout": {"size": 4},
    "CropWithPadding": {"padding": 4},
    "FeatureNoise": {"stddev": 0.1},
    "FeatureDrop": {"probability": 0.1},
    "WordDrop": {"probability": 0.1},
    "WordSwap": {"probability": 0.1},
}
COMPONENTS = [
    *fields(augmentation, augmentation.Augmentation),
    *fields(sampling, sampling.Rebalancing),
]


@pytest.mark.parametrize("cls, name, value", COMPONENTS)
def test_a_bad_argument_of_a_component_is_refused(cls, name, value):
    refusal(cls, name, **{**REQUIRED.get(cls.__name__, {}), name: value})


SHAPES = {"cnn": (8, 8, 1), "mlp": (4,), "perceptron": (4,), "recurrent": (None, 2)}
NEEDED = {
    **{name: {"input_shape": SHAPES[name], "num_classes": 2} for name in SHAPES},
    "dcgan": {"image_shape": (16, 16, 1)},
}


def constructor_cases():
    for model in NEEDED:
        for name in inspect.signature(MODELS[model].load()).parameters:
            if name not in ("name", "dtype", "options", "kwargs"):
                for label, value in (STRANGE | {"word": "nonsense"}).items():
                    if (name, label) == ("activation", "type"):
                        continue  # Keras takes whatever can be called.
                    yield pytest.param(model, name, value, id=f"{model} {name} {label}")


@pytest.mark.parametrize("model, name, value", [*constructor_cases()])
def test_a_bad_argument_of_a_model_is_refused(model, name, value):
    refusal(zoo.create, "", model, **{**NEEDED[model], name: value})


ACCEPTED = {  # name: (given, what is used)
    "epochs": (np.int64(3), 3),
    "batch_size": (np.uint8(4), 4),
    "learning_rate": (np.float64(0.5), 0.5),
    "clip_norm": (np.array(2), 2.0),
    "time_limit": (np.float32(0.5), 0.5),
    "seed": (np.int32(7), 7),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_numbers_of_numpy_are_accepted(name):
    given, used = ACCEPTED[name]
    kept = getattr(settings_for("mlp", 100, **{name: given}), name)
    assert (kept, type(kept)) == (used, type(used))


def test_paths_and_flags_in_other_forms_are_accepted(tmp_path):
    assert OPTIONS["data_dir"].checked(str(tmp_path)) == tmp_path
    assert OPTIONS["data_dir"].checked(pathlib.PurePath(tmp_path)) == tmp_path
    assert OPTIONS["sequences"].checked(np.False_) is False
    assert OPTIONS["image_size"].checked([np.int64(4), 5]) == (4, 5)


def test_arguments_are_checked_however_they_are_given():
    @checks_arguments
    def add(first: bool, *, second: bool | None = None):
        return first, second

    assert add(True) == (True, None)
    assert add(first=np.True_, second=None) == (True, None)
    assert "`first`" in refusal(add, "first", 1)
    assert "`second`" in refusal(add, "second", True, second=1)
