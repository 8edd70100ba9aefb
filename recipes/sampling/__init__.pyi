from .base import Plan as Plan, Rebalancing as Rebalancing
from .names import NAMES as NAMES, choose as choose, from_config as from_config
from .order import Ordered as Ordered, Sampler as Sampler, Shuffled as Shuffled
from .resampling import (
    Balanced as Balanced,
    Oversample as Oversample,
    SquareRoot as SquareRoot,
    Undersample as Undersample,
)
from .smote import Smote as Smote, SmoteNC as SmoteNC
from .weights import (
    ClassWeights as ClassWeights,
    with_class_weights as with_class_weights,
)
