"""DCGAN: two networks that learn to draw images by playing against each other.

`zoo.exporting.generator.export_generator` exports the generator; it needs TensorFlow.
"""

from zoo.models.dcgan.model import DCGAN
from zoo.models.dcgan.pictures import SampleGrids

__all__ = ["DCGAN", "SampleGrids"]
