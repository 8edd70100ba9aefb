"""A training run in a process that dies at a chosen point, as `kill -9` has it."""

import multiprocessing
import os
import pathlib
import signal
import sys

HOME = pathlib.Path(__file__).parents[3]
OURS = (str(HOME / "recipes"), str(HOME / "zoo"))
ARGUMENTS = {
    "epochs": 6,
    "patience": 2,
    "checkpoint_steps": 7,
    "augment": "digits",
    "model_arguments": {"hidden_units": [16], "dropout": 0.2},
}


def live(folder: pathlib.Path, death: int | str | None) -> int:
    """Starts or resumes the run, until it is complete or the process dies.

    Args:
        folder: The run folder.
        death: Number of the call of one of our functions that is the last one, or
            the function's name; `None` to live on.

    Returns:
        The exit status: 0, or −9.
    """
    process = _context().Process(target=_run, args=(folder, death))
    process.start()
    process.join()
    return process.exitcode


def _context():
    """Processes forked from one that has loaded TensorFlow and not yet used it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["recipes.training.resume", "recipes.training.new_run"]
    )
    return context


def _run(folder, death):
    import recipes

    if death is not None:
        sys.setprofile(Death(death))
    if folder.exists():
        recipes.resume(folder, progress=False)
        return
    recipes.fit("mlp", "digits", out=folder, progress=False, **ARGUMENTS)


class Death:
    """Counts the calls of our functions, and kills the process at one of them."""

    def __init__(self, at: int | str):
        self.at = at
        self.calls = 0

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(OURS):
            return
        self.calls += 1
        if self.at in (self.calls, code.co_name):
            os.kill(os.getpid(), signal.SIGKILL)
