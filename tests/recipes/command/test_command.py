"""The `zoo` command from the user's side."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.recipes.sources.source_files import good_rows, write_csv, write_folder
from zoo.kinds import Kind
from zoo.registry import MODELS, list_models

ZOO = [sys.executable, "-c", "import recipes.command; recipes.command.main()"]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run on the digits, and one of its test images as a file."""
    import recipes

    folder = tmp_path_factory.mktemp("command")
    digits = recipes.load("digits")
    recipes.fit(
        "cnn",
        digits,
        out=folder / "run",
        epochs=2,
        seed=1,
        progress=False,
        model_arguments={"widths": [8, 16]},
    )
    Image.fromarray(digits.test.inputs[0, ..., 0]).save(folder / "digit.png")
    return folder / "run"


def test_fit_prints_and_writes_everything(zoo, tmp_path):
    out = tmp_path / "run"
    status, output, errors = zoo(
        "fit", "mlp", "--epochs", 2, "--out", out, "--set", "hidden_units=[16]"
    )
    assert status == 0
    assert "precision" in output
    assert "test accuracy 0." in output
    assert f"run folder: {out}" in output
    assert "digits: 8×8 images" in errors
    assert "epoch 2/2" in errors
    assert "0 s left" in errors
    config = json.loads((out / "config.json").read_text())
    assert config["model"]["configuration"]["hidden_units"] == [16]


def test_fit_json_is_only_json(zoo, tmp_path):
    status, output, _ = zoo(
        "fit", "mlp", "--epochs", 1, "--out", tmp_path / "run", "--json"
    )
    result = json.loads(output)
    assert status == 0
    assert result["folder"] == str(tmp_path / "run")
    assert 0 <= result["evaluation"]["accuracy"] <= 1
    assert len(result["evaluation"]["classes"]) == 10


