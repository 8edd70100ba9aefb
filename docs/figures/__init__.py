"""The pictures of the formula catalogue, drawn from the components themselves.

    python -m docs.figures               draw those whose components changed
    python -m docs.figures --all         draw all
    python -m docs.figures --check       name the stale ones; exit status 1 if any

One module a figure, each with a function `draw()` that returns a matplotlib figure.
Every curve comes from calling what `custom` gives, none from a formula typed again.
"""

NAMES = (
    "activations",
    "pooling",
    "optimizers",
    "penalties",
    "gradient_flow",
    "decision_boundaries",
)
