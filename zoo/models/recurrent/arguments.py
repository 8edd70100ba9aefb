"""Checks of the arguments of a recurrent network that depend on each other."""

from collections.abc import Sequence
from typing import Any

from custom.arguments import boolean, one_of, positive_integer
from zoo.models.recurrent.attention import SCORES
from zoo.targets import Multiclass, Translation, target_from_config


def check_combination(
    mode: str, bidirectional: bool, stateful_batch_size: int | None
) -> None:
    """Refuses arguments that do not go with the mode."""
    stateful = stateful_batch_size is not None
    for is_wrong, message in (
        (
            stateful and mode not in ("many_to_many", "one_to_many"),
            "`stateful_batch_size` needs an output at each step: use "
            f"mode='many_to_many' or 'one_to_many', got {mode!r}.",
        ),
        (
            bidirectional and mode == "one_to_many",
            "`bidirectional` must be False in mode='one_to_many': the steps that "
            "follow are not known yet.",
        ),
        (
            bidirectional and stateful,
            "`bidirectional` must be False with `stateful_batch_size`: the state of "
            "the backward direction comes from later segments.",
        ),
    ):
        if is_wrong:
            raise ValueError(message)


def checked_cudnn(
    use_cudnn: bool | str, stateful_batch_size: int | None, mask_padding: bool
) -> bool | str:
    """The layers' `use_cudnn`: cuDNN does not accept a segment of padding only."""
    if use_cudnn != "auto":
        return boolean("use_cudnn", use_cudnn)
    return False if stateful_batch_size is not None and mask_padding else "auto"


def checked_outputs(
    num_classes: int | None,
    output_units: int | None,
    class_names: Sequence[str] | None,
    mode: str,
    predicts_tokens: bool,
    target: Any,
) -> tuple[int | None, int | None, list[str] | None]:
    """Checks that the outputs are either classes, numbers, or the network's tokens."""
    if predicts_tokens:
        if (num_classes, output_units, class_names) != (None, None, None):
            raise ValueError(
                "A network with mode='one_to_many' and inputs='tokens' predicts "
                "tokens: leave out `num_classes`, `output_units` and `class_names`."
            )
        return None, None, None
    if target is not None:
        modes = ("many_to_one", "encoder_decoder")
        if mode not in modes or (num_classes, output_units) != (None, None):
            raise ValueError(
                "`target` is for mode='many_to_one' or 'encoder_decoder', instead of "
                "`num_classes` and `output_units`."
            )
        is_text = target_from_config(target).name == Translation.name
        if is_text != (mode == "encoder_decoder"):
            raise ValueError(
                "`target` must be a zoo.targets.Translation with "
                f"mode='encoder_decoder', and another target otherwise, got {target!r} "
                f"with mode={mode!r}."
            )
        return None, None, None
    if (num_classes is None) == (output_units is None):
        raise ValueError(
            "Give either `num_classes` for a classification or `output_units` for a "
            f"regression, got {num_classes!r} and {output_units!r}."
        )
    if num_classes is not None:
        target = Multiclass.from_arguments(num_classes, class_names)
        names = target.class_names
        return target.num_classes, None, None if names is None else list(names)
    if mode == "encoder_decoder" or class_names is not None:
        raise ValueError(
            "`output_units` cannot be combined with mode='encoder_decoder' or "
            "`class_names`: use `num_classes`."
        )
    return None, positive_integer("output_units", output_units), None


def checked_attention(attention: str | None, mode: str) -> str | None:
    """Check for the name of a score, or `None`, which goes with every mode."""
    if attention is None:
        return None
    if mode != "encoder_decoder":
        raise ValueError(
            "`attention` is for mode='encoder_decoder', whose decoder attends to the "
            f"steps of the input, got {attention!r} with mode={mode!r}."
        )
    return one_of("attention", attention, SCORES)
