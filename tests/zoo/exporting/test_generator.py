"""Export of DCGAN's generator."""

import json

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import zoo
from recipes.command.export import export as export_command
from zoo.errors import InputError
from zoo.exporting.generator import export_generator
from zoo.exporting.trial import ExportError
from zoo.models.dcgan import DCGAN

tf = pytest.importorskip("tensorflow")
if keras.backend.backend() != "tensorflow":
    pytest.skip("SavedModels need TensorFlow", allow_module_level=True)


@pytest.fixture(scope="module")
def gan():
    keras.utils.set_random_seed(0)
    return DCGAN((32, 32, 3), width=3, latent_dim=9)


@pytest.fixture(scope="module")
def exported(gan, tmp_path_factory):
    return export_generator(gan, tmp_path_factory.mktemp("served") / "gan", max_count=6)


def numbers(**values):
    return {name: tf.constant(value, tf.int64) for name, value in values.items()}


@pytest.mark.parametrize("seed", [0, 2**31 - 1])
def test_images_equal_those_of_the_model(gan, exported, seed):
    served = tf.saved_model.load(str(exported)).signatures
    images = served["serving_default"](**numbers(count=6, seed=seed))["images"]
    assert images.dtype == tf.uint8
    expected = gan.generate(6, seed).astype(int)
    assert np.abs(images.numpy() - expected).max() <= 1  # rounding of a half
    latents = gan.latents(4, seed)
    images = served["latents"](latents=tf.constant(latents))["images"]
    assert np.abs(images.numpy() - expected[:4]).max() <= 1


def test_signatures_have_the_documented_names_and_types(exported):
    signatures = tf.saved_model.load(str(exported)).signatures
    inputs = {
        name: {
            key: (spec.dtype.name, spec.shape.as_list())
            for key, spec in signature.structured_input_signature[1].items()
        }
        for name, signature in signatures.items()
    }
    assert inputs == {
        "serving_default": {"count": ("int64", []), "seed": ("int64", [])},
        "latents": {"latents": ("float32", [None, 9])},
    }
    for signature in signatures.values():
        (name,) = signature.structured_outputs
        assert name == "images"
    stored = tf.train.list_variables(str(exported / "variables" / "variables"))
    assert not any("discriminator" in name for name, _ in stored)
    facts = json.loads((exported / "assets.extra" / "zoo.json").read_text("utf-8"))
    assert (facts["kind"], facts["image_shape"]) == ("generator", [32, 32, 3])


BAD_REQUESTS = {  # error: (signature, inputs, part of the message)
    "no images": ("serving_default", {"count": 0, "seed": 0}, "1 to 6"),
    "too many": ("serving_default", {"count": 7, "seed": 0}, "1 to 6"),
    "negative seed": ("serving_default", {"count": 1, "seed": -1}, "`seed`"),
    "large seed": ("serving_default", {"count": 1, "seed": 2**31}, "`seed`"),
    "not a number": ("latents", {"latents": [[np.nan] * 9]}, "finite"),
}


@pytest.mark.parametrize(
    "signature, inputs, message", BAD_REQUESTS.values(), ids=BAD_REQUESTS
)
def test_a_bad_request_is_refused(exported, signature, inputs, message):
    serve = tf.saved_model.load(str(exported)).signatures[signature]
    specs = serve.structured_input_signature[1]
    tensors = {n: tf.constant(v, specs[n].dtype) for n, v in inputs.items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        serve(**tensors)


def test_the_command_exports_a_run(gan, tmp_path):
    run, file = tmp_path / "run", tmp_path / "generator.onnx"
    run.mkdir()
    gan.save(run / "model.keras")
    (run / "config.json").write_text("{}")
    arguments = ["--format", "onnx", str(run), str(file)]
    result = CliRunner().invoke(export_command, arguments)
    assert result.exit_code == 0, result.output
    assert f"exported and checked: {file}" in result.output
    assert file.is_file()


def test_versions_count_up_and_failures_leave_no_files(gan, tmp_path, monkeypatch):
    target = tmp_path / "gan"
    assert export_generator(gan, target).name == "1"
    assert export_generator(gan, target).name == "2"
    black = np.zeros((3, 32, 32, 3), "uint8")
    monkeypatch.setattr(DCGAN, "generate", lambda *_: black)
    with pytest.raises(ExportError, match="draws other images: up to"):
        export_generator(gan, target)
    assert sorted(path.name for path in target.iterdir()) == ["1", "2"]


def test_half_precision_is_exported(tmp_path):
    half = DCGAN(width=3, dtype="mixed_bfloat16")
    assert export_generator(half, tmp_path / "half").name == "1"


def test_other_models_and_arguments_are_refused(gan, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="accepts a DCGAN, got MLP"):
        export_generator(zoo.MLP((4,), 2), tmp_path / "mlp")
    with pytest.raises(InputError, match="`class_names` is for classifiers"):
        zoo.export(gan, tmp_path / "named", class_names=["a", "b"])
    with pytest.raises(ValueError, match="max_count"):
        export_generator(gan, tmp_path / "none", max_count=0)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="not on jax"):
        export_generator(gan, tmp_path / "jax")
    assert not list(tmp_path.iterdir())
