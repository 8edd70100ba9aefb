"""Export for serving: a SavedModel that runs without this package."""

import collections.abc
import functools
import os
import pathlib

import keras
import numpy as np

from custom.arguments import path as checked_path
from zoo.errors import InputError, checked
from zoo.exporting.answers import Answers
from zoo.exporting.files import check_format, export_file
from zoo.exporting.saved_model import publish
from zoo.exporting.servable import Servable
from zoo.exporting.trial import ExportError
from zoo.models.dcgan.model import DCGAN
from zoo.names import check_encodable
from zoo.targets import SequenceLabels, Translation

__all__ = ["ExportError", "export"]


def export(
    model: keras.Model,
    path: str | os.PathLike,
    *,
    format: str = "saved_model",
    class_names: collections.abc.Sequence[str] | None = None,
    feature_names: collections.abc.Sequence[str] | None = None,
    examples: np.ndarray | None = None,
) -> pathlib.Path:
    """Writes a model for serving: a SavedModel, or an ONNX or LiteRT file.

    A SavedModel is the next version of a TensorFlow Serving model. The signature
    `serving_default` of a classifier has one of these inputs, by the kind of its data:

    * `images`, uint8 `[n, height, width, channels]`;
    * `rows`, float32 `[n, features]`; for a table with words or missing numbers, one
      input for each column: string `[n]`, or float32 `[n]` with NaN for a missing
      number;
    * `texts`, string `[n]` in UTF-8;
    * `waveforms`, float32 `[n, samples]` in −1…1; shorter clips are padded with zeros;
    * `sequences`, float32 `[n, time, features]`, or `tokens`, int32 `[n, time]`.

    Its outputs are `probabilities`, float32 `[n, classes]`, `label`, int64 `[n]`, and
    `class_name`, string `[n]`; with an answer at each step they have a time axis, and
    `lengths`, int64 `[n]`, counts the steps that are not padding. Requests of another
    shape, with numbers that are not finite, with sequences that are too long or with
    files that are not images are errors. Image models with 1, 3 or 4 channels have a
    second signature, `encoded_images`, that takes string `[n]`: PNG, JPEG, BMP or GIF
    files of any size, decoded by `zoo.images.decode`. `assets.extra/zoo.json` describes
    the model, and `assets.extra/tf_serving_warmup_requests` prepares TensorFlow Serving
    before the first client's request. Recurrent layers are exported without cuDNN, so
    that a model trained on a GPU can be served on a CPU.

    The last layer decides how outputs become probabilities: a softmax returns them,
    logits (a linear last layer) get a softmax in the export, a single sigmoid p
    becomes the probabilities 1 − p and p of two classes, and a perceptron's sign 0 and
    1.

    The SavedModel is written beside its target and tried in a separate process that
    cannot import Keras or this package. Its answers are compared with the model's, and
    only then is it renamed to `path/VERSION`: a server that watches `path` never sees
    an incomplete or wrong version. A failed export leaves nothing behind.

    An ONNX or LiteRT file holds `serving_default` of images or rows, with the same
    names, or `latents` of a `DCGAN`; it is tested in ONNX Runtime or LiteRT. These
    formats cannot hold texts, audio and recurrent networks: they have no word lookup,
    no spectrogram and no such loop.

    A `zoo.DCGAN` is exported by `zoo.exporting.generator.export_generator`; a recurrent
    network that generates, translates, answers at each step or answers with numbers, by
    `zoo.exporting.sequences.export_sequences`.

    Args:
        model: Keras classifier with one input and one output, built; or a DCGAN.
            The model must scale its inputs itself: the signatures pass them on
            unchanged.
        path: Folder of the versions, created if it is missing. For another format, the
            file, which ends in `.onnx` or `.tflite`.
        format: `"saved_model"`, `"onnx"` or `"litert"`. The last two need the extra
            of the same name, such as `pip install 'zoo-keras[onnx]'`.
        class_names: One name per class. Default: the model's own `class_names`,
            otherwise `"0"`, `"1"`, …
        feature_names: One name per column of a table, kept in `zoo.json`.
        examples: Inputs to test the export with, at least one. Default: four seeded
            random inputs. Real inputs are a better test.

    Returns:
        The folder of the new version, or the file.

    Raises:
        InputError: If the model is not such a classifier, the names or the examples do
            not fit, a DCGAN is given any, or `path` cannot be written.
        ExportError: If the format cannot hold the model, or the export fails or
            answers differently.
        OSError: If the disk is full.
        ValueError: If there is no such format.
    """
    path = checked(checked_path, "path", path)
    check_format(format)
    check_encodable(path)
    names = {"class_names": class_names, "feature_names": feature_names}
    if isinstance(model, DCGAN):
        # It builds on the modules of this package.
        from zoo.exporting.generator import export_generator

        _refuse(model, {**names, "examples": examples})
        return export_generator(model, path, format=format)
    from zoo.exporting.sequences import answers_with_sequences, export_sequences

    if isinstance(getattr(model, "target", None), SequenceLabels):
        if model.get_config().get("stateful_batch_size") is not None:
            model = model.with_carried_state(None)
    elif answers_with_sequences(model):
        translates = isinstance(model.target, Translation)
        _refuse(model, names if translates else {**names, "examples": examples})
        if format != "saved_model":
            raise InputError(
                f"The format {format!r} has no loop for recurrent layers, "
                f"which the model {model.name!r} needs: export a SavedModel."
            )
        return export_sequences(model, path, examples=examples)
    servable = Servable(Answers(model, **names))
    ask = functools.partial(servable.questions, servable.checked_examples(examples))
    if format == "saved_model":
        return publish(path, servable.save, ask)
    servable.refuse_file(format)
    questions = [asked for asked in ask() if asked.signature == "serving_default"]
    return export_file(path, format, servable.save, questions)


def _refuse(model, arguments):
    """Refuses arguments that only describe classifiers."""
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise InputError(
            f"`{given[0]}` is for classifiers; this {type(model).__name__} is not a "
            "classifier: leave it out."
        )
