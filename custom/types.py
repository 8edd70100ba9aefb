"""Types in the signatures of all packages.

Keras 3 has no common type for what its functions take and return: each backend has
tensors of its own, and NumPy arrays, variables and numbers are accepted too.
"""

from collections.abc import Callable
from typing import Any, TypedDict

Tensor = Any  # a tensor of the backend, or what Keras converts to one
Shape = tuple[int | None, ...]  # None: unknown until a batch arrives
Activation = Callable[..., Tensor]


class LayerOptions(TypedDict, total=False):
    """Options of `keras.layers.Layer`, which all layers accept.

    Attributes:
        name: Name of the layer.
        dtype: Type or dtype policy of its computations and weights.
        trainable: Whether training changes its weights.
        activity_regularizer: Penalty on its output.
        input_shape: Shape of one example, for the first layer of a `Sequential`.
    """

    name: str | None
    dtype: Any
    trainable: bool
    activity_regularizer: Any
    input_shape: Shape
