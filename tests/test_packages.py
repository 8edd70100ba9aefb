"""The packages as they are imported."""

import importlib

import pytest

PACKAGES = ("custom", "zoo", "recipes")


def public_names():
    for package in PACKAGES:
        for name in importlib.import_module(package).__all__:
            yield package, name


@pytest.mark.parametrize("package, name", [*public_names()])
def test_every_public_name_is_there(package, name):
    module = importlib.import_module(package)
    assert name in dir(module)
    assert getattr(module, name) is not None


@pytest.mark.parametrize("package", PACKAGES)
def test_other_names_are_not(package):
    with pytest.raises(AttributeError, match=f"'{package}' has no attribute 'absent'"):
        importlib.import_module(package).absent  # noqa: B018
