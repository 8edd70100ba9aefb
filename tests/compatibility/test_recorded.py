"""Short trainings give the recorded numbers, signatures and batches.

`recorded.json` was written by `tests.compatibility.record` with version 0.1.0. If
behaviour is changed on purpose, record again and say so in the commit.
"""

import json
import pathlib

import numpy as np
import pytest

from tests.compatibility.record import CASES, record

RECORDED = json.loads(pathlib.Path(__file__).with_name("recorded.json").read_text())
# After these few steps of float32, arrays differ between processors by up to 5e-6 of
# their length; in bfloat16, whose mantissa has 8 bits, by up to 6e-3.
ROUNDING = 1e-4
COARSE = {"mlp, augmented": 2e-2}


def assert_recorded(name, found):
    """Fail if a training differs from its record by more than rounding."""
    case, expected = CASES[name], RECORDED[name]
    tolerance = COARSE.get(name, ROUNDING)
    assert found.keys() == expected.keys()
    assert found.get("signatures") == expected.get("signatures")
    assert found["optimizer"]["iterations"] == expected["optimizer"]["iterations"]
    assert_weights(found["weights"], expected["weights"], tolerance)
    for row, other in zip(found["metrics"], expected["metrics"], strict=True):
        assert row.keys() == other.keys()
        for key, value in row.items():
            # Rounding may change one answer of the smallest part, which has 8 examples.
            one = 1 / 8 if "accuracy" in key else 0
            assert value == pytest.approx(other[key], rel=tolerance, abs=one), key
    for batch, other in zip(found["batches"], expected["batches"], strict=True):
        if case.has_exact_batches:
            assert batch == other
        else:
            assert_weights(batch, other, tolerance)


def assert_weights(found, expected, tolerance):
    """Fail if an array differs by more than a fraction of its norm."""
    assert found.keys() == expected.keys()
    for name, one in found.items():
        other = expected[name]
        assert one["shape"] == other["shape"], name
        for key in {"norm", "projection"} & other.keys():
            np.testing.assert_allclose(
                one[key], other[key], rtol=0, atol=tolerance * other["norm"] + 1e-7
            )


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_training_gives_the_recorded_numbers(name):
    assert_recorded(name, record(CASES[name]))


def test_every_case_is_recorded():
    assert [*RECORDED] == [*CASES]


def test_another_learning_rate_is_noticed():
    """The bound is tight: 1 % more is caught."""
    found = record(CASES["mlp"], learning_rate=1.01e-3)
    with pytest.raises(AssertionError):
        assert_recorded("mlp", found)
