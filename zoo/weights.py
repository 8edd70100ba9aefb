"""Weights from one model to another."""


def copy_state(source, target) -> None:
    """Copies the variables of a layer or model into one that is built alike.

    As a file would: a layer that computes something of its variables, such as
    `Normalization`, does so again. Optimizers and metrics are left out.

    Raises:
        ValueError: If the two are not built alike.
    """
    pairs = zip(source._flatten_layers(), target._flatten_layers(), strict=True)
    for old, new in pairs:
        state = {}
        old.save_own_variables(state)
        if state:
            new.load_own_variables(state)
