"""The battery for presets."""

import os

import numpy as np

from zoo.presets.index import locate
from zoo.presets.reading import from_preset
from zoo.testing.promises import keep, require, require_same


def check_preset(preset: str | os.PathLike) -> None:
    """Proves that a preset is whole and answers as it did when it was made.

    The promises: `weights` are those whose checksum was recorded; the `card` agrees
    with the model; `examples` that are kept with it get the outputs that they got.

    Args:
        preset: A name of `zoo.list_presets()`, or a preset's folder.

    Raises:
        BrokenPromise: If a promise is not kept.
        InputError: If there is no such preset.

    >>> check_preset("mlp_digits")
    """
    folder = locate(preset)

    def check_card():
        card, model = folder.read(folder.card), from_preset(preset, load_weights=False)
        names = getattr(model, "class_names", None)
        found = {
            "model": type(model).__name__,
            "parameters": model.count_params(),
            "class_names": names and list(names),
        }
        for key, value in found.items():
            said = card.get(key)
            require(said == value, f"it says `{key}` {said!r}, and it is {value!r}.")

    def check_examples():
        if not folder.examples.is_file():
            return
        with np.load(folder.examples, allow_pickle=False) as examples:
            inputs, outputs = examples["inputs"], examples["outputs"]
        answers = from_preset(preset).predict(inputs, verbose=0)
        require_same(answers, outputs, "the output", rtol=1e-3, atol=1e-5)

    promises = {
        "weights": folder.check_weights,
        "card": check_card,
        "examples": check_examples,
    }
    keep(f"the preset {str(preset)!r}", promises, skip=())
