"""The columns of a table that options name."""

from collections.abc import Sequence

from zoo.errors import InputError
from zoo.names import nearest


def target_columns(target: tuple[str, ...], label_column: str) -> tuple[str, ...]:
    """The columns to predict."""
    if not target:
        return (label_column,)
    if label_column not in ("label", *target):
        raise InputError(
            f"`target` {target[0]!r} and `label_column` {label_column!r} both name "
            "what to predict: leave one out."
        )
    twice = [name for name in target if target.count(name) > 1]
    if twice:
        raise InputError(f"`target` names the column {twice[0]!r} twice.")
    return target


def check_labelled(source: object, header: Sequence[str], target: str) -> None:
    """Refuses a table to be scored that lacks the column to predict."""
    if target not in header:
        raise InputError(
            f"{source} has no column {target!r}, so there are no answers to compare "
            f"with; it has {', '.join(header)}. `zoo predict` answers its rows; to "
            "train, leave it out."
        )


def check_columns(
    source: object,
    header: Sequence[str],
    target: Sequence[str],
    text_column: str | None,
    categorical: Sequence[str],
    dropped: Sequence[str],
    learnt_from: Sequence[str] = (),
    group: str | None = None,
) -> None:
    """Refuses options that name columns which are not there, or are used twice."""
    named = [*((name, "label") for name in target), (text_column, "text")]
    named += [(name, "categorical") for name in categorical]
    named += [(name, "feature") for name in learnt_from]
    for name, option in (*named, *((name, "drop") for name in dropped)):
        if name is not None and name not in header:
            raise InputError(
                f"{source} has no column {name!r}; it has "
                f"{', '.join(header)}; {_remedy(name, header, option)}"
            )
    if text_column in target:
        raise InputError(f"The column {text_column!r} cannot be both text and label.")
    for name, option in named:
        if name in dropped:
            raise InputError(
                f"The {option} column {name!r} cannot be dropped: leave it out of "
                "--drop-column, or of the option that names it."
            )
        if option == "feature" and name in (*target, group):
            is_group = "the group of an example" if name == group else "to be predicted"
            raise InputError(
                f"The column {name!r} is {is_group} and cannot be learnt from: leave "
                "it out of --feature-column."
            )
        is_used = option in ("text", "categorical") and name is not None
        if learnt_from and is_used and name not in learnt_from:
            raise InputError(
                f"The {option} column {name!r} is not among the columns to learn from, "
                f"{', '.join(learnt_from)}: name it with --feature-column, too."
            )


def _remedy(column: str, header: Sequence[str], option: str) -> str:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return "name what separates the columns with --separator."
    near = nearest(column, header, otherwise="")
    hint = f"{near} Otherwise " if near else ""
    if option in ("drop", "feature"):
        return f"{hint}leave out --{option}-column."
    holds = {"label": "classes", "text": "text", "categorical": "categories"}[option]
    option = "target" if option == "label" else f"{option}-column"
    return f"{hint}name the column of {holds} with --{option}."
