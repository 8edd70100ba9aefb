"""The catalogue of formulas, collected from the components of all packages.

python -m docs.catalogue             write docs/formulas.md
python -m docs.catalogue --check     list its stale parts; exit status 1 if any

Components declare their rows with `custom.formula`. `proofs.py` gives the order of the
notes and the tests of each row, `pictures.py` the pictures.
"""

import importlib
import pkgutil

from custom.formula import Formula, declared
from docs.catalogue.proofs import PROOFS

PACKAGES = ("custom", "zoo", "recipes")


def collect() -> list[Formula]:
    """Return the rows of all packages, in the order of the notes."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    order = {title: number for number, title in enumerate(PROOFS)}
    return sorted(declared(), key=lambda row: order.get(row.title, len(order)))
