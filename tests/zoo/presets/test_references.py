"""Models by the address of a file and by `hf://`, and what is refused of them.

Nothing leaves the machine: the server is one of this process, and the hub is replaced.
"""

import hashlib
import http.server
import io
import pathlib
import shutil
import stat
import sys
import threading
import zipfile

import numpy as np
import pytest

import zoo
from tests.zoo.presets.small_cnn import answers
from zoo.errors import InputError
from zoo.loading import load_network
from zoo.presets import downloads, references


class Server(http.server.BaseHTTPRequestHandler):
    """Serves files from memory, by their path."""

    files: dict = {}  # noqa: RUF012
    asked: list = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.path)
        content = self.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        tag = f'"{hashlib.md5(content).hexdigest()}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        promised = len(content) + (1000 if "short" in self.path else 0)
        self.send_header("Content-Length", str(promised))
        self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{opened.server_port}"
        opened.shutdown()


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Server, "files", {})
    monkeypatch.setattr(Server, "asked", [])
    return tmp_path / "cache"


def zipped(folder, prefix=""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{prefix}{file.name}")
    return buffer.getvalue()


def archive_of(name, link=False):
    buffer = io.BytesIO()
    member = zipfile.ZipInfo(name)
    if link:
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, "/etc/passwd")
    return buffer.getvalue()


def kept_file(model, folder):
    model.save(folder / "kept.keras")
    return (folder / "kept.keras").read_bytes()


FORMS = {
    "file": ("/a/kept.keras", lambda m, f, t: kept_file(m, t)),
    "archive": ("/mine.zip", lambda m, f, t: zipped(f)),
    "archive of a folder": ("/mine.zip", lambda m, f, t: zipped(f, "repo-main/mine/")),
    "name with a space": ("/my%20model.keras", lambda m, f, t: kept_file(m, t)),
}


@pytest.mark.parametrize("path, content", FORMS.values(), ids=FORMS)
def test_a_model_is_downloaded_once(trained, server, tmp_path, path, content):
    model, folder = trained
    Server.files[path] = content(model, folder, tmp_path)
    address = f"{server}{path}".replace("%20", " ")
    for _ in range(2):
        np.testing.assert_array_equal(answers(load_network(address)), answers(model))
    assert Server.asked == [path, path]  # The second time it had not changed.
    assert zoo.load_model(address).class_names == ("a", "b", "c")


def test_with_its_checksum_a_kept_file_needs_no_server(server, tmp_path):
    content = Server.files["/m.keras"] = b"first"
    address = f"{server}/m.keras#sha256={hashlib.sha256(content).hexdigest().upper()}"
    file = references.located(address)
    assert (file.read_bytes(), Server.asked) == (b"first", ["/m.keras"])
    assert references.located(address) == file
    assert Server.asked == ["/m.keras"]
    file.write_bytes(b"damaged")
    assert references.located(address).read_bytes() == b"first"


def test_a_changed_file_is_downloaded_again(server):
    for content in (b"first", b"second"):
        Server.files["/m.keras"] = content
        found = references.located(f"{server}/m.keras")
        assert found.read_bytes() == content


def test_without_a_cache_nothing_is_kept(server, monkeypatch, cache):
    monkeypatch.setenv("ZOO_CACHE", "none")
    Server.files["/m.keras"] = b"content"
    assert references.located(f"{server}/m.keras").read_bytes() == b"content"
    assert not cache.exists()


REFUSED = {  # content of the file, end of the address, sentence
    "absent": (None, "/m.keras", r"/m\.keras cannot be downloaded.*404 Not Found"),
    "checksum": (b"x", f"/m.keras#sha256={'0' * 64}", "SHA-256 is 2d711642.*, not 000"),
    "short checksum": (b"x", "/m.keras#sha256=12", "64 hexadecimal digits"),
    "another fragment": (b"x", "/m.keras#md5=12", "64 hexadecimal digits"),
    "ending": (b"x", "/m.pkl", r"must end in \.keras or \.zip"),
    "cut off": (b"x", "/short.keras", "cut off after 1 of 1,001 bytes"),
    "too large": (b"x" * 2000, "/m.keras", "larger than"),
    "no archive": (b"x", "/m.zip", r"is damaged, or not a \.zip file"),
    "outside": (archive_of("../m.keras"), "/m.zip", "outside of the archive"),
    "absolute": (archive_of("/tmp/m.keras"), "/m.zip", "outside of the archive"),
    "drive": (archive_of("C:m.keras"), "/m.zip", "outside of the archive"),
    "link": (archive_of("m.keras", link=True), "/m.zip", "a link"),
    "nothing in it": (archive_of("empty/"), "/m.zip", "holds no files"),
    "no model in it": (archive_of("notes.txt"), "/m.zip", "does not hold a model"),
}


