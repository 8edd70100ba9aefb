"""Progress bars with the time left, for work that takes more than a moment."""

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator

from zoo.errors import printable

PATIENCE = 2.0  # seconds before anything is shown


def track(items: Iterable, description: str, total: int) -> Iterator:
    """Yields `items` and shows the progress on standard error, if it is a terminal.

    Nothing is shown for work that takes less than two seconds.

    >>> list(track(range(3), "counting", total=3))
    [0, 1, 2]
    """
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    start = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(
            escape(printable(description)), total=total, visible=False
        )
        for item in items:
            yield item
            shown = time.monotonic() - start > PATIENCE
            progress.update(task, advance=1, visible=shown)


@contextlib.contextmanager
def waiting(description: str) -> Iterator[None]:
    """Shows on standard error, if it is a terminal, what the user is waiting for."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(f"{escape(printable(description))} …"):
        yield
