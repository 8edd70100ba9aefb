"""`zoo explain`: what it prints and writes, and one sentence for what it refuses."""

import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_breast_cancer

import recipes
from tests.recipes.prediction.networks import write_files, write_run
from tests.recipes.reports import planted_models as planted
from zoo.errors import InputError

SAVED, MEAN = "saved_models/breast_cancer", "the mean of the training part"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    write_files(folder)
    for name in ("classes", "sequences", "steps", "series", "translation", "images"):
        write_run(name, folder / name)
    planted.line_finder().save(folder / "lines.keras")
    planted.word_finder().save(folder / "words.keras")
    image = planted.lines_image()[..., 0].astype("uint8")
    Image.fromarray(image).save(folder / "lines.png")
    return folder


@pytest.fixture(autouse=True)
def inside(folder, monkeypatch):
    monkeypatch.chdir(folder)


def test_an_image_is_explained_with_a_picture_and_a_page(zoo, folder):
    status, out, _ = zoo(
        "explain", "lines.keras", "lines.png", "--class", "1", "--out", "why.png",
        "--html", "why.html",
    )  # fmt: skip
    assert status == 0
    assert "lines.png: 1" in out
    assert "rows 3 and columns 1–6 of 16 × 16 pixels count most" in out
    with Image.open("why.png") as picture:
        assert picture.width > 300
    page = (folder / "why.html").read_text()
    assert page.count("<img") == 2
    assert "<script" not in page


def test_words_are_coloured_and_come_as_numbers(zoo):
    text = ("--text", planted.TEXT)
    status, out, _ = zoo("explain", "words.keras", *text)
    assert status == 0
    assert planted.TEXT in out
    assert "superb  +" in out
    _, out, _ = zoo("explain", "words.keras", *text, "--json")
    (found,) = json.loads(out)
    assert (found["words"], found["output"]) == (planted.TEXT.split(), "good")
    assert np.argmax(found["attributions"]) == 3
    total = found["score"] - found["baseline_score"]
    assert sum(found["attributions"]) == pytest.approx(total, rel=0.01)


def test_a_page_marks_words_for_and_against(folder):
    found = recipes.explain("words.keras", [planted.TEXT], target="bad")
    assert '<mark class="against clearly" style="--share:70%"' in found.html()
    assert "iframe" in found._repr_html_()
    assert "superb" in repr(found)


def test_the_columns_of_a_table_are_explained_as_a_whole(zoo, folder):
    rng = np.random.default_rng(0)
    rows = "".join(
        f"{a},{b},{'yes' if a > b else 'no'}\n" for a, b in rng.normal(size=(60, 2))
    )
    (folder / "table.csv").write_text(f"a,b,kind\n{rows}")
    status, out, _ = zoo(
        "explain", "classes", "--data", "table.csv", "--out", "columns.png"
    )
    assert status == 0
    assert "fall in accuracy when shuffled" in out
    assert (folder / "columns.png").exists()
    _, out, _ = zoo("explain", "classes", "--data", "table.csv", "--json")
    (found,) = json.loads(out)
    assert (found["columns"], found["rows"]) == (["a", "b"], 60)


def test_a_run_is_explained_with_the_data_of_its_training(zoo, folder):
    run = write_run("classes", folder / "trained")
    rows = "".join(f"{n},{-n},{'yes' if n % 2 else 'no'}\n" for n in range(40))
    (folder / "trained.csv").write_text(f"a,b,kind\n{rows}")
    config = json.loads((run / "config.json").read_text())
    config["data"]["origin"] |= {"source": str(folder / "trained.csv")}
    (run / "config.json").write_text(json.dumps(config))
    status, out, _ = zoo("explain", run, "--part", "train", "--json")
    assert status == 0
    assert 20 < json.loads(out)[0]["rows"] < 40
    _, out, _ = zoo("explain", run, "t.csv", "--json")
    assert {each["baseline"] for each in json.loads(out)} == {MEAN}
    (folder / "trained.csv").unlink()
    status, out, errors = zoo("explain", run, "t.csv", "--json")
    assert (status, len(json.loads(out))) == (0, 3)
    assert "the training data cannot be read, so their mean is unknown" in errors


