"""Networks that answer with sequences, as SavedModels that need nothing of ours."""

import os
import pathlib

from custom.arguments import positive_integer
from zoo.errors import InputError
from zoo.exporting.files import check_format
from zoo.exporting.saved_model import publish
from zoo.exporting.sequences.decoding import DecodingService
from zoo.exporting.sequences.service import Service
from zoo.exporting.sequences.steps import StepsService
from zoo.exporting.sequences.writing import WritingService
from zoo.models.recurrent.network import RecurrentNetwork


def answers_with_sequences(model) -> bool:
    """Whether a model is a recurrent network, and no classifier of whole sequences."""
    if not isinstance(model, RecurrentNetwork):
        return False
    config = model.get_config()
    return config["mode"] != "many_to_one" or config["num_classes"] is None


def export_sequences(
    model: RecurrentNetwork,
    path: str | os.PathLike,
    *,
    max_length: int = 1024,
    max_count: int = 64,
) -> pathlib.Path:
    """Writes a network as the next version of a TensorFlow Serving model.

    `serving_default` is, by the mode of the network,

    * of `"one_to_many"` over tokens: from `prompt`, a string, or int32 tokens `[m]`
      without a vocabulary, empty for the usual start; `length` and `count`, int64;
      `temperature`, float32; and `seed`, int64; to `texts`, string `[count]`, or
      `tokens`, int32 `[count, m + length]`: as `model.generate` writes, but a seed
      draws other numbers than there;
    * of `"encoder_decoder"`: from what it reads, and `max_length`, int64, to `tokens`,
      int32 `[n, max_length]`: as `model.decode` writes;
    * of the others: from what it reads to `probabilities`, float32 `[n, time, classes]`
      and `label`, int64 `[n, time]`; of a regression to `values`, float32
      `[n, time, units]` or, of whole sequences, `[n, units]`.

    What it reads has the names that `zoo.export` gives: `sequences`, `tokens`, `texts`
    or `waveforms`, or `vectors` of one that are repeated. A network that carries its
    state is exported without. The version is written, tried and published as every
    other; see `zoo.export`.

    Args:
        model: The network.
        path: Folder of the versions, made if it is missing.
        max_length: Greatest length of what is written for one request.
        max_count: Most texts for one request.

    Returns:
        The folder of the new version.

    Raises:
        InputError: If the model is no such network, or `path` cannot be written.
        ExportError: If what was written fails or answers differently.
        OSError: If the disk is full.
        ValueError: If an argument is no positive integer.
    """
    check_format("saved_model")
    max_length = positive_integer("max_length", max_length)
    max_count = positive_integer("max_count", max_count)
    if not answers_with_sequences(model):
        raise InputError(
            "`export_sequences` takes a recurrent network that answers with sequences "
            f"or numbers; `zoo.export` exports the {type(model).__name__}."
        )
    service = service_of(model, max_length, max_count)
    return publish(path, service.save, service.questions)


def service_of(model: RecurrentNetwork, max_length: int, max_count: int) -> Service:
    """What serves a network that `answers_with_sequences`."""
    config = model.get_config()
    if config["stateful_batch_size"] is not None:
        model = model.with_carried_state(None)
    if config["mode"] == "encoder_decoder":
        return DecodingService(model, max_length)
    if config["mode"] == "one_to_many" and config["inputs"] == "tokens":
        return WritingService(model, max_length, max_count)
    return StepsService(model)
