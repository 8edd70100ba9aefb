"""`kill -9` while examples are decoded into the cache leaves nothing behind."""

import signal
import sys

import numpy as np
import pytest
from scipy.io import wavfile

import recipes
from recipes.sources.files import cache
from tests.recipes.training.killed_run import KillAtCall, process_context


def decode(sounds, kept, last_call):
    cache.WORTH_KEEPING = 0
    if last_call is not None:
        sys.setprofile(KillAtCall(last_call))
    recipes.load(sounds, cache_dir=str(kept))


def status_of(*arguments):
    process = process_context().Process(target=decode, args=arguments)
    process.start()
    process.join()
    return process.exitcode


# While files are read, before the arrays are written, before the rename, and at the
# beginning of the next attempt.
CALLS = ["read", "_kept", "move_into_place", "remove_abandoned_drafts"]


@pytest.fixture
def sounds(tmp_path):
    for label in "ab":
        (tmp_path / "sounds" / label).mkdir(parents=True)
        for number in range(6):
            samples = np.arange(80, dtype="int16") * (number + 1)
            file = tmp_path / f"sounds/{label}/{number}.wav"
            wavfile.write(file, 8000, samples)
    return tmp_path / "sounds"


def test_a_killed_decoding_leaves_the_cache_as_an_unkilled_one(sounds, tmp_path):
    kept, unkilled = tmp_path / "cache", tmp_path / "unkilled"
    for call in CALLS:
        assert status_of(sounds, kept, call) == -signal.SIGKILL, call
    assert status_of(sounds, kept, None) == 0
    assert status_of(sounds, unkilled, None) == 0
    left, right = (
        {path.relative_to(folder): path.is_file() for path in folder.rglob("*")}
        for folder in (kept, unkilled)
    )
    assert left == right
    read = recipes.load(sounds, cache_dir=str(kept))
    assert any("decoded before" in note for note in read.notes)
    fresh = recipes.load(sounds, cache_dir="none")
    np.testing.assert_array_equal(read.train.inputs, fresh.train.inputs)
