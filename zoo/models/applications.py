"""The networks of `keras.applications`: their names, their inputs and their weights."""

import contextlib
import inspect
import pathlib
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import ops

from custom.arguments import path as checked_path, shown
from custom.types import Tensor
from zoo.errors import InputError, checked, first_line
from zoo.keras_file import load_keras_file
from zoo.names import check_arguments, nearest

# Arguments of an application that follow from the data or from its use as a backbone.
DECIDED = {"include_top", "include_preprocessing", "weights", "name", "pooling"}
DECIDED |= {"input_shape", "input_tensor", "classes", "classifier_activation"}
IMAGENET = "imagenet"


def applications() -> dict[str, Callable[..., keras.Model]]:
    """The networks of `keras.applications` by name.

    >>> {"ResNet50", "EfficientNetV2B0"} <= applications().keys()
    True
    """
    return {
        name: value
        for name, value in vars(keras.applications).items()
        if inspect.isfunction(value)
        and "include_top" in inspect.signature(value).parameters
    }


def find_application(name: str) -> Callable[..., keras.Model]:
    """The function of `keras.applications` that builds a network.

    Raises:
        InputError: If there is none of this name.
    """
    found = applications()
    if name not in found:
        hint = nearest(name, sorted(found))
        raise InputError(f"keras.applications has no {shown(name)}; {hint}")
    return found[name]


@keras.saving.register_keras_serializable(package="zoo")
class ApplicationInput(keras.layers.Layer):
    """What an application reads, from pixels in 0…255 of any number type.

    Grey images become three equal channels. Then the application's own
    `preprocess_input` follows, which differs between applications; those that
    have it inside get the pixels as they are. Computed in float32.

    Args:
        application: A name of `applications()`.
    """

    def __init__(self, application: str, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.application = application
        module = sys.modules[find_application(application).__module__]
        self._preprocess = module.preprocess_input

    def call(self, inputs: Tensor) -> Tensor:
        images = ops.cast(inputs, "float32")
        if images.shape[-1] == 1:
            images = ops.repeat(images, 3, axis=-1)
        return self._preprocess(images, data_format="channels_last")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "application": self.application}


def build_application(
    name: str,
    size: tuple[int, int],
    options: dict[str, Any],
    policy: keras.DTypePolicy,
    weights: str | None = None,
) -> keras.Model:
    """The network of an application up to its pooled features.

    Args:
        name: A name of `applications()`.
        size: `(height, width)` of the images.
        options: Arguments of the application, such as `alpha`.
        policy: The precision policy of its layers.
        weights: `"imagenet"` to download them, or `None`.

    Raises:
        InputError: If an option is not allowed, or the images are too small.
    """
    function = find_application(name)
    for option in options:
        if option in DECIDED:
            raise InputError(
                f"`options` must not hold {option!r}, which follows from the data: "
                "leave it out."
            )
    check_arguments(f"keras:{name}", function, options)
    try:
        with _settings(policy):
            return function(
                include_top=False,
                weights=weights,
                input_shape=(*size, 3),
                pooling="avg",
                **options,
            )
    except ValueError as error:
        least = re.search(r"at least (\d+)x\1", str(error))
        if least is None:
            raise
        raise InputError(
            f"keras:{name} takes images of at least {least[1]}×{least[1]} pixels, got "
            f"{size[0]}×{size[1]}: resize them (`image_size`, --image-size {least[1]})."
        ) from error


@contextlib.contextmanager
def _settings(policy: keras.DTypePolicy) -> Iterator[None]:
    """Keras's global settings, which the applications read when they are built."""
    config = keras.config
    before = config.dtype_policy(), config.image_data_format()
    config.set_dtype_policy(policy)
    config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        config.set_dtype_policy(before[0])
        config.set_image_data_format(before[1])


def load_application_weights(
    body: keras.Model, name: str, options: dict[str, Any], weights: str
) -> None:
    """Loads trained weights into the network of an application.

    Args:
        body: The network that `build_application` returned.
        name: Its name.
        options: Its options.
        weights: `"imagenet"`, which Keras downloads and keeps; or the path of a
            `.weights.h5` or `.h5` file of this network without its top, or of a
            `.keras` file that holds this network.

    Raises:
        InputError: If they cannot be downloaded or read, or do not fit.
    """
    if weights == IMAGENET:
        _copy(_downloaded(body, name, options), body)
        return
    file = checked(checked_path, "weights", weights)
    if not file.is_file():
        raise InputError(
            f"There is no file {file} of weights: give {IMAGENET!r}, 'none', or the "
            "path of a .weights.h5 or .keras file."
        )
    if file.suffix == ".keras":
        _copy(_network_in(file, body, name), body)
        return
    if file.suffix != ".h5":
        raise InputError(f"`weights` must end in .weights.h5 or .keras, got {file}.")
    try:
        with warnings.catch_warnings(action="ignore"):  # The error is enough.
            body.load_weights(file)
    except Exception as error:  # Keras and HDF5 raise many types.
        raise InputError(
            f"{file} does not hold the weights of keras:{name} without its top: "
            f"{first_line(error)}."
        ) from error


def _downloaded(body: keras.Model, name: str, options: dict[str, Any]) -> keras.Model:
    size = body.inputs[0].shape[1:3]
    policy = keras.dtype_policies.get("float32")
    try:
        with warnings.catch_warnings(action="ignore"):  # MobileNet guesses the size.
            return build_application(name, size, options, policy, IMAGENET)
    except InputError:
        raise
    except Exception as error:  # Keras raises many types, and so do its downloads.
        raise InputError(
            f"The ImageNet weights of keras:{name} cannot be had: {first_line(error)}. "
            "Check the connection, give the path of a file of weights (--weights), or "
            "'none' to train from the start."
        ) from error


def _network_in(file: pathlib.Path, body: keras.Model, name: str) -> keras.Model:
    """The network in a `.keras` file whose first weights have the shapes of ours."""
    model = load_keras_file(file)
    wanted = _shapes(body)
    layers = [model, *model._flatten_layers(include_self=False)]
    for layer in layers:
        if isinstance(layer, keras.Model) and _shapes(layer)[: len(wanted)] == wanted:
            return layer
    raise InputError(
        f"{file} does not hold keras:{name}, whose {len(wanted)} weights have other "
        "shapes: give the same network, with the same options."
    )


def _shapes(model: keras.Model) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in model.weights]


def _copy(source: keras.Model, body: keras.Model) -> None:
    """Copies weights; the source may have a top behind them.

    With ImageNet weights, the first EfficientNets also divide by the square roots of
    `deviations`. Our network is the same with and without weights, so that it can be
    built again without them: its `Normalization` does the division.
    """
    for new, old in zip(body.weights, source.weights, strict=False):
        new.assign(old)
    deviations = next(
        (
            layer.scale
            for layer in source.layers
            if isinstance(layer, keras.layers.Rescaling)
            and isinstance(layer.scale, list | tuple)
        ),
        None,
    )
    for layer in body.layers:
        if isinstance(layer, keras.layers.Normalization):
            if deviations is not None:
                scale = ops.convert_to_tensor(deviations, "float32")
                layer.adapt_variance.assign(layer.adapt_variance / scale**2)
            layer.finalize_state()
