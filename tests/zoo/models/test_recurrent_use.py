"""Carried state, writing, decoding, and what the inputs become."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.models.recurrent import (
    RecurrentNetwork,
    Segments,
    learn_vocabulary,
    side_by_side,
)
from zoo.models.recurrent.stack import bare
from zoo.models.recurrent.vocabulary import Codec
from zoo.models.recurrent.waveforms import LogMelSpectra, mel_matrix

BACKEND = keras.backend.backend()
CELLS = ["simple", "lstm", "gru"]


def plain(x):
    return keras.ops.convert_to_numpy(x)


def carrying(cell="gru", batch_size=2, **given):
    keras.utils.set_random_seed(0)
    return RecurrentNetwork(
        **{
            "input_shape": (None, 3),
            "output_units": 2,
            "mode": "many_to_many",
            "cell": cell,
            "units": (4, 3),
            "dropout": 0.0,
            "stateful_batch_size": batch_size,
            **given,
        }
    )


def long_sequences(number=2, length=12):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(number, length, 3)).astype("float32")
    return inputs, rng.normal(size=(number, length, 2)).astype("float32")


class TestSegments:
    def test_they_put_the_sequences_together_again(self):
        inputs, targets = long_sequences(5, 7)
        segments = Segments(inputs, targets, length=3, batch_size=2)
        assert len(segments) == 3 * 3
        batches = [segments[n] for n in range(len(segments))]
        rows = [
            np.concatenate([batches[3 * group + n][0][0] for n in range(3)], axis=1)
            for group in range(3)
        ]
        whole = np.concatenate(rows)
        np.testing.assert_array_equal(whole[:5, :7], inputs)
        assert not whole[5:].any()
        assert not whole[:, 7:].any()
        assert sum(weights.sum() for _, _, weights in batches) == 5 * 7
        starts = [batch[0][1].all() for batch in batches]
        assert starts == [n % 3 == 0 for n in range(9)]

    @pytest.mark.parametrize(
        "inputs, targets, given, message",
        [
            (np.ones((2, 4)), np.ones((2, 3)), {}, "same sequences and time"),
            (np.ones(4), np.ones(4), {}, "sequences, time"),
            (np.ones((2, 0)), np.ones((2, 0)), {}, "none of them 0"),
            (np.ones((2, 4)), np.ones((2, 4)), {"length": 0}, "length"),
            (np.ones((2, 4)), np.ones((2, 4)), {"batch_size": 0}, "batch_size"),
        ],
    )
    def test_what_cannot_be_cut_is_refused(self, inputs, targets, given, message):
        with pytest.raises(ValueError, match=message):
            Segments(inputs, targets, **{"length": 2, "batch_size": 2, **given})

    def test_a_sequence_too_short_for_its_rows(self):
        with pytest.raises(ValueError, match="too few for 5 rows"):
            side_by_side([1, 2, 3], 5)


class TestCarriedState:
    @pytest.mark.parametrize("cell", CELLS)
    def test_segments_give_what_the_unbroken_sequence_gives(self, cell):
        inputs, targets = long_sequences()
        model = carrying(cell)
        unbroken = plain(model.with_carried_state(None)(inputs))
        segments = Segments(inputs, targets, length=4, batch_size=2)
        for _ in range(2):  # the second time from zero again
            parts = model.predict(segments, verbose=0)
            given = np.concatenate(np.split(parts, 3), axis=1)
            np.testing.assert_allclose(given, unbroken, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("cell", CELLS)
    def test_fit_follows_the_gradient_that_is_cut(self, cell):
        """Each update against one by hand: this segment's steps and weights alone."""
        inputs, targets = long_sequences()
        model = carrying(cell)
        by_hand = model.with_carried_state(None)
        model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=False)
        model.fit(Segments(inputs, targets, length=4, batch_size=2), verbose=0)

        layers = [by_hand.get_layer(f"recurrent_{n}") for n in range(2)]
        head = by_hand.get_layer("classifier")
        states = [layer.get_initial_state(2) for layer in layers]
        for part in range(3):
            steps = slice(4 * part, 4 * part + 4)
            # The state enters as a constant: NumPy holds no gradient.
            start = [[plain(s) for s in state] for state in states]
            states = truncated_step(
                layers, head, start, inputs[:, steps], targets[:, steps]
            )
        for mine, hand in zip(
            model.trainable_variables, by_hand.trainable_variables, strict=True
        ):
            np.testing.assert_allclose(plain(mine), plain(hand), rtol=1e-4, atol=1e-6)

    def test_shorter_sequences_end_where_they_end(self):
        inputs, targets = long_sequences(3, 10)
        model = carrying()
        segments = Segments(inputs, targets, length=4, batch_size=2)
        unbroken = plain(model.with_carried_state(None)(inputs))
        parts = model.predict(segments, verbose=0).reshape(2, 3, 2, 4, 2)
        given = parts.transpose(0, 2, 1, 3, 4).reshape(4, 12, 2)[:3, :10]
        np.testing.assert_allclose(given, unbroken, rtol=1e-5, atol=1e-6)

    def test_shuffling_is_refused(self):
        inputs, targets = long_sequences()
        model = carrying()
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match="shuffle"):
            model.fit(Segments(inputs, targets, length=4, batch_size=2), shuffle=True)

    def test_a_copy_of_another_batch_size_answers_the_same(self):
        inputs, _ = long_sequences()
        model = carrying()
        model.get_layer("classifier").trainable = False
        one = model.with_carried_state(1)
        assert not one.get_layer("classifier").trainable
        np.testing.assert_allclose(
            plain(one([inputs[:1], np.array([True])])),
            plain(model([inputs, np.array([True, True])]))[:1],
            rtol=1e-5,
        )


