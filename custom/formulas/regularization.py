"""Penalties, more data, and the layers that keep nets from overfitting."""

from custom.formulas.formula import Formula, Picture, documented

SECTION = "Regularization"
NOTES = "tests/custom/test_notes.py"
PENALTIES = "tests/custom/test_regularizers.py"
POOLING = "tests/custom/test_pooling.py"
SMOOTHING = "tests/custom/test_label_smoothing.py"


def _pooling(title, name, *tests, picture=None):
    return documented(
        title,
        SECTION,
        *(f"custom.layers.{name}{rank}D" for rank in (1, 2, 3)),
        tests=(
            f"{POOLING}::test_follows_its_formula[{name}]",
            *(f"{POOLING}::{test}" for test in tests),
        ),
        picture=picture,
    )


ROWS = (
    Formula(
        title="Parameter penalties",
        section=SECTION,
        summary="What is minimised is the loss and the size of the weights together.",
        statement=r"""$$\tilde J(\theta; X, y) = J(\theta; X, y) +
\alpha\,\Omega(\theta), \qquad \alpha \in [0, \infty)$$

$J$ is the compiled loss, $\alpha\,\Omega$ the `kernel_regularizer` of a layer.""",
        components=("keras.regularizers.Regularizer",),
        against_keras="the same: ours are subclasses, and Keras adds them to the loss.",
        source='notes, "Parameter penalties"; Goodfellow, Bengio and Courville 2016, '
        '"Deep Learning", §7.1.',
        tests=(
            "tests/custom/test_training_equations.py"
            "::test_the_objective_is_the_loss_and_the_penalty",
        ),
    ),
    documented(
        "L1 regularization",
        SECTION,
        "custom.regularizers.L1",
        tests=(
            f"{PENALTIES}::test_follows_its_formula[L1]",
            f"{PENALTIES}::test_l1_finds_the_zeros_of_the_soft_threshold_and_l2"
            "_finds_none",
        ),
    ),
    documented(
        "L2 regularization",
        SECTION,
        "custom.regularizers.L2",
        tests=(
            f"{PENALTIES}::test_follows_its_formula[L2]",
            f"{PENALTIES}::test_l2_under_gradient_descent_shrinks_each_weight",
            f"{PENALTIES}::test_l2_is_keras_with_half_the_strength",
        ),
        picture=Picture(
            "docs/pictures/penalties.png",
            "Contours of a loss J of two weights. Left, the diamond of L1 touches "
            "them at its corner: the first weight is exactly 0, and stays there as α "
            "grows. Right, the circle of L2 touches them beside the axis: both "
            "weights shrink and neither becomes 0.",
        ),
    ),
    documented(
        "L1 and L2 together",
        SECTION,
        "custom.regularizers.L1L2",
        tests=(f"{PENALTIES}::test_follows_its_formula[L1L2]",),
    ),
    documented(
        "L2 as a Gaussian prior",
        SECTION,
        "custom.regularizers.L2.from_gaussian_prior",
        tests=(
            f"{PENALTIES}::test_the_penalised_minimum_is_the_maximum_a_posteriori"
            "[Gaussian]",
        ),
    ),
    documented(
        "L1 as a Laplace prior",
        SECTION,
        "custom.regularizers.L1.from_laplace_prior",
        tests=(
            f"{PENALTIES}::test_the_penalised_minimum_is_the_maximum_a_posteriori"
            "[Laplace]",
        ),
    ),
    Formula(
        title="More data: images turned and scaled",
        section=SECTION,
        statement=r"""$$p_\text{out} - c = R_\theta\, S_\varphi\, z\, F\,
(p_\text{in} - c) + t$$

$R_\theta$ rotates, $S_\varphi$ shears, $z$ zooms, $F$ flips and $t$ shifts about the
middle $c$ of the image: one map and one interpolation for all. A 6 turned round is a
9: how far an image may turn is for its data to say.""",
        components=("recipes.augmentation.Warp",),
        against_keras="`RandomRotation`, `RandomZoom`, `RandomTranslation`, "
        "`RandomShear` and `RandomFlip` interpolate once each, and draw from a state "
        "that threads share.",
        source='notes, "Data augmentation".',
        tests=(
            "tests/recipes/augmentation/test_augmentation_geometry.py"
            "::test_warp_follows_its_formula",
        ),
    ),
    Formula(
        title="More data: sounds with noise",
        section=SECTION,
        statement=r"""$$x'_t = x_t + \sqrt{\frac{P_x}{P_n}\,10^{-r/10}}\;n_t,
\qquad n_t \sim N(0, 1)$$

$P$ is the mean square over the samples of a clip, and $r$ the signal-to-noise ratio in
decibels.""",
        components=("recipes.augmentation.WhiteNoise",),
        against_keras="`GaussianNoise` adds as much to quiet clips as to loud ones.",
        source='notes, "Data augmentation".',
        tests=(
            "tests/recipes/augmentation/test_augmentation_audio.py"
            "::test_noise_has_the_ratio_asked_for",
        ),
    ),
    Formula(
        title="More data: texts with synonyms",
        section=SECTION,
        statement=r"""$$w' = \begin{cases} s \sim \mathrm{U}(S(w)) &
\text{with probability } p \\ w & \text{otherwise} \end{cases}$$

$S(w)$ are the words that can stand for the word $w$.""",
        components=("recipes.augmentation.Synonyms",),
        against_keras="Keras has none.",
        source='notes, "Data augmentation".',
        tests=(
            "tests/recipes/augmentation/test_augmentation_texts.py"
            "::test_each_word_is_replaced_with_the_probability",
            "tests/recipes/augmentation/test_augmentation_texts.py::test_each_synonym_is_as_likely",
        ),
    ),
    Formula(
        title="Noise injection",
        section=SECTION,
        statement=r"""$$x' = x + \sigma\, n, \qquad n \sim N(0, 1)$$

for every number of an input, a hidden layer or an output; $\sigma$ is `stddev`.""",
        components=("keras.layers.GaussianNoise", "recipes.augmentation.GaussianNoise"),
        against_keras="Keras's layer, anywhere in a model, in training alone. The one "
        "of `recipes` is for images on their way to the model, in units of the whole "
        "scale of 255.",
        source='notes, "Data augmentation: noise injection"; Bishop 1995, "Training '
        'with noise is equivalent to Tikhonov regularization".',
        tests=(
            f"{NOTES}::test_gaussian_noise_is_added_in_training_alone",
            "tests/recipes/augmentation/test_augmentation_pixels.py"
            "::test_noise_is_normal_and_its_own_for_every_pixel",
        ),
    ),
    documented(
        "Label smoothing",
        SECTION,
        "custom.layers.LabelSmoothing",
        tests=(
            f"{SMOOTHING}::test_follows_its_formula",
            f"{SMOOTHING}::test_equals_the_smoothing_of_the_loss",
        ),
    ),
    Formula(
        title="Dropout",
        section=SECTION,
        summary="Leaves out a random part of the inputs in each training step.",
        statement=r"""$$y_i = \frac{m_i\, x_i}{1 - p}, \qquad
m_i = \begin{cases} 0 & \text{with probability } p \\ 1 & \text{otherwise}
\end{cases}$$

in training, $y = x$ in inference; $p$ is `rate`. Dividing by $1 - p$ keeps the
expectation, so that nothing is left to do in inference.""",
        components=("keras.layers.Dropout",),
        against_keras="the same object.",
        source='notes, "Dropout"; Srivastava et al. 2014, "Dropout: a simple way to '
        'prevent neural networks from overfitting".',
        tests=(f"{NOTES}::test_dropout_is_inverted_dropout",),
    ),
    Formula(
        title="Early stopping",
        section=SECTION,
        summary="Stops when the loss on the validation data no longer falls.",
        statement=r"""$$e = \min\Bigl\{ n : \min_{n - k < i \le n} L_i \ge
\min_{i \le n - k} L_i \Bigr\}$$

$L_i$ is the validation loss after epoch $i$, $k \ge 1$ is `patience`: training ends
with epoch $e$, the last of $k$ that brought nothing.""",
        components=("keras.callbacks.EarlyStopping",),
        against_keras="the same object.",
        source='notes, "Early stopping"; Prechelt 1998, "Early stopping – but when?".',
        tests=(f"{NOTES}::test_early_stopping_stops_when_the_validation_loss_rises",),
    ),
    _pooling(
        "Pooling by a norm",
        "LpPooling",
        "test_agrees_with_torch",
        "test_norm_keeps_its_range",
    ),
    Formula(
        title="Max pooling",
        section=SECTION,
        summary="Keeps edges and texture.",
        statement=r"""$$y = \max_{(i, j) \in A} a_{ij}$$

$A$ is the window of `pool_size` cells.""",
        components=("keras.layers.MaxPooling2D",),
        against_keras="the same object.",
        source='notes, "Max pooling and average pooling" and "Convolutional neural '
        'networks: the pooling layer".',
        tests=(f"{NOTES}::test_keras_pooling_is_that_of_the_notes[max]",),
    ),
    Formula(
        title="Average pooling",
        section=SECTION,
        summary="Moves less with single cells.",
        statement=r"""$$y = \frac{1}{mn} \sum_{i=1}^m \sum_{j=1}^n a_{ij}$$

The window has $m \times n$ cells, `pool_size`.""",
        components=("keras.layers.AveragePooling2D",),
        against_keras="the same object.",
        source='notes, "Max pooling and average pooling" and "Convolutional neural '
        'networks: the pooling layer".',
        tests=(f"{NOTES}::test_keras_pooling_is_that_of_the_notes[average]",),
    ),
    _pooling(
        "Stochastic pooling",
        "StochasticPooling",
        "test_choices_follow_their_probabilities",
        "test_gradient_goes_to_the_chosen_cell_alone",
    ),
    _pooling("Median pooling", "MedianPooling"),
    _pooling(
        "Combined pooling",
        "MixedPooling",
        "test_learns_its_mixture",
        picture=Picture(
            "docs/pictures/pooling.png",
            "A photo of a temple roof, one window of 4 × 4 cells with its numbers, and "
            "the photo after each pooling with the value of that window: maximum 0.90, "
            "average 0.46, mixed 0.68, median 0.40, the norms 2.14 and 1.03, "
            "stochastic 0.86 and 0.77 in two draws, grainy, and 0.62 in inference, "
            "smooth again.",
        ),
    ),
)
