"""What a disk may hold after a power cut, recorded while a program writes.

POSIX promises little: the content of a file is safe once the file was flushed, a name
in a folder once the folder was. `Recorder` notes both while a block runs, and what
would be left if the power failed after each flush or rename: with every change of names
that was not flushed undone ("lost"), or applied ("kept"). Content that was not flushed
is gone in both.
"""

import os
import pathlib
import stat
from collections.abc import Iterator

State = dict[str, bytes | None]  # content by path below the root; None for a folder


class Recorder:
    """Records flushes and renames below a folder; a context manager.

    Attributes:
        states: What the disk may hold, without repetition, in order of time.
    """

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.states: list[State] = []
        self._content: dict[int, bytes] = {}  # of flushed files, by inode
        # In flushed folders: the inode of each name, and whether it is a folder.
        self._names: dict[int, dict[str, tuple[int, bool]]] = {}
        self._held: dict[int, int] = {}  # open files: their inodes are not used again

    def __enter__(self) -> "Recorder":
        self._system = os.fsync, os.replace, os.rename
        self._flush(self.root)
        os.fsync = self._flushing
        os.replace = self._moving(os.replace)
        os.rename = self._moving(os.rename)
        return self

    def __exit__(self, *_: object) -> None:
        self._note()
        os.fsync, os.replace, os.rename = self._system
        for descriptor in self._held.values():
            os.close(descriptor)

    def _flushing(self, descriptor: int) -> None:
        path = pathlib.Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_relative_to(self.root):
            self._flush(path)
            self._note()

    def _moving(self, move):
        def moved(source, target, **options):
            move(source, target, **options)
            if pathlib.Path(target).is_relative_to(self.root):
                self._note()

        return moved

    def _flush(self, path: pathlib.Path) -> None:
        inode = path.stat().st_ino
        if inode not in self._held:
            self._held[inode] = os.open(path, os.O_RDONLY)
        if path.is_dir():
            entries = list(os.scandir(path))
            self._names[inode] = {e.name: (e.inode(), e.is_dir()) for e in entries}
        else:
            self._content[inode] = path.read_bytes()

    def _note(self) -> None:
        for state in (
            dict(self._lost(self.root.stat().st_ino, "")),
            dict(self._kept()),
        ):
            if state not in self.states[-4:]:
                self.states.append(state)

    def _lost(self, folder: int, above: str) -> Iterator[tuple[str, bytes | None]]:
        for name, (inode, is_folder) in self._names.get(folder, {}).items():
            path = f"{above}{name}"
            if is_folder:
                yield path, None
                yield from self._lost(inode, f"{path}/")
            else:
                yield path, self._content.get(inode, b"")

    def _kept(self) -> Iterator[tuple[str, bytes | None]]:
        for path in self.root.rglob("*"):
            status = path.stat()
            content = self._content.get(status.st_ino, b"")
            name = str(path.relative_to(self.root))
            yield name, None if stat.S_ISDIR(status.st_mode) else content


def written(state: State, root: pathlib.Path) -> pathlib.Path:
    """Make the files and folders of a state below a new folder."""
    root.mkdir()
    for name, content in sorted(state.items()):
        if content is None:
            (root / name).mkdir()
        else:
            (root / name).write_bytes(content)
    return root
