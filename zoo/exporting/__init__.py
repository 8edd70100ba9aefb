"""Export for serving: a SavedModel that needs none of this package to run."""

import collections.abc
import functools
import os
import pathlib

import keras
import numpy as np

from zoo.errors import InputError
from zoo.exporting.answers import Answers
from zoo.exporting.files import check_format, export_file
from zoo.exporting.saved_model import publish
from zoo.exporting.servable import Servable
from zoo.exporting.trial import ExportError
from zoo.models.dcgan.model import DCGAN

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

    A SavedModel is the next version of a TensorFlow Serving model. Of a classifier,
    the signature `serving_default` takes, by the kind of its data,

    * `images`, uint8 `[n, height, width, channels]`;
    * `rows`, float32 `[n, features]`; of a table with words or missing numbers an
      input for each column, string `[n]`, or float32 `[n]` with NaN where one is
      missing;
    * `texts`, string `[n]` in UTF-8;
    * `waveforms`, float32 `[n, samples]` in −1…1 with zeros behind shorter ones;
    * `sequences`, float32 `[n, time, features]`, or `tokens`, int32 `[n, time]`.

    It gives `probabilities`, float32 `[n, classes]`, `label`, int64 `[n]`, and
    `class_name`, string `[n]`. Another shape, numbers that are not finite, sequences
    that are too long, and files that are no pictures are errors of the request.
    Image models with 1, 3 or 4 channels have a second one, `encoded_images`, that
    takes string `[n]`: PNG, JPEG, BMP or GIF files of any size, read as
    `zoo.images.decode` reads them. `assets.extra/zoo.json` describes the model, and
    `assets.extra/tf_serving_warmup_requests` makes TensorFlow Serving ready before the
    first client comes. Recurrent layers are exported without cuDNN, so that a model
    trained on a GPU serves on a CPU.

    The last layer decides how outputs become probabilities: a softmax gives them
    already, logits (a linear last layer) get a softmax in the export, a single
    sigmoid p becomes the two classes 1 − p and p, and a perceptron's sign 0 and 1.

    The SavedModel is written beside its target, tried in a process of its own that
    cannot import Keras or this package, its answers compared with the model's, and
    only then renamed to `path/VERSION`: a server that watches `path` never sees a
    half-written or a wrong one. Whatever fails leaves nothing behind.

    An ONNX or LiteRT file holds `serving_default` of images or rows, with the same
    names, or `latents` of a `DCGAN`; it is checked in ONNX Runtime or LiteRT. Texts,
    waveforms and recurrent networks are in neither: these have no lookup of words, no
    spectra and no loop of that kind.

    A `zoo.DCGAN` is exported as `zoo.exporting.generator.export_generator` says; a
    recurrent network that writes, translates, answers at each step or with numbers, as
    `zoo.exporting.sequences.export_sequences` does.

    Args:
        model: Keras classifier with one input and one output, built; or a DCGAN.
            Scaling of its inputs is part of it: the signatures pass on what they are
            given.
        path: Folder of the versions, made if it is missing; or, of another format,
            the file, which ends in `.onnx` or `.tflite`.
        format: `"saved_model"`, `"onnx"` or `"litert"`. The last two need the extra
            of their name, such as `pip install 'zoo-keras[onnx]'`.
        class_names: One name per class; by default the model's own `class_names`,
            else `"0"`, `"1"`, …
        feature_names: One name per column of a table, kept in `zoo.json`.
        examples: Inputs to try the export on, at least one; by default four seeded
            random ones. Real inputs are the better test.

    Returns:
        The folder of the new version, or the file.

    Raises:
        InputError: If the model is no such classifier, the number of names does
            not fit, the examples do not, a DCGAN is given any, or `path` cannot be
            written.
        ExportError: If the format cannot hold the model, or what was written fails or
            answers differently.
        OSError: If the disk is full.
        ValueError: If there is no such format.
    """
    check_format(format)
    names = {"class_names": class_names, "feature_names": feature_names}
    if isinstance(model, DCGAN):
        # It builds on the modules of this package.
        from zoo.exporting.generator import export_generator

        _refuse(model, {**names, "examples": examples})
        return export_generator(model, path, format=format)
    from zoo.exporting.sequences import answers_with_sequences, export_sequences

    if answers_with_sequences(model):
        _refuse(model, {**names, "examples": examples})
        if format != "saved_model":
            raise InputError(
                f"The format {format!r} has no loop that a recurrent layer could "
                f"become, which the model {model.name!r} needs: export a SavedModel."
            )
        return export_sequences(model, path)
    servable = Servable(Answers(model, **names))
    ask = functools.partial(servable.questions, servable.checked_examples(examples))
    if format == "saved_model":
        return publish(path, servable.save, ask)
    servable.refuse_file(format)
    questions = [asked for asked in ask() if asked.signature == "serving_default"]
    return export_file(path, format, servable.save, questions)


def _refuse(model, arguments):
    """Refuses what says nothing of a model that is no classifier."""
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise InputError(
            f"`{given[0]}` is for classifiers; leave it out for a "
            f"{type(model).__name__} that is none."
        )
