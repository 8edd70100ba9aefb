"""Environment variables and other surroundings of the command."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

import zoo as zoo_package
from recipes.command.failures import INTERNAL
from recipes.training.strategies.cluster import expanded_hosts, find_cluster
from recipes.training.strategies.launching import LAUNCHED
from tests.abuse.conftest import check_sentence
from tests.abuse.test_configuration_files import DAMAGED
from zoo.cache_folder import cache_folder

ROOT = pathlib.Path(__file__).parents[2]
COMMAND = [
    sys.executable,
    "-P",
    "-c",
    "import sys; sys.argv[0] = 'zoo'; from recipes.command import main; main()",
]


def cluster(**task):
    return {"cluster": {"worker": ["a:1", "b:2"]}, "task": task}


def workers(*addresses):
    task = {"type": "worker", "index": 0}
    return {"cluster": {"worker": [*addresses]}, "task": task}


CONFIGURATIONS = {  # of TF_CONFIG
    **{
        name: content.decode("utf-8", errors="replace")
        for name, content in DAMAGED.items()
        if content and b"\0" not in content
    },
    "only workers": json.dumps({"cluster": {"worker": ["a:1"]}}),
    "role": json.dumps({"cluster": {"ps": ["a:1"]}}),
    "roles": json.dumps({"cluster": ["worker"]}),
    "number of workers": json.dumps({"cluster": {"worker": 2}}),
    "nobody": json.dumps({"cluster": {"worker": []}}),
    **{
        f"address {address!r}": json.dumps(workers(address))
        for address in ("a", "a:", ":1", "a:0", "a:65536", "a:²", "a:٣", "a:-1",
                        "a:1e3", "", 5, None, ["a:1"], "a:99999999999")
    },
    **{
        f"type {role!r}": json.dumps(cluster(type=role, index=0))
        for role in ("", "chief", None, 5, [], {}, ["worker"], True)
    },
    **{
        f"index {index!r}": json.dumps(cluster(type="worker", index=index))
        for index in (-1, 2, 10**30, 0.0, 1.5, "0", None, [], {}, True, False)
    },
    "twice": json.dumps(workers("a:1", "a:1")),
    "two chiefs": json.dumps({"cluster": {"chief": ["a:1", "b:1"]}, "task": {}}),
}  # fmt: skip
GOOD = {
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_NODELIST": "n[1-2]",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    "SLURM_PROCID": "3",
    "SLURMD_NODENAME": "n2",
}
SLURM = {
    **{
        f"{name} {value!r}": {name: value}
        for name in ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")
        for value in ("", "x", "-1", "²", "1.5", "9" * 5000, " 3", "1e3")
    },
    **{
        f"node list {value!r}": {"SLURM_STEP_NODELIST": value}
        for value in ("", "n[a-b]", "n[1-]x", "n[1-99999999999]", "n[-1]", "n[²-³]",
                      "n[1-2", "n[5-1]", "[", "]", "n[1-2][3-4]", "n1")
    },
    **{
        f"tasks {value!r}": {"SLURM_STEP_TASKS_PER_NODE": value}
        for value in ("", "x", "2(x99999999999)", "99999999999", "2(x", "²(x2)", "1")
    },
    "rank beyond the tasks": {"SLURM_PROCID": "9"},
    "another node": {"SLURMD_NODENAME": "n9"},
    "no rank": {"SLURM_PROCID": None},
    "no nodes": {"SLURM_STEP_NODELIST": None},
    "no tasks": {"SLURM_STEP_TASKS_PER_NODE": None},
}  # fmt: skip


@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_wrong_tf_config_is_refused(refused, monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    assert "TF_CONFIG is wrong: " in refused("fit", "mlp", "--out", "run")


@pytest.mark.parametrize("changes", SLURM.values(), ids=SLURM)
def test_wrong_variables_of_slurm_are_refused(changes):
    assert find_cluster(GOOD).index == 3
    environment = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    with pytest.raises(zoo_package.InputError) as refused:
        find_cluster(environment)
    check_sentence(str(refused.value))
    assert re.search("SLURM|Slurm", str(refused.value))


def test_hosts_may_have_leading_zeros():
    assert expanded_hosts("n[008-010,12]") == ["n008", "n009", "n010", "n12"]


@pytest.mark.parametrize("value", ["x" * 300, " ", "~nobody-has-this-name/x"])
def test_a_wrong_cache_folder_is_refused(monkeypatch, value):
    monkeypatch.setenv("ZOO_CACHE", value)
    with pytest.raises(zoo_package.InputError) as refused:
        cache_folder()
    check_sentence(str(refused.value))
    assert "ZOO_CACHE" in str(refused.value)


def test_an_empty_cache_folder_is_the_default(monkeypatch):
    monkeypatch.delenv("ZOO_CACHE", raising=False)
    default = cache_folder()
    monkeypatch.setenv("ZOO_CACHE", "")
    assert cache_folder() == default


WIDTHS = ("0", "-1", "²", "x", "", "1e3", "99999999999", "9" * 5000, "80")


@pytest.mark.parametrize("value", WIDTHS)
@pytest.mark.parametrize("name", ["COLUMNS", "LINES"])
def test_any_width_of_the_terminal_is_right(zoo, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    status, output, errors = zoo("list", "--presets")
    assert (status, errors) == (0, "")
    assert "cnn_digits" in output


FAILURES = {  # what escapes: (exception, status, what is said)
    "unexpected": (ZeroDivisionError("1/0"), INTERNAL, "ZeroDivisionError: 1/0"),
    "without a message": (KeyError(), INTERNAL, "Unexpected error"),
    "of several lines": (TypeError("a\nb\n\x1b[31m"), INTERNAL, "TypeError: a)"),
    "assertion": (AssertionError("x."), INTERNAL, "AssertionError: x)"),
    "recursion": (RecursionError("deep"), INTERNAL, "RecursionError: deep"),
    "memory": (MemoryError("Unable to allocate 5 TiB"), 2, "not enough memory (Unable"),
    "memory without a message": (MemoryError(), 2, "not enough memory"),
    "file": (PermissionError(13, "Permission denied", "a\nb"), 2, r"a\nb: Permission"),
    "system": (OSError(28, "No space left on device"), 2, "No space left on device."),
    "other error of the system": (OSError("odd"), INTERNAL, "OSError: odd"),
    "mistake": (zoo_package.InputError("Wrong."), 2, "Wrong."),
    "Ctrl-C": (KeyboardInterrupt(), 130, "Interrupted."),
}


@pytest.mark.parametrize("error, status, said", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])
def test_what_escapes_is_one_sentence(
    zoo, monkeypatch, tmp_path, debug, error, status, said
):
    def fail(pattern):
        raise error

    monkeypatch.setattr("zoo.registry.list_models", fail)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found, output, errors = zoo("list", *debug)
    *traceback, sentence = errors.strip().splitlines()
    assert (found, output) == (status, "")
    assert said in sentence
    check_sentence(sentence)
    shows = bool(debug) and not isinstance(error, KeyboardInterrupt)
    assert bool(traceback) == shows
    logs = [*tmp_path.rglob("*.log")]
    assert len(logs) == (status == INTERNAL)
    for log in logs:
        assert str(log) in sentence
        text = log.read_text()
        assert "Traceback (most recent call last)" in text
        assert "'list'" in text


def test_without_a_folder_for_the_log_the_sentence_names_debug(
    zoo, monkeypatch, tmp_path
):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("zoo.registry.list_models", lambda pattern: 1 / 0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "file"))
    status, _, errors = zoo("list")
    assert status == INTERNAL
    assert "run the same command with --debug" in errors


REAL = {  # in a process of its own: (arguments, variables, redirections, status, said)
    "option": (("fit", "mlp", "--epochs", "0"), {}, "", 2, "'--epochs'"),
    "command": (("fitt",), {}, "", 2, "did you mean 'fit'?"),
    "path": (("export", "m.keras", ""), {}, "", 2, "must be a path, not empty"),
    "Keras": (("fit", "mlp"), {"KERAS_BACKEND": "no"}, "", 2, "KERAS_BACKEND is"),
    "figures": (("fit", "mlp"), {"MPLBACKEND": "no"}, "", 2, "MPLBACKEND is 'no'"),
    "TF_CONFIG": (("fit", "mlp", "--out", "r"), {"TF_CONFIG": "{"}, "", 2, "TF_CONFIG"),
    "no streams": (("list",), {}, "<&- >&- 2>&-", 0, ""),
    "no output": (("fit", "cn"), {}, ">&-", 2, "did you mean 'cnn'"),
    "no input": (("evaluate", "absent"), {}, "<&-", 2, "There is no model absent"),
    "ASCII": (
        ("fit", "\u00d7\u65e5"),
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        "",
        2,
        r"\udcc3",
    ),
    "no home": (("evaluate", "absent"), {"HOME": "/nowhere"}, "", 2, "There is no mod"),
    "no folder for temporary files": (
        ("evaluate", "absent"), {"TMPDIR": "/nowhere"}, "", 2, "There is no mod"
    ),
    "full output": (("list",), {}, "> /dev/full", 2, "No space left on device"),
    "unexpected": (("--import", "broken", "list"), {}, "", INTERNAL, "Unexpected"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", REAL.values(), ids=REAL)
def test_the_real_command(tmp_path, case):
    arguments, variables, redirections, status, said = case
    work = tmp_path / "work"
    work.mkdir()
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "broken.py").write_text(
        "import zoo.registry\nzoo.registry.list_models = lambda pattern: 1 / 0\n"
    )
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", *COMMAND, *arguments],
        cwd=work,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{modules}",
            "XDG_STATE_HOME": str(tmp_path / "state"),
            **variables,
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert [*work.iterdir()] == []


@pytest.mark.slow
def test_a_worker_ends_with_its_launcher_whatever_it_does(tmp_path):
    """The launcher holds standard input, which is closed when it is killed."""
    (tmp_path / "waits.py").write_text("import time\ntime.sleep(600)\n")
    done = subprocess.run(
        [*COMMAND, "--import", "waits", "list"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), LAUNCHED: "1"},
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    assert done.returncode == -signal.SIGTERM
