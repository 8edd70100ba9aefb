"""The types that users of the packages get from a type checker."""

import ast
import importlib
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
CORRECT = [
    "custom.activations.sign([0.5])",
    "custom.layers.LpPooling2D(p=3, name='norm')",
    "custom.losses.CrossEntropy(from_logits=True)",
    "custom.optimizers.Adam(0.1, weight_decay=0.1, global_clipnorm=1.0)",
    "custom.regularizers.L2.from_gaussian_prior(0.5).alpha",
    "recipes.fit('cnn', 'digits', epochs=3, optimizer='adagrad', metrics=['auc'])",
    "recipes.resume('runs/cnn-digits-1', strategy='cpu').evaluation",
]
MISTAKES = {  # statement: part of the error
    "custom.activations.sign()": "Missing positional argument",
    "custom.callbacks.TimeLimit('long')": 'expected "float"',
    "custom.layers.LpPooling2D(pool=3)": '"pool"',
    "custom.losses.CrossEntropy(from_logit=True)": "from_logits",
    "custom.nonsense": "no attribute",
    "custom.optimizers.Adagrad(0.1, clipnorm='x')": 'expected "float | None"',
    "custom.optimizers.Adam(lerning_rate=0.1)": "learning_rate",
    "custom.regularizers.L2(alpha=[1])": 'expected "float"',
    "recipes.fit('cnn', 5)": 'incompatible type "int"',
    "recipes.fit('cnn', epochs='many')": 'incompatible type "str"',
    "recipes.fit('cnn', on_nan='continue')": "incompatible type",
    "recipes.fit('cnn', optimiser='adam')": '"optimizer"',
    "recipes.nonsense": "no attribute",
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """The errors of each statement, checked from a folder outside the project."""
    pytest.importorskip("mypy", reason="mypy is part of the extra `dev` only")
    folder = tmp_path_factory.mktemp("user")
    statements = [*CORRECT, *MISTAKES]
    text = "\n".join(["import custom, recipes", *statements])
    (folder / "program.py").write_text(text, "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--ignore-missing-imports", "program.py"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^program\.py:(\d+): error: (.*)", ended.stdout, re.MULTILINE)
    assert found, ended.stdout + ended.stderr
    return {
        statement: [message for line, message in found if int(line) == number]
        for number, statement in enumerate(statements, 2)
    }


@pytest.mark.parametrize("statement", CORRECT)
def test_correct_calls_have_no_errors(errors, statement):
    assert errors[statement] == []


@pytest.mark.parametrize("statement, part", MISTAKES.items())
def test_mistakes_are_errors(errors, statement, part):
    assert part in "\n".join(errors[statement])


@pytest.mark.parametrize("package", ["custom", "recipes"])
def test_type_checkers_see_the_public_names(package):
    module = importlib.import_module(package)
    tree = ast.parse(pathlib.Path(module.__file__).read_text("utf-8"))
    seen = [
        alias.name
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        for alias in node.names
    ]
    assert sorted(seen) == sorted(module.__all__)
    assert (ROOT / package / "py.typed").is_file()
