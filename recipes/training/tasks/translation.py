"""Translation: a text for each text."""

import pathlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from recipes.data.dataset import Dataset
from recipes.progress import waiting
from recipes.reports.attention_pictures import draw_attention
from recipes.reports.translation import score_answers
from recipes.training.components import Components
from recipes.training.settings import Settings
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Scored, Supervised
from zoo.errors import InputError
from zoo.exporting.sequences import export_of
from zoo.kinds import Kind
from zoo.loading import as_trained_model
from zoo.precision import scaling_losses_of
from zoo.targets import Translation


class TranslationTask(Supervised):
    """Training a network that reads a text and writes another."""

    balanced = "and the answers are texts"

    def check(
        self,
        model: keras.Model,
        dataset: Dataset,
        components: Components,
        augmented: bool,
    ) -> bool:
        target = getattr(model, "target", None)
        if not isinstance(target, Translation) or model.kind is not Kind.TEXT:
            raise InputError(
                f"The model {model.name!r} does not translate texts: give a "
                "zoo.RecurrentNetwork with mode='encoder_decoder', inputs='text' and "
                "target=zoo.targets.Translation(vocabulary), or the name 'recurrent'."
            )
        target.check_dataset(dataset)
        if components.loss is not None:
            raise InputError(
                "`loss` is decided by the task: a translation learns by the "
                "cross-entropy of its words or characters; leave it out."
            )
        if augmented:
            target.check_soft(None)
        return False

    def compile(
        self,
        model: keras.Model,
        settings: Settings,
        steps_per_epoch: int,
        components: Components,
        soft_targets: bool,
    ) -> None:
        """Gives the model its optimizer, its loss and its metrics, without padding."""
        optimizer = components.create_optimizer(settings, steps_per_epoch)
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        model.compile(
            optimizer=scaling_losses_of(model, optimizer),
            loss=model.target.loss(),
            weighted_metrics=[accuracy, *components.create_metrics()],
        )

    def rehearse(
        self,
        model: keras.Model,
        dataset: Dataset,
        inputs: Any,
        targets: Any,
        scratch: pathlib.Path,
    ) -> None:
        """Computes the loss and the metrics, and traces the decoder as for serving."""
        texts, tokens = inputs
        batch = [tf.constant(texts, tf.string), tf.constant(tokens)]
        outputs = model(batch, training=False)
        model.compute_loss(x=inputs, y=targets, y_pred=outputs)
        weights = np.ones(tokens.shape, "float32")
        model.compute_metrics(inputs, targets, outputs, weights)
        served = export_of(model, 1, 1)
        traced = tf.function(served.answer, autograph=False)
        traced.get_concrete_function(*served.specifications)

    def score(self, setup: Setup, model: keras.Model) -> Scored:
        dataset, folder = setup.dataset, setup.folder
        trained = as_trained_model(model)
        with waiting("translating the test part"):
            answers = trained.answers(dataset.test.inputs)
        evaluation = score_answers(answers, dataset.test, trained, dataset)

        def draw() -> None:
            if model.get_config()["attention"] is not None:
                draw_attention(model, dataset.test, folder.attention)

        return Scored(evaluation, draw, answers)
