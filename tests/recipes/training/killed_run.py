"""A training run in a process that `kill -9` ends at a chosen point."""

import multiprocessing
import os
import pathlib
import signal
import sys

ROOT = pathlib.Path(__file__).parents[3]
PACKAGES = (str(ROOT / "recipes"), str(ROOT / "zoo"))
ARGUMENTS = {
    "epochs": 6,
    "patience": 2,
    "checkpoint_steps": 7,
    "augment": "digits",
    "model_arguments": {"hidden_units": [16], "dropout": 0.2},
}


def run_once(folder: pathlib.Path, last_call: int | str | None) -> int:
    """Start or resume the run in a process, until it is finished or killed.

    Args:
        folder: The run folder.
        last_call: The call, of the functions in our packages, at which the process is
            killed: its number, or the name of the function. `None` kills nothing.

    Returns:
        The exit status: 0, or −9 for a killed process.
    """
    process = process_context().Process(target=_run, args=(folder, last_call))
    process.start()
    process.join()
    return process.exitcode


def process_context():
    """Processes forked from one that has loaded TensorFlow and not yet used it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["recipes.training.resume", "recipes.training.new_run"]
    )
    return context


def _run(folder, last_call):
    import recipes
    from tests.light_runs import EXPLANATIONS, leave_out

    leave_out(EXPLANATIONS)
    if last_call is not None:
        sys.setprofile(KillAtCall(last_call))
    if folder.exists():
        recipes.resume(folder, progress=False)
        return
    recipes.fit("mlp", "digits", out=folder, progress=False, **ARGUMENTS)


class KillAtCall:
    """Profiler that counts the calls of our functions, and kills at one of them."""

    def __init__(self, last_call: int | str):
        self.last_call = last_call
        self.calls = 0

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PACKAGES):
            return
        self.calls += 1
        if self.last_call in (self.calls, code.co_name):
            os.kill(os.getpid(), signal.SIGKILL)
