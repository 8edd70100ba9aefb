"""The figures of the formula catalogue, drawn with the components themselves.

    python -m docs.figures               draw the figures whose components changed
    python -m docs.figures --all         draw all figures
    python -m docs.figures --check       list stale figures; exit status 1 if any

Each figure has a module with a function `draw()` that returns a matplotlib figure.
Every curve is computed by the components of `custom`; no formula is repeated here.
"""

NAMES = (
    "activations",
    "pooling",
    "optimizers",
    "penalties",
    "gradient_flow",
    "decision_boundaries",
)
