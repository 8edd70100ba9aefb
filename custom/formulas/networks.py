"""Convolutional, recurrent and adversarial networks."""

from custom.formulas.formula import Formula, documented

SECTION = "Types of neural networks"
NOTES = "tests/custom/test_notes.py"
LOSSES = "tests/custom/test_losses.py"
GATES = f"{NOTES}::test_recurrent_layers_follow_the_gate_equations"

ROWS = (
    Formula(
        title="Convolution",
        section=SECTION,
        summary="One small kernel for every place of the image, over all channels.",
        statement=r"""$$y_{ijk} = b_k + \sum_{u=0}^{m-1} \sum_{v=0}^{n-1}
\sum_c K_{uvck}\, x_{i+u,\, j+v,\, c}$$

$K$ is the kernel, $m \times n$ its size, $c$ a channel of the input and $k$ one of
the `filters` channels of the output. That it looks at $m \times n$ cells alone is
local perception, that $K$ does not depend on $i$ and $j$ is parameter sharing.""",
        components=("keras.layers.Conv2D",),
        against_keras="the same object. `zoo.CNN` is a network of them, ready to "
        "train.",
        source='notes, "Convolutional neural networks"; LeCun et al. 1998, '
        '"Gradient-based learning applied to document recognition", §II.',
        tests=(f"{NOTES}::test_convolution_is_the_written_out_sum",),
    ),
    Formula(
        title="The fully connected layer",
        section=SECTION,
        summary="All cells in one row, weighed into a score for each class.",
        statement=r"""$$z = W \operatorname{vec}(A) + b, \qquad
\sigma(z)_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$

$A$ is what convolution and pooling have left.""",
        components=(
            "keras.layers.Flatten",
            "keras.layers.Dense",
            "custom.activations.softmax",
        ),
        against_keras="the same objects.",
        source='notes, "Convolutional neural networks: the fully connected layer".',
        tests=(
            f"{NOTES}::test_dense_is_the_weighted_sum",
            "tests/custom/test_activations.py"
            "::test_follows_its_formula_in_float32[softmax]",
        ),
    ),
    Formula(
        title="Recurrent networks",
        section=SECTION,
        summary="The hidden layer sees the input and itself one moment ago.",
        statement=r"""$$h_t = \tanh(W x_t + U h_{t-1} + b), \qquad h_0 = 0$$

$W^T$ is `kernel`, $U^T$ is `recurrent_kernel`.""",
        components=("keras.layers.SimpleRNN",),
        against_keras="the same object.",
        source='notes, "Recurrent neural networks"; Elman 1990, "Finding structure '
        'in time".',
        tests=(f"{GATES}[simple]",),
    ),
    Formula(
        title="The types of recurrent networks",
        section=SECTION,
        summary="One input or many, one output or many, at the same moments or after.",
        statement=r"""$$\begin{aligned}
\text{many to one:} \quad & y = f(h_T) \\
\text{many to many, aligned:} \quad & y_t = f(h_t) \\
\text{one to many:} \quad & x_{t+1} = y_t \sim f(h_t) \\
\text{encoder–decoder:} \quad & h'_0 = h_T, \quad y_t = f(h'_t)
\end{aligned}$$

$h_t$ is the state after moment $t$ of $T$, $f$ the output layer with its activation,
and $h'_t$ the state of a second network, which starts where the first one ended.""",
        components=("zoo.RecurrentNetwork",),
        against_keras="Keras has the cells and leaves the network around them to its "
        "user: `return_sequences` is the difference between the first two modes, and "
        "the other two need a loop of one's own.",
        source='notes, "Recurrent neural networks: types"; Sutskever, Vinyals and Le '
        '2014, "Sequence to sequence learning with neural networks".',
        tests=(
            "tests/zoo/models/test_recurrent.py"
            "::test_answers_have_their_shape_and_are_probabilities",
            "tests/zoo/models/test_recurrent_use.py"
            "::TestGeneration::test_greedy_writing_is_that_of_the_whole_prefix",
            "tests/zoo/models/test_recurrent_use.py"
            "::TestEncoderDecoder::test_decoding_is_that_of_the_whole_model",
        ),
    ),
    Formula(
        title="Back-propagation through time",
        section=SECTION,
        summary="The chain rule from the last moment to the first.",
        statement=r"""$$\delta_t = \bigl(1 - h_t^2\bigr) \odot \Bigl(U^T \delta_{t+1} +
\frac{\partial E}{\partial y_t}\Bigr), \qquad \delta_{T+1} = 0$$
$$\frac{\partial E}{\partial U} = \sum_{t=1}^T \delta_t\, h_{t-1}^T, \qquad
\frac{\partial E}{\partial W} = \sum_{t=1}^T \delta_t\, x_t^T, \qquad
\frac{\partial E}{\partial b} = \sum_{t=1}^T \delta_t$$

$y_t = h_t$ is the output at moment $t$ of $T$. Each step back multiplies by
$U^T$ and by slopes of at most 1: unless $U$ enlarges, the longer the way, the less is
left.""",
        components=("keras.layers.SimpleRNN",),
        against_keras="the same: `fit` differentiates by the backend.",
        source='notes, "Back-propagation through time"; Werbos 1990, '
        '"Backpropagation through time: what it does and how to do it".',
        tests=(
            "tests/custom/test_training_equations.py"
            "::test_back_propagation_through_time_adds_up_the_moments",
            f"{NOTES}::test_the_gradient_through_time_shrinks_with_the_distance",
        ),
    ),
    Formula(
        title="Back-propagation through time, truncated",
        section=SECTION,
        summary="A long sequence in pieces: the state goes on, the gradient stops.",
        statement=r"""$$\frac{\partial E}{\partial U} \approx \sum_{j=1}^{J}
\left.\frac{\partial E_j}{\partial U}\right|_{h_{(j-1)L}}$$

$E_j$ is the error of the $j$-th of $J$ pieces of $L$ moments each. It starts with the
state $h_{(j-1)L}$ that the piece before has left, taken as a constant.""",
        components=("zoo.models.recurrent.Segments", "zoo.RecurrentNetwork"),
        against_keras="Keras's `stateful=True` carries the state; that the rows of a "
        "batch follow each other, and when to begin anew, is left to its user.",
        source='notes, "Back-propagation through time"; Williams and Peng 1990, "An '
        "efficient gradient-based algorithm for on-line training of recurrent network "
        'trajectories".',
        tests=(
            "tests/zoo/models/test_recurrent_use.py"
            "::TestCarriedState::test_fit_follows_the_gradient_that_is_cut",
        ),
    ),
    Formula(
        title="Long short-term memory",
        section=SECTION,
        summary="A cell that gates protect: it keeps what it is told to keep.",
        statement=r"""$$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i), \qquad
f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f), \qquad
o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$$
$$\tilde c_t = \tanh(W_c x_t + U_c h_{t-1} + b_c), \qquad
c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t, \qquad
h_t = o_t \odot \tanh(c_t)$$

$h_0 = c_0 = 0$; $i$ is the input gate, $f$ the forget gate, $o$ the output gate.""",
        components=("keras.layers.LSTM",),
        against_keras="the same object. Its forget gate starts open: $b_f = 1$.",
        source='notes, "Long short-term memory"; Hochreiter and Schmidhuber 1997, '
        '"Long short-term memory"; the forget gate: Gers, Schmidhuber and Cummins '
        '2000, "Learning to forget".',
        tests=(f"{GATES}[lstm]",),
    ),
    Formula(
        title="Gated recurrent unit",
        section=SECTION,
        summary="Two gates and no cell beside the output.",
        statement=r"""$$z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z), \qquad
r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r)$$
$$\tilde h_t = \tanh\bigl(W_h x_t + U_h (r_t \odot h_{t-1}) + b_h\bigr), \qquad
h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t$$

$h_0 = 0$; $z$ is the update gate, $r$ the reset gate.""",
        components=("keras.layers.GRU",),
        against_keras="the same object with `reset_after=False`. Keras's default, "
        "cuDNN's form, resets after the multiplication, $r_t \\odot (U_h h_{t-1} + "
        "b'_h)$, with a bias more: prefer it for speed on a GPU.",
        source='notes, "Gated recurrent unit"; Cho et al. 2014, "Learning phrase '
        "representations using RNN encoder–decoder for statistical machine "
        'translation", §2.3.',
        tests=(f"{GATES}[gru]",),
    ),
    Formula(
        title="Generative adversarial networks: generator and discriminator",
        section=SECTION,
        summary="Convolutions that grow a vector into an image, and an image into one "
        "number.",
        statement=r"""$$z \sim N(0, I), \qquad G: \mathbb{R}^d \to
(-1, 1)^{s \times s \times c}, \qquad D: (-1, 1)^{s \times s \times c} \to
\mathbb{R}, \qquad P(\text{real} \mid x) = \sigma(D(x))$$

$d$ is `latent_dim`, $s \times s \times c$ the shape of the images.""",
        components=("zoo.DCGAN",),
        against_keras="Keras has none. A step of ours runs the discriminator once over "
        "the generated batch and takes both gradients from it.",
        source='notes, "Generative adversarial networks: architecture"; Radford, Metz '
        'and Chintala 2016, "Unsupervised representation learning with deep '
        'convolutional generative adversarial networks", §3.',
        tests=(
            "tests/zoo/models/test_dcgan.py::test_networks_are_those_of_the_paper",
            "tests/zoo/models/test_dcgan_training.py::test_gradients_are_those_of_two_passes",
        ),
    ),
    Formula(
        title="Generative adversarial networks: the value",
        section=SECTION,
        summary="A game: $D$ tells real from generated, $G$ makes it hard to tell.",
        statement=r"""$$\min_G \max_D V(D, G) =
\mathbb{E}_{x \sim p_\text{data}}[\ln D(x)] +
\mathbb{E}_{z \sim p_z}[\ln(1 - D(G(z)))]$$

Each player has a loss of its own below: $L_D = -V$, and of $V$ the generator moves
the second term alone.""",
        components=(
            "custom.losses.DiscriminatorLoss",
            "custom.losses.MinimaxGeneratorLoss",
        ),
        against_keras="Keras has none.",
        source='notes, "Generative adversarial networks: training"; Goodfellow et al. '
        '2014, "Generative adversarial nets", equation 1.',
        tests=(f"{LOSSES}::test_the_value_of_the_game",),
    ),
    documented(
        "The loss of the discriminator",
        SECTION,
        "custom.losses.DiscriminatorLoss",
        tests=(
            f"{LOSSES}::test_follows_its_formula_from_logits[DiscriminatorLoss]",
            f"{LOSSES}::test_each_player_of_the_discriminator_has_its_own_mean",
        ),
    ),
    documented(
        "The loss of the generator in the game",
        SECTION,
        "custom.losses.MinimaxGeneratorLoss",
        tests=(
            f"{LOSSES}::test_follows_its_formula_from_logits[MinimaxGeneratorLoss]",
            f"{LOSSES}::test_a_sure_discriminator_stops_the_minimax_generator_alone",
        ),
    ),
    documented(
        "The loss of the generator in practice",
        SECTION,
        "custom.losses.NonSaturatingGeneratorLoss",
        tests=(
            f"{LOSSES}::test_follows_its_formula_from_logits"
            "[NonSaturatingGeneratorLoss]",
            f"{LOSSES}::test_a_sure_discriminator_stops_the_minimax_generator_alone",
        ),
    ),
)
