"""Stateful networks, generation, decoding, spectrograms and vocabularies."""

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
from zoo.models.recurrent.stack import without_state
from zoo.models.recurrent.vocabulary import Codec
from zoo.models.recurrent.waveforms import LogMelSpectra

BACKEND = keras.backend.backend()
CELLS = ["simple", "lstm", "gru"]


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def stateful(cell="gru", batch_size=2, **given):
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
    def test_segments_contain_the_whole_sequences(self):
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
            (np.ones((2, 4)), np.ones((2, 3)), {}, "same number of sequences"),
            (np.ones(4), np.ones(4), {}, "sequences, time"),
            (np.ones((2, 0)), np.ones((2, 0)), {}, "without a 0"),
            (np.ones((2, 4)), np.ones((2, 4)), {"length": 0}, "length"),
            (np.ones((2, 4)), np.ones((2, 4)), {"batch_size": 0}, "batch_size"),
        ],
    )
    def test_bad_arguments_are_refused(self, inputs, targets, given, message):
        with pytest.raises(ValueError, match=message):
            Segments(inputs, targets, **{"length": 2, "batch_size": 2, **given})

    def test_sequence_too_short_for_its_rows_is_refused(self):
        with pytest.raises(ValueError, match="too few for 5 rows"):
            side_by_side([1, 2, 3], 5)


class TestStatefulNetwork:
    @pytest.mark.parametrize("cell", CELLS)
    def test_segments_give_the_outputs_of_the_whole_sequence(self, cell):
        inputs, targets = long_sequences()
        model = stateful(cell)
        whole = as_numpy(model.with_carried_state(None)(inputs))
        segments = Segments(inputs, targets, length=4, batch_size=2)
        for _ in range(2):  # The second time starts from zeros again.
            parts = model.predict(segments, verbose=0)
            outputs = np.concatenate(np.split(parts, 3), axis=1)
            np.testing.assert_allclose(outputs, whole, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("cell", CELLS)
    def test_fit_follows_the_truncated_gradient(self, cell):
        """Compares with updates by hand, from the gradients within each segment."""
        inputs, targets = long_sequences()
        model = stateful(cell)
        by_hand = model.with_carried_state(None)
        model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=False)
        model.fit(Segments(inputs, targets, length=4, batch_size=2), verbose=0)

        layers = [by_hand.get_layer(f"recurrent_{n}") for n in range(2)]
        head = by_hand.get_layer("classifier")
        states = [layer.get_initial_state(2) for layer in layers]
        for part in range(3):
            steps = slice(4 * part, 4 * part + 4)
            # The state is a constant: NumPy arrays have no gradient.
            start = [[as_numpy(s) for s in state] for state in states]
            states = truncated_step(
                layers, head, start, inputs[:, steps], targets[:, steps]
            )
        for weight, expected in zip(
            model.trainable_variables, by_hand.trainable_variables, strict=True
        ):
            np.testing.assert_allclose(
                as_numpy(weight), as_numpy(expected), rtol=1e-4, atol=1e-6
            )

    def test_last_segment_and_last_batch_may_be_padded(self):
        inputs, targets = long_sequences(3, 10)
        model = stateful()
        segments = Segments(inputs, targets, length=4, batch_size=2)
        whole = as_numpy(model.with_carried_state(None)(inputs))
        parts = model.predict(segments, verbose=0).reshape(2, 3, 2, 4, 2)
        given = parts.transpose(0, 2, 1, 3, 4).reshape(4, 12, 2)[:3, :10]
        np.testing.assert_allclose(given, whole, rtol=1e-5, atol=1e-6)

    def test_shuffling_is_refused(self):
        inputs, targets = long_sequences()
        model = stateful()
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match="shuffle"):
            model.fit(Segments(inputs, targets, length=4, batch_size=2), shuffle=True)

    def test_copy_with_another_batch_size_has_the_same_outputs(self):
        inputs, _ = long_sequences()
        model = stateful()
        model.get_layer("classifier").trainable = False
        one = model.with_carried_state(1)
        assert not one.get_layer("classifier").trainable
        np.testing.assert_allclose(
            as_numpy(one([inputs[:1], np.array([True])])),
            as_numpy(model([inputs, np.array([True, True])]))[:1],
            rtol=1e-5,
        )


