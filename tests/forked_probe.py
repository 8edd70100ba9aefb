"""Tries exports in processes that are forked from one that has loaded TensorFlow.

Each export is tried in a process that cannot import this package, which takes four
seconds, most of them to import TensorFlow. The tests export a hundred times, so they
import it once: as a script this module is the process that the others are forked from.
"""

import json
import os
import pathlib
import runpy
import subprocess
import sys
import traceback
from typing import Any


class ForkedProbe:
    """Stands in for the `subprocess.Popen` of `zoo.exporting.trial.Trial`."""

    _zygote: Any = None

    def __init__(self, command: list, *, cwd: Any, env: dict, stdin: Any, **files: Any):
        self._work = {"cwd": str(cwd), "log": files["stdout"].name}
        self.returncode: int | None = None
        if ForkedProbe._zygote is None:
            ForkedProbe._zygote = subprocess.Popen(
                [*command[:2], __file__, *command[2:]],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def communicate(self, work: bytes = b"", timeout: float | None = None) -> None:
        if work:
            request = {**self._work, "work": json.loads(work)}
            self._zygote.stdin.write(json.dumps(request) + "\n")
            self._zygote.stdin.flush()
            self.returncode = int(self._zygote.stdout.readline())

    def kill(self) -> None:
        pass  # The process ends when it has answered.


def serve(probe: dict[str, Any]) -> None:
    """Answers each request in a process of its own, and prints its exit status."""
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(request["cwd"])
            log = os.open(request["log"], os.O_WRONLY | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            try:
                probe["answer"](*request["work"])
            except Exception as error:
                os.write(2, f"{probe['last_line'](error)}\n".encode())
                os._exit(1)
            except BaseException:
                traceback.print_exc()
                os._exit(2)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    file, sys.argv[1] = pathlib.Path(sys.argv[1]), sys.argv[2]
    names = runpy.run_path(str(file))
    names["prepare"]()
    serve(names)
