"""Methods of Keras objects that training replaces, and puts back afterwards.

`Overrides` is the only place that sets attributes of Keras's objects for a time:

| attribute | replaced in | why |
| --- | --- | --- |
| `model.train_function`, `test_function` | `blocks` | several steps in one call |
| `optimizer.update_step` | `kernels.updates` | one kernel for each weight |
| `BatchNormalization.call` | `kernels.normalization` | one kernel forward, one back |
| `model.train_step`; `optimizer.scale_loss`, `apply` | `strategies.steps` | sums over all replicas |
| `model.train_step`; the updates, decay and averages of an optimizer | `fine_tuning` | stages that thaw, at rates of their own |
| `model.train_function` | `checkpoints.checkpointing` | passes over finished steps |

The first three rows are for speed only, and are left out with versions that they were
not tested with. The fourth and the fifth make results right, so `tf.distribute` and the
training of a preset's body are refused with other versions. The last checks that Keras calls what it has replaced.
"""  # noqa: E501

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from zoo.errors import InputError

TESTED = {"keras": "3.15", "tensorflow": "2.21"}


class Override(NamedTuple):
    """An attribute of an object, and what takes its place."""

    owner: Any
    name: str
    value: Any


class Overrides:
    """Replaces attributes from `with` to the end of its block, however that ends.

    >>> class Owner:
    ...     name = "old"
    >>> owner = Owner()
    >>> with Overrides([Override(owner, "name", "new")]):
    ...     print(owner.name)
    new
    >>> owner.name, vars(owner)
    ('old', {})
    """

    def __init__(self, overrides: list[Override]) -> None:
        self._overrides = overrides
        self._before: list[Override | None] = []

    def __enter__(self) -> "Overrides":
        for owner, name, value in self._overrides:
            own = vars(owner)
            old = Override(owner, name, own[name]) if name in own else None
            self._before.append(old)
            setattr(owner, name, value)
        return self

    def __exit__(self, *exception) -> None:
        while self._before:
            old = self._before.pop()
            owner, name, _ = self._overrides[len(self._before)]
            if old is None:
                delattr(owner, name)  # The method of the class shows again.
            else:
                setattr(*old)


def untested_version() -> str | None:
    """The installed version that the overrides were not tested with, as a clause."""
    installed = {"keras": keras.__version__, "tensorflow": tf.__version__}
    for package, tested in TESTED.items():
        if not installed[package].startswith(f"{tested}."):
            return f"tested with {package} {tested}, and this is {installed[package]}"
    return None


def check_versions() -> None:
    """Refuses to train on several devices with versions that were not tested."""
    untested = untested_version()
    if untested is not None:
        tested = " ".join(f"'{name}=={version}.*'" for name, version in TESTED.items())
        raise InputError(
            f"Training on several devices or machines is {untested}: it changes the "
            "training loop of Keras, which differs from version to version. Install "
            f"{tested}, or train on one device."
        )
