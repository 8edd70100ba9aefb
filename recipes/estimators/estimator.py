"""What the estimators share: training, answers, and files without code."""

import os
import pathlib
import random
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, check_random_state, check_X_y
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from recipes.data.dataset import Dataset
from recipes.estimators import archives
from recipes.estimators.examples import (
    Labels,
    dataset_of,
    distinct,
    inputs_of,
    is_array_of_numbers,
    split_off,
)
from recipes.estimators.trainer import Weighted, scaled, train
from recipes.sources.arrays.arrays import from_arrays
from recipes.training.compiling import check_backend, constructor_arguments
from recipes.training.components import Components
from recipes.training.fit import fit as train_with_folder
from recipes.training.models import build
from recipes.training.settings import Settings, settings_for
from zoo.errors import InputError
from zoo.keras_file import from_bytes, to_bytes
from zoo.kinds import Kind
from zoo.loading import as_trained_model
from zoo.models.layer_changes import unchanged_randomness
from zoo.targets import Regression
from zoo.targets.operations import IN_NUMPY
from zoo.weights import copy_state

ROWS = 4096  # rows of a table that are computed at once
# Results of matrix products depend on their number of rows if there are few.
FEWEST = 32
try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before version 1.6

    def validate_data(estimator: Any, *arrays: Any, **options: Any) -> Any:
        if options.pop("skip_check_array", False):
            options["cast_to_ndarray"] = False
        return estimator._validate_data(*arrays, **options)


