"""Batches are a function of the seed and the step, byte for byte."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chisquare

from recipes.data.dataset import Part
from recipes.pipeline import ordered_batches, steps_per_epoch, training_batches
from zoo.errors import InputError

NUMBER = 103
PART = Part(
    np.random.default_rng(0).integers(0, 256, (NUMBER, 4, 4, 1), dtype="uint8"),
    np.arange(NUMBER),
)


def noisy(inputs, labels, seed):
    noise = tf.random.stateless_normal(tf.shape(inputs), seed)
    return tf.cast(inputs, tf.float32) + noise, labels


def numbers(batches, count):
    """Return the labels of the next batches; the labels are indices of examples."""
    return [labels.numpy() for _, labels in batches.take(count)]


def as_bytes(batches, count):
    return [
        inputs.numpy().tobytes() + labels.numpy().tobytes()
        for inputs, labels in batches.take(count)
    ]


def with_threads(batches, threads):
    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    return batches.with_options(options)


@pytest.mark.parametrize("batch_size", [1, 16, 50, 102, 103])
def test_every_epoch_has_every_example_once(batch_size):
    steps = steps_per_epoch(NUMBER, batch_size)
    batches = numbers(training_batches(PART, batch_size=batch_size), 3 * steps)
    epochs = [np.concatenate(batches[n * steps :][:steps]) for n in range(3)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(NUMBER))
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_inputs_keep_their_labels():
    for inputs, labels in training_batches(PART, batch_size=16).take(7):
        np.testing.assert_array_equal(inputs, PART.inputs[labels.numpy()])


@pytest.mark.parametrize("augment", [None, noisy], ids=["plain", "augmented"])
@pytest.mark.parametrize("start", [1, 6, 7, 20, 1234])
def test_starting_at_a_step_is_the_same_as_running_to_it(start, augment):
    whole = training_batches(PART, batch_size=16, seed=3, augment=augment)
    late = training_batches(
        PART, batch_size=16, seed=3, augment=augment, start_step=start
    )
    assert as_bytes(late, 5) == as_bytes(whole.skip(start), 5)


def test_the_number_of_threads_does_not_matter():
    batches = training_batches(PART, batch_size=16, seed=3, augment=noisy)
    one, eight = (as_bytes(with_threads(batches, n), 40) for n in (1, 8))
    assert one == eight


def test_the_seed_determines_the_batches():
    first, again, other = (
        as_bytes(training_batches(PART, batch_size=16, seed=s, augment=noisy), 9)
        for s in (5, 5, 6)
    )
    assert first == again
    assert not set(first) & set(other)


def test_epochs_of_neighbouring_seeds_differ():
    orders = {
        tuple(np.concatenate(numbers(training_batches(PART, batch_size=50, seed=s), 9)))
        for s in range(20)
    }
    epochs = {order[n * NUMBER :][:NUMBER] for order in orders for n in range(3)}
    assert len(epochs) == 60


@pytest.fixture(scope="module")
def many_orders():
    """The orders of 3,000 epochs of 100 examples, with one seed."""
    part = Part(np.zeros((100, 1)), np.arange(100))
    return np.stack(numbers(training_batches(part, batch_size=100), 3000))


def test_all_epochs_differ(many_orders):
    assert len(np.unique(many_orders, axis=0)) == 3000


def test_every_example_is_equally_likely_at_every_position(many_orders):
    for position in range(100):
        counts = np.bincount(many_orders[:, position], minlength=100)
        assert chisquare(counts).pvalue > 1e-5


def test_every_pair_of_neighbours_is_equally_likely(many_orders):
    steps = np.diff(many_orders, axis=1) % 100
    assert chisquare(np.bincount(steps.ravel())[1:]).pvalue > 1e-3


def test_dropping_remainders_gives_static_shapes_and_leaves_out_no_example_always():
    batches = training_batches(PART, batch_size=16, drop_remainder=True)
    assert batches.element_spec[0].shape == (16, 4, 4, 1)
    seen = numbers(batches, 5 * steps_per_epoch(NUMBER, 16, drop_remainder=True))
    assert {len(labels) for labels in seen} == {16}
    assert len(set(np.concatenate(seen))) == NUMBER


def test_shapes_are_static_if_the_batch_size_divides_the_data():
    part = Part(PART.inputs[:96], PART.labels[:96])
    batches = training_batches(part, batch_size=16)
    assert batches.element_spec[0].shape == (16, 4, 4, 1)


def test_the_graph_contains_no_python():
    batches = training_batches(PART, batch_size=16, augment=noisy)
    graph = batches._as_serialized_graph().numpy()  # fails on Python functions
    assert b"PyFunc" not in graph


def test_ordered_batches_keep_the_order():
    batches = list(ordered_batches(PART, batch_size=50))
    assert [len(labels) for _, labels in batches] == [50, 50, 3]
    np.testing.assert_array_equal(
        np.concatenate([labels for _, labels in batches]), PART.labels
    )
    np.testing.assert_array_equal(
        np.concatenate([inputs for inputs, _ in batches]), PART.inputs
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"batch_size": 104}, "104 is larger than the data: there are 103"),
        ({"batch_size": 0}, "at least 1, got 0"),
        ({"batch_size": 8, "seed": -1}, "seed"),
        ({"batch_size": 8, "seed": 1.5}, "seed"),
        ({"batch_size": 8, "seed": 2**63}, "seed"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        training_batches(PART, **arguments)
