"""The test battery for presets."""

import os

import numpy as np

from zoo.presets.folder import PresetFolder
from zoo.presets.reading import from_preset
from zoo.presets.references import located
from zoo.testing.checks import require, require_same, run_checks

# Tolerance as a fraction of an example's largest output. Processors add float32 numbers
# in different orders: with SSE4.1 and without oneDNN the shipped presets differ by up
# to 3e-6 from AVX-512.
ROUNDING = 1e-5
LOG_ROUNDING = 1e-3  # of the logarithm: logits of size 50 carry rounding of 1e-4


def check_preset(preset: str | os.PathLike) -> None:
    """Checks that a preset is complete, and that its outputs are those of its maker.

    The promises, by name:

    * `weights`: the checksum of the weights is the recorded one;
    * `card`: the card agrees with the model;
    * `examples`: the outputs for the stored examples are the stored ones.

    Args:
        preset: As `zoo.from_preset` takes it.

    Raises:
        BrokenPromise: If a promise is broken.
        InputError: If there is no such preset.

    >>> check_preset("mlp_digits")
    """
    folder = PresetFolder.at(located(preset, name="preset"))

    def check_card() -> None:
        card, model = folder.read(folder.card), from_preset(preset, load_weights=False)
        names = getattr(model, "class_names", None)
        found = {
            "model": type(model).__name__,
            "parameters": model.count_params(),
            "class_names": names and list(names),
        }
        for key, value in found.items():
            require(
                card.get(key) == value,
                f"`{key}` is {card.get(key)!r} on the card and {value!r} in the model.",
            )

    def check_examples() -> None:
        if not folder.examples.is_file():
            return
        with np.load(folder.examples, allow_pickle=False) as examples:
            inputs, expected = examples["inputs"], examples["outputs"]
        outputs = from_preset(preset).predict(inputs, verbose=0)
        sizes = np.abs(expected).max(axis=tuple(range(1, expected.ndim)), keepdims=True)
        require_same(outputs, expected, "the output", rtol=0, atol=ROUNDING * sizes)
        # Where a softmax is close to 1, only its small outputs show a wrong weight.
        seen = expected > np.finfo("float32").tiny
        if (expected >= 0).all() and np.allclose(expected.sum(axis=-1), 1, atol=1e-3):
            logs, stored = np.log(outputs[seen]), np.log(expected[seen])
            require_same(logs, stored, "the logarithm", rtol=0, atol=LOG_ROUNDING)

    checks = {
        "weights": folder.check_weights,
        "card": check_card,
        "examples": check_examples,
    }
    run_checks(f"the preset {str(preset)!r}", checks)
