"""Rows of the formulas whose components have another docstring or another row."""

from custom.formula import Section
from docs.catalogue.row import Row

ROWS = (
    Row(
        "The gradient",
        Section.TRAINING,
        ("custom.callbacks.GradientFlow",),
        r"""
    $$\nabla f(x') = \Bigl[\frac{\partial f}{\partial x_0},
    \frac{\partial f}{\partial x_1}, \dots, \frac{\partial f}{\partial x_n}
    \Bigr]^T \Big|_{x = x'}$$

    It points in the direction in which $f$ grows fastest at $x'$; $-\nabla f$ points
    in the direction in which $f$ falls fastest.

    Compared with Keras: Keras leaves gradients to its backend and does not show them.
    The callback computes them on all three backends and records their norms.

    Source: notes, "Gradient descent and loss functions".
    """,
    ),
    Row(
        "Generative adversarial networks: the value",
        Section.NETWORKS,
        ("custom.losses.DiscriminatorLoss", "custom.losses.MinimaxGeneratorLoss"),
        r"""
    The discriminator $D$ tells real from generated examples; the generator $G$ makes
    that hard.

    $$\min_G \max_D V(D, G) =
    \mathbb{E}_{x \sim p_\text{data}}[\ln D(x)] +
    \mathbb{E}_{z \sim p_z}[\ln(1 - D(G(z)))]$$

    Each player has its own loss, given below. That of the discriminator is
    $L_D = -V$; the generator can change only the second term of $V$.

    Compared with Keras: Keras has no GAN losses.

    Source: notes, "Generative adversarial networks: training"; Goodfellow et al.
    2014, "Generative adversarial nets", equation 1.
    """,
    ),
    Row(
        "Batch, stochastic and mini-batch gradient descent",
        Section.TRAINING,
        ("custom.optimizers.GradientDescent", "custom.losses.HalfSumSquaredError"),
        r"""
    One rule for every batch size.

    $$\Delta w_i = \eta \sum_{d \in B} (t_d - o_d)\, x_{id},
    \qquad w_i \leftarrow w_i + \Delta w_i$$

    $B$ is the whole data set for batch gradient descent (BGD), one example for
    stochastic gradient descent (SGD), and BS examples for mini-batch gradient descent
    (MBGD): the `batch_size` of `fit`. The unit is linear, and its error is half the
    sum of squares.

    Compared with Keras: `keras.optimizers.SGD` with `keras.losses.MeanSquaredError`
    takes a step that is $2 / n$ times as long, where $n$ is the number of targets in
    the batch.

    Source: notes, "Batch gradient descent", "Stochastic gradient descent" and
    "Mini-batch gradient descent"; Widrow and Hoff 1960, "Adaptive switching circuits".
    """,
    ),
    Row(
        "Generative adversarial networks: generator and discriminator",
        Section.NETWORKS,
        ("zoo.DCGAN",),
        r"""
    Convolutions that turn a vector into an image, and an image into one number.

    $$z \sim N(0, I), \qquad G: \mathbb{R}^d \to
    (-1, 1)^{s \times s \times c}, \qquad D: (-1, 1)^{s \times s \times c} \to
    \mathbb{R}, \qquad P(\text{real} \mid x) = \sigma(D(x))$$

    $d$ is `latent_dim`, $s \times s \times c$ the shape of the images.

    Compared with Keras: Keras has no GAN. A training step of ours runs the
    discriminator once over the generated batch and computes both gradients from it.

    Source: notes, "Generative adversarial networks: architecture"; Radford, Metz and
    Chintala 2016, "Unsupervised representation learning with deep convolutional
    generative adversarial networks", §3.
    """,
    ),
    Row(
        "What a perceptron cannot learn: XOR",
        Section.INTRODUCTION,
        ("zoo.Perceptron",),
        r"""
    $$w_1 x_1 + w_2 x_2 + b > 0 \iff x_1 \oplus x_2 = 1$$

    has no solution: the corners $(0, 1)$ and $(1, 0)$ together require
    $w_1 + w_2 + 2b > 0$, the corners $(0, 0)$ and $(1, 1)$ the opposite.

    Compared with Keras: Keras has no perceptron.

    Source: notes, "What stopped the perceptron: the XOR problem"; Minsky and Papert
    1969, "Perceptrons".
    """,
    ),
    Row(
        "The types of recurrent networks",
        Section.NETWORKS,
        ("zoo.RecurrentNetwork",),
        r"""
    One input or many, one output or many, at the same steps or later.

    $$\begin{aligned}
    \text{many to one:} \quad & y = f(h_T) \\
    \text{many to many, aligned:} \quad & y_t = f(h_t) \\
    \text{one to many:} \quad & x_{t+1} = y_t \sim f(h_t) \\
    \text{encoder–decoder:} \quad & h'_0 = h_T, \quad y_t = f(h'_t)
    \end{aligned}$$

    $h_t$ is the state after step $t$ of $T$, $f$ the output layer with its activation,
    and $h'_t$ the state of a second network, which starts where the first one ended.

    Compared with Keras: Keras has the cells and leaves the network around them to the
    user. `return_sequences` distinguishes the first two modes; the other two need a
    loop of your own.

    Source: notes, "Recurrent neural networks: types"; Sutskever, Vinyals and Le 2014,
    "Sequence to sequence learning with neural networks".
    """,
    ),
    Row(
        "Back-propagation through time, truncated",
        Section.NETWORKS,
        ("zoo.models.recurrent.Segments", "zoo.RecurrentNetwork"),
        r"""
    A long sequence in segments: the state is carried on, the gradient stops.

    $$\frac{\partial E}{\partial U} \approx \sum_{j=1}^{J}
    \left.\frac{\partial E_j}{\partial U}\right|_{h_{(j-1)L}}$$

    $E_j$ is the error of the $j$-th of $J$ segments of $L$ steps each. A segment starts
    with the final state $h_{(j-1)L}$ of the segment before, which counts as a constant.

    Compared with Keras: Keras's `stateful=True` carries the state. Its user must see to
    it that the rows of consecutive batches belong together, and reset the state.

    Source: notes, "Back-propagation through time"; Williams and Peng 1990, "An
    efficient gradient-based algorithm for on-line training of recurrent network
    trajectories".
    """,
    ),
    Row(
        "Noise injection",
        Section.REGULARIZATION,
        ("keras.layers.GaussianNoise", "recipes.augmentation.GaussianNoise"),
        r"""
    $$x' = x + \sigma\, n, \qquad n \sim N(0, 1)$$

    for every number of an input, a hidden layer or an output; $\sigma$ is `stddev`.

    Compared with Keras: Keras's layer works anywhere in a model, in training only. The
    augmentation of `recipes` is for images in the input pipeline, and its `stddev` is
    relative to the full scale of 255.

    Source: notes, "Data augmentation: noise injection"; Bishop 1995, "Training with
    noise is equivalent to Tikhonov regularization".
    """,
    ),
)
