"""What the page of a run tells, as a run or its folder knows it."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recipes.reports.run_folder import RunFolder

if TYPE_CHECKING:  # They load NumPy.
    import numpy as np

    from recipes.data.dataset import Dataset
    from recipes.reports.page import Block

ENDED = {
    "complete": "all epochs done; the model is from epoch {}",
    "early": "stopped early, the validation loss did not improve; the model is from "
    "epoch {}",
    "time limit": "stopped at the time limit; the model is from epoch {}",
    "callback": "stopped by a callback; the model is from epoch {}",
    "diverged": "stopped, the loss was no longer finite; the model is from epoch {}; "
    "try a lower --learning-rate",
    "interrupted": "interrupted; the model so far is from epoch {}",
}


@dataclasses.dataclass(frozen=True)
class RunFacts:
    """A run, for its page.

    Attributes:
        folder: Its folder, with the pictures.
        config: What `config.json` records.
        metrics: A dictionary per epoch, as in `metrics.csv`.
        scores: What `evaluation.json` records; `None` of a DCGAN.
        kept_epoch: The epoch whose model was kept, if it is known.
        ended: How training ended, a key of `ENDED`; empty if it is not known.
        given: Arguments of `recipes.fit` that the user gave.
        command: The command or the call that does the run again.
        remarks: Divergence, and what was done about it.
        dataset: The data; `None` leaves out what was understood, and examples.
        answers: Answers of the model to the test part, by name; `None` leaves out the
            examples.
        explanations: Why the model answers as it does.
        is_public: Whether nothing may be shown that holds examples of the data.
    """

    folder: RunFolder
    config: Mapping[str, Any]
    metrics: list[dict[str, float]]
    scores: Mapping[str, Any] | None
    kept_epoch: int | None = None
    ended: str = ""
    given: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    command: str = ""
    remarks: tuple[str, ...] = ()
    dataset: "Dataset | None" = None
    answers: "Mapping[str, np.ndarray] | None" = None
    explanations: "tuple[Block, ...]" = ()
    is_public: bool = False

    @property
    def task(self) -> str:
        """What is predicted: the task of the data, or `"image generation"`."""
        if "game" in self.config["training"]:
            return "image generation"
        task = "" if self.dataset is None else self.dataset.task
        return (task or self.config["data"].get("task", "")).replace("_", " ")

    @property
    def title(self) -> str:
        return f"{self.config['model']['class']} on {self.config['data']['name']}"
