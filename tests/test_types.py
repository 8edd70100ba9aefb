"""The types that users of the packages get from a type checker."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
IMPORTS = "import custom, recipes.augmentation, recipes.sampling, zoo"
FILES = ("program.py", "readme.py")
CORRECT = [
    "custom.activations.sign([0.5])",
    "custom.layers.LpPooling2D(p=3, name='norm')",
    "custom.losses.CrossEntropy(from_logits=True)",
    "custom.optimizers.Adam(0.1, weight_decay=0.1, global_clipnorm=1.0)",
    "custom.regularizers.L2.from_gaussian_prior(0.5).alpha",
    "recipes.augmentation.Warp(rotation=15, zoom=(0.9, 1.1)).get_config()",
    "recipes.fit('cnn', 'digits', epochs=3, optimizer='adagrad', metrics=['auc'])",
    "recipes.resume('runs/cnn-digits-1', strategy='cpu').evaluation",
    "zoo.CNN((8, 8, 1), num_classes=3).num_classes",
    "recipes.load('digits').train.take",
    "recipes.inspect('digits', image_size=(4, 4)).to_dict()",
    "zoo.MLP.from_preset('mlp_digits').with_head(2).class_names",
    "zoo.load_classifier('model.keras').probabilities([[1.0]]).shape",
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
    "recipes.augmentation.Flop()": "no attribute",
    "recipes.augmentation.Flip(nonsense=3)": "nonsense",
    "recipes.sampling.Smote(neighbors=3)": "neighbors",
    "recipes.fit('cnn', 5)": 'incompatible type "int"',
    "recipes.fit('cnn', epochs='many')": 'incompatible type "str"',
    "recipes.fit('cnn', on_nan='continue')": "incompatible type",
    "recipes.fit('cnn', optimiser='adam')": '"optimizer"',
    "recipes.inspect('digits').nonsense": "no attribute",
    "recipes.nonsense": "no attribute",
    "zoo.CNN('nonsense', 3)": 'incompatible type "str"',
    "zoo.CNN((8, 8, 1), num_clases=3)": "num_clases",
    "zoo.MLP((4,), target=3)": '"target"',
    "zoo.CNM((8, 8, 1), 3)": "no attribute",
    "zoo.DCGAN(latent_dim='many')": '"latent_dim"',
    "zoo.RecurrentNetwork(units='wide')": '"units"',
    "zoo.list_models(3)": 'expected "str"',
    "zoo.load_classifier('model.keras').nonsense": "no attribute",
    "recipes.fit('cnn', 'digits', epoch=3)": '"epoch"',
    "recipes.load('digits', sample_rate='fast')": 'incompatible type "str"',
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """Return mypy's errors of each statement, checked from a user's folder."""
    pytest.importorskip("mypy", reason="mypy is part of the extra `dev` only")
    folder = tmp_path_factory.mktemp("user")
    statements = [*CORRECT, *MISTAKES]
    text = "\n".join([IMPORTS, *statements])
    (folder / "program.py").write_text(text, "utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (folder / "readme.py").write_text("\n".join(blocks), "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--ignore-missing-imports", *FILES],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^(\w+\.py):(\d+): error: (.*)", ended.stdout, re.MULTILINE)
    assert found, ended.stdout + ended.stderr
    errors = {
        statement: [m for *place, m in found if place == ["program.py", str(number)]]
        for number, statement in enumerate(statements, 2)
    }
    return {**errors, "README": [m for file, _, m in found if file == "readme.py"]}


@pytest.mark.parametrize("statement", [*CORRECT, "README"])
def test_correct_calls_have_no_errors(errors, statement):
    assert errors[statement] == []


@pytest.mark.parametrize("statement, part", MISTAKES.items())
def test_mistakes_are_errors(errors, statement, part):
    assert part in "\n".join(errors[statement])


def unannotated(body, is_class=False):
    """Yield the public functions of a module or class that lack an annotation."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from unannotated(node.body, is_class=True)
        is_public = isinstance(node, ast.FunctionDef) and (
            not node.name.startswith("_") or node.name == "__init__"
        )
        if is_public:
            given = node.args
            named = [*given.posonlyargs, *given.args][is_class:] + given.kwonlyargs
            named += [each for each in (given.vararg, given.kwarg) if each]
            if node.returns is None or any(a.annotation is None for a in named):
                yield f"{node.name} in line {node.lineno}"


@pytest.mark.parametrize("package", ["custom", "zoo", "recipes"])
def test_every_public_function_is_annotated(package):
    found = {
        str(path.relative_to(ROOT)): list(unannotated(ast.parse(path.read_text()).body))
        for path in (ROOT / package).rglob("*.py")
    }
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("package", ["custom", "zoo", "recipes"])
def test_the_packages_say_that_they_have_types(package):
    assert (ROOT / package / "py.typed").is_file()
