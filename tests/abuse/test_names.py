"""Names of classes, data sets and files are data: they are shown, never obeyed."""

import json

import numpy as np
import pytest

import recipes
import zoo
from recipes.command.tables import print_evaluation, print_rebalancing
from recipes.reports.classification import score
from recipes.reports.pictures import caption, draw_confusion
from recipes.reports.preview import draw_samples
from tests.abuse.conftest import CONTROL
from zoo.errors import InputError, printable

NAMES = {
    "markup": "[/red]",
    "markup with a link": "[link=http://x]y[/link]",
    "colour": "\x1b[31mred",
    "title of the window": "\x1b]0;mine\x07",
    "one byte sequence": "\x9b31m",
    "line break": "first\nsecond",
    "return": "good\rbad",
    "tab": "a\tb",
    "backspace": "a\b\b\bb",
    "zero": "a\0b",
    "reversed": "gpj\u202egpj.exe",
    "line separator": "a\u2028b",
    "HTML": "<script>alert(1)</script>&amp;",
    "formula": r"$\frac{$",
    "dollar": "5$ or 6$",
    "emoji code": ":warning:",
    "format": "{0} %s %(x)d {name!r}",
    "quotes": "'\"`",
    "path": "../../etc/passwd",
    "windows path": "..\\..\\x:y",
    "long": "long" * 500,
    "spaces": "  a  ",
    "number": "007",
    "accents": "e\u0301te\u0301",
    "joined letters": "می\u200cخواهم",
    "option": "--out",
    "None": "None",
}
# Letters that the font of the figures lacks would warn.
DRAWN = {label: name for label, name in NAMES.items() if label != "joined letters"}


@pytest.fixture(scope="module")
def dataset():
    """Small images whose classes have these names."""
    rng = np.random.default_rng(0)
    labels = np.arange(20 * len(DRAWN)) % len(DRAWN)
    return recipes.from_arrays(
        rng.integers(0, 256, (len(labels), 4, 4, 1), "uint8"),
        labels,
        class_names=[*DRAWN.values()],
        name="../../[/red]\x1b[31m\n$x$",
    )


@pytest.fixture(scope="module")
def evaluation():
    return score(np.eye(len(NAMES)), np.arange(len(NAMES)), NAMES.values())


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_one_printable_line_of_a_message(name):
    assert not CONTROL.search(printable(name))
    message = str(InputError(f"There is no class {name}."))
    assert not CONTROL.search(message)
    assert "\n" not in message


@pytest.mark.parametrize("name", ["été", "日本語", "می\u200cخواهم", "[a] (b) {c}"])
def test_the_letters_of_any_language_stay(name):
    assert printable(name) == name


def test_tables_show_names(evaluation, capsys):
    print_evaluation(evaluation)
    shown = capsys.readouterr().out
    assert not CONTROL.search(shown)
    for label in ("markup", "markup with a link", "HTML", "emoji code", "format"):
        assert NAMES[label] in shown
    assert r"\x1b[31mred" in shown
    assert r"first\nsecond" in shown


def test_the_report_of_rebalancing_shows_names(capsys):
    row = {"there": 1, "asked": 1, "drawn": 1, "weight": 1.0}
    classes = dict.fromkeys(NAMES.values(), row)
    print_rebalancing({"name": "oversample", "classes": classes})
    shown = capsys.readouterr().out
    assert not CONTROL.search(shown)
    assert len(shown.splitlines()) == len(NAMES) + 3


@pytest.mark.parametrize("name", DRAWN.values(), ids=DRAWN)
def test_figures_draw_names(tmp_path, name):
    assert len(caption(name)) < 60
    result = score(np.eye(2), np.arange(2), [name, "other"])
    draw_confusion(result, tmp_path / "confusion.png")
    assert [path.name for path in tmp_path.iterdir()] == ["confusion.png"]


def test_the_preview_draws_names(dataset, tmp_path):
    draw_samples(dataset, None, tmp_path / "a.png", number=len(DRAWN), variants=1)
    assert (tmp_path / "a.png").stat().st_size > 0


def test_an_inspection_shows_names(dataset):
    found = recipes.inspect(dataset)
    assert not CONTROL.search(repr(found))
    page = found.html()
    assert not CONTROL.search(page)
    assert "<script" not in page


def test_a_run_with_such_names_goes_to_its_end(
    dataset, zoo_command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run = recipes.fit("mlp", dataset, epochs=1, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.resolve() == run.folder.path.resolve()
    assert printable(folder.name) == folder.name
    assert zoo.load_classifier(folder).class_names == dataset.class_names
    image = tmp_path / "\x1b[31m[red]\n.png"
    image.write_bytes(png(dataset.test.inputs[0]))
    status, output, errors = zoo_command("predict", folder, image, "--top", 99)
    assert status == 0, errors
    assert not CONTROL.search(output)
    assert len(output.splitlines()) == 1
    status, output, _ = zoo_command("predict", folder, image, "--json", "--top", 99)
    assert output.strip().isprintable()
    assert set(json.loads(output)[0]["probabilities"]) == set(dataset.class_names)


def png(pixels):
    import tensorflow as tf

    return tf.io.encode_png(pixels).numpy()


@pytest.fixture
def zoo_command(request):
    return request.getfixturevalue("zoo")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(
    "arguments",
    [
        ("{}",),
        ("fit", "{}"),
        ("fit", "mlp", "--data", "{}"),
        ("fit", "mlp", "--out", "x", "--augment", "{}"),
        ("fit", "mlp", "--optimizer={}"),
        ("fit", "mlp", "--set={}"),
        ("fit", "mlp", "--epochs={}x"),
        ("evaluate", "{}"),
        ("evaluate", "x", "--part={}"),
        ("export", "{}", "x"),
        ("predict", "x", "{}"),
        ("augment", "--out={}"),
        ("data", "{}"),
        ("data", "digits", "--html={}"),
        ("augment", "--label-column={}"),
    ],
    ids=" ".join,
)
def test_the_command_repeats_names_safely(refused, arguments, name):
    value = name if "=" in "".join(arguments) else name.replace("--", "./--")
    refused(*(argument.replace("{}", value) for argument in arguments))
