"""Runs that learn to write: scores, yardsticks, files, export, commands, refusals."""

import collections
import json
import lzma
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
import zoo
from recipes.data.text_part import TextPart
from recipes.reports.writing import bits_by_counts, score_text, shown, yardsticks
from recipes.training.strategies.steps import check_shared
from zoo.errors import InputError
from zoo.models.recurrent import RecurrentNetwork

RNG = np.random.default_rng(0)
WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "dogs."]
TEXT = " ".join(RNG.choice(WORDS, 2000).tolist()).replace("dogs. ", "dogs.\n")
TINY = {"model_arguments": {"units": [16]}, "batch_size": 8, "segment_length": 16}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "book.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(book, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    return recipes.fit("recurrent", book, out=out, epochs=4, progress=False, **TINY)


def bits_of(model, part):
    """Bits per token of a text read at once, by the definition."""
    tokens = part.inputs[None]
    p = model.predict(tokens[:, :-1], verbose=0)[0].astype("float64")
    return float(-np.log2(p[np.arange(len(p)), tokens[0, 1:]]).mean())


def test_the_score_is_the_mean_over_the_text(run, book):
    part = recipes.load(book).test
    assert run.evaluation.bits == pytest.approx(bits_of(run.model, part), rel=1e-4)
    assert run.evaluation.perplexity == pytest.approx(2**run.evaluation.bits)
    assert run.evaluation.tokens == len(part) - 1
    again = recipes.evaluate(run.folder.path, book)
    assert again.bits == pytest.approx(run.evaluation.bits, rel=1e-6)
    frequency = run.evaluation.baselines["the frequency of each character"]
    assert run.evaluation.bits < frequency


def test_another_text_is_scored_as_a_whole_with_the_vocabulary_of_the_model(
    run, tmp_path
):
    other = tmp_path / "other.txt"
    text = TEXT[:300] + "Ω" + TEXT[300:1000].rstrip()
    other.write_text(text, encoding="utf-8")
    evaluation = recipes.evaluate(run.folder.path, other)
    assert (evaluation.tokens, evaluation.unknown) == (len(text) - 2, 1)
    tokens = run.model.tokens_of([text])
    p = run.model.predict(tokens[:, :-1], verbose=0)[0].astype("float64")
    right = -np.log2(p[np.arange(len(p)), tokens[0, 1:]])
    known = tokens[0, 1:] > 1
    assert evaluation.bits == pytest.approx(right[known].mean(), rel=1e-4)


def test_a_long_text_is_read_in_streams(run, book):
    data = recipes.load(book)
    streams = score_text(run.model, data.train)  # four of them
    assert len(data.train) > 6000
    assert streams.bits == pytest.approx(bits_of(run.model, data.train), rel=2e-3)


def test_the_losses_of_the_epochs_are_means_over_the_text(run, book):
    """The validation part is read in eight streams, each from a state of zeros."""
    part = recipes.load(book).validation
    loss = run.metrics[run.kept_epoch - 1]["val_loss"] / math.log(2)
    assert loss == pytest.approx(bits_of(run.model, part), rel=0.05)


def test_the_run_folder_has_texts_and_a_model_without_states(run):
    folder = run.folder
    written = json.loads(folder.evaluation.read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(run.evaluation.as_json()))
    assert folder.sample.read_text(encoding="utf-8") == run.evaluation.sample
    names = sorted(path.name for path in folder.texts.iterdir())
    assert names == [f"epoch_{n:04d}.txt" for n in range(1, 5)]
    assert all(len((folder.texts / n).read_text("utf-8")) == 400 for n in names)
    model = zoo.load_model(folder.path).model
    assert model.get_config()["stateful_batch_size"] is None
    config = json.loads(folder.config.read_text(encoding="utf-8"))
    assert config["training"]["settings"]["segment_length"] == 16
    assert folder.curves.read_bytes().startswith(b"\x89PNG")


def test_the_export_writes_as_the_model_does(run):
    signature = tf.saved_model.load(str(run.folder.saved_model / "1")).signatures
    request = {"prompt": "the ", "length": 9, "count": 1, "temperature": 0.0, "seed": 0}
    types = {"length": "int64", "count": "int64", "seed": "int64"}
    answer = signature["serving_default"](
        **{name: tf.constant(value, types.get(name)) for name, value in request.items()}
    )
    expected = run.model.generate(9, prompt="the ", temperature=0)
    assert [text.decode() for text in answer["texts"].numpy()] == expected


def text_parts(text, boundary):
    vocabulary = tuple(sorted({*text[:boundary]}))
    tokens = [vocabulary.index(c) + 2 if c in vocabulary else 1 for c in text]
    pieces = [
        (tokens[:boundary], text[:boundary]),
        (tokens[boundary:], text[boundary:]),
    ]
    return [
        TextPart(np.array(t, "int32"), np.array(t), None, None, s, vocabulary)
        for t, s in pieces
    ]


def bits_by_definition(train, test, order):
    """The formula of `bits_by_counts`, for one token after the other."""
    text = train.inputs.tolist()
    counts = collections.Counter(
        tuple(text[n : n + size])
        for size in range(order + 1)
        for n in range(len(text) - size + 1)
    )
    counts[()] = len(text)
    both, total = text + test.inputs.tolist(), []
    for place in range(len(text) + 1, len(both)):
        if both[place] == 1:
            continue
        estimate = 1 / (len(train.vocabulary) + 1)
        for size in range(1, order + 1):
            run = tuple(both[place - size + 1 : place + 1])
            estimate = (counts[run] + 0.5 * estimate) / (counts[run[:-1]] + 0.5)
        total.append(-math.log2(estimate))
    return sum(total) / len(total)


