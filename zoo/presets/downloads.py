"""Models by the address of a file, which is downloaded once and kept.

A file is read only after its size and, if the address ends in `#sha256=…`, its checksum
were found right. Nothing in it is run.
"""

import functools
import hashlib
import http.client
import math
import pathlib
import re
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from zoo.archives import refuse_outside
from zoo.atomic_writes import checked_atomic_write, json_text
from zoo.cache_folder import cache_folder
from zoo.digest import sha256
from zoo.errors import InputError, first_line
from zoo.json_files import read_json

# Shows the progress of something: what comes, in what words, and how much of it.
Track = Callable[[Iterable[bytes], str, int], Iterable[bytes]]

LARGEST = 2**35  # bytes of a file, and of what an archive holds
BLOCK = 2**20
SECONDS = 30  # without an answer
SUFFIXES = (".keras", ".zip")
DESCRIPTION = "download.json"
# What the server tells of a file, and how it is asked whether that has changed.
UNCHANGED = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


def untracked(items: Iterable[bytes], description: str, total: int) -> Iterable[bytes]:
    """No progress."""
    return items


def downloaded(address: str, track: Track = untracked) -> pathlib.Path:
    """The path of a file from elsewhere, or of the folder that a `.zip` file holds.

    With a checksum, what is in the cache is used without asking. Otherwise the server
    is asked whether the file has changed.

    Args:
        address: `https://…` or `http://…`, with `#sha256=…` for the checksum.
        track: Shows the progress.

    Raises:
        InputError: If the address is not allowed, the server does not give the file, or
            the file is cut off, too large, another than expected, or unsafe.
    """
    url, checksum, suffix = _parsed(address)
    key = hashlib.sha256(f"{url} {checksum}".encode()).hexdigest()[:32]
    folder = _cache() / key
    known = _description(folder)
    if checksum is not None and known.get("sha256") == checksum:
        return _content(folder)
    try:
        with _opened(url, known) as response:
            _write(response, folder, url, checksum, suffix, track)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 304:
                raise InputError(
                    f"{url} cannot be downloaded: the server answers {error.code} "
                    f"{error.reason}. Check the address."
                ) from error
    except urllib.error.URLError as error:
        raise _unreachable(url, error.reason) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _unreachable(url, error) from error
    return _content(folder)


def _parsed(address: str) -> tuple[str, str | None, str]:
    """The address without its fragment, the checksum, and the ending of the file."""
    url, fragment = urllib.parse.urldefrag(address)
    match = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", fragment)
    if fragment and match is None:
        raise InputError(
            f"The address {address} must end in #sha256= and 64 hexadecimal digits, or "
            "without #."
        )
    suffix = pathlib.PurePosixPath(urllib.parse.urlsplit(url).path).suffix
    if suffix not in SUFFIXES:
        raise InputError(
            f"The address of a model must end in {' or '.join(SUFFIXES)}, got {url}."
        )
    quoted = urllib.parse.quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    return quoted, match and match[1].lower(), suffix


def _cache() -> pathlib.Path:
    found = cache_folder()
    return _temporary() if found is None else found / "models"


@functools.cache
def _temporary() -> pathlib.Path:
    """A folder that is removed when the process ends, where nothing is kept."""
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    _kept.append(folder)
    return pathlib.Path(folder.name)


_kept: list[Any] = []


def _description(folder: pathlib.Path) -> dict[str, Any]:
    """What is known of the file in the cache; nothing if it is not whole."""
    try:
        known = read_json(folder / DESCRIPTION)
        content = _content(folder)
    except (InputError, OSError):
        return {}
    if content.is_file() and sha256(content) != known.get("sha256"):
        return {}
    return known


def _content(folder: pathlib.Path) -> pathlib.Path:
    """What was downloaded: a file; or a folder, without folders around it."""
    file = folder / "model.keras"
    if file.is_file():
        return file
    found = folder / "content"
    while len(inner := [*found.iterdir()]) == 1 and inner[0].is_dir():
        found = inner[0]
    return found


def _opened(url: str, known: dict[str, Any]) -> Any:
    headers = {"User-Agent": "zoo-keras"}
    headers |= {UNCHANGED[n]: known[n] for n in UNCHANGED if known.get(n)}
    request = urllib.request.Request(url, headers=headers)
    return urllib.request.urlopen(request, timeout=SECONDS)


def _write(
    response: Any,
    folder: pathlib.Path,
    url: str,
    checksum: str | None,
    suffix: str,
    track: Track,
) -> None:
    """Puts a file into the cache, after it was checked."""
    with checked_atomic_write(folder) as draft:
        draft.mkdir()
        file = draft / f"model{suffix}"
        with file.open("wb") as opened:
            _copy(response, opened, url, track)
        found = sha256(file)
        if checksum not in (None, found):
            raise InputError(
                f"{url} is another file than expected: its SHA-256 is {found}, not "
                f"{checksum}. Check the address and the checksum."
            )
        if suffix == ".zip":
            _extract(file, draft / "content", url)
            file.unlink()
        known = {n: response.headers[n] for n in UNCHANGED if n in response.headers}
        text = json_text({"url": url, "sha256": found, **known})
        (draft / DESCRIPTION).write_text(text, encoding="utf-8")


def _copy(response: Any, file: BinaryIO, url: str, track: Track) -> None:
    declared, count = response.length, 0
    if declared is not None and declared > LARGEST:
        raise _too_large(url)
    blocks: Iterator[bytes] = iter(lambda: response.read(BLOCK), b"")
    total = math.ceil((declared or BLOCK) / BLOCK)
    for block in track(blocks, f"downloading {url}", total):
        count += len(block)
        if count > LARGEST:
            raise _too_large(url)
        file.write(block)
    if declared not in (None, count):
        raise InputError(
            f"{url} was cut off after {count:,} of {declared:,} bytes: try again."
        )


def _extract(archive: pathlib.Path, folder: pathlib.Path, url: str) -> None:
    """Unpacks files, and nothing that would lie outside of the folder."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            for member in members:
                refuse_outside(member, url)
            if sum(member.file_size for member in members) > LARGEST:
                raise _too_large(url)
            for member in members:
                target = folder / member.filename
                if member.is_dir():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                # It stops at the size that the archive declares.
                with opened.open(member) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file)
    except InputError:
        raise
    except Exception as error:  # `zipfile` raises many types for damaged files.
        raise InputError(
            f"{url} is damaged, or not a .zip file: {first_line(error)}."
        ) from error
    if not folder.is_dir():
        raise InputError(f"{url} holds no files.")


def _too_large(url: str) -> InputError:
    return InputError(
        f"{url} is larger than {LARGEST // 2**30} GiB: download it yourself, and give "
        "its path."
    )


def _unreachable(url: str, reason: Any) -> InputError:
    told = reason if isinstance(reason, str) else first_line(reason)
    return InputError(
        f"{url} cannot be downloaded: {told}. Check the address and the connection, or "
        "download it yourself and give its path; with #sha256=… at its end, a copy in "
        "the cache is used without asking the server."
    )
