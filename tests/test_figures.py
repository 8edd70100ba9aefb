"""Figures of the catalogue, and detection of stale figures."""

import shutil
import subprocess
import sys

import keras
import pytest
from click.testing import CliRunner
from PIL import Image, PngImagePlugin

from docs.figures import NAMES, freshness
from docs.figures.__main__ import main

PICTURES = freshness.ROOT / "docs" / "pictures"
needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="the figures are drawn with TensorFlow's automatic differentiation",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_picture_is_up_to_date(name):
    assert freshness.is_fresh(name, PICTURES), "run python -m docs.figures"


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_the_size_for_a_page(name):
    picture = PICTURES / f"{name}.png"
    assert picture.stat().st_size <= 150_000
    with Image.open(picture) as image:
        assert 900 <= image.width <= 1800


@pytest.fixture
def copied(tmp_path):
    """A copy of the sources that tests may change."""
    for folder in ("custom", "docs/figures"):
        shutil.copytree(freshness.ROOT / folder, tmp_path / folder)
    return tmp_path


def fingerprints(root):
    return {name: freshness.fingerprint(name, root) for name in NAMES}


OPTIMIZED = {"optimizers", "penalties", "gradient_flow", "decision_boundaries"}


@pytest.mark.parametrize(
    "changed, stale",
    [
        ("custom/activations.py", NAMES[:1] + NAMES[-2:]),
        ("custom/layers/windows.py", {"pooling"}),
        ("custom/layers/label_smoothing.py", ()),
        ("custom/losses/adversarial.py", ()),
        ("custom/optimizers/tensorflow_kernels.py", OPTIMIZED),
        ("custom/optimizers/moments.py", OPTIMIZED - {"penalties"}),
        ("custom/regularizers.py", {"penalties"}),
        ("docs/figures/penalties.py", {"penalties"}),
        ("docs/figures/style.py", NAMES),
    ],
)
def test_a_change_makes_dependent_figures_stale(copied, changed, stale):
    before = fingerprints(copied)
    path = copied / changed
    path.write_text(path.read_text("utf-8") + "\nchanged = True\n", "utf-8")
    after = fingerprints(copied)
    assert {name for name in NAMES if after[name] != before[name]} == set(stale)


def test_the_fingerprint_does_not_depend_on_the_folder(copied):
    assert fingerprints(copied) == fingerprints(freshness.ROOT)


def test_comments_and_docstrings_do_not_make_figures_stale():
    plain = 'x = "#"\n\n\ndef f():\n    return 1\n'
    documented = (
        '"""Module."""\n\nx = "#"  # why\n\n\n'
        'def f():\n    """One.\n\n    # two\n    """\n    # three\n    return 1\n'
        '\n\ndeclare(\n    "F",\n    f,\n)\n'
    )
    assert freshness.code(documented) == freshness.code(plain)
    assert freshness.code(plain.replace("1", "2")) != freshness.code(plain)


def fake_picture(folder, name, fingerprint):
    text = PngImagePlugin.PngInfo()
    text.add_text(freshness.KEY, fingerprint)
    Image.new("1", (1, 1)).save(folder / f"{name}.png", pnginfo=text)


@pytest.fixture
def fresh(tmp_path):
    """A folder of empty pictures with valid fingerprints."""
    for name in NAMES:
        fake_picture(tmp_path, name, freshness.fingerprint(name))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_check_accepts_up_to_date_pictures(fresh):
    result = run("--check", "--out", fresh)
    assert (result.exit_code, result.output) == (0, "")


def test_check_lists_stale_and_missing_pictures(fresh):
    fake_picture(fresh, "pooling", "other")
    (fresh / "penalties.png").unlink()
    result = run("--check", "--out", fresh)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"stale: {fresh / 'pooling.png'}",
        f"missing: {fresh / 'penalties.png'}",
        "To update the pictures, run: python -m docs.figures",
    ]
    assert not (fresh / "penalties.png").exists()


def test_a_check_does_not_import_tensorflow(fresh):
    program = f"""
import sys
from docs.figures.__main__ import main
main(["--check", "--out", {str(fresh)!r}], standalone_mode=False)
print(sorted({{"keras", "numpy", "tensorflow"}} & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=freshness.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "[]\n"


def test_all_and_check_exclude_each_other():
    result = run("--all", "--check")
    assert result.exit_code == 2
    assert "give one of them" in result.output


@needs_tensorflow
def test_only_stale_figures_are_drawn_reproducibly(fresh):
    picture = fresh / "activations.png"
    contents = []
    for _ in range(2):
        others = {p: p.read_bytes() for p in fresh.iterdir() if p != picture}
        fake_picture(fresh, "activations", "other")
        result = run("--out", fresh)
        assert result.exit_code == 0, result.output
        assert [line.split(":")[0] for line in result.output.splitlines()] == [
            str(picture)
        ]
        assert all(path.read_bytes() == kept for path, kept in others.items())
        contents.append(picture.read_bytes())
    assert contents[0] == contents[1]
    assert freshness.is_fresh("activations", fresh)
    assert run("--out", fresh).output == "All pictures are up to date.\n"


@needs_tensorflow
def test_every_activation_pooling_and_optimizer_is_drawn():
    from custom import activations, layers, optimizers
    from docs.figures import (
        activations as drawn_activations,
        optimizers as drawn_optimizers,
        pooling as drawn_poolings,
    )

    titles = {title.partition("(")[0] for title in drawn_activations.PANELS}
    assert titles == set(activations.__all__)
    kinds = [kind.__name__ for family in drawn_optimizers.FAMILIES for kind in family]
    assert sorted(kinds) == sorted(optimizers.__all__)
    poolings = {type(layer).__name__ for layer, _ in drawn_poolings.poolings().values()}
    expected = {name for name in layers.__all__ if name.endswith("Pooling2D")}
    assert poolings == expected | {"MaxPooling2D", "AveragePooling2D"}
