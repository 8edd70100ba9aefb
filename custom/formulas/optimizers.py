"""The optimizers, in the order of the notes' list; gradient descent stands before."""

from custom.formulas.formula import Picture, documented

SECTION = "Optimizers"
IN_USE = "tests/custom/test_optimizers_in_use.py"


def _row(name, *tests, picture=None):
    return documented(
        name,
        SECTION,
        f"custom.optimizers.{name}",
        tests=(
            f"tests/custom/test_optimizers.py::test_one_step_is_exact[{name}]",
            f"tests/custom/test_optimizers.py::test_follows_its_formula[{name}]",
            f"{IN_USE}::test_pytorch_agrees[{name}]",
            *(f"{IN_USE}::{test}" for test in tests),
        ),
        picture=picture,
    )


ROWS = (
    _row("Momentum", "test_keras_agrees[Momentum]"),
    _row("Nesterov", "test_keras_agrees[Nesterov]"),
    _row("Adagrad", "test_where_keras_differs[Adagrad]"),
    _row(
        "Adadelta",
        "test_adadelta_has_the_papers_step_and_keras_a_thousandth_of_it",
    ),
    _row("RMSprop", "test_where_keras_differs[RMSprop]"),
    _row(
        "Adam",
        "test_where_keras_differs[Adam]",
        "test_keras_rounds_the_correction_of_adam",
    ),
    _row("AdaMax", "test_where_keras_differs[AdaMax]"),
    _row(
        "Nadam",
        "test_keras_agrees_on_nadam_with_a_schedule_250_times_as_fast",
        picture=Picture(
            "docs/pictures/optimizers.png",
            "Left, the paths of the nine optimizers on one curved valley, three to a "
            "plot: plain gradient descent creeps, momentum overshoots and comes back, "
            "RMSprop and Nadam end near the minimum after sixty steps. Right, their "
            "training losses on the digits with default settings: Adadelta and Nadam "
            "fall fastest, plain gradient descent slowest.",
        ),
    ),
)