@pytest.mark.parametrize("text", [TEXT[:600], "ab" * 100, TEXT[:200] + "xyz" * 9])
def test_counting_follows_its_formula(text):
    train, test = text_parts(text, len(text) * 2 // 3)
    found = bits_by_counts(train, test, [1, 3, 5])
    for order, bits in found.items():
        # The definition does not use the end of the training part as context.
        expected = bits_by_definition(train, test, order)
        assert bits == pytest.approx(expected, rel=0.02), order


def test_compressors_are_given_the_training_part():
    train, test = text_parts(TEXT, 6000)
    found = yardsticks(train, test)
    alone = 8 * len(lzma.compress(test.text.encode())) / len(test.text)
    assert 0.5 < found["lzma"] < 0.9 * alone
    assert 0.5 < found["zlib"] < alone
    words = TextPart(
        train.inputs, train.labels, None, None, "", train.vocabulary, "word"
    )
    assert set(yardsticks(words, words)) == {
        "the frequency of each word",
        "the two words before",
        "the four words before",
    }


def test_a_network_that_loses_to_counting_is_told_so(run):
    line = run.evaluation.summary("test").splitlines()[0]
    assert "it does not do better than the two characters before" in line


def test_words(book, tmp_path):
    data = recipes.load(book, tokens="words", vocabulary_size=8)
    run = recipes.fit(
        "recurrent", data, out=tmp_path / "run", epochs=1, progress=False, **TINY
    )
    assert run.evaluation.unit == "word"
    assert run.evaluation.unknown > 0
    assert len(run.evaluation.sample.split()) == 80
    again = recipes.evaluate(run.folder.path, data)
    assert again.bits == pytest.approx(run.evaluation.bits, rel=1e-6)


def test_nothing_in_a_written_text_moves_the_cursor():
    assert shown("a\tb\n\x1b[2Jc\r") == "a    b\n\\x1b[2Jc\\r"


BAD_FITS = {  # model, arguments, message
    "another model": ("mlp", {}, "takes|holds texts"),
    "a loss": (
        "recurrent",
        {"loss": "keras.hinge"},
        "`loss` is for models with labels",
    ),
    "a metric": ("recurrent", {"metrics": ["accuracy"]}, "`metrics` is for models"),
    "rebalancing": ("recurrent", {"rebalance": "oversample"}, "evens out classes"),
    "augmentation": ("recurrent", {"augment": "light"}, "is a text to learn to write"),
    "calibration": ("recurrent", {"calibrate": True}, "calibrate"),
    "too large a batch": ("recurrent", {"batch_size": 5000}, "too few for segments"),
    "a long segment": ("recurrent", {"segment_length": 9000}, "too few for segments"),
    "a vocabulary": (
        "recurrent",
        {"model_arguments": {"vocabulary_size": 9}},
        r"`vocabulary_size` .* follows from the text",
    ),
    "both directions": (
        "recurrent",
        {"model_arguments": {"bidirectional": True}},
        "bidirectional",
    ),
}


@pytest.mark.parametrize("model, given, message", BAD_FITS.values(), ids=BAD_FITS)
def test_runs_that_cannot_be_are_refused(model, given, message, book, tmp_path):
    with pytest.raises(InputError, match=message):
        recipes.fit(model, book, out=tmp_path / "run", progress=False, **given)
    assert [*tmp_path.iterdir()] == []


def network(vocabulary, **given):
    arguments = {"mode": "one_to_many", "inputs": "tokens", "split": "character"}
    return RecurrentNetwork(
        vocabulary=vocabulary, units=8, **{**arguments, "mask_padding": False, **given}
    )


def test_a_model_of_ones_own_must_fit_the_text(book, tmp_path):
    data = recipes.load(book)
    vocabulary = [*data.train.vocabulary]
    for model, message in (
        (network(vocabulary[1:], stateful_batch_size=4), "another vocabulary"),
        (network(vocabulary), r"with_carried_state\(4\)"),
        (keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), "next token"),
    ):
        with pytest.raises(InputError, match=message):
            recipes.fit(model, data, out=tmp_path / "run", batch_size=4, progress=False)
    run = recipes.fit(
        network(vocabulary).with_carried_state(4),
        data,
        out=tmp_path / "run",
        batch_size=4,
        segment_length=32,
        epochs=1,
        progress=False,
    )
    assert run.evaluation.bits < math.log2(len(vocabulary)) + 1
    with pytest.raises(InputError, match="on one device"):
        check_shared(network(vocabulary).with_carried_state(4))


def test_segments_are_only_for_writing(tmp_path):
    with pytest.raises(InputError, match="`segment_length` 8 is for a text"):
        recipes.fit("mlp", out=tmp_path / "run", segment_length=8, progress=False)


def test_scoring_needs_a_writer_and_a_text(run, book):
    with pytest.raises(InputError, match="is a text without labels"):
        recipes.evaluate("mlp_digits", book)
    with pytest.raises(InputError, match="writes texts; digits is for classification"):
        recipes.evaluate(run.folder.path, "digits")
