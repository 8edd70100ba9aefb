"""The catalogue of formulas is complete and correct, and its page is up to date."""

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
from custom.formula import Section
from docs.catalogue import collect
from docs.catalogue.__main__ import PAGE, main
from docs.catalogue.github_math import displayed, in_line
from docs.catalogue.page import differences, page
from docs.catalogue.pictures import PICTURES
from docs.catalogue.proofs import PROOFS
from docs.catalogue.row import Row
from docs.figures import NAMES

ROOT = pathlib.Path(__file__).parents[1]
ROWS = collect()
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)


@pytest.mark.parametrize("module", custom.__all__)
def test_every_component_of_custom_has_a_row(module):
    public = importlib.import_module(f"custom.{module}").__all__
    listed = {component for row in ROWS for component in row.components}
    assert {f"custom.{module}.{name}" for name in public} <= listed


def test_every_row_has_a_proof_and_every_proof_a_row():
    assert [row.title for row in ROWS] == list(PROOFS)
    assert all(PROOFS.values())


def test_rows_are_in_the_order_of_the_sections():
    sections = list(Section)
    numbers = [sections.index(row.section) for row in ROWS]
    assert numbers == sorted(numbers)
    assert {*numbers} == {*range(len(sections))}


@each_row
def test_components_can_be_imported(row):
    assert row.components
    for component in row.components:
        assert pkgutil.resolve_name(component) is not None


@each_row
def test_every_row_has_all_parts(row):
    assert row.statement
    assert row.compared_with_keras
    assert row.source.startswith("notes, ")


def flaws(latex):
    """Return the errors in a formula in LaTeX."""
    found = []
    plain = re.sub(r"\\[{}\\]", "", latex)
    if plain.count("{") != plain.count("}") or re.search(r"\$", plain):
        found.append("braces or dollars")
    opened = re.findall(r"\\begin\{(\w+)\}", latex)
    if sorted(opened) != sorted(re.findall(r"\\end\{(\w+)\}", latex)):
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
    for text in (row.summary, row.compared_with_keras, row.source):
        assert text.count("$") % 2 == 0


@pytest.mark.parametrize(
    "latex",
    [r"\frac{1}{2", r"a}", r"\left( x", r"\begin{cases} 1", r"\bigl( x )", "a $ b"],
)
def test_unbalanced_formulas_are_detected(latex):
    assert flaws(latex)


@pytest.fixture(scope="module")
def collected():
    """Return the ids of all tests in the files with proofs."""
    proofs = (test for tests in PROOFS.values() for test in tests)
    files = sorted({test.partition("::")[0] for test in proofs})
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *files],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},  # collects all tests
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return [line for line in ended.stdout.splitlines() if "::" in line]


def is_among(test, collected):
    """Return whether the test exists; brackets hold a part of the parameters."""
    name, part = re.fullmatch(r"([^\[]+)(?:\[(.+)\])?", test).groups()
    parameters = r"(\[.*\])?" if part is None else rf"\[(.*-)?{re.escape(part)}(-.*)?\]"
    pattern = re.compile(re.escape(name) + parameters)
    return any(pattern.fullmatch(candidate) for candidate in collected)


def test_every_proof_exists(collected):
    named = [test for tests in PROOFS.values() for test in tests]
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
def test_proofs_that_do_not_exist_are_detected(test, known):
    collected = ["a.py::test_x[kernel-True-Adam]", "a.py::test_y"]
    assert is_among(test, collected) == known


# Reading a docstring.


class Whole:
    r"""What it is for.

    $$a = 1$$

    Between.

    $$b = \frac{1}
    {2}$$

    $b$ is
    `b`.

    Args:
        b: Half.

    Compared with Keras: the same,
    really.

    Source: notes, "Halves".
    """


class Inherited(Whole):
    pass


PARTS = {
    "formula": "$$a = 1$$",
    "Compared with Keras:": "Compared with Keras: the same.",
    "Source:": "Source: notes.",
}


