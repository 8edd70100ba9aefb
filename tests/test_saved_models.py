"""The shipped exports agree with their page and with their presets."""

import json
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.loading import as_classifier

FOLDER = pathlib.Path(__file__).parents[1] / "saved_models"
PAGE = (FOLDER / "README.md").read_text("utf-8")
EXPORTED = dict(re.findall(r"`zoo export ([a-z]\S+) saved_models/([a-z]\S+)`", PAGE))
# (name, request, answer) of each example on the page.
EXCHANGES = re.findall(
    r"models/(\w+):predict -d '\n(.+?)'\n```.*?```json\n(.+?)```", PAGE, re.DOTALL
)


def signature_of(name):
    loaded = tf.saved_model.load(str(FOLDER / name / "1"))
    return loaded, loaded.signatures["serving_default"]


def test_every_shipped_export_is_on_the_page():
    shipped = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert {name for name, *_ in EXCHANGES} == shipped == {*EXPORTED.values()}
    for name in shipped:
        assert f"MODEL_NAME={name}" in PAGE or f"models/{name}:predict" in PAGE


@pytest.mark.parametrize("name, request_text, answer_text", EXCHANGES)
def test_requests_give_the_answers_on_the_page(name, request_text, answer_text):
    _loaded, signature = signature_of(name)
    specification = signature.structured_input_signature[1]
    inputs = {
        key: tf.constant(value, specification[key].dtype)
        for key, value in json.loads(request_text)["inputs"].items()
    }
    answer = {key: value.numpy() for key, value in signature(**inputs).items()}
    expected = json.loads(answer_text)["outputs"]
    assert answer.keys() == expected.keys()
    np.testing.assert_allclose(
        answer["probabilities"], expected["probabilities"], atol=2e-6
    )
    assert answer["label"].tolist() == expected["label"]
    assert [n.decode() for n in answer["class_name"]] == expected["class_name"]


@pytest.mark.parametrize("preset, name", EXPORTED.items())
def test_exports_answer_as_their_presets(preset, name):
    from zoo.presets.folder import PresetFolder
    from zoo.presets.index import SHIPPED

    model = zoo.from_preset(preset)
    with np.load(PresetFolder(SHIPPED / preset).examples) as examples:
        inputs = examples["inputs"]
    if inputs.dtype.kind == "U":
        inputs = inputs.astype(object)
    _loaded, signature = signature_of(name)
    (key,) = signature.structured_input_signature[1]
    served = signature(**{key: tf.constant(inputs)})["probabilities"]
    expected = as_classifier(model).probabilities(inputs)
    np.testing.assert_allclose(served, expected, atol=1e-6)


@pytest.mark.parametrize("name", EXPORTED.values())
def test_a_request_without_a_batch_axis_is_refused(name):
    _loaded, signature = signature_of(name)
    ((key, specification),) = signature.structured_input_signature[1].items()
    one = tf.zeros(specification.shape[1:], specification.dtype)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible with"):
        signature(**{key: one})


@pytest.mark.parametrize("name", EXPORTED.values())
def test_exports_are_smaller_than_6_megabytes(name):
    files = [path for path in (FOLDER / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 6e6
