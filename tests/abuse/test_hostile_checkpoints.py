"""Checkpoints that hold code, or are not what they say, are not used."""

import io
import json
import os
import zipfile

import keras
import numpy as np
import pytest

from recipes.training.checkpoints.state import captured, restore
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from zoo.digest import sha256
from zoo.errors import InputError
from zoo.json_files import DEEPEST


class Bomb:
    """Pickled, it would delete a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.remove, (str(self.path),)


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def raw(content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("0.npy", content)
    return stream.getvalue()


HOSTILE = {  # the file, and its content for the file that code would delete
    "pickled array": (
        "arrays.npz",
        lambda c: npz(**{"0": np.array([Bomb(c)], object)}),
    ),
    "pickle": ("arrays.npz", lambda c: raw(b"\x80\x04cos\nremove\n.")),
    "not an archive": ("arrays.npz", lambda c: b"PK\x03\x04 and nothing"),
    "empty": ("arrays.npz", lambda c: b""),
    "link outside": ("arrays.npz", None),
    "a list": ("facts.json", lambda c: b"[1]"),
    "nothing": ("facts.json", lambda c: b"null"),
    "no step": ("facts.json", lambda c: b"{}"),
    "step of text": ("facts.json", lambda c: b'{"step": "7"}'),
    "deep": ("facts.json", lambda c: b"[" * 50_000),
    "too deep": ("facts.json", lambda c: b"[" * 999 + b"]" * 999),
    "not UTF-8": ("facts.json", lambda c: b"\xff\xfe{}"),
    "sums of nothing": ("SHA256SUMS", lambda c: b""),
    "sums of text": ("SHA256SUMS", lambda c: b"hello\n\n\n"),
    "sums of bytes": ("SHA256SUMS", lambda c: b"\xff\xfe"),
}


@pytest.mark.parametrize("name, content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_checkpoint_is_passed_over(name, content, tmp_path):
    canary = tmp_path / "canary.txt"
    canary.write_text("what the user wrote")
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for step in (3, 7):
        checkpoints.write(Checkpoint(step, {"0": np.ones(2)}, {"callbacks": {}}))
    file = tmp_path / "checkpoints" / "step-0000000007" / name
    if content is None:
        file.unlink()
        file.symlink_to("/dev/null")
    else:
        file.write_bytes(content(canary))
    if name != "SHA256SUMS":  # whoever made the files made the sums too
        sums = [
            f"{sha256(file.with_name(n))}  {n}\n" for n in ("arrays.npz", "facts.json")
        ]
        file.with_name("SHA256SUMS").write_text("".join(sums))
    with pytest.warns(UserWarning, match="step-0000000007 is damaged") as warned:
        assert checkpoints.newest().step == 3
    assert all("\n" not in str(warning.message) for warning in warned)
    assert canary.read_text() == "what the user wrote"


ENTRIES = {  # a change of the arrays and of their descriptions
    "missing": lambda arrays, entries: arrays.pop("0"),
    "another shape": lambda arrays, entries: arrays.update({"0": np.ones((9, 9))}),
    "bytes too few": lambda arrays, entries: arrays.update({"0": np.ones(3, "u1")}),
    "no description": lambda arrays, entries: entries.__setitem__(0, None),
    "short description": lambda arrays, entries: entries.__setitem__(0, ["a"]),
    "type of objects": lambda arrays, entries: entries[0].__setitem__(1, "object"),
    "unknown type": lambda arrays, entries: entries[0].__setitem__(1, "os.system"),
    "type of another kind": lambda arrays, entries: entries[0].__setitem__(1, [1]),
    "shape of text": lambda arrays, entries: entries[0].__setitem__(2, "many"),
    "deep shape": lambda arrays, entries: entries[0].__setitem__(2, [[1] * DEEPEST]),
    "more variables": lambda arrays, entries: entries.append(["a", "float32", []]),
}


@pytest.mark.parametrize("change", ENTRIES.values(), ids=ENTRIES)
def test_variables_that_do_not_fit_are_refused(change):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    arrays, entries = captured(model.variables)
    entries = json.loads(json.dumps(entries))
    change(arrays, entries)
    with pytest.raises(InputError, match=r"The checkpoint.*\.$"):
        restore(model.variables, arrays, entries)
