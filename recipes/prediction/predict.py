"""`recipes.predict`: what a trained model answers to new examples."""

import os
import typing
from typing import Annotated, Any

from custom.arguments import integer
from recipes.data.options import checks_arguments, options_of_function
from recipes.sources.options import DecimalMark, Encoding, Separator, Text, Texts

if typing.TYPE_CHECKING:  # These load TensorFlow.
    import keras

    from recipes.prediction.predictions import Predictions

WIDEST_BEAM = 1000
BeamWidth = Annotated[int, lambda name, value: integer(name, value, 1, WIDEST_BEAM)]


# This signature and docstring are the declaration of the options of `zoo predict`.
@checks_arguments
def predict(
    model: "keras.Model | str | os.PathLike[str]",
    data: Any,
    *,
    text_column: Text | None = None,
    id_columns: Texts = (),
    time: Text | None = None,
    group: Text | None = None,
    beam_width: BeamWidth = 1,
    separator: Separator | None = None,
    encoding: Encoding | None = None,
    decimal: DecimalMark | None = None,
    sheet: Text | None = None,
    trusted: bool = False,
) -> "Predictions":
    """Asks a trained model about examples: files, folders, or data in memory.

    Args:
        model: A Keras model, a `Run`, or the path of a `.keras` file, a run folder or
            a SavedModel, or the name of a preset.
        data: A file, a folder, or a list of them; a data frame, or a dictionary of
            columns; an array of examples, or a part of a `Dataset`; for a model of
            texts, a list of strings. `"-"` is standard input.
        text_column: Column of texts in tables. Default: that of the training, or the
            only column of words.
        id_columns: Column of a table to carry through to the answers, such as `id`.
            Default: the name of the file and the number of the line.
        time: For forecasts, the column of times. Default: that of the training.
        group: For forecasts, the column that tells several series apart. Default: that
            of the training.
        beam_width: For translations, the number of beginnings of an answer that are
            kept at each step.
        separator: The character between the cells of tables, such as `";"`, or `"tab"`.
            Default: that of the training, or found.
        encoding: The encoding of tables, such as `"cp1252"`. Default: that of the
            training, or found.
        decimal: The decimal mark in tables. Default: that of the training, or found.
        sheet: The sheet of an Excel workbook. Default: that of the training, or the
            first.
        trusted: Whether the graph of a SavedModel may do more than compute; see
            docs/serving.md.

    Returns:
        A `Predictions`: a sequence with a dictionary for each example, whose `columns`
        are those of a table.

    Raises:
        InputError: If the model cannot be read, does not fit the data, or an argument
            does not apply to it.

    >>> import zoo
    >>> untrained = zoo.MLP(input_shape=(2,), num_classes=2, class_names=["no", "yes"])
    >>> answers = predict(untrained, [[0.5, 1.0], [2.0, 3.0]])
    >>> len(answers), answers[0]["class_name"] in ("no", "yes")
    (2, True)
    """
    options = {
        "text_column": text_column,
        "id_columns": id_columns,
        "time": time,
        "group": group,
        "beam_width": beam_width,
        "separator": separator,
        "encoding": encoding,
        "decimal": decimal,
        "sheet": sheet,
    }
    from recipes.prediction.predictions import Prediction, Predictions
    from recipes.reports.evaluation import trained_model

    prediction = Prediction(trained_model(model, trusted), options)
    pieces = tuple(prediction.pieces(data))
    return Predictions(pieces, prediction.writer, tuple(prediction.notes))


OPTIONS = options_of_function(
    predict,
    leave_out=("trusted",),
    changes={
        "text_column": {"metavar": "NAME"},
        "id_columns": {"metavar": "NAME"},
        "time": {"metavar": "NAME"},
        "group": {"metavar": "NAME"},
        "beam_width": {"flag": "--beam"},
        "separator": {"metavar": "CHARACTER"},
        "encoding": {"metavar": "NAME"},
        "sheet": {"metavar": "NAME"},
    },
)
DEFAULTS: dict[str, Any] = {name: option.default for name, option in OPTIONS.items()}
