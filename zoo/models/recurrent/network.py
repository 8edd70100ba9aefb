"""The recurrent network."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from custom.arguments import (
    boolean,
    one_of,
    positive_integer,
    positive_integers,
    probability,
)
from custom.types import Shape
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.models.classifier import Classifier
from zoo.models.family import recorded
from zoo.models.layer_changes import layers_by_path
from zoo.models.recurrent.arguments import (
    check_combination,
    checked_attention,
    checked_cudnn,
    checked_outputs,
)
from zoo.models.recurrent.decoding import Decoding
from zoo.models.recurrent.generation import Generation
from zoo.models.recurrent.inputs import (
    INPUT_TYPES,
    LayerOptions,
    ShiftedTargets,
    input_layers,
    token_count,
)
from zoo.models.recurrent.padding import POOLING
from zoo.models.recurrent.stack import CELLS, RecurrentStack, without_state
from zoo.targets import (
    HEAD,
    Forecast,
    Multiclass,
    NextToken,
    SequenceLabels,
    Target,
    Translation,
    target_from_arguments,
    target_from_config,
)
from zoo.weights import copy_state

MODES = ("many_to_one", "many_to_many", "one_to_many", "encoder_decoder")


@keras.saving.register_keras_serializable(package="zoo")
class RecurrentNetwork(Generation, Decoding, Classifier):
    r"""Recurrent network for sequences: numbers, tokens, text or audio.

    $$h_t = f(h_{t-1}, x_t), \qquad h_0 = 0$$

    $f$ is Keras's simple cell, LSTM or GRU. The recurrent layers are stacked, with a
    dense layer, the head, on top. Shorter sequences of a batch are padded with zeros at
    their end; no output depends on the amount of padding.

    | `mode` | input | output |
    | --- | --- | --- |
    | `"many_to_one"` | a sequence | one |
    | `"many_to_many"` | a sequence | one at each step |
    | `"one_to_many"` | tokens: the previous ones | the next token, at each step |
    | | `(features,)`: the same at each step | one at each of `output_length` steps |
    | `"encoder_decoder"` | a sequence, then the outputs so far | another sequence |

    | `inputs` | a batch |
    | --- | --- |
    | `"numbers"` | `(batch, time, features)`, padded with steps of zeros |
    | `"tokens"` | `(batch, time)`, integers, 0 for padding |
    | `"text"` | `(batch,)` strings; the model has the vocabulary. TensorFlow only |
    | `"waveform"` | `(batch, samples)` in −1…1; the model computes log-mel spectra |

    Output: float32, `(batch, num_classes)` or, for an output at each step, `(batch,
    time, num_classes)`; `output_units` numbers instead of classes for a regression.

    Train an `"encoder_decoder"` with `fit([inputs, targets], targets)`: the decoder
    reads each target one step late (teacher forcing). Targets are integers below
    `num_classes`; 0 ends a target and pads it. `decode` generates outputs. With a
    `zoo.targets.Translation`, which has the vocabulary of the targets, `decode` gives
    texts, and `target_tokens(texts)` the targets. Train a `"one_to_many"` network of
    tokens with `fit(tokens[:, :-1], tokens[:, 1:])`; `generate` continues a prompt.

    The GRU is Keras's default, with `reset_after=True`: the reset gate multiplies
    $U h_{t-1} + b$, not $h_{t-1}$ as in the notes and in Cho et al. 2014. This is the
    form that cuDNN computes.

    Args:
        input_shape: Shape of one example. Required for `"numbers"`: `(time, features)`
            with `None` for any time, or `(features,)` if the network reads one vector.
            Default for the other types: any length.
        num_classes: Number of classes, at least 2. Not for a network that predicts its
            own tokens.
        target: With `"many_to_one"`, what to answer instead of one of several classes,
            such as `zoo.targets.Regression`; `zoo.targets.Forecast` reads windows,
            which have no padding. With `"encoder_decoder"`, a
            `zoo.targets.Translation`.
        mode: One of the modes in the table.
        inputs: One of the types of input in the table.
        output_units: Number of values in an output, instead of `num_classes`.
        output_length: Number of output steps of a network that reads one vector.
        cell: `"gru"`, `"lstm"` (with a forget bias of one) or `"simple"`.
        units: Width of each recurrent layer; one layer for each number.
        bidirectional: Whether each layer also reads the sequence backwards. Not for
            networks that generate tokens or carry their state over.
        pooling: How `"many_to_one"` reduces the outputs of the last layer to one
            vector: `"last"` takes the final state; `"mean"` and `"max"` pool over all
            steps. Other modes only accept `"last"`.
        attention: For `"encoder_decoder"`: `"luong"` or `"bahdanau"`, with which each
            step of the decoder looks at all steps of the input; see `Attention`.
            Default: the decoder only knows the final state of the encoder, which loses
            the beginning of long inputs.
        dropout: Fraction of the inputs of each recurrent layer and of the head that is
            dropped in training, the same at each step; in [0, 1].
        recurrent_dropout: Fraction of the state that is dropped in training, in [0, 1].
            Above 0, cuDNN is not used.
        kernel_regularizer: Penalty on every kernel that multiplies inputs.
        memory_length: How far back an LSTM or GRU remembers before training: its units
            forget after 2 to `memory_length` steps, at least 3. Set it to about the
            length of the sequences if what matters may stand anywhere in long ones.
            Default: Keras's biases, with which the units forget after 2 to 4 steps.
        vocabulary: For `"text"`, and for `"tokens"` of a text: the words or characters,
            as `learn_vocabulary` returns them. Token 1 stands for any other.
        vocabulary_size: For `"tokens"` without a vocabulary: one more than the greatest
            token.
        split: Entries of the vocabulary, as `learn_vocabulary` takes it. Default:
            `"word"`.
        embedding_units: Width of a token's vector. Default: 64.
        sample_rate: For `"waveform"`: samples per second. Default: 16,000.
        frame_length: For `"waveform"`: seconds in a frame. Default: 0.025.
        frame_step: For `"waveform"`: seconds between frames. Default: 0.01.
        mel_bands: For `"waveform"`: number of mel bands. Default: 40.
        max_length: Longer sequences are refused (in words, steps or samples).
        mask_padding: Whether zeros at the end of a sequence are padding. `False`, for
            data that is never padded, is faster on PyTorch.
        stateful_batch_size: Number of sequences in every batch of a stateful network,
            which starts each batch from the state of the previous one, for truncated
            backpropagation through time with `Segments`. Default: each batch starts
            from a state of zeros.
        use_cudnn: As in Keras: `"auto"` uses cuDNN where possible; `False` builds a
            graph that also runs without a GPU.
        classifier_activation: `"softmax"` for probabilities, `None` for logits.
        class_names: A name for each class, saved with the model.
        dtype: Precision policy of the layers; the global policy by default.
        name: Name of the model.

    Raises:
        ValueError: If an argument is out of its range or does not apply to the mode or
            the type of input, or if the inputs do not fit.

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

    targets = (*Classifier.targets, Forecast, NextToken, SequenceLabels, Translation)
    search_space: ClassVar[Mapping[str, str]] = {
        "units": "[32],[64],[128],[256]",
        "dropout": "0:0.7",
        "cell": "gru,lstm",
    }

    def __init__(
        self,
        input_shape: Shape | None = None,
        num_classes: int | None = None,
        *,
        target: Target | dict[str, Any] | None = None,
        mode: str = "many_to_one",
        inputs: str = "numbers",
        output_units: int | None = None,
        output_length: int | None = None,
        cell: str = "gru",
        units: int | Sequence[int] = (128,),
        bidirectional: bool = False,
        pooling: str = "last",
        attention: str | None = None,
        dropout: float = 0.2,
        recurrent_dropout: float = 0.0,
        kernel_regularizer: keras.regularizers.Regularizer | str | dict | None = None,
        memory_length: int | None = None,
        vocabulary: Sequence[str] | None = None,
        vocabulary_size: int | None = None,
        split: str | None = None,
        embedding_units: int | None = None,
        sample_rate: int | None = None,
        frame_length: float | None = None,
        frame_step: float | None = None,
        mel_bands: int | None = None,
        max_length: int | None = None,
        mask_padding: bool = True,
        stateful_batch_size: int | None = None,
        use_cudnn: bool | str = "auto",
        classifier_activation: str | None = "softmax",
        class_names: Sequence[str] | None = None,
        dtype: str | dict | keras.DTypePolicy | None = None,
        name: str = "recurrent",
    ) -> None:
        mode = one_of("mode", mode, MODES)
        target = None if target is None else target_from_config(target)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        one_of("pooling", pooling, POOLING if mode == "many_to_one" else POOLING[:1])
        boolean("mask_padding", mask_padding)
        if max_length is not None:
            max_length = positive_integer("max_length", max_length)
        if stateful_batch_size is not None:
            stateful_batch_size = positive_integer(
                "stateful_batch_size", stateful_batch_size
            )
        boolean("bidirectional", bidirectional)
        check_combination(mode, bidirectional, stateful_batch_size)
        stack = RecurrentStack(
            cell=one_of("cell", cell, CELLS),
            units=positive_integers("units", units),
            bidirectional=bidirectional,
            dropout=probability("dropout", dropout),
            recurrent_dropout=probability("recurrent_dropout", recurrent_dropout),
            kernel_regularizer=kernel_regularizer,
            memory_length=memory_length,
            batch_size=stateful_batch_size,
            use_cudnn=checked_cudnn(use_cudnn, stateful_batch_size, mask_padding),
            policy=policy,
            attention=checked_attention(attention, mode),
        )
        input_arguments = {
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
        predicts_tokens = mode == "one_to_many" and inputs == "tokens"
        if decodes:  # The targets are embedded too, whatever the inputs are.
            embedding_units = positive_integer(
                "embedding_units", 64 if embedding_units is None else embedding_units
            )
            embeds = inputs in INPUT_TYPES and (
                "embedding_units" in INPUT_TYPES[inputs].defaults
            )
            input_arguments["embedding_units"] = embedding_units if embeds else None
        entry = input_layers(
            inputs,
            input_arguments,
            input_shape=input_shape,
            output_length=output_length,
            one_to_many=mode == "one_to_many",
            max_length=max_length,
            options=LayerOptions(
                mask_padding and not isinstance(target, Forecast),
                stateful_batch_size is None,
                policy,
            ),
        )
        input_arguments |= entry.arguments
        num_classes, output_units, class_names = checked_outputs(
            num_classes, output_units, class_names, mode, predicts_tokens, target
        )
        classes = token_count(input_arguments) if predicts_tokens else num_classes
        answered = None
        if target is not None or classes is not None:
            answered = target_from_arguments(
                target, classes, class_names, classifier_activation
            )
            if mode == "many_to_many" and isinstance(answered, Multiclass):
                answered = SequenceLabels.of_classes(answered)
            head = answered.last_layer(kernel_regularizer=kernel_regularizer)
            entry.layers.extend(answered.first_layers())
        else:
            one_of("classifier_activation", classifier_activation, ("softmax", None))
            head = keras.layers.Dense(
                output_units,
                kernel_regularizer=kernel_regularizer,
                dtype="float32",
                name=HEAD,
            )
        shifted_targets = None
        if decodes:
            assert embedding_units is not None
            input_arguments["embedding_units"] = embedding_units
            shifted_targets = ShiftedTargets(
                head.units, embedding_units, dtype=policy, name="targets_before"
            )
        model_inputs, x, encoded = stack.graph(entry, mode, pooling, shifted_targets)
        x = stack.dropped_out(x)
        outputs = answered.outputs(head, x, model_inputs[0]) if answered else head(x)
        if predicts_tokens:
            answered = NextToken(classifier_activation is None)
        answers = predicts_tokens or mode.startswith("many") or target is not None
        super().__init__(
            model_inputs if len(model_inputs) > 1 else model_inputs[0],
            outputs,
            target=answered if answers else None,
            configuration=recorded(
                RecurrentNetwork,
                {**locals(), **input_arguments},
                input_shape=entry.shape,
                units=stack.units,
                dropout=stack.dropout,
                recurrent_dropout=stack.recurrent_dropout,
                dtype=policy,
            ),
            name=name,
        )
        self._encoded = tuple(encoded)

    @property
    def kind(self) -> Kind:
        """The kind of data that the network reads."""
        return INPUT_TYPES[self._configuration["inputs"]].kind

    def features(self, inputs: Any, batch_size: int = 128) -> np.ndarray:
        if self._configuration["stateful_batch_size"] is not None:
            return self.with_carried_state(None).features(inputs, batch_size)
        return super().features(inputs, batch_size)

    def with_carried_state(self, batch_size: int | None) -> "RecurrentNetwork":
        """The same network as a stateful one, which continues from batch to batch.

        The weights are copied, not shared.

        Args:
            batch_size: Number of sequences in every batch; `None` for a network that
                starts each batch from a state of zeros, and accepts batches of any
                size.

        Returns:
            A `RecurrentNetwork`, not compiled.

        Raises:
            InputError: If a layer was changed, other than frozen, after the network
                was built.
        """
        for path, changed in self.get_config().get("changed_layers", {}).items():
            if not {*changed} <= {"trainable", "variables"}:
                raise InputError(
                    f"The copy has new layers, without the change "
                    f"({', '.join(changed)}) that was made to the layer "
                    f"{layers_by_path(self)[path].name!r}: copy first, then change."
                )
        config = {**self._configuration, "stateful_batch_size": batch_size}
        copy = type(self)(**config, name=self.name)
        for layer in self.layers:
            if not isinstance(layer, keras.layers.InputLayer):
                other = copy.get_layer(layer.name)
                copy_state(without_state(layer), without_state(other))
                other.trainable = layer.trainable
        return copy
