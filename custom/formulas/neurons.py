"""Single units and nets of them: the notes' introduction."""

from custom.formulas.formula import Formula, Picture, documented

SECTION = "Introduction to deep learning"

ROWS = (
    documented(
        "The threshold of the perceptron",
        SECTION,
        "custom.activations.sign",
        tests=(
            "tests/custom/test_activations.py"
            "::test_sign_is_exact_with_the_slope_of_the_identity",
            "tests/custom/test_activations.py"
            "::test_follows_its_formula_in_float32[sign]",
        ),
    ),
    Formula(
        title="The single-layer perceptron",
        section=SECTION,
        summary="One unit that separates two classes by a hyperplane.",
        statement=r"""$$o = \operatorname{sign}(W^T X), \qquad
\Delta W = \eta\,(t - o)\,X, \qquad t, o \in \{-1, +1\}$$

$X = [x_0, x_1, \dots, x_n]^T$ with $x_0 = 1$, so that $w_0$ is the bias. The
boundary between the classes is the hyperplane $W^T X = 0$.""",
        components=("zoo.Perceptron",),
        against_keras="Keras has none. This is a model with one unit, and plain `fit` "
        "makes Rosenblatt's updates.",
        source='notes, "The single-layer perceptron"; Rosenblatt 1958, "The '
        "perceptron: a probabilistic model for information storage and organization "
        'in the brain".',
        tests=(
            "tests/zoo/models/test_perceptron.py"
            "::test_fit_is_the_perceptron_rule_and_comes_to_rest",
            "tests/custom/test_notes.py"
            "::test_the_perceptron_makes_exactly_the_perceptrons_updates",
        ),
    ),
    Formula(
        title="What a perceptron cannot learn: XOR",
        section=SECTION,
        statement=r"""$$w_1 x_1 + w_2 x_2 + b > 0 \iff x_1 \oplus x_2 = 1$$

has no solution: the corners $(0, 1)$ and $(1, 0)$ together ask for
$w_1 + w_2 + 2b > 0$, the corners $(0, 0)$ and $(1, 1)$ for the opposite.""",
        components=("zoo.Perceptron",),
        against_keras="Keras has none.",
        source='notes, "What stopped the perceptron: the XOR problem"; Minsky and '
        'Papert 1969, "Perceptrons".',
        tests=(
            "tests/custom/test_notes.py"
            "::test_a_perceptron_learns_what_a_line_separates[and]",
            "tests/custom/test_notes.py"
            "::test_a_perceptron_learns_what_a_line_separates[xor]",
        ),
    ),
    Formula(
        title="Feed-forward networks",
        section=SECTION,
        summary="Units in layers, each layer seeing the one before it alone.",
        statement=r"""$$o = f_2\bigl(W_2\, f_1(W_1 x + b_1) + b_2\bigr)$$

With one hidden layer, as here, XOR is learned; every further layer is one more
$f_l(W_l\, \theta + b_l)$ around it.""",
        components=("keras.layers.Dense",),
        against_keras="the same object. `zoo.MLP` is a stack of them, ready to train.",
        source='notes, "Feed-forward neural networks"; Rumelhart, Hinton and Williams '
        '1986, "Learning representations by back-propagating errors".',
        tests=(
            "tests/custom/test_notes.py::test_a_net_of_two_layers_learns_xor",
            "tests/custom/test_notes.py::test_dense_is_the_weighted_sum",
        ),
        picture=Picture(
            "docs/pictures/decision_boundaries.png",
            "Two rows of four plots of the plane, coloured by predicted class. On XOR "
            "the perceptron draws one straight line and gets fewer than half of the "
            "points right, nets with one, two and three hidden layers get all of "
            "them. On two moons the boundary bends closer to the points with two "
            "hidden layers than with one.",
        ),
    ),
)
