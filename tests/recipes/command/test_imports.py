"""`zoo --import MODULE`: models of one's own through the command."""

import subprocess
import sys

import pytest

ZOO = [sys.executable, "-c", "import recipes.command; recipes.command.main()"]
MODULE = '''
import keras
import zoo


@zoo.register_model("thin", kinds=["images"], defaults_of="mlp")
class Thin(keras.Model):
    """One layer."""

    def __init__(self, input_shape, num_classes, name="thin"):
        inputs = keras.Input(input_shape)
        x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 16)(inputs))
        outputs = keras.layers.Dense(num_classes, activation="softmax")(x)
        super().__init__(inputs, outputs, name=name)
        self.arguments = {"input_shape": [*input_shape], "num_classes": num_classes}

    def get_config(self):
        return {**self.arguments, "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)
'''
BROKEN = {  # argument: (content of m.py, what is said)
    "mn": ("", "no module 'mn' to import, neither installed nor in"),
    "m.py": ("", "takes the name of a module: give 'm'."),
    "./sub/m.py": ("", "takes the name of a module: give 'sub.m'."),
    "m": ("import nothing_such", "'m' cannot be imported: ModuleNotFoundError: No mod"),
}


def run(folder, *arguments):
    done = subprocess.run(
        [*ZOO, *map(str, arguments)], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_a_family_of_ones_own_goes_all_the_way(tmp_path):
    (tmp_path / "mymodels.py").write_text(MODULE)
    status, output, errors = run(tmp_path, "--import", "mymodels", "list")
    assert (status, "thin        One layer." in output) == (0, True), errors
    fit = ("fit", "thin", "--epochs", 2, "--out", "run", "--seed", 1)
    status, output, errors = run(tmp_path, "--import=mymodels", *fit)
    assert (status, "test accuracy 0." in output) == (0, True), errors
    status, _, errors = run(tmp_path, "evaluate", "run")
    assert status == 2
    assert "uses `mymodels>Thin`" in errors
    assert "--import" in errors
    for command in (("evaluate", "run"), ("fit", "--resume", "run")):
        status, output, errors = run(tmp_path, *command, "--import", "mymodels")
        assert (status, "accuracy" in output) == (0, True), errors


@pytest.mark.parametrize("name", BROKEN)
def test_a_module_that_cannot_be_imported_is_one_sentence(name, tmp_path, monkeypatch):
    content, message = BROKEN[name]
    (tmp_path / "m.py").write_text(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "m", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    from recipes.command.imports import import_module
    from zoo import InputError

    with pytest.raises(InputError) as refused:
        import_module(name)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