class Estimator(BaseEstimator):
    """Base class of `recipes.Classifier` and `recipes.Regressor`."""

    def __init__(
        self,
        model: str = "mlp",
        *,
        model_arguments: dict[str, Any] | None = None,
        optimizer: str | None = None,
        learning_rate: float | None = None,
        clip_norm: float | None = None,
        loss: str | None = None,
        regularizer: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        out: Any = None,
    ) -> None:
        self.model = model
        self.model_arguments = model_arguments
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.clip_norm = clip_norm
        self.loss = loss
        self.regularizer = regularizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.out = out

    def _transform(self) -> Any:
        """The transform of numbers to predict."""
        return None

    def _labels(self, y: np.ndarray) -> Labels:
        """What is to be predicted, encoded; sets what the estimator knows of it."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains the model.

        Args:
            X: An array or a data frame `(n, features)` of numbers; a data frame whose
                columns hold words, dates or missing numbers; a list of texts; or an
                array of images `(n, height, width)` or `(n, height, width, channels)`.
            y: What is to be predicted, `(n,)`.
            sample_weight: The weight of each example in the loss, `(n,)`. Default: 1.

        Raises:
            ValueError: If the examples or a parameter cannot be used.
        """
        check_backend()
        if not isinstance(self.model, str):
            raise InputError(
                f"`model` must be the name of a model of the zoo, got {self.model!r}; "
                "keras.wrappers.SKLearnClassifier takes a Keras model."
            )
        share = self.validation_fraction
        if not isinstance(share, int | float) or not 0 <= share < 1:
            raise InputError(
                f"`validation_fraction` must be a number in [0, 1), got {share!r}."
            )
        X, y = self._checked(X, y)
        labels = self._labels(y)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        if self.out is not None:
            return self._fit_with_folder(X, labels, seed, sample_weight)
        if sample_weight is None:
            weights = np.ones(len(labels.values))
        else:
            weights = _check_sample_weight(sample_weight, X, dtype="float64")
            if not weights.any():
                raise ValueError(
                    "Sample weights must contain at least one non-zero number."
                )
        self._fit(X, labels, weights, seed)
        return self

    def _checked(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """The examples as scikit-learn checks them, as far as it knows their kind."""
        options = self._checks_of_labels()
        if is_array_of_numbers(X):
            return validate_data(self, X, y, dtype="float32", **options)
        if hasattr(X, "columns"):
            validate_data(self, X, skip_check_array=True)
        check_consistent_length(X, y)
        rows = np.zeros((len(X), 1), "float32")
        return X, check_X_y(rows, y, **options)[1]

    def _checks_of_labels(self) -> dict[str, Any]:
        return {}

    def _fit(self, X: Any, labels: Labels, weights: np.ndarray, seed: int) -> None:
        counted = weights > 0
        components = Components.given(self.optimizer, self.loss, self.regularizer, ())
        values = labels.values
        if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype == "float32":
            if not counted.all():
                X, values, weights = X[counted], values[counted], weights[counted]
            size = self._settings(
                components, len(X), Kind.TABLE, labels, seed
            ).batch_size
            X, values, weights = distinct(X, values, weights, size)
        labels = Labels(values, labels.class_names, labels.value_names)
        kept, held = split_off(labels, self.validation_fraction, seed)
        earlier = getattr(self, "_trained", None) if self.warm_start else None
        columns = None if earlier is None else earlier.columns
        dataset = dataset_of(X, labels, kept, held, columns)
        settings = self._settings(
            components, len(dataset.train), dataset.kind, labels, seed
        )
        if earlier is None:
            model = self._built(dataset, settings, components)
        else:
            model = self._continued(dataset, labels)
        examples, validation = (
            self._weighted(model, part.inputs, part.labels, weights[rows])
            for part, rows in ((dataset.train, kept), (dataset.validation, held))
        )
        trained = train(
            model, components, settings, examples, validation if len(held) else None
        )
        self._keep(model, trained.metrics, trained.epoch)

    def _settings(
        self, components: Components, count: int, kind: Kind, labels: Labels, seed: int
    ) -> Settings:
        given = components.settings(self.optimizer, self.learning_rate)
        return settings_for(
            self.model,
            count,
            kind=kind,
            task=labels.task,
            epochs=self.epochs,
            batch_size=self.batch_size,
            patience=self.patience,
            clip_norm=self.clip_norm,
            seed=seed,
            **given,
        )

    def _built(
        self, dataset: Dataset, settings: Settings, components: Components
    ) -> Any:
        """A new model for the data, with weights of the seed."""
        given = self.model_arguments or {}
        arguments = constructor_arguments(self.model, settings, given, components)
        with unchanged_randomness():
            random.seed(settings.seed)
            return build(self.model, dataset, arguments, self._transform())

    def _continued(self, dataset: Dataset, labels: Labels) -> Any:
        """A copy of the model that was fitted before, if the data are of its form."""
        before: Any = self.model_
        shape, names = before.input_shape[1:], getattr(before.target, "names", ())
        if tuple(shape) != dataset.input_shape or tuple(names) != (
            labels.class_names or labels.value_names
        ):
            raise InputError(
                "`warm_start` goes on with the model of the last `fit`, which had "
                "other columns or classes: give data of the same form, or leave it out."
            )
        with unchanged_randomness():
            model = type(before).from_config(before.get_config())
        copy_state(before, model)
        return model

    def _weighted(
        self, model: Any, inputs: Any, labels: np.ndarray, weights: np.ndarray
    ) -> Weighted:
        """Examples as the trainer takes them."""
        if isinstance(model.target, Regression):  # in standard units
            values = labels.astype("float64")
            values = np.log(values) if model.target.transform == "log" else values
            values = (values - model.target.center) / np.array(model.target.scale)
            labels = values.astype("float32")
        mean = weights.mean() if len(weights) else 1.0
        weights = (weights / mean).astype("float32")
        return Weighted(scaled(model, inputs), labels, weights)

    def _fit_with_folder(
        self, X: Any, labels: Labels, seed: int, sample_weight: Any
    ) -> Self:
        """Trains by `recipes.fit`, which writes a run folder."""
        if sample_weight is not None:
            raise InputError(
                "`sample_weight` does not apply to a run folder (`out`): leave one out."
            )
        share = self.validation_fraction
        if not 0 < share < 0.5:
            raise InputError(
                f"`validation_fraction` {share!r} must be in (0, 0.5) with `out`: a "
                "run has a validation part and a test part of this size."
            )
        options: dict[str, Any] = {"task": labels.task}
        options |= {"class_names": labels.class_names} if labels.class_names else {}
        data = from_arrays(
            X,
            labels.values,
            value_names=labels.value_names,
            split=(1 - 2 * share, share, share),
            **options,
        )
        run = train_with_folder(
            self.model,
            data,
            model_arguments=self.model_arguments,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            clip_norm=self.clip_norm,
            loss=self.loss,
            regularizer=self.regularizer,
            transform=self._transform(),
            epochs=self.epochs,
            batch_size=self.batch_size,
            patience=self.patience,
            seed=seed,
            out=self.out,
            progress=False,
        )
        self._keep(run.model, run.metrics, run.kept_epoch)
        return self

    def _keep(self, model: Any, metrics: list[dict[str, float]], epoch: int) -> None:
        """Makes a trained model that of the estimator."""
        self.model_, self.metrics_, self.n_epochs_ = model, metrics, epoch
        self._trained = as_trained_model(model)

    def _answers(self, X: Any) -> dict[str, np.ndarray]:
        """The answers of the model, by name."""
        check_is_fitted(self)
        if self._trained.columns is None and is_array_of_numbers(X):
            X = validate_data(self, X, reset=False, dtype="float32")
        elif hasattr(X, "columns"):
            validate_data(self, X, reset=False, skip_check_array=True)
        inputs = inputs_of(X, self._trained)
        if self._trained.kind is not Kind.TABLE:
            return self._trained.answers(inputs)
        outputs = []
        for start in range(0, len(inputs), ROWS):
            rows = inputs[start : start + ROWS]
            added = -len(rows) % FEWEST
            found = self.model_(np.pad(rows, ((0, added), (0, 0))), training=False)
            outputs.append(np.asarray(found)[: len(rows)])
        return self.model_.target.answers(np.concatenate(outputs), IN_NUMPY)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model and the parameters into a `.keras` file.

        It holds no code and is not a pickle; `load` reads it, and so do
        `zoo.load_model` and the commands, which answer with the model in it.

        Args:
            path: The file, which ends in `.keras`. An existing one is replaced.
        """
        check_is_fitted(self)
        archives.write(self, pathlib.Path(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads an estimator that `save` wrote; no code from the file is run.

        Raises:
            InputError: If the file cannot be read, or holds another estimator.
        """
        return archives.read(cls, pathlib.Path(path))

    def __getstate__(self) -> dict[str, Any]:
        """The attributes, with the model as the bytes of its `.keras` file."""
        state = dict(super().__getstate__())
        state.pop("_trained", None)
        if "model_" in state:
            state["model_"] = to_bytes(state["model_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if isinstance(self.__dict__.get("model_"), bytes):
            self.model_ = from_bytes(self.model_)
            self._trained = as_trained_model(self.model_)
