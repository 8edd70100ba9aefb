"""Pictures beside the formulas, by the title of the row."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture that belongs beside a formula.

    Attributes:
        path: The file, relative to `docs`.
        alt: A description of the picture in words.
    """

    path: str
    alt: str


PICTURES = {
    "Feed-forward networks": Picture(
        "pictures/decision_boundaries.png",
        "Two rows of four plots of the plane, coloured by predicted class. On XOR "
        "the perceptron draws one straight line and gets fewer than half of the "
        "points right, nets with one, two and three hidden layers get all of them. "
        "On two moons the boundary bends closer to the points with two hidden "
        "layers than with one.",
    ),
    "Sigmoid": Picture(
        "pictures/activations.png",
        "Each activation with its slope between −4 and 4. The slope of sigmoid is "
        "at most a quarter, those of tanh and softsign at most 1; all three fall to"
        " 0 on both sides, softsign's by far the slowest. ReLU has slope 0 or 1, "
        "softplus is its smooth form, and sign is drawn with the slope 1 that it is"
        " trained with.",
    ),
    "L2 regularization": Picture(
        "pictures/penalties.png",
        "Contours of a loss J of two weights. Left, the diamond of L1 touches them "
        "at its corner: the first weight is exactly 0, and stays there as α grows. "
        "Right, the circle of L2 touches them beside the axis: both weights shrink "
        "and neither becomes 0.",
    ),
    "Combined pooling": Picture(
        "pictures/pooling.png",
        "A photo of a temple roof, one window of 4 × 4 cells with its numbers, and "
        "the photo after each pooling with the value of that window: maximum 0.90, "
        "average 0.46, mixed 0.68, median 0.40, the norms 2.14 and 1.03, stochastic"
        " 0.86 and 0.77 in two draws, grainy, and 0.62 in inference, smooth again.",
    ),
    "Nadam": Picture(
        "pictures/optimizers.png",
        "Left, the paths of the nine optimizers on one curved valley, three to a "
        "plot: plain gradient descent creeps, momentum overshoots and comes back, "
        "RMSprop and Nadam end near the minimum after sixty steps. Right, their "
        "training losses on the digits with default settings: Adadelta and Nadam "
        "fall fastest, plain gradient descent slowest.",
    ),
    "Watching the gradients": Picture(
        "pictures/gradient_flow.png",
        "The norm of the gradient in each of eleven layers, on a logarithmic scale,"
        " after 0, 1, 5 and 20 epochs. With sigmoid it falls from the output to the"
        " input by six powers of ten at the start, and the net learns nothing; with"
        " ReLU it is about the same in all layers, and the net learns.",
    ),
}
