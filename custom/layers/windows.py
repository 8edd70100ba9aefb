"""The base class of the pooling layers: arguments, shapes and windows."""

import itertools
import math
import numbers
from collections.abc import Callable, Iterable
from typing import Any, Unpack

import keras
from keras import ops

from custom.arguments import one_of, positive_integers
from custom.precision import at_least_float32
from custom.types import LayerOptions, Shape, Tensor


class WindowPooling(keras.layers.Layer):
    """A layer that turns each window of its input into one number.

    A subclass defines `pool(x)`, which gets at least float32; its own 1D, 2D and 3D
    subclasses set `rank`.
    """

    rank: int = 0

    def __init__(
        self,
        pool_size: int | tuple[int, ...] = 2,
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if not self.rank:
            family = type(self).__name__
            raise TypeError(f"Use {family}1D, {family}2D or {family}3D.")
        self.pool_size = self._per_axis("pool_size", pool_size)
        self.strides = self._per_axis(
            "strides", self.pool_size if strides is None else strides
        )
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.data_format = one_of(
            "data_format",
            keras.config.image_data_format() if data_format is None else data_format,
            ("channels_last", "channels_first"),
        )
        self.input_spec = keras.layers.InputSpec(ndim=self.rank + 2)
        self._first = 1 if self.data_format == "channels_last" else 2

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        self.built = True

    def pool(self, x: Tensor) -> Tensor:
        """Return one number per window of `x`."""
        raise NotImplementedError

    def call(self, inputs: Tensor) -> Tensor:
        return self._in_float32(self.pool, inputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        shape = list(input_shape)
        if len(shape) != self.rank + 2:
            raise ValueError(
                f"{type(self).__name__} expects an input of rank {self.rank + 2}, "
                f"got the shape {tuple(input_shape)}."
            )
        for axis, size, stride in self._axes():
            length = shape[axis]
            if length is None:
                continue
            if self.padding == "valid" and length < size:
                raise ValueError(
                    f"`pool_size` {self.pool_size} must fit into the input, got the "
                    f"shape {tuple(input_shape)}. Pad with padding='same'."
                )
            shape[axis] = self._extent(length, size, stride)[0]
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
        }

    def windows(self, x: Tensor, fill: float) -> Tensor:
        """Return the cells of all windows, stacked along a new first axis.

        `windows[i]` holds cell `i` of every window, in the layout of the output.
        Padded cells hold `fill`. The input is split into its residues modulo the
        strides, which takes one transposition, forward and backward. Strided slices,
        one for each cell, took ten times as long on two cores.
        """
        pads, crops, shape, order = self._layout(x)
        if any(not _is_zero(pad) for pair in pads for pad in pair):
            x = ops.pad(x, pads, constant_values=fill)
        if any(crop is not None for crop in crops):
            x = x[tuple(slice(0, crop) for crop in crops)]
        phases = ops.transpose(ops.reshape(x, shape), order)
        if self.strides == self.pool_size:
            rest = [phases.shape[i] for i in range(self.rank, len(order))]
            rest = [-1 if length is None else length for length in rest]
            if rest.count(-1) > 1:
                rest = list(ops.shape(phases)[self.rank :])
            return ops.reshape(phases, (math.prod(self.pool_size), *rest))
        return ops.stack([self._cell(phases, cell) for cell in self._cells()])

    def cell_counts(self, x: Tensor) -> Tensor | None:
        """Count the cells of each window that are not padding.

        The counts broadcast with the output. `None`: all windows are whole.
        """
        if self.padding == "valid":
            return None
        lengths = ops.shape(x)
        counts = ops.ones((1,) * (self.rank + 2), x.dtype)
        for axis, size, stride in self._axes():
            length = lengths[axis]
            number, before = self._extent(length, size, stride)
            start = ops.arange(number) * stride - before
            cells = ops.minimum(start + size, length) - ops.maximum(start, 0)
            shape = [1] * (self.rank + 2)
            shape[axis] = -1
            counts = counts * ops.reshape(ops.cast(cells, x.dtype), shape)
        return counts

    def padded(self, x: Tensor, fill: float = 0) -> Tensor:
        """Return the input with the cells that `padding` adds, filled with `fill`."""
        pads = self._padding(x)
        if all(_is_zero(pad) for pair in pads for pad in pair):
            return x
        return ops.pad(x, pads, constant_values=fill)

    def window_mean(self, x: Tensor) -> Tensor:
        """Return the mean over each whole window; padded cells count as 0."""
        return ops.average_pool(
            self.padded(x), self.pool_size, self.strides, "valid", self.data_format
        )

    def window_max(self, x: Tensor, fill: float = -math.inf) -> Tensor:
        """Return the greatest cell of each window, without padded cells."""
        return ops.max_pool(
            self.padded(x, fill),
            self.pool_size,
            self.strides,
            "valid",
            self.data_format,
        )

    def _in_float32(
        self, function: Callable[[Tensor], Tensor], inputs: Tensor
    ) -> Tensor:
        self.compute_output_shape(inputs.shape)
        inputs = ops.convert_to_tensor(inputs)
        wide = ops.cast(inputs, at_least_float32(inputs.dtype))
        return ops.cast(function(wide), self.compute_dtype)

    def _per_axis(self, name: str, values: Any) -> tuple[int, ...]:
        if isinstance(values, numbers.Integral):
            values = (values,) * self.rank
        values = positive_integers(name, values)
        if len(values) != self.rank:
            raise ValueError(
                f"`{name}` must be one positive integer or {self.rank} of them, "
                f"got {values!r}."
            )
        return values

    def _axes(self) -> list[tuple[int, int, int]]:
        """Each pooled axis of the input, with the window's size and stride along it."""
        axes = range(self._first, self._first + self.rank)
        return list(zip(axes, self.pool_size, self.strides, strict=True))

    def _extent(self, length: Any, size: int, stride: int) -> tuple[Any, Any]:
        """The number of windows along an axis, and of padded cells before the input."""
        if self.padding == "valid":
            return (length - size) // stride + 1, 0
        number = (length + stride - 1) // stride
        return number, _at_least_0((number - 1) * stride + size - length) // 2

    def _padding(self, x: Tensor) -> list[list[Any]]:
        pads: list[list[Any]] = [[0, 0] for _ in range(self.rank + 2)]
        lengths = ops.shape(x)
        for axis, size, stride in self._axes():
            length = lengths[axis]
            number, before = self._extent(length, size, stride)
            after = (number - 1) * stride + size - length - before
            pads[axis] = [before, _at_least_0(after)]
        return pads

    def _layout(self, x: Tensor) -> tuple[list[Any], list[Any], list[Any], list[int]]:
        """Padding, crop, shape and axis order that split the input into its phases."""
        lengths = ops.shape(x)
        pads: list[list[Any]] = [[0, 0] for _ in range(self.rank + 2)]
        crops: list[Any] = [None] * (self.rank + 2)
        shape = [lengths[0]]
        if self._first == 2:
            shape.append(lengths[1])
        phases, rest = [], list(range(self._first))
        for axis, size, stride in self._axes():
            length = lengths[axis]
            number, before = self._extent(length, size, stride)
            steps = number - 1 + -(-size // stride)
            excess = steps * stride - length - before
            pads[axis] = [before, _at_least_0(excess)]
            if not isinstance(excess, int) or excess < 0:
                crops[axis] = steps * stride
            rest.append(len(shape))
            phases.append(len(shape) + 1)
            shape += [steps, stride]
        if self._first == 1:
            rest.append(len(shape))
            shape.append(lengths[-1])
        return pads, crops, shape, phases + rest

    def _cells(self) -> Iterable[tuple[int, ...]]:
        return itertools.product(*(range(size) for size in self.pool_size))

    def _cell(self, phases: Tensor, cell: tuple[int, ...]) -> Tensor:
        """One cell of every window: a residue, shifted by whole strides."""
        residue = phases[tuple(i % s for i, s in zip(cell, self.strides, strict=True))]
        moves = [slice(None)] * (self.rank + 2)
        lengths = ops.shape(residue)
        for i, (axis, size, stride) in zip(cell, self._axes(), strict=True):
            number = lengths[axis] + 1 + -size // stride
            moves[axis] = slice(i // stride, i // stride + number)
        return residue[tuple(moves)]


def _at_least_0(value: Any) -> Any:
    return max(value, 0) if isinstance(value, int) else ops.maximum(value, 0)


def _is_zero(value: Any) -> bool:
    return isinstance(value, int) and value == 0
