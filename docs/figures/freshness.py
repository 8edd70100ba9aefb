"""Whether a picture still shows what the code computes.

A picture carries a fingerprint of the source it was drawn from: of its drawing
module and of every module of this repository that is imported from there, directly
or not. Sources are only read, nothing is imported: a check takes milliseconds.

A drawing module imports components from the modules that hold them, not from their
package, so that no other component can make its picture stale.
"""

import ast
import hashlib
import io
import pathlib
import tokenize

from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
KEY = "Fingerprint"  # of the PNG's text


def is_fresh(name, folder, root=ROOT):
    """Whether the picture is there and was drawn from the sources as they are."""
    return carried(folder / f"{name}.png") == fingerprint(name, root)


def carried(picture):
    """The fingerprint in a PNG file; None without one, or without the file."""
    if not picture.is_file():
        return None
    with Image.open(picture) as image:
        return image.info.get(KEY)


def fingerprint(name, root=ROOT):
    """SHA-256, in hexadecimal, of the code that draws a figure."""
    digest = hashlib.sha256()
    for path in sorted(sources(f"docs.figures.{name}", root)):
        text = code(path.read_text("utf-8"))
        digest.update(f"{path.relative_to(root).as_posix()}\n{text}\n".encode())
    return digest.hexdigest()


def sources(module, root=ROOT):
    """The files of a module and of all that it imports from this repository."""
    found, waiting = set(), [module]
    while waiting:
        path = _file(waiting.pop(), root)
        if path is not None and path not in found:
            found.add(path)
            waiting += _imports(ast.parse(path.read_text("utf-8")), root)
    return found


def code(text):
    """Python source without comments, docstrings and blank lines: what computes."""
    lines = text.split("\n")  # as the tokenizer counts them
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
            first, last = node.body[0].lineno - 1, node.body[0].end_lineno
            lines[first:last] = [""] * (last - first)
    return "\n".join(line.rstrip() for line in lines if line.strip())


_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _imports(tree, root):
    for node in ast.walk(tree):  # imports inside functions as well
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.module if _file(inner, root) is None else inner


def _file(module, root):
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
