"""Public names of the packages, and folders of a user that hide a package."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("custom", "zoo", "recipes")


def public_names():
    for package in PACKAGES:
        for name in importlib.import_module(package).__all__:
            yield package, name


@pytest.mark.parametrize("package, name", [*public_names()])
def test_every_public_name_can_be_imported(package, name):
    module = importlib.import_module(package)
    assert name in dir(module)
    assert getattr(module, name) is not None


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"No {package} attribute absent"):
        importlib.import_module(package).absent  # noqa: B018


HIDDEN = {  # name: (file in the user's folder, package that is imported)
    "custom": ("custom/__init__.py", "zoo"),
    "zoo": ("zoo/__init__.py", "recipes"),
    "file": ("custom.py", "recipes"),
}


@pytest.mark.parametrize("file, package", HIDDEN.values(), ids=HIDDEN)
def test_a_users_folder_that_hides_a_package_is_named(file, package, tmp_path):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    path = [str(tmp_path), *sys.path]
    program = f"import sys; sys.path[:] = {path!r}; import {package}"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    hidden = file.partition("/")[0].removesuffix(".py")
    *_, last = ended.stderr.splitlines()
    assert f"ImportError: {tmp_path / file} hides the package `{hidden}`" in last
    assert "rename that folder or file" in last
