"""The recurrent network."""

import keras

from custom.arguments import (
    boolean,
    one_of,
    positive_integer,
    positive_integers,
    probability,
)
from zoo.kinds import Kind
from zoo.models.classifier import Classifier
from zoo.models.recurrent.data import TakesData
from zoo.models.recurrent.inputs import ARGUMENTS, TargetsBefore, reading, token_count
from zoo.models.recurrent.padding import POOLING
from zoo.models.recurrent.stack import CELLS, Stack, bare
from zoo.models.recurrent.writing import Writing
from zoo.models.weights import copy_state
from zoo.targets import HEAD, Multiclass

KINDS = {  # by the `inputs`
    "numbers": Kind.SEQUENCES,
    "tokens": Kind.TOKENS,
    "text": Kind.TEXT,
    "waveform": Kind.AUDIO,
}
MODES = ("many_to_one", "many_to_many", "one_to_many", "encoder_decoder")


@keras.saving.register_keras_serializable(package="zoo")
class RecurrentNetwork(TakesData, Writing, Classifier):
    r"""Recurrent network for sequences: numbers, tokens, text or sound.

    $$h_t = f(h_{t-1}, x_t), \qquad h_0 = 0$$

    with Keras's simple cell, LSTM or GRU for $f$, in layers on top of each other, and
    a dense layer that answers. Shorter sequences of a batch are filled up with zeros
    behind their end; no answer depends on how many.

    | `mode` | reads | answers |
    | --- | --- | --- |
    | `"many_to_one"` | a sequence | once |
    | `"many_to_many"` | a sequence | at each step |
    | `"one_to_many"` | tokens: the ones before | the next, at each step |
    | | `(features,)`: the same at each step | at each of `output_length` steps |
    | `"encoder_decoder"` | a sequence, then its own answer | a sequence of its own |

    | `inputs` | a batch |
    | --- | --- |
    | `"numbers"` | `(batch, time, features)`, steps of zeros behind the end |
    | `"tokens"` | `(batch, time)`, whole numbers, 0 for padding |
    | `"text"` | `(batch,)` strings; the vocabulary is inside. On TensorFlow alone |
    | `"waveform"` | `(batch, samples)` in −1…1; log-mel spectra are made inside |

    Output: float32, `(batch, num_classes)` or, for answers at each step, `(batch,
    time, num_classes)`; `output_units` numbers instead of classes for a regression.

    An `"encoder_decoder"` is trained with `fit([inputs, targets], targets)`: it reads
    each target one step late (teacher forcing). Targets are whole numbers below
    `num_classes`; 0 ends one and fills it up. `decode` writes answers. A
    `"one_to_many"` network of tokens is trained with `fit(tokens[:, :-1], tokens[:,
    1:])`, and `generate` writes.

    Args:
        input_shape: Shape of one example. `"numbers"` need it: `(time, features)` with
            `None` for any time, or `(features,)` where one is read. Default for the
            others: any length.
        num_classes: Number of classes, at least 2. Not for a network that predicts its
            own tokens.
        mode: One of the table's.
        inputs: One of the table's.
        output_units: Instead of `num_classes`: how many numbers an answer has.
        output_length: Steps of an answer, where one is read and many are answered.
        cell: `"gru"`, `"lstm"` (with a forget bias of one) or `"simple"`.
        units: Width of each recurrent layer, and so their number.
        bidirectional: Whether each layer also reads the sequence from its end. A
            decoder, and what writes or carries its state, cannot.
        pooling: How `"many_to_one"` gets one vector from the last layer: `"last"`, its
            state at the end; `"mean"` or `"max"` over all steps. Other modes take none
            but `"last"`.
        dropout: Part of each recurrent layer's inputs, and of the head's, dropped in
            training, the same at each step; in [0, 1].
        recurrent_dropout: Part of the state dropped in training, in [0, 1]. Above 0,
            cuDNN is not used.
        kernel_regularizer: Penalty on every kernel that reads inputs.
        memory_length: How far back an LSTM or GRU remembers before it has learnt
            anything: its units forget after 2 to so many steps, at least 3. Give it
            about the length of the sequences where what matters may stand anywhere in
            long ones. Default: Keras's biases, with which they forget after 2 to 4.
        vocabulary: `"text"`, or `"tokens"` made of it: the words or characters, as
            `learn_vocabulary` gives them. Token 1 is any other.
        vocabulary_size: `"tokens"` without a vocabulary: one more than the greatest.
        split: What the vocabulary holds: `"word"` (default) or `"character"`.
        embedding_units: Width of a token's vector. Default: 64.
        sample_rate: `"waveform"`: samples a second. Default: 16,000.
        frame_length: `"waveform"`: seconds in a frame. Default: 0.025.
        frame_step: `"waveform"`: seconds between frames. Default: 0.01.
        mel_bands: `"waveform"`: bands of a spectrum. Default: 40.
        max_length: Longer sequences are refused (in words, steps or samples).
        mask_padding: Whether zeros behind a sequence are padding. `False`, for data
            that is never filled up, is faster on PyTorch.
        stateful_batch_size: Number of sequences in every batch whose state is carried
            to the next batch, for truncated backpropagation through time with
            `Segments`. Default: each batch starts from zero.
        use_cudnn: Keras's own: `"auto"` where it can, `False` for a graph that also
            runs without a GPU.
        classifier_activation: `"softmax"` for probabilities, `None` for logits.
        class_names: A name for each class, kept with the model.
        dtype: Precision policy of the layers; the global one by default.
        name: Name of the model.

    Raises:
        ValueError: If an argument is out of its range or belongs to another mode or
            kind of input, or the inputs do not fit.

    >>> import numpy as np
    >>> model = RecurrentNetwork((None, 3), num_classes=2)
    >>> model(np.ones((4, 7, 3))).shape, model(np.ones((1, 2, 3))).shape
    (TensorShape([4, 2]), TensorShape([1, 2]))
    >>> texts = np.array(["a good film", "a bad one"])
    >>> model = RecurrentNetwork(
    ...     num_classes=2, inputs="text", vocabulary=["good", "bad"]
    ... )
    >>> model.predict(texts, verbose=0).shape
    (2, 2)

    Source: notes, "Recurrent neural networks: their kinds"; LSTM: Hochreiter and
    Schmidhuber 1997, with the forget gate of Gers et al. 2000; GRU: Cho et al. 2014;
    encoder and decoder: Sutskever et al. 2014; dropout: Gal and Ghahramani 2016;
    `memory_length`: Tallec and Ollivier 2018.
    """

    def __init__(
        self,
        input_shape=None,
        num_classes=None,
        *,
        mode="many_to_one",
        inputs="numbers",
        output_units=None,
        output_length=None,
        cell="gru",
        units=(128,),
        bidirectional=False,
        pooling="last",
        dropout=0.2,
        recurrent_dropout=0.0,
        kernel_regularizer=None,
        memory_length=None,
        vocabulary=None,
        vocabulary_size=None,
        split=None,
        embedding_units=None,
        sample_rate=None,
        frame_length=None,
        frame_step=None,
        mel_bands=None,
        max_length=None,
        mask_padding=True,
        stateful_batch_size=None,
        use_cudnn="auto",
        classifier_activation="softmax",
        class_names=None,
        dtype=None,
        name="recurrent",
    ):
        mode = one_of("mode", mode, MODES)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        one_of("pooling", pooling, POOLING if mode == "many_to_one" else POOLING[:1])
        boolean("mask_padding", mask_padding)
        if max_length is not None:
            max_length = positive_integer("max_length", max_length)
        if stateful_batch_size is not None:
            stateful_batch_size = _checked_carrying(stateful_batch_size, mode)
        stack = Stack(
            cell=one_of("cell", cell, CELLS),
            units=positive_integers("units", units),
            bidirectional=_checked_direction(bidirectional, mode, stateful_batch_size),
            dropout=probability("dropout", dropout),
            recurrent_dropout=probability("recurrent_dropout", recurrent_dropout),
            kernel_regularizer=kernel_regularizer,
            memory_length=memory_length,
            batch_size=stateful_batch_size,
            use_cudnn=_checked_cudnn(use_cudnn, stateful_batch_size, mask_padding),
            policy=policy,
        )
        kind = {
            "vocabulary": vocabulary,
            "vocabulary_size": vocabulary_size,
            "split": split,
            "embedding_units": embedding_units,
            "sample_rate": sample_rate,
            "frame_length": frame_length,
            "frame_step": frame_step,
            "mel_bands": mel_bands,
        }
        decodes = mode == "encoder_decoder"
        writes = mode == "one_to_many" and inputs == "tokens"
        if decodes:  # The targets are embedded too, whatever the inputs are.
            embedding_units = positive_integer(
                "embedding_units", 64 if embedding_units is None else embedding_units
            )
            if "embedding_units" in ARGUMENTS.get(inputs, ()):
                kind["embedding_units"] = embedding_units
            else:
                kind["embedding_units"] = None
        read = reading(
            inputs,
            kind,
            input_shape=input_shape,
            output_length=output_length,
            writes=mode == "one_to_many",
            max_length=max_length,
            mask=mask_padding,
            force_first=stateful_batch_size is None,
            policy=policy,
        )
        kind |= read.arguments
        num_classes, output_units, class_names = _checked_answers(
            num_classes, output_units, class_names, mode, writes
        )
        if output_units is None:
            classes = token_count(kind) if writes else num_classes
            target = Multiclass.from_arguments(
                classes, class_names, classifier_activation
            )
            head = target.last_layer(kernel_regularizer=kernel_regularizer)
        else:
            one_of("classifier_activation", classifier_activation, ("softmax", None))
            target = None
            head = keras.layers.Dense(
                output_units,
                kernel_regularizer=kernel_regularizer,
                dtype="float32",
                name=HEAD,
            )
        before = None
        if decodes:
            kind["embedding_units"] = embedding_units
            before = TargetsBefore(
                num_classes, embedding_units, dtype=policy, name="targets_before"
            )
        entries, x, states = _connected(read, stack, mode, pooling, before)
        super().__init__(
            entries if len(entries) > 1 else entries[0],
            head(stack.dropped(x)),
            target=target if mode == "many_to_one" else None,
            configuration={
                "input_shape": [*read.shape],
                "num_classes": num_classes,
                "mode": mode,
                "inputs": inputs,
                "output_units": output_units,
                "output_length": output_length,
                "cell": cell,
                "units": [*stack.units],
                "bidirectional": bidirectional,
                "pooling": pooling,
                "dropout": stack.dropout,
                "recurrent_dropout": stack.recurrent_dropout,
                "kernel_regularizer": _plain(
                    keras.regularizers.serialize(kernel_regularizer)
                ),
                "memory_length": memory_length,
                **kind,
                "max_length": max_length,
                "mask_padding": mask_padding,
                "stateful_batch_size": stateful_batch_size,
                "use_cudnn": use_cudnn,
                "classifier_activation": classifier_activation,
                "class_names": class_names,
                "dtype": _plain(keras.dtype_policies.serialize(policy)),
            },
            name=name,
        )
        self._source_states = states
        self._written = None

    @property
    def kind(self) -> Kind:
        """The kind of data that it reads."""
        return KINDS[self._configuration["inputs"]]

    def with_carried_state(self, batch_size):
        """The same network, going on in each batch where it stopped in the last.

        Weights are copied, not shared.

        Args:
            batch_size: Number of sequences in every batch; `None` for a network that
                starts each batch from zero, and takes batches of any size.

        Returns:
            A `RecurrentNetwork`, not compiled.
        """
        config = {**self._configuration, "stateful_batch_size": batch_size}
        twin = type(self)(**config, name=self.name)
        for layer in self.layers:
            if not isinstance(layer, keras.layers.InputLayer):
                other = twin.get_layer(layer.name)
                copy_state(bare(layer), bare(other))
                other.trainable = layer.trainable
        return twin


