"""What is computed while a net learns."""

from custom.formulas.formula import Formula, documented

SECTION = "Training rules"
EQUATIONS = "tests/custom/test_training_equations.py"
NOTES = "tests/custom/test_notes.py"
LOSSES = "tests/custom/test_losses.py"

ROWS = (
    Formula(
        title="Forward propagation",
        section=SECTION,
        statement=r"""$$\theta' = W X + b, \qquad \theta = f(\theta')$$

$X$ is what the layer before gives, $f$ is `activation`.""",
        components=("keras.layers.Dense",),
        against_keras="the same object. It keeps $W^T$, of shape (inputs, outputs), "
        "as its `kernel`.",
        source='notes, "Forward propagation".',
        tests=(f"{NOTES}::test_dense_is_the_weighted_sum",),
    ),
    Formula(
        title="The gradient",
        section=SECTION,
        statement=r"""$$\nabla f(x') = \Bigl[\frac{\partial f}{\partial x_0},
\frac{\partial f}{\partial x_1}, \dots, \frac{\partial f}{\partial x_n}
\Bigr]^T \Big|_{x = x'}$$

It points to where $f$ grows fastest at $x'$, $-\nabla f$ to where it falls fastest.""",
        components=("custom.callbacks.GradientFlow",),
        against_keras="Keras leaves gradients to its backend and shows none of them; "
        "the callback takes them on all three backends and keeps their norms.",
        source='notes, "Gradient descent and loss functions".',
        tests=(
            "tests/custom/test_callbacks.py"
            "::test_norms_are_those_of_the_written_out_gradient",
        ),
    ),
    documented(
        "Mean squared error",
        SECTION,
        "custom.losses.HalfSumSquaredError",
        tests=(
            f"{LOSSES}::test_follows_its_formula_from_probabilities"
            "[HalfSumSquaredError]",
            f"{LOSSES}::test_half_sum_squared_error_is_that_of_keras_times_half"
            "_the_count",
        ),
    ),
    documented(
        "Gradient descent",
        SECTION,
        "custom.optimizers.GradientDescent",
        tests=(
            "tests/custom/test_optimizers.py::test_one_step_is_exact[GradientDescent]",
            "tests/custom/test_optimizers_in_use.py"
            "::test_keras_agrees[GradientDescent]",
        ),
    ),
    documented(
        "Cross-entropy",
        SECTION,
        "custom.losses.CrossEntropy",
        tests=(
            f"{LOSSES}::test_follows_its_formula_from_probabilities[CrossEntropy]",
            f"{LOSSES}::test_follows_its_formula_from_logits[CrossEntropy]",
            f"{LOSSES}::test_cross_entropy_is_that_of_keras",
        ),
    ),
    documented(
        "Cross-entropy as printed",
        SECTION,
        "custom.losses.SquaredCrossEntropy",
        tests=(
            f"{LOSSES}::test_follows_its_formula_from_probabilities"
            "[SquaredCrossEntropy]",
            f"{LOSSES}::test_squared_cross_entropy_is_least_at_the_target",
        ),
    ),
    Formula(
        title="Batch, stochastic and mini-batch gradient descent",
        section=SECTION,
        summary="One rule, with the batch as large as one likes.",
        statement=r"""$$\Delta w_i = \eta \sum_{d \in B} (t_d - o_d)\, x_{id},
\qquad w_i \leftarrow w_i + \Delta w_i$$

$B$ is the whole set for batch gradient descent (BGD), one example for stochastic
gradient descent (SGD), and BS examples for mini-batch gradient descent (MBGD): the
`batch_size` of `fit`. The unit is linear, its error half the sum of squares.""",
        components=(
            "custom.optimizers.GradientDescent",
            "custom.losses.HalfSumSquaredError",
        ),
        against_keras="`keras.optimizers.SGD` with `keras.losses.MeanSquaredError` "
        "takes a step that is $2 / n$ times as long, where $n$ is the number of "
        "targets in the batch.",
        source='notes, "Batch gradient descent", "Stochastic gradient descent" and '
        '"Mini-batch gradient descent"; Widrow and Hoff 1960, "Adaptive switching '
        'circuits".',
        tests=tuple(
            f"{NOTES}::test_gradient_descent_of_the_linear_unit_is_the_delta_rule"
            f"[{size}]"
            for size in ("batch", "online", "mini-batch")
        ),
    ),
    Formula(
        title="Back-propagation",
        section=SECTION,
        summary="The chain rule from the last layer to the first.",
        statement=r"""$$\delta_L = \nabla_{\theta_L} E \odot f_L'(\theta_L'), \qquad
\delta_l = \bigl(W_{l+1}^T\, \delta_{l+1}\bigr) \odot f_l'(\theta_l')$$
$$\frac{\partial E}{\partial W_l} = \delta_l\, \theta_{l-1}^T, \qquad
\frac{\partial E}{\partial b_l} = \delta_l$$

$\theta_l' = W_l\, \theta_{l-1} + b_l$ and $\theta_l = f_l(\theta_l')$ are the values
of forward propagation in layer $l$ of $L$, $\odot$ multiplies element by element.""",
        components=("keras.Model",),
        against_keras="the same: `fit` differentiates by the backend.",
        source='notes, "The back-propagation algorithm"; Rumelhart, Hinton and '
        'Williams 1986, "Learning representations by back-propagating errors".',
        tests=(f"{EQUATIONS}::test_back_propagation_is_the_chain_rule",),
    ),
)
