"""The benchmark suite: its intervals, tables and chart, without its measurements."""

import doctest
import importlib
import json
import subprocess
import sys

import pytest

from benchmarks import comparison, limits, report, training
from benchmarks.__main__ import main
from benchmarks.comparison import Row, Side, alternated, pairs, row
from benchmarks.suite import CASES
from tests.counting_side import counting, failing


@pytest.mark.parametrize("module", [comparison, limits, report])
def test_the_examples_of_docstrings_run(module):
    found = doctest.testmod(
        module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_a_module(case):
    module, _ = CASES[case]
    assert callable(importlib.import_module(f"benchmarks.{module}").rows)


def test_sides_take_turns_after_a_warm_up():
    turns = alternated({"ours": (counting, 0), "peer": (counting, 50)}, 2)
    assert pairs(turns, "ours", "peer", "number") == [(1, 51), (2, 52)]
    assert all(side["memory"] > 1 for turn in turns for side in turn.values())


def test_the_error_of_a_failing_side_is_reported(capsys):
    with Side(failing) as side, pytest.raises(RuntimeError, match="no such peer"):
        side.measure()
    sides = {"ours": (counting, 0), "peer": (failing,)}
    turns = alternated(sides, 1, optional=["peer"])
    assert [*turns[0]] == ["ours"]
    assert "peer is left out: ValueError: no such peer" in capsys.readouterr().err


def test_a_ratio_is_within_its_interval():
    turns = [(1.0 + n / 10, 2.0) for n in range(7)]
    found = row("start", "import", "Keras", "s", turns, less_is_better=True, goal=1.5)
    low, high = found.interval
    assert found.ratio == pytest.approx(2 / 1.3)
    assert low < found.ratio < high
    assert found.reached


FOUND = {
    "machine": {
        "processors": 2,
        "operations": 2e11,
        "bytes": 3e10,
        "versions": {"keras": "3.15"},
    },
    "rows": [
        {
            "case": "fit",
            "setting": "MLP",
            "peer": "Keras fit",
            "unit": "examples/s",
            "ours": 60_000.0,
            "theirs": 40_000.0,
            "ratio": 1.5,
            "interval": [1.4, 1.6],
            "goal": 1.3,
            "limit": 0.5,
            "memory": [700.0, 900.0],
            "facts": {"precision": "float32", "xla": False, "threads": 2},
        },
        {
            "case": "fit",
            "setting": "MLP",
            "peer": "PyTorch",
            "unit": "examples/s",
            "ours": 60_000.0,
            "theirs": 75_000.0,
            "ratio": 0.8,
            "interval": [0.7, 0.9],
            "goal": 1.0,
        },
    ],
    "failed": {},
}


def test_tables_and_chart_are_written_to_the_page(tmp_path, monkeypatch, capsys):
    page, chart = tmp_path / "performance.md", tmp_path / "performance.png"
    page.write_text(f"above\n\n{report.BEGIN}\nold\n{report.END}\n\nbelow\n")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "CHART", chart)
    file = tmp_path / "found.json"
    file.write_text(json.dumps(FOUND))
    monkeypatch.setattr(
        "sys.argv", ["benchmarks", "--read", str(file), "--json", "--write-docs"]
    )
    assert main() == 0
    assert json.loads(capsys.readouterr().out) == FOUND
    text = page.read_text()
    assert text.startswith("above\n")
    assert text.endswith("\n\nbelow\n")
    assert "old" not in text
    assert (
        "| MLP | Keras fit | 60,000 examples/s | 40,000 examples/s | 1.5 (1.4–1.6) | "
        "1.3 ✓ | 50% | 700 / 900 |" in text
    )
    assert "| 0.8 (0.7–0.9) | 1 ✗ |" in text
    assert "Resolved: float32, XLA off, 2 threads." in text
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_the_table_is_printed(capsys):
    report.print_table([Row(**each) for each in FOUND["rows"]])
    assert "60,000 examples/s" in capsys.readouterr().out


def test_the_page_has_marks_for_the_tables():
    text = report.PAGE.read_text(encoding="utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1


@pytest.mark.parametrize(
    "name, shape", sorted({case[:2] for case in training.CASES.values()})
)
def test_peers_have_the_same_number_of_weights(name, shape):
    peers = pytest.importorskip("benchmarks.peers", exc_type=ImportError)
    network = peers.network(name, shape)
    weights = training.count_weights(training.built(name, shape))
    assert peers.count_parameters(network) == weights


@pytest.mark.slow
def test_a_case_runs():
    command = [sys.executable, "-m", "benchmarks", "--only", "optimizers"]
    answer = subprocess.run([*command, "--quick", "--json"], stdout=subprocess.PIPE)
    assert answer.returncode == 0
    found = json.loads(answer.stdout)
    assert {each["case"] for each in found["rows"]} == {"optimizers"}
    assert all(each["ratio"] > 0 for each in found["rows"])
    assert found["machine"]["operations"] > 1e9
