"""Augmentation of whole batches, as a function of the pipeline's seed.

Names are loaded when they are first used, so that importing this package is fast.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
