from .data.dataset import Dataset as Dataset, Part as Part
from .estimators.classifier import Classifier as Classifier
from .estimators.regressor import Regressor as Regressor
from .experiments.comparison.compare import compare as compare
from .experiments.comparison.vary import vary as vary
from .experiments.cross_validation import (
    CrossValidation as CrossValidation,
    cross_validate as cross_validate,
)
from .experiments.search.learning_rate import (
    LearningRates as LearningRates,
    find_learning_rate as find_learning_rate,
)
from .experiments.search.results import Search as Search
from .experiments.search.search import (
    resume_search as resume_search,
    search as search,
)
from .pipeline import (
    ordered_batches as ordered_batches,
    steps_per_epoch as steps_per_epoch,
    training_batches as training_batches,
)
from .prediction.embed import embed as embed
from .prediction.explain import explain as explain
from .prediction.predict import predict as predict
from .publishing.push import push as push
from .reports.evaluation import evaluate as evaluate
from .reports.inspection import Findings as Findings, inspect as inspect
from .sources import from_arrays as from_arrays, load as load
from .training.fit import fit as fit
from .training.loop import Run as Run
from .training.resume import resume as resume
from .training.run_report import report as report
