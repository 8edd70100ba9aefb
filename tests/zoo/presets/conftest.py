"""A trained model and its preset."""

import pathlib
import shutil

import pytest

from tests.zoo.presets.small_cnn import small_cnn, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    model = small_cnn(dropout=0.4)
    train(model, 3)
    folder = tmp_path_factory.mktemp("presets") / "mine"
    return model, model.save_to_preset(folder, card={"task": "shapes"})


@pytest.fixture
def saved(trained, tmp_path):
    """A trained model, and a copy of its preset that the test may change."""
    model, folder = trained
    return model, pathlib.Path(shutil.copytree(folder, tmp_path / "mine"))
