"""Old names of modules that have moved, readable for one more version."""

import importlib
import sys
import types
import warnings
from importlib.machinery import ModuleSpec
from typing import Any


class MovedModules:
    """Imports a moved module by its old name, with a `DeprecationWarning`.

    Files of version 0.1.0 name the modules of their classes, and users import some
    of them. An old name gives the module itself, so that its classes exist once.

    It is a finder and a loader without the base classes of `importlib.abc`, which take
    20 ms to import.
    """

    def __init__(self, moved: dict[str, str]) -> None:
        self.moved = moved

    def new_name(self, name: str) -> str | None:
        """The new name of a module, or `None` if it has not moved."""
        package, dot, rest = name, "", ""
        while package:
            if package in self.moved:
                return f"{self.moved[package]}{dot}{rest}"
            package, dot, last = package.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
        return None

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> ModuleSpec | None:
        loader: Any = self  # `importlib.abc`, whose class it is, takes 16 ms to import.
        return None if self.new_name(name) is None else ModuleSpec(name, loader)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        new = str(self.new_name(spec.name))
        warnings.warn(
            f"The module {spec.name} has moved: import {new} instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        module = importlib.import_module(new)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        # The import system has given the module the spec of the old name.
        module.__spec__ = module.__spec__ and module.__spec__.loader_state


def register_moved(moved: dict[str, str]) -> None:
    """Lets modules be imported by their old names too."""
    # First: a package that has moved still has a path where its modules are found.
    sys.meta_path.insert(0, MovedModules(moved))