def truncated_step(layers, head, start, inputs, targets):
    """One step of gradient descent on one segment; the states behind it."""
    weights = [w for part in (*layers, head) for w in part.trainable_variables]

    def run():
        x, ends = keras.ops.convert_to_tensor(inputs), []
        for layer, state in zip(layers, start, strict=True):
            outputs = []
            state = [keras.ops.convert_to_tensor(s) for s in state]
            for step in range(inputs.shape[1]):
                y, state = layer.cell(x[:, step], state)
                outputs.append(y)
            x = keras.ops.stack(outputs, axis=1)
            ends.append(state)
        error = head(x) - keras.ops.convert_to_tensor(targets)
        return keras.ops.mean(keras.ops.square(error)), ends

    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss, ends = run()
        slopes = tape.gradient(loss, [w.value for w in weights])
    elif BACKEND == "torch":
        loss, ends = run()
        for weight in weights:
            weight.value.grad = None
        loss.backward()
        slopes = [w.value.grad for w in weights]
    else:
        import jax

        def loss_of(values):
            scope = zip(weights, values, strict=True)
            with keras.StatelessScope(state_mapping=list(scope)):
                return run()

        values = [w.value for w in weights]
        slopes, ends = jax.jit(jax.grad(loss_of, has_aux=True))(values)
    for weight, slope in zip(weights, slopes, strict=True):
        weight.assign(plain(weight) - 0.5 * plain(slope))
    return ends


def writer(**given):
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
    """Untrained, all tokens are as good as equal: wider weights tell them apart."""
    head = model.get_layer("classifier")
    head.kernel.assign(plain(head.kernel) * 8)
    return model


def one_by_one(model, prompt, length):
    """The most probable tokens, each from the whole prefix once more."""
    tokens = np.array([prompt])
    for _ in range(length):
        following = plain(model(tokens))[0, -1]
        following[:2] = 0
        tokens = np.append(tokens, [[following.argmax()]], axis=1)
    return tokens


class TestGeneration:
    @pytest.mark.parametrize("cell", CELLS)
    def test_greedy_writing_is_that_of_the_whole_prefix(self, cell):
        model = sharpened(writer(cell=cell))
        prompt = [2, 4, 3]
        written = model.generate(9, prompt=prompt, temperature=0)
        assert written == model.text_of(one_by_one(model, prompt, 9))

    def test_draws_follow_the_distribution(self):
        """Chi-squared; 5 % of right ones are above the bound, this seed is not."""
        model = sharpened(writer())
        tokens = np.array([[2, 3]])
        expected = plain(model(tokens))[0, -1, 2:].astype("float64")
        for temperature in (0.5, 1.0, 2.0):
            share = expected ** (1 / temperature)
            share = 4000 * share / share.sum()
            written = model.generate(
                1, count=4000, prompt="ab", temperature=temperature, seed=5
            )
            counts = np.array([written.count(f"ab{c}") for c in "abc"])
            assert counts.sum() == 4000  # neither padding nor what is unknown
            assert ((counts - share) ** 2 / share).sum() < 5.99  # 2 degrees

    def test_the_seed_says_what_is_written(self):
        model = writer()
        first, again = (model.generate(30, count=2, seed=3) for _ in range(2))
        assert first == again
        assert first[0] != first[1]
        assert model.generate(30, count=2, seed=4) != first
        assert model.generate(30, seed=None) != model.generate(30, seed=None)

    def test_what_is_learnt_is_written_at_once(self):
        """The compiled loop reads the weights of now, not those of its first run."""
        model = writer(units=16)
        assert len(model.generate(5, seed=0)[0]) == 5
        tokens = model.tokens_of(["abcabcabcabc"] * 64)
        model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
        model.fit(tokens[:, :-1], tokens[:, 1:], epochs=20, verbose=0)
        assert model.generate(8, prompt="ab", temperature=0) == ["abcabcabca"]

    def test_a_carrying_writer_writes_as_one_that_does_not(self):
        model = writer(stateful_batch_size=2)
        free = model.with_carried_state(None)
        assert model.generate(9, seed=1) == free.generate(9, seed=1)

    def test_without_a_vocabulary_there_are_tokens(self):
        model = writer(vocabulary=None, vocabulary_size=7, split=None)
        written = model.generate(3, count=2, prompt=[5, 2], seed=0)
        assert (written.shape, written.dtype) == ((2, 5), np.dtype("int32"))
        assert written[:, :2].tolist() == [[5, 2], [5, 2]]
        assert model.generate(3, seed=0).shape == (1, 3)
        with pytest.raises(InputError, match="no vocabulary"):
            model.text_of(written)

    @pytest.mark.parametrize(
        "given, message",
        [
            ({"length": 0}, "length"),
            ({"count": 0}, "count"),
            ({"temperature": -1}, "temperature"),
            ({"prompt": ""}, "at least one"),
            ({"prompt": [9]}, "0 to 4"),
            ({"prompt": [1.5]}, "tokens"),
        ],
    )
    def test_bad_arguments(self, given, message):
        with pytest.raises(ValueError, match=message):
            writer().generate(**{"length": 3, **given})

    def test_networks_that_do_not_write_say_so(self):
        with pytest.raises(InputError, match="one_to_many"):
            carrying().generate(3)
        with pytest.raises(InputError, match="encoder_decoder"):
            writer().decode(np.ones((1, 3)), 3)


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
    def test_decoding_is_that_of_the_whole_model(self, cell, bidirectional):
        model = sharpened(
            reverser(cell=cell, bidirectional=bidirectional, units=(8, 6))
        )
        inputs, _ = digits_and_their_reverse(6)
        answers = np.zeros((6, 5), int)
        for step in range(5):
            following = plain(model([inputs, answers]))[:, step].argmax(-1)
            ended = answers[:, step - 1] == 0 if step else False
            answers[:, step] = np.where(ended, 0, following)
        assert model.decode(inputs, 5).tolist() == answers.tolist()

    def test_no_answer_depends_on_padding(self):
        model = reverser(bidirectional=True, units=6)
        inputs, targets = digits_and_their_reverse(4)
        alone = plain(model([inputs, targets]))
        padded = plain(model([np.pad(inputs, [(0, 0), (0, 3)]), targets]))
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


