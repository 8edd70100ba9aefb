"""What goes wrong in training, and what helps."""

from custom.formulas.formula import Formula, Picture, documented

SECTION = "Common problems of deep learning"
CALLBACKS = "tests/custom/test_callbacks.py"
OPTIONS = "tests/custom/test_optimizers.py::test_options_of_the_base_class"

SAMPLING = "tests/recipes/sampling/test_sampling.py"
SMOTE = "tests/recipes/sampling/test_smote.py"
IMBALANCE = 'notes, "Common problems: unequal classes"'

ROWS = (
    Formula(
        title="Unequal classes: random under-sampling",
        section=SECTION,
        summary="The large classes are drawn less often.",
        statement=r"""$$t_c = \min\Bigl(n_c, \Bigl\lfloor
\frac{\min_j n_j}{r} \Bigr\rfloor\Bigr)$$

$n_c$ examples of class $c$ there are, $t_c$ are in an epoch, and $r$ is the rarest
class to the largest that is asked for. Each epoch draws others, so that none is lost
for good.""",
        components=("recipes.sampling.Undersample",),
        against_keras="Keras has none.",
        source=f"{IMBALANCE}.",
        tests=(
            f"{SAMPLING}::test_quotas_are_exact_in_every_epoch[undersample]",
            f"{SAMPLING}::test_no_example_is_lost_for_good",
        ),
    ),
    Formula(
        title="Unequal classes: random over-sampling",
        section=SECTION,
        summary="The small classes are drawn several times.",
        statement=r"""$$t_c = \max\Bigl(n_c, \Bigl\lfloor
r \max_j n_j \Bigr\rfloor\Bigr)$$""",
        components=("recipes.sampling.Oversample", "recipes.sampling.ClassWeights"),
        against_keras="Keras has none. Its `class_weight`, the same in expectation, "
        "takes one output and one class for an example; `ClassWeights` any targets.",
        source=f"{IMBALANCE}.",
        tests=(
            f"{SAMPLING}::test_quotas_are_exact_in_every_epoch[oversample]",
            f"{SAMPLING}::test_class_weights_weigh_every_class_alike",
        ),
    ),
    Formula(
        title="Unequal classes: synthetic sampling",
        section=SECTION,
        summary="New examples between neighbours of a small class.",
        statement=r"""$$x' = x + u\,(x_{(j)} - x), \qquad
u \sim \mathrm{U}[0, 1)$$

$x_{(j)}$ is one of the $k$ nearest neighbours of $x$ in its class. It does not suit
many columns, where neighbours are hardly nearer than others.""",
        components=("recipes.sampling.Smote", "recipes.sampling.SmoteNC"),
        against_keras="Keras has none.",
        source=f"{IMBALANCE}; Chawla et al. 2002, "
        '"SMOTE: synthetic minority over-sampling technique".',
        tests=(
            f"{SMOTE}::test_synthetic_rows_lie_between_neighbours_of_their_class",
            f"{SMOTE}::test_points_on_the_way_are_uniform",
        ),
    ),
    Formula(
        title="Vanishing and exploding gradients",
        section=SECTION,
        statement=r"""$$y_i = \sigma(z_i) = \sigma(w_i x_i + b_i), \qquad
x_{i+1} = y_i$$
$$\frac{\partial C}{\partial b_1} = \sigma'(z_1)\, w_2\, \sigma'(z_2)\, w_3\,
\sigma'(z_3)\, w_4\, \sigma'(z_4)\, \frac{\partial C}{\partial y_4}, \qquad
\sigma'(z) = \sigma(z)\,(1 - \sigma(z)) \le \tfrac{1}{4}$$

Four layers of one sigmoid unit each: where $|w| < 1$ every layer takes away three
quarters or more. Where $|\sigma'(z)\, w| > 1$ the product grows instead.""",
        components=("custom.activations.sigmoid",),
        against_keras="the same object.",
        source='notes, "Common problems: vanishing gradients".',
        tests=(
            "tests/custom/test_training_equations.py"
            "::test_the_gradient_of_a_chain_is_a_product_of_slopes",
            "tests/custom/test_activations.py"
            "::test_the_slope_of_sigmoid_is_at_most_a_quarter",
        ),
    ),
    documented(
        "Watching the gradients",
        SECTION,
        "custom.callbacks.GradientFlow",
        tests=(
            f"{CALLBACKS}::test_norms_are_those_of_the_written_out_gradient",
            f"{CALLBACKS}::test_it_vanishes_in_a_deep_sigmoid_net_and_not_with_relu",
        ),
        picture=Picture(
            "docs/pictures/gradient_flow.png",
            "The norm of the gradient in each of eleven layers, on a logarithmic "
            "scale, after 0, 1, 5 and 20 epochs. With sigmoid it falls from the "
            "output to the input by six powers of ten at the start, and the net "
            "learns nothing; with ReLU it is about the same in all layers, and the "
            "net learns.",
        ),
    ),
    Formula(
        title="Gradient clipping",
        section=SECTION,
        summary="A remedy for exploding gradients: the direction stays, the length "
        "is limited.",
        statement=r"""$$g \leftarrow g \cdot \min\Bigl(1, \frac{c}{\lVert g \rVert_2}
\Bigr)$$

$c$ is `clipnorm` for each array of weights by itself, `global_clipnorm` for all of
them as one vector. `clipvalue` cuts every number to $[-c, c]$.""",
        components=("keras.optimizers.Optimizer",),
        against_keras="the same: our optimizers inherit the options.",
        source='notes, "Common problems: vanishing gradients"; Pascanu, Mikolov and '
        'Bengio 2013, "On the difficulty of training recurrent neural networks", §3.2.',
        tests=tuple(
            f"{OPTIONS}[{option}]"
            for option in ("clipnorm", "global_clipnorm", "clipvalue")
        ),
    ),
    documented(
        "Overfitting: a limited training time",
        SECTION,
        "custom.callbacks.TimeLimit",
        tests=(
            f"{CALLBACKS}::test_training_stops_at_the_batch_that_reaches_the_limit",
        ),
    ),
)
