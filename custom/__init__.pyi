from . import (
    activations as activations,
    callbacks as callbacks,
    layers as layers,
    losses as losses,
    optimizers as optimizers,
    regularizers as regularizers,
)
