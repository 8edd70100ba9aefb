"""`zoo --import MODULE`: a user's own models through the command."""

import pathlib
import re
import subprocess
import sys
import time

import pytest

ZOO = [sys.executable, "-P", "-c", "import recipes.command; recipes.command.main()"]
GUIDE = pathlib.Path(__file__).parents[3] / "docs" / "training.md"
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
    (module,) = re.findall(r"```py\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "mymodels.py").write_text(module)
    status, output, errors = run(tmp_path, "--import", "mymodels", "list")
    assert (status, "thin        One layer." in output) == (0, True), errors
    fit = ("--import=mymodels", "fit", "thin", "--epochs", 3, "--out", "run")
    with subprocess.Popen(
        [*ZOO, *map(str, fit), "--checkpoint-steps", "1"], cwd=tmp_path
    ) as process:
        while process.poll() is None and not [
            *tmp_path.glob("run/checkpoints/step-*[1-9]")
        ]:
            time.sleep(0.05)
        process.terminate()
    assert process.returncode == 75  # Stopped by the signal, with a checkpoint.
    resume = ("fit", "--resume", "run")
    status, _, errors = run(tmp_path, *resume)
    assert status == 2
    assert "uses `mymodels>Thin`" in errors
    assert "--import" in errors
    for command in (resume, ("export", "run", "served")):
        status, _, errors = run(tmp_path, *command, "--import", "mymodels")
        assert status == 0, errors
    assert (tmp_path / "served" / "1" / "saved_model.pb").exists()


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
