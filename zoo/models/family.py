"""What every model of the zoo shares: its configuration, presets, a new head."""

import os
import pathlib

from custom.arguments import positive_integer
from zoo.errors import InputError
from zoo.presets import reading, writing
from zoo.targets import HEAD
from zoo.weights import copy_state


class Family:
    """Stands before `keras.Model` among the bases of every model of the zoo.

    A family builds its layers in `__init__` and keeps every constructor argument
    but `name`, as plain Python values, in `self._configuration`. It then saves to
    `.keras` and to a preset, loads, and round-trips through `get_config` without
    more code. Layers that are not trainable stay so.

    It is no subclass of `keras.Model` itself: Keras turns the bases of a functional
    model into `Functional`, for every class that shares them.
    """

    def get_config(self):
        config = {**self._configuration, "name": self.name}
        # By position: Keras numbers the names of layers anew in each process.
        frozen = [n for n, layer in enumerate(self.layers) if not layer.trainable]
        return {**config, "frozen_layers": frozen} if frozen else config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        arguments = dict(config)
        frozen = arguments.pop("frozen_layers", ())
        model = cls(**arguments)
        for position in frozen:
            model.layers[position].trainable = False
        return model

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **options):
        """The model of a preset, with its trained weights.

        Args:
            preset: A name of `zoo.list_presets()`, or the path of a folder that
                `save_to_preset` wrote.
            **options: `num_classes`, `class_names`, `freeze_body`, `load_weights`
                and constructor arguments, as `zoo.from_preset` takes them.

        Returns:
            A model of this class, not compiled.

        Raises:
            InputError: If there is no such preset, it is damaged or of another
                class, or an option does not fit it.
        """
        return reading.from_preset(preset, model_class=cls, **options)

    def save_to_preset(self, path: str | os.PathLike, **options) -> pathlib.Path:
        """Writes configuration, weights and card into a folder.

        Args:
            path: The folder; see `zoo.presets.writing.save_to_preset`.
            **options: `card`, `examples`, `record`, `weights_dtype`, `overwrite`, as
                `zoo.presets.writing.save_to_preset` takes them.

        Returns:
            The folder, ready for `from_preset`.

        Raises:
            InputError: If the folder is there already or cannot be written, or an
                option does not fit.
        """
        return writing.save_to_preset(self, path, **options)

    def with_head(self, num_classes, class_names=None, *, freeze_body=False):
        """The same body under a new head, for other classes.

        The body's weights are copied, not shared: training the new model leaves
        this one as it is. The head starts with new random weights.

        Args:
            num_classes: Number of classes of the new model.
            class_names: A name for each of them.
            freeze_body: Whether to train the head alone. The body then also
                normalises as it does outside training. It stays frozen when the
                model is saved and loaded; `layer.trainable = True` frees a layer.

        Returns:
            A model of the same class, not compiled.

        Raises:
            InputError: If this model has no classes.
            ValueError: If the classes are not allowed.

        >>> import zoo
        >>> ten = zoo.MLP((8, 8, 1), num_classes=10, hidden_units=(16,))
        >>> two = ten.with_head(2, ["even", "odd"], freeze_body=True)
        >>> two.output_shape, [weight.path for weight in two.trainable_variables]
        ((None, 2), ['classifier/kernel', 'classifier/bias'])
        """
        if "num_classes" not in self._configuration:
            raise InputError(
                f"{type(self).__name__} has no classes, and so no head to replace."
            )
        model = type(self).from_config(
            {
                **self.get_config(),
                "num_classes": positive_integer("num_classes", num_classes),
                "class_names": class_names,
            }
        )
        for old, new in zip(self.layers, model.layers, strict=True):
            if old.name == HEAD:
                new.trainable = True
                continue
            copy_state(old, new)
            new.trainable = old.trainable and not freeze_body
        return model
