"""The formulas of the lecture notes as data, in the notes' order.

`custom.FORMULAS` holds a row for each: its LaTeX, what computes it, how that differs
from Keras, the source, and the tests that prove it. `docs/formulas.md` is the same to
read. A module holds the rows of one chapter; what they say of components of this
package is read from the components' docstrings.
"""

from custom.formulas import (
    activations,
    networks,
    neurons,
    optimizers,
    problems,
    regularization,
    training,
)
from custom.formulas.formula import Formula, Picture

__all__ = ["FORMULAS", "Formula", "Picture"]

FORMULAS = (
    *neurons.ROWS,
    *training.ROWS,
    *activations.ROWS,
    *regularization.ROWS,
    *optimizers.ROWS,
    *networks.ROWS,
    *problems.ROWS,
)
