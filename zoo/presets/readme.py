"""The README of a model: its card as the Hugging Face hub reads it."""

import html
from collections.abc import Iterator, Mapping
from typing import Any

from zoo.errors import printable
from zoo.extras import require

# What the hub calls a task; models of other tasks are found by their tags.
PIPELINES = {
    "image classification": "image-classification",
    "table classification": "tabular-classification",
    "table regression": "tabular-regression",
    "text classification": "text-classification",
    "audio classification": "audio-classification",
    "text sequence labelling": "token-classification",
    "forecasting": "time-series-forecasting",
    "text generation": "text-generation",
    "translation": "translation",
    "image generation": "unconditional-image-generation",
}
GENERATORS = ("text generation", "image generation")
FACTS = ("task", "data", "data_license", "inputs", "limits", "recipe", "good_start")
NAMED = 50  # classes
LONGEST = 200  # characters of a name


def readme_of(card: Mapping[str, Any], name: str, reference: str) -> str:
    """The README of a model, with the front matter that the hub reads.

    Args:
        card: The model card, as `card.json` holds it.
        name: What the model is called.
        reference: What `zoo.load_model` is to be given, such as `hf://user/name`.

    Raises:
        InputError: If the extra `hub` is missing.
    """
    hub: Any = require("huggingface_hub", "hub", "Writing a model card")
    task, score = card.get("task", ""), card.get("score") or {}
    pipeline = PIPELINES.get(task)
    named = printable(str(card.get("data", "")))[:LONGEST]
    data = hub.ModelCardData(
        library_name="keras",
        license=(card.get("license") or "").lower() or None,
        pipeline_tag=pipeline,
        tags=["zoo-keras"] + [task.replace(" ", "-")] * bool(task and not pipeline),
        model_name=name,
        eval_results=[
            hub.EvalResult(
                task_type=pipeline or task.replace(" ", "-") or "other",
                dataset_type=named,
                dataset_name=named,
                dataset_split="test",
                metric_type=measure,
                metric_value=value,
            )
            for measure, value in _measures(score)
        ]
        or None,
    )
    body = "\n".join(_body(card, name, reference))
    return str(hub.ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}\n"))


def _measures(score: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The measures of the test part, the main one first."""
    if score:
        yield score["measure"], score["mean"]
        yield from (score.get("beside") or {}).items()


def _body(card: Mapping[str, Any], name: str, reference: str) -> Iterator[str]:
    yield f"# {_plain(name)}\n"
    if card.get("description"):
        yield f"{_plain(card['description'])}\n"
    yield "| | |\n| --- | --- |"
    parameters = f"{card['parameters']:,} parameters"
    yield f"| model | {_plain(card['model'])}, {parameters} |"
    for key in FACTS:
        if card.get(key):
            yield f"| {key.replace('_', ' ')} | {_plain(card[key])} |"
    versions = (f"{each} {version}" for each, version in card["versions"].items())
    yield f"| made with | {_plain(', '.join(versions))} |\n"
    measures = [*_measures(card.get("score") or {})]
    if measures:
        yield "| measure | test part |\n| --- | --- |"
        yield from (f"| {_plain(m)} | {value:.4g} |" for m, value in measures)
        interval = card["score"].get("interval")
        if interval:
            low, high = interval
            yield f"\nThe first measure is in {low:.4f}…{high:.4f} with 95 %."
        yield ""
    names = card.get("class_names") or ()
    if names:
        told = ", ".join(map(_plain, names[:NAMED])) + ", …" * (len(names) > NAMED)
        yield f"Classes: {told}\n"
    yield "## Use\n"
    yield "```python"
    yield "import zoo  # pip install 'zoo-keras[hub]'\n"
    if card.get("task") in GENERATORS:
        length = "400, " if card["task"] == "text generation" else "16, "
        yield f"model = zoo.from_preset({reference!r})"
        yield f"print(model.generate({length}seed=0))"
    else:
        yield f"model = zoo.load_model({reference!r})"
        yield "answers = model.answers(examples)"
    yield "```"


def _plain(value: Any) -> str:
    """Text that Markdown shows as it is; names are data."""
    text = printable(str(value))[:2000]
    marked = "".join(f"\\{sign}" if sign in "\\`*_[]|#" else sign for sign in text)
    return html.escape(marked, quote=False)
