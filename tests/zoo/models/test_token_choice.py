"""Choosing the next token, and ends of texts, against float64 NumPy."""

import keras
import numpy as np
import pytest

from tests.zoo.models.test_recurrent_generation import as_numpy, generator, sharpened
from zoo.errors import InputError
from zoo.models.recurrent.token_choice import limited

CHOICES = {
    "all": {"temperature": 1.3},
    "two most probable": {"temperature": 0.7, "top_k": 2},
    "more than there are": {"temperature": 1.0, "top_k": 99},
    "half of the probability": {"temperature": 1.0, "top_p": 0.5},
    "almost nothing": {"temperature": 2.0, "top_p": 1e-6},
    "all of the probability": {"temperature": 1.0, "top_p": 1.0},
    "both": {"temperature": 3.0, "top_k": 4, "top_p": 0.8},
    "the most probable": {"temperature": 0, "top_k": 3, "top_p": 0.1},
}


def kept(probabilities, top_k=None, top_p=None):
    """Zero where a token cannot be drawn, else its share; in float64."""
    order = np.argsort(-probabilities)
    shares = probabilities[order]
    shares[len(shares) if top_k is None else top_k :] = 0
    shares /= shares.sum()
    if top_p is not None:
        shares[np.cumsum(shares) - shares >= top_p] = 0
    result = np.zeros_like(shares)
    result[order] = shares
    return result


def written(model, prompt, length, temperature, seed, **limits):
    """Tokens by the definition, each computed from the whole prefix."""
    tokens, count = list(prompt), model.get_layer("classifier").units
    noise = np.random.default_rng(seed).gumbel(size=(length, 1, count))[:, 0]
    for step in range(length):
        p = as_numpy(model(np.array([tokens])))[0, -1].astype("float64")
        p[:2] = 0
        if temperature == 0:
            tokens.append(int(p.argmax()))
            continue
        shares = kept(p ** (1 / temperature), **limits)
        with np.errstate(divide="ignore"):
            tokens.append(int((np.log(shares) + noise[step]).argmax()))
    return tokens


@pytest.fixture(scope="module")
def writer():
    return sharpened(generator(vocabulary=list("abcdefgh"), units=(12,)))


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_the_loop_follows_the_definition(choice, writer):
    expected = written(writer, [3, 2], 12, seed=4, **choice)
    generated = writer.generate(12, prompt=[3, 2], seed=4, **choice)
    assert generated == writer.text_of([expected])


@pytest.mark.parametrize("limits", [(3, 1.0), (8, 0.6), (2, 0.9), (8, 1.0), (1, 0.1)])
def test_tokens_that_cannot_be_drawn_have_no_score(limits):
    scores = np.log(np.random.default_rng(0).dirichlet(np.ones(8), 50))
    found = as_numpy(limited(keras.ops.convert_to_tensor(scores), *limits)) > -1e29
    expected = [kept(np.exp(row), limits[0], limits[1]) > 0 for row in scores]
    np.testing.assert_array_equal(found, expected)


PIECES = {
    "longer than a piece": {"length": 50, "seed": 1},
    "shorter than a piece": {"length": 4, "seed": 2},
    "with a prompt": {"length": 33, "prompt": "abc", "seed": 3},
    "limited": {"length": 40, "top_k": 2, "top_p": 0.9, "seed": 4},
    "a stop that comes": {"length": 90, "prompt": "b", "stop": "a", "seed": 5},
    "a long stop": {"length": 200, "stop": ["bcd", "aa"], "seed": 6},
    "a stop that never comes": {"length": 60, "stop": "zz", "seed": 7},
}


@pytest.mark.parametrize("given", PIECES.values(), ids=PIECES)
def test_pieces_make_the_same_text(given, writer):
    (text,) = writer.generate(**given)
    pieces = list(writer.stream(**given))
    assert "".join(pieces) == text
    whole = writer.generate(**{**given, "stop": ()})[0]
    assert whole.startswith(text)
    assert len(text) < 20 or len(pieces) > 1
    begin = len(given.get("prompt", ""))
    stops = [given.get("stop", "zz")] if "zz" in str(given) else given.get("stop", ())
    for stop in stops:
        assert stop not in text[begin:]
        assert text == whole or any(whole[len(text) :].startswith(s) for s in stops)


def test_each_text_ends_at_its_own_stop(writer):
    texts = writer.generate(120, count=4, stop="a", seed=1)
    whole = writer.generate(120, count=4, seed=1)
    assert texts == [text.partition("a")[0] for text in whole]
    assert len({*map(len, texts)}) > 1


def test_words_are_streamed_with_their_spaces():
    model = generator(vocabulary=["it", "was", "."], split="word")
    pieces = [*model.stream(40, prompt="It was", seed=0)]
    assert "".join(pieces) == model.generate(40, prompt="It was", seed=0)[0]
    assert len(pieces) > 2
    assert pieces[0] == "it was"


@pytest.mark.parametrize(
    "given, message",
    [
        ({"top_k": 0}, "`top_k` must be"),
        ({"top_k": 2.5}, "`top_k` must be"),
        ({"top_p": 0}, r"`top_p` must be in \(0, 1\]"),
        ({"top_p": 2}, r"`top_p` must be in \(0, 1\], got 2"),
        ({"top_p": float("nan")}, "`top_p`"),
        ({"stop": ""}, "`stop` must be a text that is not empty"),
        ({"stop": ["a", ""]}, "`stop` must be"),
        ({"stop": 5}, "`stop` must be"),
        ({"temperature": -1}, "`temperature`"),
        ({"length": 0}, "`length`"),
        ({"seed": -1}, "`seed`"),
        ({"prompt": ""}, "not empty"),
    ],
)
def test_bad_arguments_are_refused(given, message, writer):
    for method in (writer.generate, writer.stream):
        with pytest.raises(ValueError, match=message):
            method(**{"length": 3, **given})


def test_only_texts_are_streamed():
    model = generator(vocabulary=None, vocabulary_size=7, split=None)
    with pytest.raises(InputError, match="no vocabulary"):
        model.stream(3)
