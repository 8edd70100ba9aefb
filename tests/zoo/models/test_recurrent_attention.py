"""Attention and beam search of the encoder–decoder, against their formulas."""

import itertools

import keras
import numpy as np
import pytest

import zoo
from tests.custom.gradients import value_and_gradient
from zoo.errors import InputError
from zoo.models.recurrent import RecurrentNetwork
from zoo.models.recurrent.attention import SCORES, Attention
from zoo.targets import Translation

BATCH, STEPS, TIME, UNITS, WIDTH = 2, 3, 4, 5, 6
REAL = np.array([[True] * 4, [True, True, False, False]])


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def luong(states, outputs, kernel):
    return np.einsum("btu,uw,bsw->bts", states, kernel, outputs)


def bahdanau(states, outputs, from_state, from_output, vector):
    hidden = np.einsum("btu,uv->btv", states, from_state)[:, :, None]
    hidden = np.tanh(hidden + np.einsum("bsw,wv->bsv", outputs, from_output)[:, None])
    return (hidden @ vector)[..., 0]


FORMULAS = {"luong": luong, "bahdanau": bahdanau}


def formula(score, weights, states, outputs, real):
    """The layer in float64: its output and its weights."""
    *of_score, joint = weights
    scores = FORMULAS[score](states, outputs, *of_score)
    a = softmax(np.where(real[:, None], scores, -np.inf))
    context = np.einsum("bts,bsw->btw", a, outputs)
    return np.tanh(np.concatenate([context, states], axis=-1) @ joint), a


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.fixture(params=SCORES)
def layer_and_inputs(request):
    """A layer, its inputs in float32, and its weights and inputs in float64."""
    rng = np.random.default_rng(0)
    states = rng.normal(size=(BATCH, STEPS, UNITS)).astype("float32")
    outputs = rng.normal(size=(BATCH, TIME, WIDTH)).astype("float32")
    layer = Attention(request.param)
    layer([states, outputs, REAL])
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape))
    weights = [as_numpy(weight).astype("float64") for weight in layer.weights]
    return layer, states, outputs, weights


def test_attention_follows_its_formula(layer_and_inputs):
    layer, states, outputs, weights = layer_and_inputs
    expected, a = formula(layer.score, weights, states, outputs, REAL)
    np.testing.assert_allclose(
        as_numpy(layer([states, outputs, REAL])), expected, rtol=2e-5, atol=1e-6
    )
    found = as_numpy(layer.weights_at(states, outputs, REAL))
    np.testing.assert_allclose(found, a, rtol=2e-5, atol=1e-7)
    np.testing.assert_array_equal(found[~np.broadcast_to(REAL[:, None], a.shape)], 0)


@pytest.mark.parametrize("of", ["states", "outputs"])
def test_gradients_of_attention_are_those_of_its_formula(layer_and_inputs, of):
    layer, states, outputs, weights = layer_and_inputs
    inputs = {"states": states, "outputs": outputs}
    direction = np.random.default_rng(1).normal(size=states.shape)

    def computed(x):
        given = {**inputs, of: x}
        found = layer([given["states"], given["outputs"], REAL])
        return keras.ops.sum(found * direction.astype("float32"))

    def exact(x):
        given = {name: value.astype("float64") for name, value in inputs.items()}
        found, _ = formula(layer.score, weights, *({**given, of: x}).values(), REAL)
        return (found * direction).sum()

    _, slope = value_and_gradient(computed, inputs[of])
    expected = np.zeros(inputs[of].shape)
    for place in np.ndindex(expected.shape):
        step = np.zeros(expected.shape)
        step[place] = 1e-5
        x = inputs[of].astype("float64")
        expected[place] = (exact(x + step) - exact(x - step)) / 2e-5
    np.testing.assert_allclose(slope, expected, rtol=1e-3, atol=1e-4)
    if of == "outputs":
        np.testing.assert_array_equal(np.asarray(slope)[~REAL], 0)


def translator(**given):
    keras.utils.set_random_seed(3)
    model = RecurrentNetwork(
        **{
            "mode": "encoder_decoder",
            "inputs": "tokens",
            "vocabulary_size": 9,
            "target": Translation([*"abc"], "character", 4),
            "units": (6,),
            "embedding_units": 5,
            "dropout": 0.0,
            **given,
        }
    )
    head = model.get_layer("classifier")
    head.kernel.assign(as_numpy(head.kernel) * 4)
    return model


INPUTS = np.array([[3, 4, 5], [6, 0, 0], [1, 2, 0]])


