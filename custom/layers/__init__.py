"""Pooling layers in one, two and three dimensions, and label smoothing."""

from custom.layers.label_smoothing import LabelSmoothing
from custom.layers.lp_pooling import LpPooling1D, LpPooling2D, LpPooling3D
from custom.layers.median_pooling import (
    MedianPooling1D,
    MedianPooling2D,
    MedianPooling3D,
)
from custom.layers.mixed_pooling import MixedPooling1D, MixedPooling2D, MixedPooling3D
from custom.layers.stochastic_pooling import (
    StochasticPooling1D,
    StochasticPooling2D,
    StochasticPooling3D,
)

__all__ = [
    "LabelSmoothing",
    "LpPooling1D",
    "LpPooling2D",
    "LpPooling3D",
    "MedianPooling1D",
    "MedianPooling2D",
    "MedianPooling3D",
    "MixedPooling1D",
    "MixedPooling2D",
    "MixedPooling3D",
    "StochasticPooling1D",
    "StochasticPooling2D",
    "StochasticPooling3D",
]
