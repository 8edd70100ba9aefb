"""Packages and their rooms depend on each other in one direction only.

`recipes` may import `zoo`, `zoo` may import `custom`, and never the reverse. A room is
a module or folder on the first level of a package. Imports inside functions count;
imports for type checkers, and the tables from which packages load their public names,
do not.
"""

import ast
import graphlib
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
ORDER = ("custom", "zoo", "recipes")  # from the lowest to the highest


def modules(package):
    """Yield the dotted name and the syntax tree of every module of a package."""
    for file in sorted((ROOT / package).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        yield name, ast.parse(file.read_text(encoding="utf-8"))


def nodes(tree):
    """Yield the nodes of a syntax tree, without the branches of `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(tree):
        is_branch = isinstance(child, ast.If)
        if is_branch and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from nodes(child)


def imported(tree):
    """Yield the dotted names that a module imports, also inside functions."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def room(name):
    """Return the room of a module: `zoo.models` for `zoo.models.cnn`."""
    return ".".join(name.split(".")[:2])


@pytest.mark.parametrize("package", ORDER)
def test_no_package_depends_on_a_higher_one(package):
    higher = ORDER[ORDER.index(package) + 1 :]
    found = [
        f"{name} imports {other}"
        for name, tree in modules(package)
        for other in imported(tree)
        if other.split(".")[0] in higher
    ]
    assert found == []


@pytest.mark.parametrize("package", ORDER)
def test_no_package_names_a_module_of_a_higher_one(package):
    existing = {name for each in ORDER for name, _ in modules(each)}
    higher = ORDER[ORDER.index(package) + 1 :]
    found = [
        f"{name} names {node.value!r}"
        for name, tree in modules(package)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.partition(":")[0].split(".")[0] in higher
        and node.value.partition(":")[0] in existing
        and "." in node.value
    ]
    assert found == []


@pytest.mark.parametrize("package", ORDER)
def test_rooms_of_a_package_form_no_circle(package):
    rooms = {room(name) for name, _ in modules(package)} - {package}
    graph = {each: set() for each in rooms}
    for name, tree in modules(package):
        if name == package:
            continue
        for other in map(room, imported(tree)):
            if other in rooms and other != room(name):
                graph[room(name)].add(other)
    try:
        [*graphlib.TopologicalSorter(graph).static_order()]
    except graphlib.CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))
