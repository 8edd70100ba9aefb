"""Every option of every subcommand, with bad values for its type."""

import click
import pytest

from recipes.command import zoo as group

LONG = "9" * 5000
# What no type takes. Each table below is for the type of an option.
NO_NUMBER = (
    "", " ", "x", "²", "½", "1,5", "1 2", "[1]", "{}", "None", "true", "0x10", "1e",
    "--", "\x1b[31m1", "1\n2", "１.５.１", "-", "+", "_1", "nan", "inf", "-inf",
    "-1", "1e400",
)  # fmt: skip
WHOLE = (*NO_NUMBER, "1.5", "1e3", "99999999999999999999", LONG)
COUNT = (*WHOLE, "0", "2147483648", "99999999999999")
AMOUNT = (*NO_NUMBER, "0", "-0.0", "1e-400")
SPREAD = (*NO_NUMBER, "-1e-300")
PATH = ("", " ", "\t", "a" * 300, "a/" * 3000, "x\0y")
SIZE = (
    "", "x", "0", "0x0", "-1", "8x", "x8", "8x8x8", "²", "٨", "8×8", "99999", "1e3",
    "8,8", "8x-8", "8 x 8", "8.0", LONG, "8x8\n",
)  # fmt: skip
CHOICE = ("", "x", "TEST", " test", "test,train", "\x1b[31m", "[/red]", "0")
TEXT = ("",)
NAME = (
    "",
    "nonsense",
    "keras.",
    "keras.nonsense",
    "[/red]",
    "\x1b[2J",
    "../x",
    ":",
    LONG,
)
FLAG = ("=1", "=true", "=")
BY_NAME = {  # options whose type says too little
    "image_size": SIZE,
    "noise": SPREAD,
    "seed": WHOLE,
    "data_seed": WHOLE,
    "rebalance_ratio": (*AMOUNT, "1.1"),
    "model_arguments": ("", "=", "x", "=x", "1=2", "a b=1", "dropout=NaN",
                        "dropout=1e999"),
    "cache_dir": PATH,
    "data_dir": PATH,
    "data": (*PATH, "nonsense", "mnits", "mnist/nonsense", "../x", "~", "http://x/y.csv"),
    "out": PATH,
    "imports": ("", "m.py", "./m", "nonsense", "..", "a b", "\x1b[31m"),
    "strategy": NAME,
    "top": (*NO_NUMBER, "1.5", "0", LONG),
    "number": (*WHOLE, "0", "41"),
    "variants": (*WHOLE, "0", "21"),
    "workers": (*WHOLE, "0", "-1"),
    "task": (),
    "temperature": SPREAD,
    "top_p": (*AMOUNT, "1.1"),
    "metrics": NAME,
}  # fmt: skip
BY_NAME |= dict.fromkeys(
    ("augment", "rebalance", "optimizer", "loss", "regularizer"), NAME
)
BASES = {  # a use that would be right, to which one bad option is added
    "fit": ("fit", "mlp"),
    "evaluate": ("evaluate", "cnn_digits.keras"),
    "augment": ("augment",),
    "data": ("data", "digits"),
    "predict": ("predict", "model.keras", "five.png"),
    "explain": ("explain", "model.keras", "five.png"),
    "export": ("export", "model.keras", "out"),
    "generate": ("generate", "dcgan_mnist"),
    "list": ("list", "--presets"),
    "launch": ("launch", "list"),
    "search": ("search", "mlp"),
    "compare": ("compare", "mlp", "--vary=batch_size=8,16"),
    "runs": ("runs", "."),
    "report": ("report", "run"),
    "push": ("push", "model.keras", "out"),
}


def bad_values(command, option):
    if command in ("evaluate", "report") and option.name == "data":
        return PATH  # The model, or the run, is read first.
    if option.is_flag:
        return FLAG
    if option.name in BY_NAME:
        return BY_NAME[option.name]
    if isinstance(option.type, click.Choice):
        return CHOICE
    return {"integer": COUNT, "float": AMOUNT, "path": PATH}.get(option.type.name, TEXT)


def cases():
    for name, command in group.commands.items():
        for option in command.params:
            if isinstance(option, click.Option):
                for value in bad_values(name, option):
                    yield pytest.param(
                        name,
                        option.opts[0],
                        value,
                        id=f"{name} {option.opts[0]} {value[:20]!r}",
                    )


@pytest.mark.parametrize("name, flag, value", [*cases()])
def test_a_bad_value_is_refused(refused, name, flag, value):
    option = f"{flag}{value}" if value in FLAG else f"{flag}={value}"
    command, *rest = BASES[name]
    sentence = refused(command, option, *rest)
    plain = flag.removeprefix("--no-").removeprefix("--")
    names = (flag, plain, plain.replace("-", "_"))
    named = (*names, value.partition("=")[0] or repr(value), repr(value)[1:20])
    assert any(word in sentence for word in named), sentence


def test_every_subcommand_has_a_base():
    assert set(BASES) == set(group.commands)
