"""Reads `.npy` and `.npz` files whose headers may be wrong, without unpickling."""

import dataclasses
import math
import pathlib
import zipfile
from typing import IO, Any

import numpy as np

from recipes.data.memory import check_memory
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Header:
    """Header of an `.npy` file, checked against the size of the file."""

    path: pathlib.Path
    dtype: np.dtype
    shape: tuple[int, ...]
    offset: int
    is_fortran: bool

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(path: pathlib.Path) -> Header:
    """Reads the header of an `.npy` file.

    Raises:
        InputError: If the file is damaged, cut off, or holds Python objects.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            return _header(file, path, f"{path}", size, ".npy file")
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error


def read_npy(path: pathlib.Path) -> np.ndarray:
    """The array of an `.npy` file.

    Raises:
        InputError: If the file is damaged, cut off, holds Python objects, or does not
            fit into memory.
    """
    header = read_header(path)
    check_memory(header.nbytes, str(path), "give a part of it")
    return np.load(path, allow_pickle=False)


def read_npz(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file by name.

    Raises:
        InputError: If a member is damaged, encrypted or not an array, holds Python
            objects, or all together do not fit into memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            headers = {}
            for member in archive.infolist():
                with archive.open(member) as file:
                    where = f"{path}: {member.filename}"
                    size = member.file_size
                    headers[member.filename] = _header(file, path, where, size, "array")
            needed = sum(header.nbytes for header in headers.values())
            check_memory(needed, str(path), "save a part of the examples")
            arrays = {}
            for name in headers:
                with archive.open(name) as file:
                    arrays[name.removesuffix(".npy")] = np.lib.format.read_array(file)
            return arrays
    except InputError:
        raise
    except Exception as error:  # `zipfile` raises many types for damaged files.
        raise InputError(
            f"Cannot read {path}: it is damaged, or is not an .npz file."
        ) from error


def _header(
    file: IO[bytes], path: pathlib.Path, where: str, size: int, noun: str
) -> Header:
    try:
        version = np.lib.format.read_magic(file)
        readers: dict[Any, Any] = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, fortran, dtype = readers[version](file)
        header = Header(path, dtype, shape, file.tell(), fortran)
        if (
            not all(type(n) is int and 0 <= n < 2**63 for n in shape)
            or not dtype.itemsize
        ):
            raise ValueError(f"{shape} of {dtype}")
    except Exception as error:  # It is Python code, which NumPy's parser checks.
        raise InputError(f"{where} is damaged, or is not an {noun}.") from error
    if dtype.hasobject:
        raise InputError(f"{where} holds Python objects, which are never unpickled.")
    if size - header.offset < header.nbytes:
        raise InputError(
            f"{where} is cut off: its header says {shape}, {header.nbytes:,} bytes of "
            f"{dtype.name}, but the file has {size - header.offset:,}."
        )
    return header
