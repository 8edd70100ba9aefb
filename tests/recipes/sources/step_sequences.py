"""Synthetic sequences with a label at each step, and the files that hold them."""

import json

import numpy as np

NOUNS = [f"noun{n}" for n in range(12)]
VERBS = [f"verb{n}" for n in range(8)]
BOTH = [f"both{n}" for n in range(8)]  # a noun after "the", else a verb


def sentences(count=60, seed=0):
    """Token lists and their tags; every second noun and verb looks alike."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        tokens, tags = [], []
        for _ in range(rng.integers(1, 4)):
            noun, verb = (
                rng.choice(BOTH if rng.random() < 0.5 else words)
                for words in (NOUNS, VERBS)
            )
            tokens += ["the", str(noun), str(verb)]
            tags += ["D", "N", "V"]
        yield [*tokens, "."], [*tags, "."]


def recordings(count=40, seed=0, states=("rest", "run")):
    """Arrays `(time, 2)` of different lengths, and the states they are made of."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        steps = int(rng.integers(4, 12))
        state = np.cumsum(rng.random(steps) < 0.3) % len(states)
        values = np.stack([state, 1 - state], axis=1) + rng.normal(0, 0.5, (steps, 2))
        yield values.round(3), [states[s] for s in state]


def write_json_lines(path, pairs, inputs="tokens", labels="labels", **more):
    """Write a line for each pair of a sequence and its labels."""
    with path.open("w", encoding="utf-8") as file:
        for number, (steps, marks) in enumerate(pairs):
            row = {inputs: np.asarray(steps).tolist(), labels: list(marks)}
            row |= {name: make(number) for name, make in more.items()}
            file.write(json.dumps(row) + "\n")
    return path


def write_columns(path, pairs, middle=(), separator=" "):
    """Write a line for each token: the token, the `middle` columns, the label."""
    with path.open("w", encoding="utf-8") as file:
        for tokens, marks in pairs:
            for token, mark in zip(tokens, marks, strict=True):
                file.write(separator.join([token, *middle, mark]) + "\n")
            file.write("\n")
    return path
