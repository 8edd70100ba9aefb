"""Fixtures shared by the tests of wrong uses."""

import re
import shutil

import pytest

from tests.recipes.conftest import zoo

__all__ = ["zoo"]

# What only our own code knows: no message may show it.
INTERNALS = re.compile(
    r"Traceback|<function|object at 0x|<lambda>|Ellipsis|site-packages"
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def check_sentence(text):
    """One sentence: no line break, nothing internal, an end, not endless."""
    assert not INTERNALS.search(text), text
    assert not CONTROL.search(text), text
    assert "\n" not in text.strip(), text
    assert text.rstrip()[-1] in ".?", text
    assert len(text) < 3000, text


@pytest.fixture(scope="session")
def workplace(tmp_path_factory):
    """A folder that every case finds empty and leaves empty."""
    return tmp_path_factory.mktemp("workplace")


@pytest.fixture
def refused(zoo, workplace, monkeypatch):
    """A function that runs the command, which must refuse; returns its sentence."""

    def run(*arguments):
        monkeypatch.chdir(workplace)
        status, output, errors = zoo(*arguments)
        usage, _, sentence = errors.rpartition("Error: ")
        assert status == 2, (status, output, errors)
        assert output == ""
        check_sentence(sentence)
        assert len(usage.splitlines()) <= 4, usage
        return sentence

    yield run
    left = [*workplace.iterdir()]
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert left == []
