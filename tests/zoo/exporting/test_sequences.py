"""Export of recurrent networks whose outputs are sequences or numbers."""

import json

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import zoo
from recipes.command.export import export as export_command
from zoo.errors import InputError
from zoo.exporting.sequences import answers_with_sequences, export_of
from zoo.exporting.trial import ExportError
from zoo.models.recurrent import RecurrentNetwork
from zoo.targets import Translation

tf = pytest.importorskip("tensorflow")
if keras.backend.backend() != "tensorflow":
    pytest.skip("SavedModels need TensorFlow", allow_module_level=True)

WORDS = ["good", "film", ".", "dull"]
NUMBERS = {"input_shape": (None, 3), "units": (4,)}
TOKENS = {"inputs": "tokens", "vocabulary_size": 9, "units": (4, 4)}
NETWORKS = {
    "classes at each step": {
        **NUMBERS,
        "mode": "many_to_many",
        "num_classes": 3,
        "cell": "lstm",
        "bidirectional": True,
    },
    "logits of tokens": {
        **TOKENS,
        "mode": "many_to_many",
        "num_classes": 2,
        "classifier_activation": None,
        "dtype": "mixed_bfloat16",
    },
    "words": {
        "mode": "many_to_many",
        "inputs": "text",
        "vocabulary": WORDS,
        "num_classes": 3,
        "units": (4,),
        "max_length": 2,
    },
    "audio": {
        "mode": "many_to_many",
        "inputs": "waveform",
        "sample_rate": 8000,
        "output_units": 2,
        "units": (4,),
    },
    "one number": {**NUMBERS, "output_units": 1},
    "numbers from one vector": {
        "mode": "one_to_many",
        "input_shape": (3,),
        "output_length": 4,
        "output_units": 2,
        "units": (4,),
    },
    "generator of characters": {
        "mode": "one_to_many",
        "inputs": "tokens",
        "vocabulary": [*"ab \n"],
        "split": "character",
        "units": (8,),
        "stateful_batch_size": 2,
    },
    "generator of words": {
        "mode": "one_to_many",
        "inputs": "tokens",
        "vocabulary": WORDS,
        "units": (8, 8),
        "cell": "lstm",
    },
    "generator of tokens": {**TOKENS, "mode": "one_to_many"},
    "encoder and decoder": {**TOKENS, "mode": "encoder_decoder", "num_classes": 5},
    "encoder of text and decoder": {
        "mode": "encoder_decoder",
        "inputs": "text",
        "vocabulary": WORDS,
        "num_classes": 5,
        "units": (4,),
        "bidirectional": True,
        "attention": "bahdanau",
    },
    "translator without attention": {
        "mode": "encoder_decoder",
        "inputs": "text",
        "vocabulary": WORDS,
        "target": Translation(["gut", "film", "!"], max_length=5),
        "units": (4,),
    },
    "translator": {
        "mode": "encoder_decoder",
        "inputs": "text",
        "vocabulary": WORDS,
        "target": Translation(["gut", "film", "!"], max_length=5),
        "units": (4,),
        "attention": "luong",
    },
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return a function that exports a network once: (export, folder, signature)."""
    exported = {}

    def serve(name):
        if name not in exported:
            keras.utils.set_random_seed(0)
            export = export_of(RecurrentNetwork(**NETWORKS[name]), 12, 3)
            folder = tmp_path_factory.mktemp("served") / "1"
            export.save(folder)
            loaded = tf.saved_model.load(str(folder))
            exported[name] = export, folder, loaded.signatures["serving_default"]
        return exported[name]

    return serve


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_equal_those_of_the_model(served, name):
    export, folder, signature = served(name)
    for question in export.questions():
        inputs = {n: tf.constant(value) for n, value in question.inputs.items()}
        answers = {n: value.numpy() for n, value in signature(**inputs).items()}
        question.check(
            {
                n: value.astype(bytes) if value.dtype == object else value
                for n, value in answers.items()
            }
        )
        wrong = {n: value[..., :-1] for n, value in answers.items()}
        with pytest.raises(ExportError, match="differs from the model"):
            question.check(wrong)
    description = json.loads((folder / "assets.extra" / "zoo.json").read_text())
    assert set(description["inputs"]) == set(question.inputs)


def generate(signature, prompt, length=4, count=2, temperature=1.0, seed=3):
    (generated,) = signature(
        prompt=tf.constant(prompt),
        length=tf.constant(length, tf.int64),
        count=tf.constant(count, tf.int64),
        temperature=tf.constant(temperature, tf.float32),
        seed=tf.constant(seed, tf.int64),
    ).values()
    return generated.numpy()


def test_a_seed_repeats_the_draws(served):
    *_, signature = served("generator of characters")
    texts = generate(signature, "ab", length=12, count=3)
    assert all(text.startswith(b"ab") and len(text) == 14 for text in texts)
    assert len({*texts.tolist()}) == 3
    np.testing.assert_array_equal(texts, generate(signature, "ab", length=12, count=3))
    other = generate(signature, "ab", length=12, count=3, seed=4)
    assert (texts != other).any()


def test_draws_follow_the_distribution_of_the_network(served):
    """Frequencies of the next token are compared with its probabilities."""
    export = export_of(served("generator of tokens")[0].model, 1, 10_000)
    for temperature in (1.0, 0.5):
        tokens = export.answer(
            *(
                tf.constant(value, specification.dtype)
                for value, specification in zip(
                    ([3, 4], 1, 10_000, temperature, 5),
                    export.specifications,
                    strict=True,
                )
            )
        )["tokens"].numpy()[:, -1]
        found = np.bincount(tokens, minlength=9) / len(tokens)
        scores = export.model(np.array([[3, 4]], "int32")).numpy()[0, -1]
        expected = scores[2:].astype("float64") ** (1 / temperature)
        expected /= expected.sum()
        assert (found[:2] == 0).all()
        # Four standard deviations of a frequency among 10,000.
        np.testing.assert_allclose(found[2:], expected, atol=4 * 0.5 / 100)


BAD = {  # error: (network, inputs, part of the message)
    "length": ("generator of words", {"length": 13}, "`length` must be from 1 to 12"),
    "count": ("generator of words", {"count": 0}, "`count` must be from 1 to 3"),
    "temperature": (
        "generator of words",
        {"temperature": -1.0},
        "must not be negative",
    ),
    "NaN as temperature": (
        "generator of words",
        {"temperature": np.nan},
        "must be finite",
    ),
    "seed": ("generator of words", {"seed": -1}, "`seed` must be from 0"),
    "prompt": (
        "generator of tokens",
        {"prompt": [2, 9]},
        "`prompt` must be from 0 to 8",
    ),
}


@pytest.mark.parametrize("name, wrong, message", BAD.values(), ids=BAD)
def test_a_bad_request_to_a_generator_is_refused(served, name, wrong, message):
    *_, signature = served(name)
    prompt = "good" if name == "generator of words" else [2]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        generate(signature, **{"prompt": prompt, **wrong})


@pytest.mark.parametrize(
    "name, request_, message",
    [
        ("words", {"texts": ["good film ."]}, "2"),
        ("logits of tokens", {"tokens": [[9]]}, "`tokens` must be from 0 to 8"),
        (
            "one number",
            {"sequences": [[[1.0, np.inf, 0.0]]]},
            "`sequences` must be finite",
        ),
    ],
)
def test_a_bad_sequence_is_refused(served, name, request_, message):
    *_, signature = served(name)
    inputs = {key: tf.constant(value) for key, value in request_.items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        signature(**inputs)


@pytest.mark.slow
def test_the_command_exports_the_preset_that_generates_text(tmp_path):
    result = CliRunner().invoke(
        export_command, ["recurrent_movie_characters", str(tmp_path / "writer")]
    )
    assert result.exit_code == 0, result.output
    served = tf.saved_model.load(str(tmp_path / "writer" / "1"))
    (text,) = generate(served.signatures["serving_default"], "the film ", 40, count=1)
    assert text.startswith(b"the film ")


def test_arguments_of_other_models_are_refused(tmp_path):
    network = RecurrentNetwork(**NETWORKS["one number"])
    assert answers_with_sequences(network)
    assert not answers_with_sequences(RecurrentNetwork((3, 2), num_classes=2, units=2))
    for arguments, message in (
        ({"class_names": ["a"]}, "`class_names` is for classifiers"),
        ({"format": "onnx"}, "no loop"),
    ):
        with pytest.raises(InputError, match=message):
            zoo.export(network, tmp_path / "out.onnx", **arguments)
    assert list(tmp_path.iterdir()) == []
