"""Stateful recurrent networks: segments of long sequences, and their gradients."""

import keras
import numpy as np
import pytest

from zoo.models.recurrent import RecurrentNetwork, Segments, side_by_side
from zoo.models.recurrent.stack import without_state

BACKEND = keras.backend.backend()


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
    @pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
    def test_segments_give_the_outputs_of_the_whole_sequence(self, cell):
        inputs, targets = long_sequences()
        model = stateful(cell)
        whole = as_numpy(model.with_carried_state(None)(inputs))
        segments = Segments(inputs, targets, length=4, batch_size=2)
        for _ in range(2):  # The second time starts from zeros again.
            parts = model.predict(segments, verbose=0)
            outputs = np.concatenate(np.split(parts, 3), axis=1)
            np.testing.assert_allclose(outputs, whole, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
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


def test_stateful_layer_contains_a_layer_of_keras():
    model = stateful("gru")
    assert type(without_state(model.get_layer("recurrent_0"))) is keras.layers.GRU
    assert without_state(model.get_layer("recurrent_1")).use_cudnn is False
    assert stateful(mask_padding=False).get_layer("recurrent_0").layer.use_cudnn == (
        "auto"
    )
