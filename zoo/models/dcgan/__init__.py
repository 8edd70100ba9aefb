"""DCGAN: a generator of images, trained against a discriminator.

`zoo.exporting.generator.export_generator` exports the generator; it needs TensorFlow.
"""

from zoo.models.dcgan.model import DCGAN
from zoo.models.dcgan.pictures import SampleGrids

__all__ = ["DCGAN", "SampleGrids"]
