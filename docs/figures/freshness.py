"""Checks whether a picture still shows what the code computes.

A picture carries a fingerprint of its sources: its drawing module and every module of
this repository that is imported from there, directly or indirectly. Sources are only
read, not imported, so a check takes milliseconds.

A drawing module imports components from the modules that define them, not from their
package, so that other components do not make its picture stale.
"""

import ast
import hashlib
import io
import pathlib
import tokenize
from collections.abc import Iterator

from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
KEY = "Fingerprint"  # key in the text chunk of the PNG file


def is_fresh(name: str, folder: pathlib.Path, root: pathlib.Path = ROOT) -> bool:
    """Return whether the picture exists and was drawn from the current sources."""
    return stored_fingerprint(folder / f"{name}.png") == fingerprint(name, root)


def stored_fingerprint(picture: pathlib.Path) -> str | None:
    """Return the fingerprint in a PNG file; None if it or the file is missing."""
    if not picture.is_file():
        return None
    with Image.open(picture) as image:
        return image.info.get(KEY)


def fingerprint(name: str, root: pathlib.Path = ROOT) -> str:
    """Return the SHA-256 of the code that draws a figure, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(sources(f"docs.figures.{name}", root)):
        text = code(path.read_text("utf-8"))
        digest.update(f"{path.relative_to(root).as_posix()}\n{text}\n".encode())
    return digest.hexdigest()


def sources(module: str, root: pathlib.Path = ROOT) -> set[pathlib.Path]:
    """Return the files of a module and of all its imports from this repository."""
    found: set[pathlib.Path] = set()
    waiting = [module]
    while waiting:
        path = _file(waiting.pop(), root)
        if path is not None and path not in found:
            found.add(path)
            waiting += _imports(ast.parse(path.read_text("utf-8")), root)
    return found


def code(text: str) -> str:
    """Return Python source without comments, texts of the catalogue and docstrings."""
    lines = text.split("\n")  # `splitlines` would also split at form feeds
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
            node = node.body[0]
        elif not (isinstance(node, ast.Expr) and _declares(node.value)):
            continue
        first, last = node.lineno - 1, node.end_lineno or 0
        lines[first:last] = [""] * (last - first)
    return "\n".join(line.rstrip() for line in lines if line.strip())


_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _declares(value: ast.expr) -> bool:
    """Return whether an expression calls `custom.formula.declare`."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "declare"
    )


def _imports(tree: ast.Module, root: pathlib.Path) -> Iterator[str]:
    for node in ast.walk(tree):  # includes imports inside functions
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.module if _file(inner, root) is None else inner


def _file(module: str, root: pathlib.Path) -> pathlib.Path | None:
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
