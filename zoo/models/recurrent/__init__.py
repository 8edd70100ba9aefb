"""Recurrent networks for sequences of numbers, tokens, text and audio."""

from custom.formula import Section, declare
from zoo.models.recurrent.network import RecurrentNetwork
from zoo.models.recurrent.stateful import Segments, side_by_side
from zoo.models.recurrent.vocabulary import learn_vocabulary

__all__ = ["RecurrentNetwork", "Segments", "learn_vocabulary", "side_by_side"]

declare(
    "The types of recurrent networks",
    Section.NETWORKS,
    RecurrentNetwork,
    text=r"""
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
)
declare(
    "Back-propagation through time, truncated",
    Section.NETWORKS,
    Segments,
    RecurrentNetwork,
    text=r"""
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
)
