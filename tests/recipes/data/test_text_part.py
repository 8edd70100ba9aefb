"""A text in parallel streams: what each batch holds."""

import numpy as np
import pytest

from recipes.data.text_part import TextPart
from recipes.pipeline import ordered_batches, sampled_batches, training_sampler
from zoo.errors import InputError

LAYOUTS = {  # tokens, streams, segment
    "nothing to pad": (96, 4, 8),
    "padded segments": (101, 4, 8),
    "a short stream": (50, 8, 16),
    "one stream": (37, 1, 10),
    "streams without a token": (9, 8, 3),
    "segments of one": (20, 3, 1),
}


def part_of(count, unknown=0):
    """Tokens that are all different, so that each tells its place."""
    tokens = np.arange(2, count + 2, dtype="int32")
    tokens[len(tokens) // 2 : len(tokens) // 2 + unknown] = 1
    return TextPart(tokens, tokens, vocabulary=tuple(map(str, range(count))))


def epochs_of(part, streams, segment, epochs):
    """The batches of some epochs, as arrays `(steps, streams, …)`."""
    part = part.arranged(streams, segment)
    sampler = training_sampler(part, streams, seed=3)
    steps = len(part) // streams
    batches = sampled_batches(part, sampler, batch_size=streams, seed=3)
    found = [*batches.take(epochs * steps).as_numpy_iterator()]
    for epoch in range(epochs):
        rows = found[epoch * steps : (epoch + 1) * steps]
        inputs, starts = zip(*(row[0] for row in rows), strict=True)
        yield [
            np.stack(arrays)
            for arrays in (
                inputs,
                starts,
                *zip(*(row[1:] for row in rows), strict=True),
            )
        ]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_each_token_is_predicted_once_from_the_one_before_it(layout):
    count, streams, segment = layout
    first_targets = []
    for inputs, starts, targets, weights in epochs_of(
        part_of(count), streams, segment, epochs=3
    ):
        counted = weights > 0
        assert sorted(targets[counted]) == [*range(3, count + 2)]
        np.testing.assert_array_equal(inputs[counted], targets[counted] - 1)
        assert starts[0].all()
        assert not starts[1:].any()
        assert len(np.unique(weights)) <= 2
        assert weights.mean() == pytest.approx(1)
        first_targets.append(targets[0, 0, 0])
        # Each stream continues where its last segment ended.
        whole = inputs.transpose(1, 0, 2).reshape(streams, -1)
        following = targets.transpose(1, 0, 2).reshape(streams, -1)
        shown = counted.transpose(1, 0, 2).reshape(streams, -1)
        for row, after, real in zip(whole, following, shown, strict=True):
            both = real[:-1] & real[1:]
            goes_round = row[1:] == 2  # the first token, after the last one
            assert (goes_round | (row[1:] == after[:-1]))[both].all()
    if count > 4 * streams:
        assert len({*first_targets}) == 3  # another start in each epoch


def test_unknown_tokens_are_read_and_not_predicted():
    (epoch,) = epochs_of(part_of(60, unknown=5), 2, 10, epochs=1)
    inputs, _, targets, weights = epoch
    assert 1 in inputs
    assert 1 not in targets[weights > 0]
    assert weights.mean() == pytest.approx(1)


def test_a_batch_depends_on_its_step_alone():
    part = part_of(100).arranged(4, 8)
    sampler = training_sampler(part, 4, seed=0)
    whole = sampled_batches(part, sampler, batch_size=4)
    later = sampled_batches(part, sampler, batch_size=4, start_step=5)
    expected = [*whole.take(7).as_numpy_iterator()][5:]
    for one, other in zip(expected, later.take(2).as_numpy_iterator(), strict=True):
        np.testing.assert_equal(one, other)


def test_the_beginning_of_a_text():
    part = part_of(100)
    assert part.take(slice(7)).inputs.tolist() == [*range(2, 9)]
    few = part.arranged(8, 4).take(slice(3))
    ((inputs, _), _, _), *others = ordered_batches(few, batch_size=3)
    assert (inputs.shape, others) == ((3, 4), [])
    with pytest.raises(InputError, match="no examples to choose from"):
        part.take(np.array([3, 5]))
