"""`zoo runs` and `zoo compare`."""

import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from recipes.command import zoo
from recipes.experiments.repeated import run_once

ZOO = [sys.executable, "-c", "import recipes.command; recipes.command.main()"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs, and one that was cut off."""
    runs = tmp_path_factory.mktemp("command") / "runs"
    for seed in (0, 1):
        arguments = {"model": "mlp", "data": "xor", "epochs": 1, "seed": seed}
        run_once(runs / f"seed{seed}", scores_only=True, progress=False, **arguments)
    cut = shutil.copytree(runs / "seed0", runs / "cut")
    (cut / "checkpoints").mkdir()
    config = json.loads((cut / "config.json").read_text())
    config["training"]["given"]["model"] = "perceptron"
    (cut / "config.json").write_text(json.dumps(config))
    return runs


def listed(*arguments):
    result = CliRunner().invoke(zoo, ["runs", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_runs_are_listed_with_how_they_ended(folder):
    lines = listed(folder).splitlines()
    assert len(lines) == 5
    assert ["complete" in line for line in lines if "/seed" in line] == [True, True]
    row, remedy = (line for line in lines if "/cut" in line)
    assert row.endswith("unfinished")
    assert remedy == f"to continue: zoo fit --resume {folder / 'cut'}"


@pytest.mark.parametrize("sort", ["date", "score", "loss", "time", "model", "data"])
def test_runs_are_sorted(folder, sort):
    found = json.loads(listed(folder, "--sort", sort, "--json"))
    assert len(found) == 3
    key, sign = {
        "date": ("started", 1),
        "score": ("score", -1),
        "loss": ("validation_loss", 1),
        "time": ("seconds", 1),
    }.get(sort, (sort, 1))
    values = [run[key] for run in found]
    assert values == sorted(values, reverse=sign < 0)


def test_runs_are_filtered(folder):
    found = json.loads(listed(folder, "--model", "mlp", "--json"))
    assert {run["model"] for run in found} == {"mlp"}
    assert len(found) == 2


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--model", "mpl"], "No run has --model 'mpl'; did you mean 'mlp'?"),
        (["--data", "xro"], "No run has --data 'xro'; did you mean 'xor'?"),
        (["--sort", "size"], "'size' is not one of"),
    ],
)
def test_what_no_run_has_is_refused(folder, arguments, said):
    process = subprocess.run(
        [*ZOO, "runs", str(folder), *arguments],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 2
    assert said in process.stderr
    assert "Traceback" not in process.stderr


def test_listing_does_not_load_tensorflow_or_keras(folder):
    code = (
        "import sys; from recipes.command import zoo; "
        f"zoo(['runs', {str(folder)!r}], standalone_mode=False); "
        "print([n for n in ('tensorflow', 'keras') if n in sys.modules])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.splitlines()[-1] == "[]"


def test_runs_are_compared(folder, tmp_path):
    runs = [str(folder / name) for name in ("seed0", "seed1", "cut")]
    out = tmp_path / "out"
    result = CliRunner().invoke(zoo, ["compare", *runs, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "unfinished: left out" in result.output
    assert (out / "comparison.html").is_file()
    result = CliRunner().invoke(zoo, ["compare", *runs, "--json"])
    (group,) = json.loads(result.output)["groups"]
    assert len(group["runs"]) == 2
