"""Rows of the formulas that Keras's own objects compute."""

from custom.formula import Section
from docs.catalogue.row import Row

ROWS = (
    Row(
        "Sigmoid",
        Section.ACTIVATIONS,
        ("custom.activations.sigmoid",),
        r"""
    $$\sigma(x) = \frac{1}{1 + e^{-x}}$$

    Compared with Keras: the same object. Its slope is at most 1/4, at 0; this
    causes vanishing gradients in deep networks.

    Source: notes, "Activation functions: Sigmoid".
    """,
    ),
    Row(
        "tanh",
        Section.ACTIVATIONS,
        ("custom.activations.tanh",),
        r"""
    $$\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$

    Compared with Keras: the same object.

    Source: notes, "Activation functions: tanh".
    """,
    ),
    Row(
        "ReLU",
        Section.ACTIVATIONS,
        ("custom.activations.relu",),
        r"""
    $$\operatorname{relu}(x) = \max(0, x)$$

    Compared with Keras: the same object. Its slope at 0 is 0.

    Source: notes, "Activation functions: ReLU".
    """,
    ),
    Row(
        "Softplus",
        Section.ACTIVATIONS,
        ("custom.activations.softplus",),
        r"""
    $$\operatorname{softplus}(x) = \ln(1 + e^x)$$

    Compared with Keras: the same object.

    Source: notes, "Activation functions: Softplus".
    """,
    ),
    Row(
        "Softmax",
        Section.ACTIVATIONS,
        ("custom.activations.softmax",),
        r"""
    $$\operatorname{softmax}(z)_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$

    Compared with Keras: the same object. It works along the last axis by default.

    Source: notes, "Activation functions: Softmax".
    """,
    ),
    Row(
        "Vanishing and exploding gradients",
        Section.PROBLEMS,
        ("custom.activations.sigmoid",),
        r"""
    $$y_i = \sigma(z_i) = \sigma(w_i x_i + b_i), \qquad
    x_{i+1} = y_i$$
    $$\frac{\partial C}{\partial b_1} = \sigma'(z_1)\, w_2\, \sigma'(z_2)\, w_3\,
    \sigma'(z_3)\, w_4\, \sigma'(z_4)\, \frac{\partial C}{\partial y_4}, \qquad
    \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) \le \tfrac{1}{4}$$

    The equations describe four layers of one sigmoid unit each. Where $|w| < 1$,
    each layer removes at least three quarters of the gradient. Where
    $|\sigma'(z)\, w| > 1$, the product grows instead.

    Compared with Keras: the same object.

    Source: notes, "Common problems: vanishing gradients".
    """,
    ),
    Row(
        "Early stopping",
        Section.REGULARIZATION,
        ("keras.callbacks.EarlyStopping",),
        r"""
    Stops when the loss on the validation data no longer falls.

    $$e = \min\Bigl\{ n : \min_{n - k < i \le n} L_i \ge
    \min_{i \le n - k} L_i \Bigr\}$$

    $L_i$ is the validation loss after epoch $i$, $k \ge 1$ is `patience`. Training ends
    with epoch $e$, the last of $k$ epochs without an improvement.

    Compared with Keras: the same object.

    Source: notes, "Early stopping"; Prechelt 1998, "Early stopping – but when?".
    """,
    ),
    Row(
        "Max pooling",
        Section.REGULARIZATION,
        ("keras.layers.MaxPooling2D",),
        r"""
    Keeps edges and texture.

    $$y = \max_{(i, j) \in A} a_{ij}$$

    $A$ is the window of `pool_size` cells.

    Compared with Keras: the same object.

    Source: notes, "Max pooling and average pooling" and "Convolutional neural networks:
    the pooling layer".
    """,
    ),
    Row(
        "Average pooling",
        Section.REGULARIZATION,
        ("keras.layers.AveragePooling2D",),
        r"""
    Depends less on single cells.

    $$y = \frac{1}{mn} \sum_{i=1}^m \sum_{j=1}^n a_{ij}$$

    The window has $m \times n$ cells, `pool_size`.

    Compared with Keras: the same object.

    Source: notes, "Max pooling and average pooling" and "Convolutional neural networks:
    the pooling layer".
    """,
    ),
    Row(
        "Gradient clipping",
        Section.PROBLEMS,
        ("keras.optimizers.Optimizer",),
        r"""
    A remedy for exploding gradients: the direction stays, the length is limited.

    $$g \leftarrow g \cdot \min\Bigl(1, \frac{c}{\lVert g \rVert_2}
    \Bigr)$$

    $c$ is `clipnorm` for each array of weights separately, `global_clipnorm` for all
    of them as one vector. `clipvalue` clips every number to $[-c, c]$.

    Compared with Keras: the same. Our optimizers inherit the options.

    Source: notes, "Common problems: vanishing gradients"; Pascanu, Mikolov and Bengio
    2013, "On the difficulty of training recurrent neural networks", §3.2.
    """,
    ),
    Row(
        "Parameter penalties",
        Section.REGULARIZATION,
        ("keras.regularizers.Regularizer",),
        r"""
    Training minimises the loss plus a measure of the size of the weights.

    $$\tilde J(\theta; X, y) = J(\theta; X, y) +
    \alpha\,\Omega(\theta), \qquad \alpha \in [0, \infty)$$

    $J$ is the compiled loss, $\alpha\,\Omega$ the `kernel_regularizer` of a layer.

    Compared with Keras: the same. Our penalties are subclasses of Keras's
    `Regularizer`, and Keras adds them to the loss.

    Source: notes, "Parameter penalties"; Goodfellow, Bengio and Courville 2016,
    "Deep Learning", §7.1.
    """,
    ),
    Row(
        "Convolution",
        Section.NETWORKS,
        ("keras.layers.Conv2D",),
        r"""
    One small kernel for every position of the image and all channels.

    $$y_{ijk} = b_k + \sum_{u=0}^{m-1} \sum_{v=0}^{n-1}
    \sum_c K_{uvck}\, x_{i+u,\, j+v,\, c}$$

    $K$ is the kernel, $m \times n$ its size, $c$ a channel of the input and $k$ one of
    the `filters` channels of the output. Each output depends on only $m \times n$ cells
    (local perception), and $K$ does not depend on $i$ and $j$ (parameter sharing).

    Compared with Keras: the same object. `zoo.CNN` is a network of such layers, ready
    to train.

    Source: notes, "Convolutional neural networks"; LeCun et al. 1998, "Gradient-based
    learning applied to document recognition", §II.
    """,
    ),
    Row(
        "The fully connected layer",
        Section.NETWORKS,
        ("keras.layers.Flatten", "keras.layers.Dense", "custom.activations.softmax"),
        r"""
    All cells in one vector, weighted to give a score for each class.

    $$z = W \operatorname{vec}(A) + b, \qquad
    \sigma(z)_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$

    $A$ is the output of convolution and pooling.

    Compared with Keras: the same objects.

    Source: notes, "Convolutional neural networks: the fully connected layer".
    """,
    ),
    Row(
        "Feed-forward networks",
        Section.INTRODUCTION,
        ("keras.layers.Dense",),
        r"""
    Units in layers; each layer sees only the one before it.

    $$o = f_2\bigl(W_2\, f_1(W_1 x + b_1) + b_2\bigr)$$

    One hidden layer, as here, is enough to learn XOR. Each further layer puts another
    $f_l(W_l\, \theta + b_l)$ around the formula.

    Compared with Keras: the same object. `zoo.MLP` is a stack of such layers, ready to
    train.

    Source: notes, "Feed-forward neural networks"; Rumelhart, Hinton and Williams 1986,
    "Learning representations by back-propagating errors".
    """,
    ),
    Row(
        "Forward propagation",
        Section.TRAINING,
        ("keras.layers.Dense",),
        r"""
    $$\theta' = W X + b, \qquad \theta = f(\theta')$$

    $X$ is the output of the layer before, $f$ is `activation`.

    Compared with Keras: the same object. It stores $W^T$, of shape (inputs, outputs),
    as its `kernel`.

    Source: notes, "Forward propagation".
    """,
    ),
    Row(
        "Back-propagation",
        Section.TRAINING,
        ("keras.Model",),
        r"""
    The chain rule from the last layer to the first.

    $$\delta_L = \nabla_{\theta_L} E \odot f_L'(\theta_L'), \qquad
    \delta_l = \bigl(W_{l+1}^T\, \delta_{l+1}\bigr) \odot f_l'(\theta_l')$$
    $$\frac{\partial E}{\partial W_l} = \delta_l\, \theta_{l-1}^T, \qquad
    \frac{\partial E}{\partial b_l} = \delta_l$$

    $\theta_l' = W_l\, \theta_{l-1} + b_l$ and $\theta_l = f_l(\theta_l')$ are the
    values of forward propagation in layer $l$ of $L$; $\odot$ multiplies element by
    element.

    Compared with Keras: the same. `fit` differentiates with the backend.

    Source: notes, "The back-propagation algorithm"; Rumelhart, Hinton and Williams
    1986, "Learning representations by back-propagating errors".
    """,
    ),
    Row(
        "Dropout",
        Section.REGULARIZATION,
        ("keras.layers.Dropout",),
        r"""
    Leaves out a random part of the inputs in each training step.

    $$y_i = \frac{m_i\, x_i}{1 - p}, \qquad
    m_i = \begin{cases} 0 & \text{with probability } p \\ 1 & \text{otherwise}
    \end{cases}$$

    in training, and $y = x$ in inference; $p$ is `rate`. Dividing by $1 - p$ keeps the
    expectation, so inference needs no correction.

    Compared with Keras: the same object.

    Source: notes, "Dropout"; Srivastava et al. 2014, "Dropout: a simple way to prevent
    neural networks from overfitting".
    """,
    ),
    Row(
        "Recurrent networks",
        Section.NETWORKS,
        ("keras.layers.SimpleRNN",),
        r"""
    The hidden layer sees the input and its own state one step ago.

    $$h_t = \tanh(W x_t + U h_{t-1} + b), \qquad h_0 = 0$$

    $W^T$ is `kernel`, $U^T$ is `recurrent_kernel`.

    Compared with Keras: the same object.

    Source: notes, "Recurrent neural networks"; Elman 1990, "Finding structure in time".
    """,
    ),
    Row(
        "Back-propagation through time",
        Section.NETWORKS,
        ("keras.layers.SimpleRNN",),
        r"""
    The chain rule from the last step to the first.

    $$\delta_t = \bigl(1 - h_t^2\bigr) \odot \Bigl(U^T \delta_{t+1} +
    \frac{\partial E}{\partial y_t}\Bigr), \qquad \delta_{T+1} = 0$$
    $$\frac{\partial E}{\partial U} = \sum_{t=1}^T \delta_t\, h_{t-1}^T, \qquad
    \frac{\partial E}{\partial W} = \sum_{t=1}^T \delta_t\, x_t^T, \qquad
    \frac{\partial E}{\partial b} = \sum_{t=1}^T \delta_t$$

    $y_t = h_t$ is the output at step $t$ of $T$. Each step back multiplies by $U^T$ and
    by slopes of at most 1. Unless $U$ amplifies, the gradient shrinks with distance.

    Compared with Keras: the same. `fit` differentiates with the backend.

    Source: notes, "Back-propagation through time"; Werbos 1990, "Backpropagation
    through time: what it does and how to do it".
    """,
    ),
    Row(
        "Long short-term memory",
        Section.NETWORKS,
        ("keras.layers.LSTM",),
        r"""
    A memory cell protected by gates, which decide what it keeps.

    $$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i), \qquad
    f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f), \qquad
    o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$$
    $$\tilde c_t = \tanh(W_c x_t + U_c h_{t-1} + b_c), \qquad
    c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t, \qquad
    h_t = o_t \odot \tanh(c_t)$$

    $h_0 = c_0 = 0$; $i$ is the input gate, $f$ the forget gate, $o$ the output gate.

    Compared with Keras: the same object. Its forget gate is open at the start:
    $b_f = 1$.

    Source: notes, "Long short-term memory"; Hochreiter and Schmidhuber 1997, "Long
    short-term memory"; the forget gate: Gers, Schmidhuber and Cummins 2000, "Learning
    to forget".
    """,
    ),
    Row(
        "Gated recurrent unit",
        Section.NETWORKS,
        ("keras.layers.GRU",),
        r"""
    Two gates, and the output itself is the memory.

    $$z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z), \qquad
    r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r)$$
    $$\tilde h_t = \tanh\bigl(W_h x_t + U_h (r_t \odot h_{t-1}) + b_h\bigr), \qquad
    h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t$$

    $h_0 = 0$; $z$ is the update gate, $r$ the reset gate.

    Compared with Keras: the same object with `reset_after=False`. Keras's default, the
    form that cuDNN computes, resets after the multiplication,
    $r_t \odot (U_h h_{t-1} + b'_h)$, with one more bias; prefer it for speed on a GPU.
    `zoo.RecurrentNetwork` uses that default.

    Source: notes, "Gated recurrent unit"; Cho et al. 2014, "Learning phrase
    representations using RNN encoder–decoder for statistical machine translation",
    §2.3.
    """,
    ),
)
