"""Batch normalisation over the whole batch when several replicas share it."""

import keras

from zoo.errors import InputError


def synchronize(model: keras.Model) -> None:
    """Makes every batch normalisation take its statistics over all replicas.

    Other backends cannot read a saved layer with this setting, so it is set after a
    model has been built or loaded.
    """
    for layer in _normalizations(model):
        layer.synchronized = True


def check_synchronized(model: keras.Model) -> None:
    """Refuses a model whose replicas would each use their own statistics."""
    for layer in _normalizations(model):
        if not layer.synchronized:
            raise InputError(
                f"The layer {layer.name!r} normalises by the part of the batch that "
                "one replica sees, so that replicas would drift apart: set its "
                "synchronized=True."
            )


def _normalizations(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer
        elif hasattr(layer, "layers"):
            yield from _normalizations(layer)
