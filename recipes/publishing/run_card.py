"""What a run tells to others: its model card, and its report without its data."""

import dataclasses
import pathlib
from typing import Any

from recipes.reports.run_page.facts import RunFacts
from recipes.reports.run_page.scores import main_score
from zoo.kinds import Kind

# Parts of scores that hold examples of the data.
EXAMPLES = ("first", "worst")
WITHOUT_KIND = ("image generation", "text generation", "translation", "forecasting")
WORDS = {Kind.IMAGES: "image", Kind.SEQUENCES: "sequence"}  # others: their name


def published(facts: RunFacts) -> RunFacts:
    """The facts without examples of the data and without paths of this machine."""
    data = dict(facts.config["data"])
    source = (data.pop("origin", None) or {}).get("source")
    data["notes"] = []
    command, given = facts.command, dict(facts.given)
    for name, value in [*given.items(), ("", source)]:
        if isinstance(value, str) and pathlib.PurePath(value).name != value:
            given |= {name: pathlib.PurePath(value).name} if name else {}
            command = command.replace(value, pathlib.PurePath(value).name)
    scores = facts.scores
    if scores is not None:
        scores = {key: scores[key] for key in scores if key not in EXAMPLES}
    return dataclasses.replace(
        facts,
        config={**facts.config, "data": data},
        scores=scores,
        given=given,
        command=command,
        dataset=None,
        answers=None,
        explanations=(),
        is_public=True,
    )


def card_of_run(facts: RunFacts) -> dict[str, Any]:
    """The entries of a model card that a run knows; see `zoo.presets.card.KEYS`."""
    data, model = facts.config["data"], facts.config["model"]
    task = facts.task
    if task not in WITHOUT_KIND:
        kind = data["kind"]
        task = f"{WORDS.get(kind, kind)} {task}"
    card = {
        "description": f"A {model['class']} for {task}, trained on {data['name']}.",
        "task": task,
        "data": data["name"],
        "recipe": facts.command,
        "seed": facts.config["training"]["settings"].get("seed"),
        "score": _score(facts),
    }
    return {key: value for key, value in card.items() if value not in (None, "")}


def _score(facts: RunFacts) -> dict[str, Any] | None:
    scores = facts.scores or {}
    main = main_score(scores)
    if main is None:
        return None
    measure, value = main
    seed = str(facts.config["training"]["settings"].get("seed", 0))
    beside = {
        name: float(other)
        for name, other in scores.items()
        if isinstance(other, int | float) and name != measure
    }
    interval = scores.get(f"{measure}_interval")
    return {
        "measure": measure,
        "examples": facts.config["data"]["examples"]["test"],
        "mean": value,
        "least": value,
        "greatest": value,
        "by_seed": {seed: value},
        "beside": beside,
        **({"interval": interval} if interval else {}),
    }