def test_a_step_of_a_forecast_is_explained(zoo):
    status, out, _ = zoo("explain", "series", "series.csv", "--step", "2", "--json")
    first, second = json.loads(out)
    assert (status, first["input"]) == (0, "series.csv x")
    assert first["answer"].endswith("at step 2")
    assert (first["steps"], second["columns"]) == (["t-2", "t-1", "t+0"], ["load"])


def test_only_the_first_examples_are_explained(zoo):
    status, out, errors = zoo(
        "explain", "classes", "t.csv", "--most", "2", "--id-column", "id", "--json"
    )
    assert status == 0
    assert [each["input"] for each in json.loads(out)] == ["007", "1e5"]
    assert "the first 2 of 3 examples are explained" in errors


def test_a_saved_model_is_explained_by_its_columns(request):
    saved, bunch = request.config.rootpath / SAVED, load_breast_cancer()
    rows = dict(zip(bunch.feature_names, bunch.data.T, strict=True))
    names = bunch.target_names[bunch.target].astype(object)
    dataset = recipes.load({**rows, "label": names})
    (found,) = recipes.explain(saved, dataset)
    assert (found.method, len(found.columns)) == ("permutation", 30)
    assert found.score > 0.9
    with pytest.raises(InputError, match=r"has no gradients: give the \.keras file"):
        recipes.explain(saved, dataset.test.take(slice(0, 1)))


REFUSED = {  # name: (arguments, part of the sentence)
    "class": (["lines.keras", "lines.png", "--class", "cat"], "no class 'cat'"),
    "near": (["words.keras", "--text", "a", "--target", "goof"], "did you mean 'good'"),
    "convolution": (
        ["images", "photos/9.JPG", "--method", "grad-cam"],
        "needs a convolution",
    ),
    "kind": (["lines.keras", "--text", "a"], "--text is for texts"),
    "other kind": (["lines.keras", "lines.txt"], "lines.txt"),
    "method": (
        ["words.keras", "--text", "a", "--method", "grad-cam"],
        "does not apply",
    ),
    "columns": (
        ["lines.keras", "lines.png", "--method", "permutation"],
        "explains the columns",
    ),
    "part": (
        ["classes", "t.csv", "--part", "test"],
        "`part` (--part) 'test' applies only",
    ),
    "step": (["classes", "t.csv", "--step", "1"], "`step` (--step) 1 is for models"),
    "late step": (["steps", "lines.txt", "--step", "3"], "must be from 1 to 2"),
    "horizon": (["series", "series.csv", "--step", "9"], "must be from 1 to 2"),
    "attention": (["translation", "--text", "ab"], "without attention"),
    "answer": (["translation", "--text", "ab", "--target", "a"], "does not apply to a"),
    "no examples": (["lines.keras"], "give examples to explain; only tables"),
    "first step": (["classes", "--step", "1"], "`step` 1 applies to examples"),
    "no data": (["classes"], "does not record which data"),
    "both": (["classes", "t.csv", "--data", "t.csv"], "--data explains the columns"),
    "writer": (["recurrent_movie_characters", "--text", "a"], "writes texts"),
    "generator": (["dcgan_mnist", "lines.png"], "generates images"),
    "picture": (["lines.keras", "lines.png", "--out", "why.jpg"], "must end in .png"),
    "page": (["lines.keras", "lines.png", "--html", "why.txt"], "must end in .html"),
    "overwritten": (
        ["lines.keras", "lines.png", "--out", "lines.png"],
        "choose another",
    ),
    "folder": (["lines.keras", "lines.png", "--out", "no/why.png"], "no folder no"),
    "file": (["lines.keras", "none.png"], "There is no file none.png"),
}


@pytest.mark.parametrize("arguments, sentence", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_explained_is_refused_in_a_sentence(
    zoo, folder, arguments, sentence
):
    before = sorted(folder.rglob("*"))
    status, out, errors = zoo("explain", *arguments)
    assert (status, out) == (2, "")
    assert sentence in errors
    assert len(errors.strip().splitlines()) == 1
    assert sorted(folder.rglob("*")) == before
