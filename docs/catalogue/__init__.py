"""The catalogue of formulas, collected from the components of all packages.

python -m docs.catalogue             write docs/formulas.md
python -m docs.catalogue --check     list its stale parts; exit status 1 if any

Components declare their rows with `custom.formula`; the docstring is the text.
`keras_components.py` has the rows of Keras's own objects, and `shared_components.py`
those of our components whose docstring is about something else. `proofs.py` gives the
order of the notes and the tests of each row, `pictures.py` the pictures.
"""

import importlib
import pkgutil

from custom.formula import declared
from docs.catalogue import keras_components, shared_components
from docs.catalogue.proofs import PROOFS
from docs.catalogue.row import Row

PACKAGES = ("custom", "zoo", "recipes")


def collect() -> list[Row]:
    """Return the rows of all packages, in the order of the notes."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    order = {title: number for number, title in enumerate(PROOFS)}
    rows = [Row(one.title, one.section, one.components) for one in declared()]
    rows += keras_components.ROWS + shared_components.ROWS
    return sorted(rows, key=lambda row: order.get(row.title, len(order)))
