"""The activation functions, in the notes' order."""

from custom.formulas.formula import Picture, documented

SECTION = "Activation functions"
TESTS = "tests/custom/test_activations.py"


def _row(title, name, *tests, picture=None):
    return documented(
        title,
        SECTION,
        f"custom.activations.{name}",
        tests=(
            f"{TESTS}::test_follows_its_formula_in_float32[{name}]",
            f"{TESTS}::test_follows_its_formula_at_every_float16[{name}]",
            *tests,
        ),
        picture=picture,
    )


ROWS = (
    _row(
        "Sigmoid",
        "sigmoid",
        f"{TESTS}::test_the_slope_of_sigmoid_is_at_most_a_quarter",
        picture=Picture(
            "docs/pictures/activations.png",
            "Each activation with its slope between −4 and 4. The slope of sigmoid is "
            "at most a quarter, those of tanh and softsign at most 1; all three fall "
            "to 0 on both sides, softsign's by far the slowest. ReLU has slope 0 or "
            "1, softplus is its smooth form, and sign is drawn with the slope 1 that "
            "it is trained with.",
        ),
    ),
    _row("tanh", "tanh"),
    _row("Softsign", "softsign"),
    _row("ReLU", "relu"),
    _row("Softplus", "softplus"),
    _row("Softmax", "softmax"),
)