@pytest.mark.parametrize("content, path, message", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused(
    server, monkeypatch, cache, content, path, message
):
    monkeypatch.setattr(downloads, "LARGEST", 1500)
    if content is not None:
        Server.files[path.partition("#")[0]] = content
    with pytest.raises(InputError, match=message):
        zoo.load_model(f"{server}{path}")
    left = [*cache.rglob("*.keras"), *cache.rglob("*.zip")]
    assert not left, "nothing of it stays in the cache"


def test_without_a_server_the_sentence_tells_what_to_do():
    with pytest.raises(InputError, match=r"cannot be downloaded.*[Rr]efused.*#sha256="):
        zoo.load_model("http://127.0.0.1:9/m.keras")


# The hub


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Replaces the download; a repository is as in the cache of the hub."""
    import huggingface_hub

    root = tmp_path / "hub" / "models--user--name"
    asked = []

    def snapshot_download(name, *, revision, allow_patterns):
        asked.append((name, revision))
        if not root.is_dir():
            raise huggingface_hub.errors.LocalEntryNotFoundError("offline")
        return str(root / "snapshots" / "abc")

    def fill(folder):
        (root / "snapshots" / "abc").mkdir(parents=True)
        (root / "blobs").mkdir()
        for number, file in enumerate(folder.iterdir()):
            shutil.copy(file, root / "blobs" / f"{number}")
            link = root / "snapshots" / "abc" / file.name
            link.symlink_to(pathlib.Path("../../blobs") / f"{number}")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return fill, asked


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("form", ["preset", "file"])
def test_a_repository_of_the_hub_is_a_model(trained, hub, tmp_path, form):
    model, folder = trained
    fill, asked = hub
    if form == "file":
        folder = tmp_path / "repository"
        folder.mkdir()
        model.save(folder / "model.keras")
    fill(folder)
    read = load_network("hf://user/name@v1.0")
    np.testing.assert_array_equal(answers(read), answers(model))
    assert asked == [("user/name", "v1.0")]


HUB = {
    "offline": ("hf://user/name", "LocalEntryNotFoundError", "hub cannot be reached"),
    "unknown": ("hf://u/n", "RepositoryNotFoundError", "no such repository, or it is"),
    "gated": ("hf://u/n", "GatedRepoError", "its owner must let you in"),
    "revision": ("hf://u/n@x", "RevisionNotFoundError", "no revision 'x'"),
    "other": ("hf://u/n", "RuntimeError", "cannot be downloaded: it says so"),
    "missing": ("hf://u/n", None, r"pip install 'zoo-keras\[hub\]'"),
    "form": ("hf://name", None, "is hf://user/name or hf://user/name@revision"),
}


@pytest.mark.parametrize("reference, error, message", HUB.values(), ids=HUB)
def test_errors_of_the_hub_are_one_sentence(monkeypatch, reference, error, message):
    class Hub:
        @staticmethod
        def snapshot_download(*_, **__):
            # By name, because the real ones want an answer of the server.
            raise type(error, (Exception,), {})("it says so\nand more")

    monkeypatch.setitem(sys.modules, "huggingface_hub", error and Hub)
    with pytest.raises(InputError, match=message) as refused:
        zoo.from_preset(reference)
    assert "\n" not in str(refused.value)


def test_the_hubs_own_errors_are_known():
    errors = pytest.importorskip("huggingface_hub.errors")
    from zoo.presets.hub import REASONS

    assert [name for name in REASONS if not hasattr(errors, name)] == []


# Names and paths


def test_a_folder_comes_before_the_preset_of_its_name(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert references.located("cnn_digits").parent.name == "weights"
    shutil.copytree(trained[1], "cnn_digits")
    for read in (zoo.from_preset, zoo.load_model):
        assert read("cnn_digits").class_names in (("a", "b", "c"), ["a", "b", "c"])


def test_a_file_is_not_a_preset(trained, tmp_path):
    kept_file(trained[0], tmp_path)
    with pytest.raises(InputError, match=r"must be a folder.*zoo\.load_model"):
        zoo.from_preset(tmp_path / "kept.keras")