def row(component="keras.Model", text=None):
    return Row("T", Section.TRAINING, (component,), text)


@pytest.mark.parametrize("component", [Whole, Inherited])
def test_a_row_is_read_from_a_docstring(component):
    read = row(component)
    assert read.summary == "What it is for."
    assert read.latex == ("a = 1", "b = \\frac{1}\n{2}")
    assert read.statement.startswith("$$a = 1$$\n\nBetween.\n\n$$b")
    assert read.statement.endswith("$b$ is\n`b`.")
    assert read.compared_with_keras == "the same, really."
    assert read.source == 'notes, "Halves".'
    assert read.components == (f"{__name__}.{component.__name__}",)


def test_a_row_is_read_from_a_text():
    read = row(text="\n    ".join(["", *"\n\n".join(PARTS.values()).splitlines()]))
    assert (read.summary, read.statement) == ("", "$$a = 1$$")
    assert read.components == ("keras.Model",)


@pytest.mark.parametrize("missing", PARTS)
def test_a_text_without_a_part_is_refused(missing):
    text = "\n\n".join(part for name, part in PARTS.items() if name != missing)
    read = row(text=text or None)
    with pytest.raises(ValueError, match=rf"'T' must have a.*{missing}"):
        _ = read.statement, read.compared_with_keras, read.source


def test_an_open_formula_is_refused():
    with pytest.raises(ValueError, match="closed by another"):
        _ = row(text="$$a = 1$").statement


@pytest.mark.parametrize(
    "title, components",
    [
        ("Adagrad", ("custom.optimizers.Adagrad",)),
        ("L2 as a Gaussian prior", ("custom.regularizers.L2.from_gaussian_prior",)),
        ("Softplus", ("custom.activations.softplus",)),
        ("Dropout", ("keras.layers.Dropout",)),
        ("What a perceptron cannot learn: XOR", ("zoo.Perceptron",)),
    ],
)
def test_components_have_their_public_path(title, components):
    assert {row.title: row.components for row in ROWS}[title] == components


def test_packages_declare_rows_without_importing_keras():
    program = (
        "import custom, zoo, custom.formula, sys; print({'keras'} & {*sys.modules})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.stdout == "set()\n"


def test_the_old_name_of_the_catalogue_warns():
    with pytest.warns(DeprecationWarning, match=r"docs/formulas\.md"):
        formulas = custom.FORMULAS
    titles = {row.title for row in formulas}
    assert "Adagrad" in titles
    assert titles < {*PROOFS}


# The page.


def test_the_page_is_up_to_date():
    text = PAGE.read_text("utf-8")
    assert differences(text, page(ROWS)) == [], "run python -m docs.catalogue"
    assert text == page(ROWS)


def test_each_picture_is_shown_once():
    assert {*PICTURES} <= {*PROOFS}
    shown = sorted(picture.path for picture in PICTURES.values())
    assert shown == sorted(f"pictures/{name}.png" for name in NAMES)
    assert all((PAGE.parent / path).is_file() for path in shown)


def test_links_have_targets():
    text = PAGE.read_text("utf-8")
    headings = re.findall(r"^##+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert len(anchors) == len(headings)
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert {link[1:] for link in links if link.startswith("#")} == anchors
    for link in links:
        if not link.startswith("#"):
            assert (PAGE.parent / link).resolve().is_file(), link


def test_check_lists_stale_rows(tmp_path):
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
        "To update the page, run: python -m docs.catalogue",
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
def test_inline_formulas_are_protected_from_markdown(written, shown):
    assert in_line(written) == shown


def test_display_formulas_are_fenced():
    assert displayed("$$a \\\\ b$$\n$$c$$\n\nwith\nwords") == (
        "```math\na \\\\ b\n```\n\n```math\nc\n```\n\nwith words"
    )
