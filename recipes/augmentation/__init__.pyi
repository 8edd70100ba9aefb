from .audio import Gain as Gain, TimeShift as TimeShift, WhiteNoise as WhiteNoise
from .base import Augmentation as Augmentation
from .colour import (
    Brightness as Brightness,
    Contrast as Contrast,
    GaussianNoise as GaussianNoise,
)
from .composition import Compose as Compose, from_config as from_config
from .erasing import Cutout as Cutout
from .masking import FrequencyMask as FrequencyMask, TimeMask as TimeMask
from .mixing import CutMix as CutMix, Mixup as Mixup
from .pixels import CropWithPadding as CropWithPadding, Flip as Flip
from .presets import PRESETS as PRESETS, choose as choose
from .rows import FeatureDrop as FeatureDrop, FeatureNoise as FeatureNoise
from .synonyms import Synonyms as Synonyms
from .targets import LabelSmoothing as LabelSmoothing
from .warp import Warp as Warp
from .words import WordDrop as WordDrop, WordSwap as WordSwap