def truncated_step(layers, head, start, inputs, targets):
    """One step of gradient descent on one segment; returns the final states."""
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
        weight.assign(as_numpy(weight) - 0.5 * as_numpy(slope))
    return ends


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
            stateful().generate(3)
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


def triangular_filters(bins, bands, sample_rate):
    """Triangles whose half width is the distance of their centres, in mel."""

    def mel(frequency):
        return 2595 * np.log10(1 + frequency / 700)

    least = mel(20)
    width = (mel(sample_rate / 2) - least) / (bands + 1)
    centres = least + width * np.arange(1, bands + 1)
    frequencies = mel(np.arange(bins) * sample_rate / 2 / (bins - 1))
    return np.maximum(0, 1 - abs(frequencies[:, None] - centres) / width)


class TestSpectrogram:
    def test_follows_its_formula(self):
        rng = np.random.default_rng(0)
        clips = rng.normal(size=(2, 1010)) * [[0.3], [1e-4]]
        clips = clips.astype("float32")
        layer = LogMelSpectra(8000, frame_length=0.02, frame_step=0.01, mel_bands=12)
        outputs = as_numpy(layer(clips))
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(160) / 160)
        matrix = triangular_filters(129, 12, 8000)
        for clip, spectra in zip(clips.astype("float64"), outputs, strict=True):
            clip = np.append(clip, np.zeros(320))
            frames = [clip[80 * t : 80 * t + 160] * window for t in range(13)]
            power = np.abs(np.fft.rfft(frames, 256)) ** 2
            mel = power @ matrix
            decibels = np.maximum(10 * np.log10(mel / mel.max()), -80)
            np.testing.assert_allclose(spectra, 1 + decibels / 40, atol=2e-4)

    def test_tone_is_loudest_in_its_band(self):
        time = np.arange(4000) / 8000
        tone = np.sin(2 * np.pi * 1000 * time)[None].astype("float32")
        loudest = as_numpy(LogMelSpectra(8000)(tone)).mean(axis=(0, 1)).argmax()
        edges = 2595 * np.log10(1 + np.array([20, 1000, 4000]) / 700)
        band = (edges[1] - edges[0]) / (edges[2] - edges[0]) * 41 - 1
        assert abs(loudest - band) <= 0.5

    @pytest.mark.parametrize("samples", [1, 79, 80, 81, 1000])
    def test_symbolic_shape_is_that_of_a_call(self, samples):
        layer = LogMelSpectra(8000)
        real = layer(np.zeros((2, samples), "float32")).shape
        assert tuple(real) == layer.compute_output_shape((2, samples))

    def test_output_for_silence_is_finite(self):
        model = RecurrentNetwork(num_classes=2, inputs="waveform", units=4)
        assert np.isfinite(as_numpy(model(np.zeros((1, 4000), "float32")))).all()


class TestVocabulary:
    def test_entries_are_in_order_of_frequency_and_alphabet(self):
        assert learn_vocabulary(["b a", "c a"]) == ["a", "b", "c"]
        assert learn_vocabulary(["ba", "ca"], size=2, split="character") == ["a", "b"]
        with pytest.raises(ValueError, match="at least one word"):
            learn_vocabulary([" "])
        with pytest.raises(ValueError, match="size"):
            learn_vocabulary(["a"], size=0)

    def test_codec_round_trip(self):
        codec = Codec(["the", "film", "."], "word")
        tokens = codec.tokens(["The film.", "a film"])
        assert tokens.tolist() == [[2, 3, 4], [1, 3, 0]]
        assert codec.texts(tokens) == ["the film .", "\ufffd film"]
        letters = Codec(list("né "), "character")
        assert letters.texts(letters.tokens(["né né"])) == ["né né"]


def test_stateful_layer_contains_a_layer_of_keras():
    model = stateful("gru")
    assert type(without_state(model.get_layer("recurrent_0"))) is keras.layers.GRU
    assert without_state(model.get_layer("recurrent_1")).use_cudnn is False
    assert stateful(mask_padding=False).get_layer("recurrent_0").layer.use_cudnn == (
        "auto"
    )
