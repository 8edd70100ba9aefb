"""The catalogue: whole, true to what there is, and the page that shows it fresh."""

import dataclasses
import importlib
import os
import pathlib
import pkgutil
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

import custom
from custom.formulas import FORMULAS, Formula
from custom.formulas.formula import documented
from docs.catalogue.__main__ import PAGE, main
from docs.catalogue.github_math import displayed, in_line
from docs.catalogue.page import differences, page

ROOT = pathlib.Path(__file__).parents[2]
MODULES = ("activations", "callbacks", "layers", "losses", "optimizers", "regularizers")
PICTURES = (
    "activations",
    "decision_boundaries",
    "gradient_flow",
    "optimizers",
    "penalties",
    "pooling",
)
each_row = pytest.mark.parametrize("row", FORMULAS, ids=lambda row: row.title)


@pytest.mark.parametrize("module", MODULES)
def test_every_component_is_in_a_row(module):
    public = importlib.import_module(f"custom.{module}").__all__
    listed = {component for row in FORMULAS for component in row.components}
    assert {f"custom.{module}.{name}" for name in public} <= listed


def test_every_module_of_components_is_looked_at():
    assert {*MODULES, "FORMULAS"} == set(custom.__all__)


@each_row
def test_components_can_be_imported(row):
    assert row.components
    for component in row.components:
        assert pkgutil.resolve_name(component) is not None


@each_row
def test_nothing_is_left_out(row):
    for field in dataclasses.fields(Formula):
        if field.name not in ("summary", "picture"):
            assert getattr(row, field.name), field.name
    assert row.source.startswith("notes, ")


def flaws(latex):
    """What LaTeX would stumble over."""
    found = []
    plain = re.sub(r"\\[{}\\]", "", latex)
    if plain.count("{") != plain.count("}") or re.search(r"\$", plain):
        found.append("braces or dollars")
    begun = re.findall(r"\\begin\{(\w+)\}", latex)
    if sorted(begun) != sorted(re.findall(r"\\end\{(\w+)\}", latex)):
        found.append("environments")
    for one, other in (
        (r"\\left(?![a-z])", r"\\right(?![a-z])"),
        (r"\\[Bb]igl", r"\\[Bb]igr"),
    ):
        if len(re.findall(one, latex)) != len(re.findall(other, latex)):
            found.append(one)
    return found


@each_row
def test_formulas_are_balanced(row):
    assert row.latex
    assert row.statement.count("$$") == 2 * len(row.latex)
    for formula in (*row.latex, *re.findall(r"\$([^$]+)\$", row.statement)):
        assert flaws(formula) == [], formula
    for words in (row.summary, row.against_keras, row.source):
        assert words.count("$") % 2 == 0


@pytest.mark.parametrize(
    "latex",
    [r"\frac{1}{2", r"a}", r"\left( x", r"\begin{cases} 1", r"\bigl( x )", "a $ b"],
)
def test_unbalanced_formulas_are_noticed(latex):
    assert flaws(latex)


@pytest.fixture(scope="module")
def collected():
    """The tests that pytest finds in the files that the rows name, by their ids."""
    files = sorted({test.partition("::")[0] for row in FORMULAS for test in row.tests})
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *files],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},  # which runs all of them
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return [line for line in ended.stdout.splitlines() if "::" in line]


def is_among(test, collected):
    """Whether there is such a test; brackets hold a part of the parameters."""
    name, part = re.fullmatch(r"([^\[]+)(?:\[(.+)\])?", test).groups()
    parameters = r"(\[.*\])?" if part is None else rf"\[(.*-)?{re.escape(part)}(-.*)?\]"
    pattern = re.compile(re.escape(name) + parameters)
    return any(pattern.fullmatch(candidate) for candidate in collected)


def test_every_row_is_proved_by_tests_that_exist(collected):
    named = [test for row in FORMULAS for test in row.tests]
    assert [test for test in named if not is_among(test, collected)] == []


@pytest.mark.parametrize(
    "test, known",
    [
        ("a.py::test_x", True),
        ("a.py::test_x[Adam]", True),
        ("a.py::test_x[kernel]", True),
        ("a.py::test_x[Ada]", False),
        ("a.py::test", False),
        ("b.py::test_x", False),
        ("a.py::test_y", True),
        ("a.py::test_y[Adam]", False),
    ],
)
def test_tests_that_do_not_exist_are_noticed(test, known):
    collected = ["a.py::test_x[kernel-True-Adam]", "a.py::test_y"]
    assert is_among(test, collected) == known


# Reading a docstring.