@pytest.mark.parametrize("attention", [None, *SCORES])
@pytest.mark.parametrize("given", [{}, {"cell": "lstm", "bidirectional": True}])
def test_outputs_do_not_depend_on_padding(attention, given):
    model = translator(attention=attention, **given)
    tokens = model.target_tokens(["abc", "c", "ba"])
    assert tokens.tolist() == [[2, 3, 4, 0], [4, 0, 0, 0], [3, 2, 0, 0]]
    alone = as_numpy(model([INPUTS, tokens]))
    padded = as_numpy(model([np.pad(INPUTS, [(0, 0), (0, 5)]), tokens]))
    np.testing.assert_allclose(padded, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "attention, penalty", [(None, 1.0), ("luong", 1.0), ("bahdanau", 0.0)]
)
def test_a_wide_beam_finds_the_best_answer_of_all(attention, penalty):
    model = translator(attention=attention, target=Translation([*"ab"], "character", 3))
    every = [t for n in range(4) for t in itertools.product("ab", repeat=n)]
    tokens = model.target_tokens(["".join(letters) for letters in every])
    lengths = np.minimum((tokens != 0).sum(axis=1) + 1, 3)  # The longest have no end.
    answers = model.decode(INPUTS, beam_width=20, length_penalty=penalty)
    _, scores = model.decoded_tokens(INPUTS, beam_width=20, length_penalty=penalty)
    for row, (answer, score) in enumerate(zip(answers, scores, strict=True)):
        inputs = np.repeat(INPUTS[row : row + 1], len(every), axis=0)
        outputs = as_numpy(model([inputs, tokens])).astype("float64")
        chosen = np.log(np.take_along_axis(outputs, tokens[..., None], 2)[..., 0])
        counts = np.arange(tokens.shape[1]) < lengths[:, None]
        totals = (chosen * counts).sum(axis=1)
        best = int(np.argmax(totals / lengths**penalty))
        assert answer == "".join(every[best])
        np.testing.assert_allclose(score, totals[best], rtol=1e-4)


@pytest.mark.parametrize("attention", [None, *SCORES])
def test_a_beam_of_one_takes_the_most_probable_token(attention):
    model = translator(attention=attention)
    tokens = np.zeros((len(INPUTS), 4), int)
    for step in range(4):
        following = as_numpy(model([INPUTS, tokens]))[:, step]
        following[:, 1] = 0  # the token for unknown words
        ended = tokens[:, step - 1] == 0 if step else False
        tokens[:, step] = np.where(ended, 0, following.argmax(-1))
    assert model.decode(INPUTS) == model.target_codec().texts(tokens)
    assert model.decode(INPUTS, batch_size=2) == model.decode(INPUTS)


def test_weights_of_a_network_sum_to_one_over_the_real_steps():
    model = translator(attention="luong")
    weights = model.attention_weights(INPUTS, model.target_tokens(["abc", "c", "ba"]))
    assert weights.shape == (3, 4, 3)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(weights[1, :, 1:], 0)


def test_a_translator_is_saved_and_rebuilt(tmp_path):
    model = translator(attention="bahdanau", cell="lstm", units=(6, 5))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.target == model.target == Translation([*"abc"], "character", 4)
    assert loaded.get_config() == model.get_config()
    assert loaded.decode(INPUTS) == model.decode(INPUTS)


NUMBERS = zoo.targets.Regression.measured(("x",), np.eye(3)[:, :1])
CLASSES = {"mode": "encoder_decoder", "inputs": "tokens", "vocabulary_size": 9}
REFUSED = {
    "attention in another mode": (
        {"input_shape": (None, 3), "num_classes": 2, "attention": "luong"},
        "`attention` is for mode='encoder_decoder'",
    ),
    "an unknown attention": (
        {**CLASSES, "num_classes": 3, "attention": "dot"},
        "`attention` must be one of",
    ),
    "texts in another mode": (
        {"input_shape": (None, 3), "target": Translation([*"ab"])},
        "another target otherwise",
    ),
    "numbers in this mode": (
        {**CLASSES, "target": NUMBERS},
        "must be a zoo.targets.Translation",
    ),
    "texts and classes": (
        {**CLASSES, "target": Translation([*"ab"]), "num_classes": 3},
        "instead of `num_classes`",
    ),
}


@pytest.mark.parametrize("given, message", REFUSED.values(), ids=REFUSED)
def test_arguments_that_do_not_fit_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        RecurrentNetwork(**given)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"beam_width": 0}, "`beam_width` must be a positive integer"),
        ({"length_penalty": -1.0}, "`length_penalty` must"),
        ({"max_length": 0}, "`max_length` must be a positive integer"),
    ],
)
def test_options_of_decoding_are_checked(given, message):
    with pytest.raises(ValueError, match=message):
        translator().decode(INPUTS, **given)


def test_what_a_network_does_not_have_is_refused():
    with pytest.raises(InputError, match="no attention"):
        translator().attention_weights(INPUTS, np.zeros((3, 2)))
    numbers = RecurrentNetwork(**CLASSES, num_classes=3, units=(4,))
    with pytest.raises(InputError, match="answers with numbers"):
        numbers.target_tokens(["a"])


@pytest.mark.parametrize(
    "given, message",
    [
        ({"vocabulary": []}, "`vocabulary` must have"),
        ({"vocabulary": ["a"], "split": "letter"}, "`split` must be one of"),
        ({"vocabulary": ["a"], "max_length": 0}, "`max_length` must be"),
    ],
)
def test_a_target_of_texts_checks_its_arguments(given, message):
    with pytest.raises(ValueError, match=message):
        Translation(**given)
