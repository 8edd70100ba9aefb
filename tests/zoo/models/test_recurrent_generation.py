"""Generation and decoding of tokens by recurrent networks."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.models.recurrent import RecurrentNetwork

CELLS = ["simple", "lstm", "gru"]


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def generator(**given):
    keras.utils.set_random_seed(1)
    return RecurrentNetwork(
        **{
            "mode": "one_to_many",
            "inputs": "tokens",
            "vocabulary": list("abc"),
            "split": "character",
            "units": (8, 5),
            "cell": "lstm",
            "embedding_units": 6,
            "dropout": 0.0,
            **given,
        }
    )


def sharpened(model):
    """With larger weights, because an untrained network prefers no token."""
    head = model.get_layer("classifier")
    head.kernel.assign(as_numpy(head.kernel) * 8)
    return model


def greedy(model, prompt, length):
    """The most probable tokens, each computed from the whole prefix."""
    tokens = np.array([prompt])
    for _ in range(length):
        following = as_numpy(model(tokens))[0, -1]
        following[:2] = 0
        tokens = np.append(tokens, [[following.argmax()]], axis=1)
    return tokens


class TestGeneration:
    @pytest.mark.parametrize("cell", CELLS)
    def test_temperature_0_takes_the_most_probable_tokens(self, cell):
        model = sharpened(generator(cell=cell))
        prompt = [2, 4, 3]
        generated = model.generate(9, prompt=prompt, temperature=0)
        assert generated == model.text_of(greedy(model, prompt, 9))

    def test_draws_follow_the_distribution(self):
        """A χ² test at 5 %, which this seed passes."""
        model = sharpened(generator())
        tokens = np.array([[2, 3]])
        expected = as_numpy(model(tokens))[0, -1, 2:].astype("float64")
        for temperature in (0.5, 1.0, 2.0):
            share = expected ** (1 / temperature)
            share = 4000 * share / share.sum()
            generated = model.generate(
                1, count=4000, prompt="ab", temperature=temperature, seed=5
            )
            counts = np.array([generated.count(f"ab{c}") for c in "abc"])
            assert counts.sum() == 4000  # neither padding nor the unknown token
            assert ((counts - share) ** 2 / share).sum() < 5.99  # 2 degrees

    def test_a_seed_repeats_the_draws(self):
        model = generator()
        first, again = (model.generate(30, count=2, seed=3) for _ in range(2))
        assert first == again
        assert first[0] != first[1]
        assert model.generate(30, count=2, seed=4) != first
        assert model.generate(30, seed=None) != model.generate(30, seed=None)

    def test_loop_uses_the_current_weights(self):
        """They change after the loop was compiled."""
        model = generator(units=16)
        assert len(model.generate(5, seed=0)[0]) == 5
        tokens = model.tokens_of(["abcabcabcabc"] * 64)
        model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
        model.fit(tokens[:, :-1], tokens[:, 1:], epochs=20, verbose=0)
        assert model.generate(8, prompt="ab", temperature=0) == ["abcabcabca"]

    def test_stateful_network_generates_the_same(self):
        model = generator(stateful_batch_size=2)
        other = model.with_carried_state(None)
        assert model.generate(9, seed=1) == other.generate(9, seed=1)

    def test_without_a_vocabulary_the_result_is_tokens(self):
        model = generator(vocabulary=None, vocabulary_size=7, split=None)
        generated = model.generate(3, count=2, prompt=[5, 2], seed=0)
        assert (generated.shape, generated.dtype) == ((2, 5), np.dtype("int32"))
        assert generated[:, :2].tolist() == [[5, 2], [5, 2]]
        assert model.generate(3, seed=0).shape == (1, 3)
        with pytest.raises(InputError, match="no vocabulary"):
            model.text_of(generated)

    @pytest.mark.parametrize(
        "given, message",
        [
            ({"length": 0}, "length"),
            ({"count": 0}, "count"),
            ({"temperature": -1}, "temperature"),
            ({"prompt": ""}, "at least one"),
            ({"prompt": [9]}, "0 to 4"),
            ({"prompt": [1.5]}, "token"),
        ],
    )
    def test_bad_argument_is_refused(self, given, message):
        with pytest.raises(ValueError, match=message):
            generator().generate(**{"length": 3, **given})

    def test_networks_of_other_modes_are_refused(self):
        with pytest.raises(InputError, match="one_to_many"):
            RecurrentNetwork((None, 3), 2, units=4).generate(3)
        with pytest.raises(InputError, match="encoder_decoder"):
            generator().decode(np.ones((1, 3)), 3)


def reverser(**given):
    keras.utils.set_random_seed(0)
    return RecurrentNetwork(
        **{
            "mode": "encoder_decoder",
            "inputs": "tokens",
            "vocabulary_size": 10,
            "num_classes": 10,
            "units": 64,
            "embedding_units": 16,
            "dropout": 0.0,
            **given,
        }
    )


def digits_and_their_reverse(number, longest=4):
    rng = np.random.default_rng(number)
    inputs = np.zeros((number, longest), int)
    targets = np.zeros((number, longest + 1), int)
    for x, y in zip(inputs, targets, strict=True):
        length = rng.integers(1, longest + 1)
        x[:length] = rng.integers(1, 10, length)
        y[:length] = x[:length][::-1]
    return inputs, targets


class TestEncoderDecoder:
    @pytest.mark.parametrize("cell", CELLS)
    @pytest.mark.parametrize("bidirectional", [False, True])
    def test_decode_takes_the_most_probable_tokens(self, cell, bidirectional):
        model = sharpened(
            reverser(cell=cell, bidirectional=bidirectional, units=(8, 6))
        )
        inputs, _ = digits_and_their_reverse(6)
        answers = np.zeros((6, 5), int)
        for step in range(5):
            following = as_numpy(model([inputs, answers]))[:, step].argmax(-1)
            ended = answers[:, step - 1] == 0 if step else False
            answers[:, step] = np.where(ended, 0, following)
        assert model.decode(inputs, 5).tolist() == answers.tolist()

    def test_outputs_do_not_depend_on_padding(self):
        model = reverser(bidirectional=True, units=6)
        inputs, targets = digits_and_their_reverse(4)
        alone = as_numpy(model([inputs, targets]))
        padded = as_numpy(model([np.pad(inputs, [(0, 0), (0, 3)]), targets]))
        np.testing.assert_allclose(padded, alone, rtol=1e-5, atol=1e-6)

    @pytest.mark.slow
    def test_learns_to_reverse_digits(self):
        model = reverser()
        inputs, targets = digits_and_their_reverse(4000, longest=3)
        model.compile(
            keras.optimizers.Adam(2e-2, clipnorm=1.0), "sparse_categorical_crossentropy"
        )
        model.fit([inputs, targets], targets, batch_size=200, epochs=5, verbose=0)
        inputs, targets = digits_and_their_reverse(200, longest=3)
        right = (model.decode(inputs, 4) == targets).all(axis=1)
        assert right.mean() > 0.9

    def test_saves_and_loads(self, tmp_path):
        model = reverser(units=6)
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
        inputs, _ = digits_and_their_reverse(6)
        assert loaded.decode(inputs, 5).tolist() == model.decode(inputs, 5).tolist()
