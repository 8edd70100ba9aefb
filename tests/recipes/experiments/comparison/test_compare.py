"""Runs side by side: groups, verdicts, refusals, the page."""

import html.parser
import json
import shutil

import numpy as np
import pytest
from numpy.testing import assert_allclose

import recipes
from recipes.experiments.comparison.significance import mcnemar
from recipes.experiments.repeated import run_once
from zoo.errors import InputError
from zoo.keras_file import load_keras_file

ARGUMENTS = {"model": "mlp", "data": "xor", "epochs": 2, "progress": False}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("compare") / "run"
    return run_once(out, scores_only=True, **ARGUMENTS)


@pytest.fixture
def make(trained, tmp_path):
    """Makes a run like the trained one, with another record."""

    def made(name, score=None, seed=0, fingerprint=None, task=None, **settings):
        run = shutil.copytree(trained, tmp_path / name)
        config = json.loads((run / "config.json").read_text())
        config["training"]["given"] = {"model": "mlp", **settings}
        config["training"]["settings"]["seed"] = seed
        config["data"]["fingerprint"] = fingerprint or config["data"]["fingerprint"]
        config["data"]["task"] = task or config["data"]["task"]
        (run / "config.json").write_text(json.dumps(config))
        if score is not None:
            scores = json.loads((run / "evaluation.json").read_text())
            (run / "evaluation.json").write_text(
                json.dumps({**scores, "accuracy": score})
            )
        return run

    return made


def test_runs_that_differ_in_the_seed_are_a_group(make):
    scores = {"adam": [0.9, 0.93, 0.91], "momentum": [0.8, 0.82, 0.85]}
    runs = [
        make(f"{name}{seed}", score, seed, optimizer=name)
        for name, values in scores.items()
        for seed, score in enumerate(values)
    ]
    found = recipes.compare(runs[::-1])
    best, other = found.groups
    assert (best.name, other.name) == ("optimizer=adam", "optimizer=momentum")
    assert_allclose(best.mean, np.mean(scores["adam"]))
    assert_allclose(best.spread, np.std(scores["adam"], ddof=1))
    (verdict,) = found.verdicts
    assert_allclose(verdict.found.difference, best.mean - other.mean)
    assert verdict.found.pairs == 3
    assert verdict.is_more_than_chance
    assert "larger than chance" in found.sentences()[0]
    assert found.notes == ()


def test_several_tests_at_once_are_corrected(make):
    scores = {"a": [0.9, 0.92], "b": [0.85, 0.86], "c": [0.8, 0.81]}
    runs = [
        make(f"{name}{seed}", score, seed, loss=name)
        for name, values in scores.items()
        for seed, score in enumerate(values)
    ]
    raw = [verdict.found.p for verdict in recipes.compare(runs).verdicts]
    corrected = [verdict.p for verdict in recipes.compare(runs).verdicts]
    assert len(raw) == 2
    assert max(corrected) == pytest.approx(max(2 * min(raw), max(raw)))


def test_single_runs_are_tested_by_their_answers(make):
    good = make("good", seed=0)
    bad = make("bad", score=0.1, seed=1, optimizer="momentum")
    model = load_keras_file(bad / "model.keras", compiled=True)
    weights = model.get_weights()
    model.set_weights([-weight for weight in weights])
    model.save(bad / "model.keras")
    found = recipes.compare([good, bad])
    data = recipes.load("xor").test
    right = [
        load_keras_file(run / "model.keras")
        .predict(data.inputs, verbose=0)
        .argmax(axis=1)
        == data.labels
        for run in (good, bad)
    ]
    (verdict,) = found.verdicts
    assert verdict.found == mcnemar(*right)
    assert "several seeds" in found.notes[-1]


def test_runs_on_other_data_are_told_and_not_tested(make):
    found = recipes.compare([make("one", 0.9), make("two", 0.8, fingerprint="f" * 64)])
    assert [group.name for group in found.groups][1].startswith("xor ffffffff")
    assert found.verdicts == ()
    assert "different data" in found.notes[0]


def test_a_seed_counts_once(make):
    """Copies of runs are no evidence."""
    scores = {"a": [0.9, 0.92], "b": [0.85, 0.88]}
    runs = [
        make(f"{name}{seed}-{copy}", score, seed, loss=name)
        for name, values in scores.items()
        for seed, score in enumerate(values)
        for copy in range(3)
    ]
    found = recipes.compare(runs)
    (verdict,) = found.verdicts
    (single,) = recipes.compare(runs[::3]).verdicts
    assert verdict.found.pairs == 2
    assert verdict.p == pytest.approx(single.p)
    assert found.notes[0].startswith("8 of the runs repeat a seed")


def test_a_score_that_is_not_finite_is_told_and_not_counted(make):
    runs = [make("one", 0.8), make("two", float("nan"), loss="b")]
    runs += [make("three", 0.7, 1, loss="b")]
    found = recipes.compare(runs)
    assert [group.mean for group in found.groups] == [0.8, 0.7]
    assert f"not counted: {runs[1]}" in found.notes[0]


def test_an_unfinished_run_is_told_and_left_out(make):
    cut = make("cut", 0.7, optimizer="adagrad")
    (cut / "checkpoints").mkdir()
    runs = [make("one", 0.9), make("two", 0.8, 1), cut]
    found = recipes.compare(runs)
    assert len(found.groups) == 1
    assert found.notes == (f"{cut} is unfinished: left out",)
    with pytest.raises(InputError, match=r"two finished runs, got 1: .*unfinished"):
        recipes.compare([runs[0], cut])


def test_what_cannot_be_compared_is_refused(make, tmp_path):
    one = make("one", 0.9)
    other = make("other", 0.9, task="regression")
    with pytest.raises(InputError, match=r"different tasks.*regression"):
        recipes.compare([one, other])
    with pytest.raises(InputError, match=r"given twice"):
        recipes.compare([one, tmp_path / "one" / ".." / "one"])
    with pytest.raises(InputError, match=r"must be a list"):
        recipes.compare(str(one))
    with pytest.raises(InputError, match=r"not a run folder"):
        recipes.compare([one, tmp_path])


class Loaded(html.parser.HTMLParser):
    """What a page would load from elsewhere."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        values = [v for n, v in attributes if n in ("src", "href")]
        self.found += [v for v in values if not v.startswith("data:")]


def test_the_page_and_the_numbers_are_written(make, tmp_path):
    hostile = "<script>x"
    runs = [make("one", 0.9), make("two", 0.8, optimizer=hostile)]
    found = recipes.compare(runs, out=tmp_path / "out")
    page = (tmp_path / "out" / "comparison.html").read_text()
    assert hostile not in page
    assert "&lt;script&gt;x" in page
    reader = Loaded()
    reader.feed(page)
    assert reader.found == []
    assert (tmp_path / "out" / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    record = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [group["name"] for group in record["groups"]] == [
        group.name for group in found.groups
    ]
    assert f"optimizer={hostile}" in str(found)
