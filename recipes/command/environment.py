"""What the command needs of the process that starts it."""

import os
import re
import sys


def prepare_streams() -> None:
    """Makes standard input, output and error safe to use.

    A closed one becomes the null device, so that no file takes its number. A letter
    that the terminal's encoding lacks is escaped. A width of the terminal that is not
    a positive number is ignored.
    """
    for number, (name, mode) in enumerate(
        (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
    ):
        stream = getattr(sys, name)
        if stream is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    for name in ("COLUMNS", "LINES"):
        value = os.environ.get(name, "1")
        if not re.fullmatch("[1-9][0-9]{0,3}", value):
            del os.environ[name]
