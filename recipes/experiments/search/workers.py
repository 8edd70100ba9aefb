"""A search in several processes of one machine."""

import contextlib
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import time

from recipes.experiments.search.progress import Progress
from recipes.experiments.search.request import Request
from recipes.experiments.search.study import Study
from zoo.errors import InputError

# `-P`: a folder `recipes` where the user works does not hide ours.
WORKER = (
    "-P",
    "-c",
    "import sys; sys.path[:0] = sys.argv[3:]; "
    "from recipes.experiments.search.workers import main; main(*sys.argv[1:3])",
)
PAUSE = 0.2  # seconds between two looks at the workers


def run_workers(
    folder: pathlib.Path,
    study: Study,
    request: Request,
    jobs: int,
    deadline: float,
    progress: bool,
) -> str:
    """Makes the trials in several processes, which share the cores.

    Returns:
        How the search ended.
    """
    left = json.dumps(None if deadline == math.inf else deadline - time.monotonic())
    command = [sys.executable, *WORKER, str(folder.absolute()), left, *sys.path]
    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    environment = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        **os.environ,
    }
    done = {t.number for t in study.trials() if t.state != "unfinished"}
    show = Progress(request, study, deadline) if progress else None
    logs = [folder / "study" / f"worker-{number}.log" for number in range(jobs)]
    interrupted = False
    with contextlib.ExitStack() as stack:
        workers = []
        for log in logs:
            output = stack.enter_context(log.open("wb"))
            worker = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output
            )
            stack.callback(worker.kill)  # Nothing happens if it has ended.
            workers.append(worker)
        while any(worker.poll() is None for worker in workers):
            try:
                time.sleep(PAUSE)
                for trial in study.trials():
                    if trial.state != "unfinished" and trial.number not in done:
                        done.add(trial.number)
                        if show is not None:
                            show(trial)
            except KeyboardInterrupt:
                interrupted = True
                for worker in workers:
                    worker.send_signal(signal.SIGINT)
    for worker, log in zip(workers, logs, strict=True):
        if worker.returncode not in (0, 130) and not interrupted:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            raise InputError(
                f"A process of the search has ended with status {worker.returncode}: "
                f"{lines[-1] if lines else 'it wrote nothing'} ({log})."
            )
        log.unlink()
    if interrupted:
        return "interrupted"
    return "time limit" if time.monotonic() > deadline else "complete"


def main(folder: str, seconds: str) -> None:
    """Makes trials of a search until there are enough: one worker."""
    import importlib

    from recipes.experiments.search.searching import data_of, open_study, work

    path = pathlib.Path(folder)
    request = Request.read(path)
    if request.module is not None:
        importlib.import_module(request.module)
    left = json.loads(seconds)
    deadline = math.inf if left is None else time.monotonic() + left
    try:
        study = open_study(path, request)
        ended = work(path, study, request, data_of(request, None), deadline, None)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    sys.exit(130 if ended == "interrupted" else 0)
