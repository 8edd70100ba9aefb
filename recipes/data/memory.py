"""The memory of the machine, which data that are read at once must fit into."""

import os

from zoo.errors import InputError


def check_memory(needed: int, what: str, remedy: str) -> None:
    """Refuses what would take more than half of the machine's memory.

    Args:
        needed: Bytes. Splitting into parts makes a second copy.
        what: What takes them, for the message, such as `"3 clips"`.
        remedy: What to do instead.

    >>> check_memory(10**18, "1 array", "map it")
    Traceback (most recent call last):
    zoo.errors.InputError: 1 array would take 1,000,000,000.0 GB, twice, and ...
    """
    if not hasattr(os, "sysconf"):  # Windows
        return
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > memory / 2:
        raise InputError(
            f"{what} would take {needed / 1e9:,.1f} GB, twice, and this machine has "
            f"{memory / 1e9:.1f} GB of memory; {remedy}."
        )
