"""Export of networks whose outputs are sequences or numbers, as SavedModels."""

import os
import pathlib
from typing import Any

import keras

from custom.arguments import positive_integer
from zoo.errors import InputError
from zoo.exporting.files import check_format
from zoo.exporting.saved_model import publish
from zoo.exporting.sequences.base import SequenceExport
from zoo.exporting.sequences.decoder import DecoderExport, TranslationExport
from zoo.exporting.sequences.generation import GenerationExport
from zoo.exporting.sequences.steps import StepsExport
from zoo.models.recurrent.network import RecurrentNetwork
from zoo.targets import NextToken, SequenceLabels, Translation


def answers_with_sequences(model: keras.Model) -> bool:
    """Whether a recurrent network answers with sequences, or by `output_units`."""
    if not isinstance(model, RecurrentNetwork):
        return False
    answering = NextToken | SequenceLabels | Translation | None
    return isinstance(model.target, answering)


def export_sequences(
    model: RecurrentNetwork,
    path: str | os.PathLike,
    *,
    max_length: int = 1024,
    max_count: int = 64,
    examples: Any = None,
) -> pathlib.Path:
    """Writes a network as the next version of a TensorFlow Serving model.

    The signature `serving_default` depends on the mode of the network:

    * `"one_to_many"` over tokens generates as `model.generate` does, with other draws
      for a seed. Inputs: `prompt`, a string, or int32 tokens `[m]` without a
      vocabulary, empty for the default prompt; `length`, `count` and `seed`, int64;
      `temperature`, float32. Output: `texts`, strings `[count]`, or `tokens`, int32
      `[count, m + length]`.
    * `"encoder_decoder"` decodes as `model.decode` does. Inputs: those of the encoder,
      and `max_length`, int64. Output: `tokens`, int32 `[n, max_length]`. With a
      `zoo.targets.Translation` there is no `max_length`, and the outputs are `texts`,
      strings `[n]`, and `log_probability`, float32 `[n]`.
    * Other modes return `probabilities`, float32 `[n, time, classes]`, `label`, int64
      `[n, time]`, and the other outputs of `zoo.targets.SequenceLabels`; a regression
      returns `values`, float32 `[n, time, units]`, or `[n, units]` for a whole
      sequence.

    Inputs are named as in `zoo.export`: `sequences`, `tokens`, `texts` or `waveforms`;
    `vectors` if the network reads one vector and repeats it. A stateful network is
    exported without its state. The version is written, tested and published like every
    other version; see `zoo.export`.

    Args:
        model: The network.
        path: Folder of the versions, created if it is missing.
        max_length: Greatest length that a request may ask for.
        max_count: Greatest number of texts that a request may ask for.
        examples: Inputs to test the export of a translator with. Default: synthetic.

    Raises:
        InputError: If the model is not such a network, or `path` cannot be written.
        ExportError: If the exported model fails or gives other outputs.
        OSError: If the disk is full.
        ValueError: If an argument is not a positive integer.
    """
    check_format("saved_model")
    max_length = positive_integer("max_length", max_length)
    max_count = positive_integer("max_count", max_count)
    if not answers_with_sequences(model):
        raise InputError(
            "`export_sequences` accepts recurrent networks whose outputs are sequences "
            f"or numbers; use `zoo.export` for this {type(model).__name__}."
        )
    export = export_of(model, max_length, max_count, examples)
    return publish(path, export.save, export.questions)


def export_of(
    model: RecurrentNetwork, max_length: int, max_count: int, examples: Any = None
) -> SequenceExport:
    """The export of a network for which `answers_with_sequences` holds."""
    config = model.get_config()
    if config["stateful_batch_size"] is not None:
        model = model.with_carried_state(None)
    if isinstance(model.target, Translation):
        return TranslationExport(model, examples)
    if config["mode"] == "encoder_decoder":
        return DecoderExport(model, max_length)
    if config["mode"] == "one_to_many" and config["inputs"] == "tokens":
        return GenerationExport(model, max_length, max_count)
    return StepsExport(model)
