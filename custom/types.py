"""Types in the signatures of all packages.

Keras 3 has no common type for what its functions take and return: each backend has
tensors of its own, and NumPy arrays, variables and numbers are accepted too.
"""

from collections.abc import Callable
from typing import Any

Tensor = Any  # a tensor of the backend, or what Keras converts to one
Shape = tuple[int | None, ...]  # None: unknown until a batch arrives
Activation = Callable[..., Tensor]
