"""`recipes.Regressor`: a model of the zoo that predicts numbers, for scikit-learn."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from recipes.estimators.estimator import Estimator
from recipes.estimators.examples import Labels


class Regressor(RegressorMixin, Estimator):
    """A model that predicts numbers, for scikit-learn's pipelines and searches.

    `y` may have several columns. See `recipes.Classifier` for the parameters and
    attributes; there is one more:

    Args:
        target_transform: `"log"` to learn the logarithm of the numbers, which must be
            above 0.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = Regressor("mlp", epochs=20, random_state=0).fit(X, y)
    >>> regressor.score(X, y) > 0.4
    True
    """

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
        target_transform: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        out: Any = None,
    ) -> None:
        super().__init__(
            model,
            model_arguments=model_arguments,
            optimizer=optimizer,
            learning_rate=learning_rate,
            clip_norm=clip_norm,
            loss=loss,
            regularizer=regularizer,
            epochs=epochs,
            batch_size=batch_size,
            patience=patience,
            validation_fraction=validation_fraction,
            warm_start=warm_start,
            random_state=random_state,
            out=out,
        )
        self.target_transform = target_transform

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self) -> dict[str, bool]:  # before version 1.6
        return {"multioutput": True}

    def _transform(self) -> Any:
        return self.target_transform

    def _checks_of_labels(self) -> dict[str, Any]:
        return {"y_numeric": True, "multi_output": True}

    def _labels(self, y: np.ndarray) -> Labels:
        self._is_single = y.ndim == 1
        values = y.reshape(len(y), -1)
        if values.dtype.kind in "OSU":
            raise ValueError(
                f"A regressor predicts numbers, and `y` holds {y.flat[0]!s}: use "
                "recipes.Classifier for classes."
            )
        names = tuple(f"y{number}" for number in range(values.shape[1]))
        return Labels(values.astype("float32"), value_names=names)

    def predict(self, X: Any) -> np.ndarray:
        """The numbers of each example, `(n,)`, or `(n, numbers)` if `y` was."""
        values = self._answers(X)["values"].astype("float64")
        return values[:, 0] if self._is_single else values
