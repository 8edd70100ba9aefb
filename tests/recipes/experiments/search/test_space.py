"""What a search varies: texts, declared spaces, refusals, and the first trial."""

import math

import numpy as np
import pytest

import recipes
from recipes.experiments.search.space import parse, space_of
from zoo import registry
from zoo.errors import InputError

WRITTEN = {  # a text or a list: (values, low, high, log)
    "16,32,64": ((16, 32, 64), 0, 0, False),
    "[16,32],[32,64]": (([16, 32], [32, 64]), 0, 0, False),
    "relu,softplus": (("relu", "softplus"), 0, 0, False),
    "default,keras.adamw:weight_decay=0.01": (
        (None, "keras.adamw:weight_decay=0.01"),
        0,
        0,
        False,
    ),
    '"keras.sgd:momentum=0.9,nesterov=true",adam': (
        ("keras.sgd:momentum=0.9,nesterov=true", "adam"),
        0,
        0,
        False,
    ),
    "true,false": ((True, False), 0, 0, False),
    "0:0.5": ((), 0.0, 0.5, False),
    "log:1e-4:1e-1": ((), 1e-4, 0.1, True),
    "1:4": ((), 1, 4, False),
    "log:1:64": ((), 1, 64, True),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_says_values_or_a_range(text):
    choices, low, high, log = WRITTEN[text]
    setting = parse("name", text)
    assert (setting.choices, setting.low, setting.high, setting.log) == (
        choices,
        low,
        high,
        log,
    )
    assert type(setting.low) is type(low)
    assert parse("name", str(setting)) == setting


def test_a_list_says_values():
    assert parse("widths", [[16, 32], (32, 64)]).texts == ["[16, 32]", "[32, 64]"]


WRONG = {
    "": "must be a range",
    "0.5:0.1": "must have LOW < HIGH",
    "log:0:1": "must have 0 < LOW < HIGH",
    "16,,32": "must be a range",
    "16,32,16": "has a value twice",
    "[16,32": "must be a range",
    "1:1": "must have LOW < HIGH",
    "1:1e999": "must have LOW < HIGH",
}


@pytest.mark.parametrize("text", WRONG)
def test_other_texts_are_refused(text):
    with pytest.raises(InputError, match=WRONG[text]):
        parse("name", text)


@pytest.mark.parametrize("given", [None, 3, {"a": 1}, []])
def test_other_values_are_refused(given):
    with pytest.raises(InputError, match="must be a range"):
        parse("name", given)


@pytest.fixture(scope="module")
def moons():
    return recipes.load("two_moons", num_examples=100)


def names(model, dataset, given=None, **settings):
    space = space_of(model, dataset, settings, given or {}, "loss")
    return {setting.name: setting for setting in space}


@pytest.mark.parametrize(
    "model", [n for n in registry.MODELS if registry.find(n).load().search_space]
)
def test_families_declare_arguments_that_they_have(model):
    family = registry.find(model).load()
    for name, values in family.search_space.items():
        parse(name, values)
        registry.check_arguments(model, family, [name])


def test_the_space_has_the_settings_of_training_and_of_the_family(moons):
    space = names("mlp", moons)
    assert [*space] == [
        *("learning_rate", "optimizer", "batch_size"),
        *("hidden_units", "dropout", "activation"),
    ]
    assert str(space["learning_rate"]) == "log:0.0001:0.01"
    assert space["dropout"].default == 0.2
    assert space["dropout"].nearest_to_default() == 0.2
    assert space["hidden_units"].nearest_to_default() == "[512, 256]"
    assert space["optimizer"].nearest_to_default() == "default"


def test_images_vary_the_augmentation_and_unequal_classes_the_rebalancing():
    space = names("cnn", recipes.load("digits"))
    assert {"widths", "depth", "augment"} <= space.keys()
    assert "rebalance" not in space
    rows = np.random.default_rng(0).normal(size=(60, 2))
    unequal = names("mlp", recipes.from_arrays(rows, np.arange(60) // 48))
    assert unequal["rebalance"].choices == (None, "sqrt")


def test_given_settings_replace_extend_and_fix(moons):
    given = {"dropout": "0:1", "residual": [True, False], "clip_norm": "1:5"}
    fixed = {"batch_size": 16, "model_arguments": {"activation": "gelu"}}
    space = names("mlp", moons, given, **fixed)
    assert "batch_size" not in space
    assert "activation" not in space
    assert (space["dropout"].low, space["dropout"].high) == (0.0, 1.0)
    assert isinstance(space["clip_norm"].low, float)
    assert space["clip_norm"].nearest_to_default() == 3.0
    assert space["residual"].choices == (True, False)


def test_a_default_outside_of_the_space_is_moved_to_its_edge(moons):
    space = names("mlp", moons, {"learning_rate": "log:0.01:1"})
    assert space["learning_rate"].nearest_to_default() == 0.01
    logarithmic = names("mlp", moons, {"clip_norm": "log:1:4"})["clip_norm"]
    assert math.isclose(logarithmic.nearest_to_default(), 2)


REFUSED = {  # name: (space, settings, part of the sentence)
    "unknown": ({"lerning_rate": "0:1"}, {}, "did you mean 'learning_rate'"),
    "of another family": (
        {"widths": "[8],[16]"},
        {},
        "not a setting to vary; choose from",
    ),
    "freeze from zero": ({"freeze": "1,2"}, {}, "not a setting to vary"),
    "of the run": ({"seed": "1,2"}, {}, "not a setting to vary"),
    "of the data": ({"num_classes": "2,3"}, {}, "not a setting to vary"),
    "too large": ({"dropout": "0:2"}, {}, r"must be in \[0, 1\], got 2"),
    "not a size": ({"hidden_units": "[0],[4]"}, {}, "positive integer"),
    "zero": ({"batch_size": "0,32"}, {}, "positive integer"),
    "negative": ({"learning_rate": "-1:1"}, {}, "finite and above 0"),
    "no optimizer": ({"optimizer": "adma"}, {}, "did you mean 'adamax' or 'adam'"),
    "no augmentation": ({"augment": "auto,lite"}, {}, "did you mean 'light'"),
    "no rebalancing": ({"rebalance": "sqrt,smot"}, {}, "did you mean 'smote'"),
    "given too": (
        {"learning_rate": "0.1,1"},
        {"learning_rate": 0.1},
        "leave one out",
    ),
    "an argument given too": (
        {"dropout": "0:1"},
        {"model_arguments": {"dropout": 0.1}},
        "given as 0.1",
    ),
    "another loss": ({"regularizer": "l1,l2"}, {}, "changes the loss"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_fit_would_refuse_is_refused(moons, case):
    given, settings, sentence = REFUSED[case]
    with pytest.raises(InputError, match=sentence):
        space_of("mlp", moons, settings, given, "loss")


def test_another_loss_may_vary_if_it_does_not_decide(moons):
    given = {"regularizer": "default,l2:0.01"}
    assert space_of("mlp", moons, {}, given, "accuracy")[-1].name == "regularizer"
