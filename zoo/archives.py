"""Members of zip archives that are not unpacked."""

import pathlib
import stat
import zipfile

from zoo.errors import InputError


def refuse_outside(member: zipfile.ZipInfo, archive: object) -> None:
    """Refuses a link, or a file that would lie outside of the folder of an archive."""
    name = pathlib.PureWindowsPath(member.filename)  # It reads both separators.
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if is_link or name.anchor or ".." in name.parts:
        raise InputError(
            f"{archive} holds {member.filename!r}, a link or a file outside of the "
            "archive."
        )