def test_fit_on_a_table_and_predict_its_rows(zoo, tmp_path):
    table = write_csv(tmp_path / "t.csv", ["size", "count", "kind"], good_rows(60))
    status, _, _ = zoo(
        "fit", "mlp", "--data", table, "--label-column", "kind", "--epochs", 1,
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert status == 0
    rows = write_csv(
        tmp_path / "new.csv", ["count", "other", "size"], [[1, 9, 2.5]] * 3
    )
    status, output, _ = zoo("predict", tmp_path / "run", rows, "--json")
    answers = json.loads(output)
    assert [answer["input"] for answer in answers] == [f"{rows}:{n}" for n in (2, 3, 4)]
    assert set(answers[0]["probabilities"]) == {"a", "b"}
    bad = write_csv(tmp_path / "bad.csv", ["count", "other"], [[1, 2]])
    status, _, errors = zoo("predict", tmp_path / "run", bad)
    assert status == 2
    assert "no column 'size'" in errors


@pytest.mark.parametrize("form", ["", "model.keras", "saved_model", "saved_model/1"])
def test_evaluate_and_predict_every_form(zoo, run_folder, form):
    status, output, _ = zoo("evaluate", run_folder / form, "--json")
    assert status == 0
    expected = json.loads((run_folder / "evaluation.json").read_text())
    result = json.loads(output)
    assert result["confusion"] == expected["confusion"]
    assert result["loss"] == pytest.approx(expected["loss"], rel=1e-5)
    image = run_folder.parent / "digit.png"
    status, output, _ = zoo("predict", run_folder / form, image, image, "--json")
    answers = json.loads(output)
    assert status == 0
    assert len(answers) == 2
    assert answers[0]["input"] == str(image)
    assert answers[0]["class_name"] == str(answers[0]["label"])
    assert len(answers[0]["probabilities"]) == 3


def test_evaluate_and_predict_for_people(zoo, run_folder):
    status, output, _ = zoo("evaluate", run_folder, "--part", "validation")
    assert status == 0
    assert "recall" in output
    status, output, _ = zoo("predict", run_folder, run_folder.parent / "digit.png")
    assert status == 0
    assert output.startswith(f"{run_folder.parent / 'digit.png'}: ")


def test_evaluate_matches_classes_by_name(zoo, tmp_path):
    """The classes of a folder may be in another order than those of the model."""
    import recipes

    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    images = rng.integers(0, 60, (60, 4, 4, 1)) + 190 * labels[:, None, None, None]
    recipes.fit(
        "mlp",
        recipes.from_arrays(images, labels, class_names=["night", "day"]),
        out=tmp_path / "run",
        epochs=30,
        progress=False,
    )
    for name, level in (("night", 20), ("day", 220)):
        for number in range(10):
            folder = tmp_path / "photos" / name
            folder.mkdir(parents=True, exist_ok=True)
            Image.new("L", (9, 7), level + number).save(folder / f"{number}.png")
    status, output, _ = zoo(
        "evaluate", tmp_path / "run", "--data", tmp_path / "photos", "--json"
    )
    assert status == 0
    assert json.loads(output)["accuracy"] == 1.0


def test_predict_reads_every_kind_that_data_can_have():
    from recipes.prediction.readers import READERS

    assert set(READERS) == set(Kind)
    assert {kind for entry in MODELS.values() for kind in entry.kinds} <= set(READERS)


def test_export_takes_the_next_version(zoo, run_folder, tmp_path):
    target = tmp_path / "served"
    for version in ("1", "2"):
        status, output, _ = zoo("export", run_folder, target, "--json")
        assert status == 0
        assert json.loads(output) == {"path": str(target / version)}
    assert sorted(path.name for path in target.iterdir()) == ["1", "2"]


def test_list(zoo):
    status, output, _ = zoo("list")
    assert status == 0
    names = [line.split()[0] for line in output.splitlines()]
    assert names == [*list_models(), "keras:NAME"]
    status, output, _ = zoo("list", "c*", "--json")
    assert [entry["name"] for entry in json.loads(output)] == ["cnn"]


def corrupt_folder(tmp_path):
    write_folder(tmp_path / "photos", {"ant": 9, "bee": 9})
    (tmp_path / "photos" / "ant" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")


def one_class_folder(tmp_path):
    write_folder(tmp_path / "photos", {"ant": 9})


def empty_folder(tmp_path):
    (tmp_path / "photos").mkdir()


def small_table(tmp_path):
    write_csv(tmp_path / "t.csv", ["a", "b", "label"], good_rows(40))


def table_with_a_word(tmp_path):
    rows = [["one" if n == 7 else n, "xy"[n % 2]] for n in range(20)]
    write_csv(tmp_path / "t.csv", ["a", "label"], rows)


def nan_arrays(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.full((30, 2), np.nan), y=np.arange(30) % 2)


def wrong_labels(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.ones((30, 2)), y=np.zeros(30))


def existing_out(tmp_path):
    (tmp_path / "run").mkdir()


def file_in_the_way(tmp_path):
    (tmp_path / "file").write_text("x")


def other_models(tmp_path):
    (tmp_path / "m.h5").write_bytes(b"\x89HDF")
    (tmp_path / "m.keras").write_bytes(b"no zip")
    (tmp_path / "nothing").mkdir()


def nothing(tmp_path):
    pass


FIT = ("fit", "mlp", "--out", "run", "--epochs", "1")
BAD = {
    "unknown model": (nothing, ("fit", "cn"), "no model 'cn'; did you mean 'cnn'"),
    "unknown data": (nothing, (*FIT, "--data", "mnits"), "did you mean 'mnist'"),
    "no folder": (nothing, (*FIT, "--data", "photos/"), "no data set, folder or file"),
    "empty folder": (empty_folder, (*FIT, "--data", "photos"), "no class folders"),
    "one class": (one_class_folder, (*FIT, "--data", "photos"), "one class only"),
    "corrupt image": (corrupt_folder, (*FIT, "--data", "photos"), "ant/bad.png"),
    "no label column": (
        small_table,
        (*FIT, "--data", "t.csv", "--label-column", "labell"),
        "did you mean 'label'",
    ),
    "a word": (table_with_a_word, (*FIT, "--data", "t.csv"), "'one' is not a finite"),
    "table to a cnn": (
        small_table,
        ("fit", "cnn", "--out", "run", "--data", "t.csv"),
        "takes images; t is a table",
    ),
    "nan": (nan_arrays, (*FIT, "--data", "d.npz"), "NaN or infinite"),
    "labels": (wrong_labels, (*FIT, "--data", "d.npz"), "one class only"),
    "no file": (nothing, (*FIT, "--data", "d.npz"), "no file d.npz"),
    "batch": (nothing, (*FIT, "--batch-size", "9999"), "9999 is larger than the data"),
    "zero epochs": (nothing, ("fit", "mlp", "--epochs", "0"), "--epochs"),
    "seed": (nothing, (*FIT, "--seed", "-1"), "--seed"),
    "size": (nothing, (*FIT, "--image-size", "axb"), "is not a size such as"),
    "out exists": (existing_out, FIT, "run exists already"),
    "out below a file": (
        file_in_the_way,
        ("fit", "mlp", "--out", "file/run"),
        "file is not a folder",
    ),
    "assignment": (nothing, (*FIT, "--set", "hidden"), "is not NAME=VALUE"),
    "model argument": (
        nothing,
        (*FIT, "--set", "hiden_units=[3]"),
        "did you mean 'hidden_units'",
    ),
    "model value": (nothing, (*FIT, "--set", "dropout=2"), "dropout"),
    "model type": (nothing, (*FIT, "--set", "hidden_units=none"), "hidden_units"),
    "no model": (nothing, ("evaluate", "absent"), "There is no model absent"),
    "h5": (other_models, ("evaluate", "m.h5"), "m.h5 is not a .keras file"),
    "damaged": (other_models, ("predict", "m.keras", "m.h5"), "m.keras"),
    "no model in it": (
        other_models,
        ("export", "nothing", "x"),
        "does not hold a model",
    ),
    "no image": (nothing, ("predict", "absent", "absent.png"), "no file absent.png"),
}


@pytest.mark.parametrize("prepare, arguments, message", BAD.values(), ids=BAD)
def test_a_mistake_is_one_line(zoo, tmp_path, monkeypatch, prepare, arguments, message):
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    status, output, errors = zoo(*arguments)
    assert status == 2
    assert message in errors
    assert output == ""
    assert "Traceback" not in errors
    assert sorted(tmp_path.rglob("*")) == before


def test_skipping_corrupt_images_counts_them(zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corrupt_folder(tmp_path)
    status, _, errors = zoo(*FIT, "--data", "photos", "--skip-corrupt")
    assert status == 0
    assert "1 unreadable files were skipped, photos/ant/bad.png" in errors


def test_model_and_data_that_do_not_fit(zoo, run_folder, tmp_path):
    small_table(tmp_path)
    status, _, errors = zoo("evaluate", run_folder, "--data", tmp_path / "t.csv")
    assert status == 2
    assert "takes inputs of shape (8, 8, 1); t has (2,)" in errors
    write_folder(tmp_path / "photos", {"ant": 9, "bee": 9}, mode="L")
    status, _, errors = zoo("evaluate", run_folder, "--data", tmp_path / "photos")
    assert status == 2
    assert "has the class 'ant', which the model does not know" in errors


def test_a_saved_model_is_not_exported_again(zoo, run_folder, tmp_path):
    status, _, errors = zoo("export", run_folder / "saved_model", tmp_path / "out")
    assert status == 2
    assert "is already a SavedModel" in errors
    assert list(tmp_path.iterdir()) == []


def test_help_and_list_load_no_tensorflow():
    program = (
        "import sys, zoo, recipes, custom, recipes.command as c\n"
        "for a in (['--help'], ['fit', '--help'], ['list']):\n"
        "    sys.argv = ['zoo', *a]\n"
        "    try: c.main()\n"
        "    except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'matplotlib', 'sklearn'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.slow
def test_ctrl_c_in_a_real_process(tmp_path):
    process = subprocess.Popen(
        [
            *ZOO,
            "fit",
            "mlp",
            "--epochs",
            "100000",
            "--patience",
            "100000",
            "--out",
            "run",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(pathlib.Path.cwd())},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line.startswith("epoch 2/"):
            process.send_signal(signal.SIGINT)
            break
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 130, errors
    assert "test accuracy" in output
    assert "Traceback" not in errors
    assert (tmp_path / "run" / "saved_model" / "1" / "saved_model.pb").exists()


@pytest.mark.slow
@pytest.mark.parametrize("limit, kept", [(1_000, set()), (300_000, {"run"})])
def test_a_full_disk(tmp_path, run_folder, limit, kept):
    """A limit on the size of files, which has the effect of a full disk."""
    process = subprocess.run(
        [*ZOO, "export", str(run_folder), "out"]
        if not kept
        else [*ZOO, "fit", "mlp", "--epochs", "1", "--out", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(pathlib.Path.cwd())},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 2, process.stderr
    assert "File too large" in process.stderr
    assert "Traceback" not in process.stderr
    assert {path.name for path in tmp_path.iterdir()} <= kept
