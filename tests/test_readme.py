"""What the README shows, run."""

import pathlib
import re
import shlex

import click
import pytest

from recipes.command import zoo

README = pathlib.Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")


@pytest.mark.slow
def test_python_examples_run_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "saved_models" / "digits" / "1" / "saved_model.pb").exists()
    assert "runs/mlp-digits-1" in capsys.readouterr().out


def command_lines():
    """The lines that show a command, without the explanation behind them."""
    lines = [line for line in README.splitlines() if line.startswith("zoo ")]
    return [line.split("  ")[0] for line in lines]


@pytest.mark.parametrize("line", command_lines())
def test_command_lines_are_understood(line):
    """Every subcommand, option and argument there is one that exists."""
    _, name, *arguments = shlex.split(line)
    command = zoo.commands[name]
    command.make_context(name, arguments, resilient_parsing=False)


def test_there_are_command_lines():
    assert len(command_lines()) >= 5
    with pytest.raises(click.NoSuchOption):
        zoo.commands["fit"].make_context("fit", ["cnn", "--absent"])