def _connected(read, stack, mode, pooling, before):
    """The graph up to the head: inputs, what the head reads, the encoder's states."""
    batch_size = stack.batch_size
    x = entry = keras.Input(
        read.shape, batch_size=batch_size, dtype=read.dtype, name="inputs"
    )
    for layer in read.layers:
        x = layer(x)
    if batch_size is not None:
        starts = keras.Input((), batch_size=batch_size, dtype="bool", name="starts")
        return [entry, starts], stack.carried(x, starts), []
    if mode == "encoder_decoder":
        targets = keras.Input((None,), dtype="int32", name="targets")
        states = stack.last_states(x)
        return [entry, targets], stack.decoded(before(targets), states), states
    if mode == "many_to_one":
        return [entry], stack.pooled(x, pooling), []
    return [entry], stack.sequences(x), []


def _plain(serialized):
    """Without the number by which Keras marks, in a file, what several layers share."""
    if not isinstance(serialized, dict):
        return serialized
    return {k: v for k, v in serialized.items() if k != "shared_object_id"}


def _checked_carrying(batch_size, mode):
    batch_size = positive_integer("stateful_batch_size", batch_size)
    if mode not in ("many_to_many", "one_to_many"):
        raise ValueError(
            "`stateful_batch_size` goes with an answer at each step: mode="
            f"'many_to_many' or 'one_to_many', got {mode!r}."
        )
    return batch_size


