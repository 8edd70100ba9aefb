"""Settings of training: arguments, options, checks, defaults and records."""

import dataclasses
import inspect
import typing

import click
import pytest

from recipes.command import zoo
from recipes.command.fit import SECTIONS, _sections
from recipes.data.options import check_of, documented_arguments
from recipes.training.fit import fit
from recipes.training.settings import Settings, settings_for
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.registry import register_model, unregister_model

ARGUMENTS = inspect.signature(fit).parameters
COMMAND = {
    option.name: option
    for option in zoo.commands["fit"].params
    if isinstance(option, click.Option)
}
RESOLVED_ONLY = {"weight_decay", "averaging"}
PYTHON_ONLY = {"callbacks", "progress"}


def test_every_argument_is_documented():
    assert list(documented_arguments(fit)) == list(ARGUMENTS)


def test_settings_are_arguments_with_the_same_check():
    hints = typing.get_type_hints(Settings, include_extras=True)
    assert set(hints) - RESOLVED_ONLY <= set(ARGUMENTS)
    for name in set(hints) - RESOLVED_ONLY - {"optimizer", "preset"}:
        one, other = check_of(hints[name]), check_of(ARGUMENTS[name].annotation)
        assert getattr(one, "__qualname__", None) == getattr(
            other, "__qualname__", None
        ), name


def test_every_argument_has_an_option():
    keywords = {n for n, p in ARGUMENTS.items() if p.kind is p.KEYWORD_ONLY}
    assert keywords - PYTHON_ONLY <= set(COMMAND)
    values = zoo.commands["fit"].make_context("fit", ["mlp"]).params
    for name in keywords - PYTHON_ONLY - {"augment"}:
        assert values[name] in (ARGUMENTS[name].default, None, ()), name
        assert COMMAND[name].help


def test_every_option_is_in_a_section():
    assert set(_sections().values()) == set(SECTIONS.values())
    context = click.Context(zoo.commands["fit"])
    text = zoo.commands["fit"].get_help(context)
    for option in COMMAND.values():
        assert text.count(f"\n  {max(option.opts, key=len)} ") == 1, option.name
    for section in SECTIONS.values():
        assert f"\n{section}:\n" in text


BAD = {
    "epochs": (0, "positive integer"),
    "batch_size": (2.5, "positive integer"),
    "patience": (-1, "positive integer"),
    "seed": (2**63, "integer of at least 0, at most 9,223"),
    "optimizer": ("", "string, not empty"),
    "weight_decay": (-0.1, "finite and at least 0"),
    "averaging": (0, "positive integer"),
    "jit_compile": (1, "True or False"),
    "interval": (1.0, "in .0, 1"),
    "calibrate": (1, "True or False"),
    "learning_rate": (float("inf"), "finite and above 0"),
    "clip_norm": (0, "finite and above 0"),
    "accumulation_steps": (True, "positive integer"),
    "precision": ("float16", "one of"),
    "on_nan": ("continue", "one of"),
    "time_limit": ("1", "finite and above 0"),
    "checkpoint_steps": (0, "positive integer"),
    "segment_length": (0, "positive integer"),
    "preset": ("", "string, not empty"),
    "freeze": (-1, "'body', 'none' or the number of stages"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_values_are_refused(name):
    value, message = BAD[name]
    with pytest.raises(InputError, match=f"`{name}` must be .*{message}"):
        settings_for("mlp", 100, **{name: value})


def test_every_check_has_a_bad_value():
    hints = typing.get_type_hints(Settings, include_extras=True)
    assert {name for name in hints if check_of(hints[name])} == set(BAD)


CHOSEN = {  # (model, kind, examples): some of the settings chosen
    ("mlp", Kind.TABLE, 9_999): {"epochs": 40, "batch_size": 32, "patience": 10},
    ("mlp", Kind.TABLE, 10_000): {"epochs": 12, "batch_size": 64, "patience": 5},
    ("mlp", Kind.TABLE, 20): {"batch_size": 20, "learning_rate": 1e-3},
    ("cnn", Kind.IMAGES, 100): {
        "optimizer": "keras.sgd:momentum=0.9,nesterov=true",
        "learning_rate": 0.05,
        "weight_decay": 5e-4,
    },
    ("recurrent", Kind.TEXT, 100): {"epochs": 6, "averaging": 100, "clip_norm": 1.0},
    ("recurrent", Kind.AUDIO, 100): {"epochs": 12, "learning_rate": 5e-3},
    ("dcgan", Kind.IMAGES, 100): {"learning_rate": 2e-4, "averaging": 1000},
    ("another", Kind.IMAGES, 100): {"optimizer": "keras.adam", "averaging": None},
}


@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_settings_that_are_not_given_depend_on_model_and_data(case):
    model, kind, examples = case
    settings = dataclasses.asdict(settings_for(model, examples, kind=kind))
    assert settings | CHOSEN[case] == settings


@pytest.mark.parametrize("tokens, batch_size", [(900, 4), (64_000, 10), (10**7, 32)])
def test_a_short_text_is_read_in_few_streams(tokens, batch_size):
    given = {"kind": Kind.TEXT, "task": "text_generation"}
    settings = settings_for("recurrent", tokens, **given)
    assert (settings.batch_size, settings.segment_length) == (batch_size, 64)


def test_a_users_family_has_the_defaults_of_the_family_it_names():
    register_model(
        "mine", "a:B", kinds=["text"], summary="Mine.", defaults_of="recurrent"
    )
    try:
        assert settings_for("mine", 100, kind=Kind.TEXT).epochs == 6
        assert settings_for("mine", 100, kind=Kind.TABLE).epochs == 40
    finally:
        unregister_model("mine")


def test_settings_are_read_from_their_record():
    settings = settings_for("cnn", 100, seed=7, time_limit=2.5, precision="float32")
    record = dataclasses.asdict(settings)
    assert Settings.from_config(record) == settings
    recorded = {  # by version 0.1.0
        **{"epochs": 6, "batch_size": 32, "optimizer": "adam", "learning_rate": 0.001},
        **{"weight_decay": 0.0, "clip_norm": None, "averaging": None, "patience": 2},
        **{"seed": 0, "accumulation_steps": 1, "precision": None, "jit_compile": None},
        **{"on_nan": "stop", "time_limit": None, "beta_1": 0.9},
    }
    assert Settings.from_config(recorded).patience == 2