def whole():
    r"""What it is for.

    $$a = 1$$

    Between.

    $$b = \frac{1}
    {2}$$

    $b$ is
    `b`.

    Args:
        b: Half.

    Against Keras: none,
    really.

    Source: notes, "Halves".
    """


def without_words():
    """$$a = 1$$

    Against Keras: none.

    Source: notes.
    """


def without_formula():
    """What it is for.

    Against Keras: none.

    Source: notes.
    """


def unbalanced():
    """What it is for.

    $$a = 1$

    Against Keras: none.

    Source: notes.
    """


def without_keras():
    """What it is for.

    $$a = 1$$

    Source: notes.
    """


def without_source():
    """What it is for.

    $$a = 1$$

    Against Keras: none.
    """


def read(component):
    return documented("T", "S", f"{__name__}.{component.__name__}", tests=("t",))


def test_a_row_is_read_from_a_docstring():
    row = read(whole)
    assert row.summary == "What it is for."
    assert row.latex == ("a = 1", "b = \\frac{1}\n{2}")
    assert row.statement.startswith("$$a = 1$$\n\nBetween.\n\n$$b")
    assert row.statement.endswith("$b$ is\n`b`.")
    assert row.against_keras == "none, really."
    assert row.source == 'notes, "Halves".'
    assert read(without_words).statement == "$$a = 1$$"


@pytest.mark.parametrize(
    "component, lacks",
    [
        (without_formula, "formula"),
        (unbalanced, "closed by another"),
        (without_keras, "Against Keras:"),
        (without_source, "Source:"),
    ],
)
def test_a_docstring_that_lacks_something_is_refused(component, lacks):
    with pytest.raises(ValueError, match=rf"{component.__name__}.*{lacks}"):
        read(component)


def test_the_module_speaks_for_what_is_keras():
    relu = documented("R", "S", "custom.activations.relu", tests=("t",))
    assert relu.latex == (r"\operatorname{relu}(x) = \max(0, x)",)
    assert relu.against_keras.startswith("the same object")


def test_importing_the_package_loads_no_keras():
    program = "import custom, sys; print({'keras', 'custom.formulas'} & {*sys.modules})"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.stdout == "set()\n"
    assert custom.FORMULAS is FORMULAS


# The page.


def test_the_page_is_fresh():
    text = PAGE.read_text("utf-8")
    assert differences(text, page(FORMULAS)) == [], "run python -m docs.catalogue"
    assert text == page(FORMULAS)


def test_each_picture_is_shown_once():
    shown = [row.picture.path for row in FORMULAS if row.picture]
    assert sorted(shown) == [f"docs/pictures/{name}.png" for name in PICTURES]
    for path in shown:
        assert (ROOT / path).is_file()


def test_links_lead_somewhere():
    text = PAGE.read_text("utf-8")
    headings = re.findall(r"^##+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert len(anchors) == len(headings)
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert {link[1:] for link in links if link.startswith("#")} == anchors
    for link in links:
        if not link.startswith("#"):
            assert (PAGE.parent / link).resolve().is_file(), link


def test_check_names_what_is_stale(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(main, ["--out", str(copy), *arguments])

    copy = tmp_path / "page.md"
    assert run().exit_code == 0
    assert copy.read_bytes() == PAGE.read_bytes()
    assert (run("--check").exit_code, run("--check").output) == (0, "")
    changed = copy.read_text("utf-8").replace("### Adagrad", "### Adagradient")
    copy.write_text(changed.replace("largest recent gradient", "last one"), "utf-8")
    result = run("--check")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "stale: Adagrad",
        "stale: AdaMax",
        "stale: Adagradient",
        "Write it again with: python -m docs.catalogue",
    ]
    assert copy.read_text("utf-8") != PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    "written, shown",
    [
        (r"with $\eta$ and $w_i$", r"with $\eta$ and $w_i$"),
        (r"$\eta\,g$", r"$`\eta\,g`$"),
        (r"$\|A\|_p$", r"$`\|A\|_p`$"),
        (r"$\mathbb{E}_x$", r"$`\mathbb{E}_x`$"),
        (r"$a < b$", r"$`a < b`$"),
        (r"$\operatorname{sign}(w)$", r"$\mathop{\mathrm{sign}}(w)$"),
        ("two\n   lines", "two lines"),
    ],
)
def test_formulas_in_a_line_are_kept_from_markdown(written, shown):
    assert in_line(written) == shown


def test_displayed_formulas_stand_in_fences():
    assert displayed("$$a \\\\ b$$\n$$c$$\n\nwith\nwords") == (
        "```math\na \\\\ b\n```\n\n```math\nc\n```\n\nwith words"
    )