def _checked_direction(bidirectional, mode, stateful_batch_size):
    if boolean("bidirectional", bidirectional):
        if mode == "one_to_many":
            raise ValueError(
                "`bidirectional` must be False in mode='one_to_many': what comes next "
                "is not there to be read."
            )
        if stateful_batch_size is not None:
            raise ValueError(
                "`bidirectional` must be False with `stateful_batch_size`: the state "
                "from the end of a sequence comes after all segments."
            )
    return bidirectional


def _checked_cudnn(use_cudnn, stateful_batch_size, mask_padding):
    """What the layers get: cuDNN takes no segment that is all padding."""
    if use_cudnn != "auto":
        return boolean("use_cudnn", use_cudnn)
    return False if stateful_batch_size is not None and mask_padding else "auto"


def _checked_answers(num_classes, output_units, class_names, mode, writes):
    """Classes, or numbers, or the network's own tokens."""
    if writes:
        if (num_classes, output_units, class_names) != (None, None, None):
            raise ValueError(
                "A network of mode='one_to_many' over tokens answers with tokens: "
                "leave out `num_classes`, `output_units` and `class_names`."
            )
        return None, None, None
    if (num_classes is None) == (output_units is None):
        raise ValueError(
            "Give `num_classes` for a classification or `output_units` for a "
            f"regression, got {num_classes!r} and {output_units!r}."
        )
    if num_classes is not None:
        target = Multiclass.from_arguments(num_classes, class_names)
        names = target.class_names and list(target.class_names)
        return target.num_classes, None, names
    if mode == "encoder_decoder" or class_names is not None:
        raise ValueError(
            "`output_units` goes neither with mode='encoder_decoder' nor with "
            "`class_names`: give `num_classes`."
        )
    return None, positive_integer("output_units", output_units), None
