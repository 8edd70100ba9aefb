"""What the README and the guides show, run."""

import pathlib
import re
import shlex

import click
import pytest

from recipes.command import zoo

ROOT = pathlib.Path(__file__).parents[1]
README = ROOT.joinpath("README.md").read_text("utf-8")
GUIDES = sorted(ROOT.glob("docs/*.md"))


def run_python_examples(text):
    """Runs the Python blocks of a page in order, as one program."""
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "example", "exec"), names)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_guides_run(guide, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_python_examples(guide.read_text("utf-8"))


@pytest.mark.slow
def test_the_three_uses_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run_python_examples(README)
    assert (tmp_path / "saved_models" / "mine" / "1" / "saved_model.pb").exists()
    assert "runs/mlp-digits-1" in capsys.readouterr().out


def command_lines():
    """The lines that show a command, without the explanation behind them."""
    for path in (ROOT / "README.md", *GUIDES):
        text = path.read_text("utf-8").replace("\\\n", " ")
        for line in re.findall("^zoo .*", text, re.MULTILINE):
            yield re.split("  |#", line)[0]


@pytest.mark.parametrize("line", [*command_lines()])
def test_command_lines_are_understood(line):
    """Every subcommand, option and argument there is one that exists."""
    _, name, *arguments = shlex.split(line)
    command = zoo.commands[name]
    command.make_context(name, arguments, resilient_parsing=False)


def test_there_are_command_lines():
    assert len([*command_lines()]) >= 5
    with pytest.raises(click.NoSuchOption):
        zoo.commands["fit"].make_context("fit", ["cnn", "--absent"])