class TestWaveforms:
    def test_follows_its_formula(self):
        rng = np.random.default_rng(0)
        clips = rng.normal(size=(2, 1010)) * [[0.3], [1e-4]]
        clips = clips.astype("float32")
        layer = LogMelSpectra(8000, frame_length=0.02, frame_step=0.01, mel_bands=12)
        given = plain(layer(clips))
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(160) / 160)
        matrix = mel_matrix(129, 12, 8000).astype("float64")
        for clip, spectra in zip(clips.astype("float64"), given, strict=True):
            clip = np.append(clip, np.zeros(320))
            frames = [clip[80 * t : 80 * t + 160] * window for t in range(13)]
            power = np.abs(np.fft.rfft(frames, 256)) ** 2
            mel = power @ matrix
            decibels = np.maximum(10 * np.log10(mel / mel.max()), -80)
            np.testing.assert_allclose(spectra, 1 + decibels / 40, atol=2e-4)

    def test_a_tone_is_loudest_in_its_band(self):
        time = np.arange(4000) / 8000
        tone = np.sin(2 * np.pi * 1000 * time)[None].astype("float32")
        loudest = plain(LogMelSpectra(8000)(tone)).mean(axis=(0, 1)).argmax()
        edges = 2595 * np.log10(1 + np.array([20, 1000, 4000]) / 700)
        band = (edges[1] - edges[0]) / (edges[2] - edges[0]) * 41 - 1
        assert abs(loudest - band) <= 0.5

    @pytest.mark.parametrize("samples", [1, 79, 80, 81, 1000])
    def test_symbolic_length_is_the_real_one(self, samples):
        layer = LogMelSpectra(8000)
        real = layer(np.zeros((2, samples), "float32")).shape
        assert tuple(real) == layer.compute_output_shape((2, samples))

    def test_silence_has_an_answer(self):
        model = RecurrentNetwork(num_classes=2, inputs="waveform", units=4)
        assert np.isfinite(plain(model(np.zeros((1, 4000), "float32")))).all()


class TestVocabulary:
    def test_learnt_by_frequency_then_alphabet(self):
        assert learn_vocabulary(["b a", "c a"]) == ["a", "b", "c"]
        assert learn_vocabulary(["ba", "ca"], size=2, split="character") == ["a", "b"]
        with pytest.raises(ValueError, match="no word"):
            learn_vocabulary([" "])
        with pytest.raises(ValueError, match="size"):
            learn_vocabulary(["a"], size=0)

    def test_text_and_back(self):
        codec = Codec(["the", "film", "."], "word")
        tokens = codec.tokens(["The film.", "a film"])
        assert tokens.tolist() == [[2, 3, 4], [1, 3, 0]]
        assert codec.texts(tokens) == ["the film .", "\ufffd film"]
        letters = Codec(list("né "), "character")
        assert letters.texts(letters.tokens(["né né"])) == ["né né"]


def test_a_carried_layer_is_keras_own():
    model = carrying("gru")
    assert type(bare(model.get_layer("recurrent_0"))) is keras.layers.GRU
    assert bare(model.get_layer("recurrent_1")).use_cudnn is False
    assert carrying(mask_padding=False).get_layer("recurrent_0").layer.use_cudnn == (
        "auto"
    )
