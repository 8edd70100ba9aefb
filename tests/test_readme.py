"""The examples in the README and the guides run, and the names in them exist."""

import inspect
import pathlib
import pkgutil
import re
import shlex

import click
import pytest

import recipes
from recipes.command import zoo

ROOT = pathlib.Path(__file__).parents[1]
README = ROOT.joinpath("README.md").read_text("utf-8")
GUIDES = sorted(ROOT.glob("docs/*.md"))


def run_python_examples(text):
    """Run the Python blocks of a page in order, as one program."""
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "example", "exec"), names)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_guides_run(guide, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_python_examples(guide.read_text("utf-8"))


@pytest.mark.slow
def test_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run_python_examples(README)
    assert (tmp_path / "saved_models" / "mine" / "1" / "saved_model.pb").exists()
    assert "runs/mlp-digits-1" in capsys.readouterr().out


def command_lines():
    """Yield the lines that show a command, without the explanation that follows."""
    for path in (ROOT / "README.md", *GUIDES):
        text = path.read_text("utf-8").replace("\\\n", " ")
        for line in re.findall("^zoo .*", text, re.MULTILINE):
            yield re.split("  |#", line)[0]


@pytest.mark.parametrize("line", [*command_lines()])
def test_commands_in_the_pages_exist_with_their_options(line):
    _, name, *arguments = shlex.split(line)
    command = zoo.commands[name]
    command.make_context(name, arguments, resilient_parsing=False)


def test_command_lines_are_found_and_unknown_options_refused():
    assert len([*command_lines()]) >= 5
    with pytest.raises(click.NoSuchOption):
        zoo.commands["fit"].make_context("fit", ["cnn", "--absent"])


PAGES = [ROOT / "README.md", ROOT / "saved_models" / "README.md", *GUIDES]
FILES = [
    f"/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("[a-z]*/**/*.py")
]
TESTS = "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/**/*.py"))
NOT_OURS = {"mymodels.py", "zoo.json"}  # files that a user writes, or an export


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name + page.name)
def test_files_modules_and_tests_named_in_the_pages_exist(page):
    text = page.read_text("utf-8")
    paths = set(re.findall(r"(?:\.\./)*([\w/-]+\.py)\b", text)) - NOT_OURS
    assert [p for p in paths if not any(f.endswith(f"/{p}") for f in FILES)] == []
    for name in set(re.findall(r"\b(?:custom|zoo|recipes)(?:\.\w+)+", text)) - NOT_OURS:
        assert pkgutil.resolve_name(name) is not None, name
    options = inspect.signature(recipes.load).parameters
    for name in set(re.findall(r"(?:`|::)(test_\w+)", text)) - {*options, "test_x"}:
        assert f"def {name}(" in TESTS or f"/{name}.py" in "".join(FILES), name
