"""Recurrent networks: reading, answering and writing sequences."""

from zoo.recurrent.carrying import Segments, side_by_side
from zoo.recurrent.network import RecurrentNetwork
from zoo.recurrent.vocabulary import learn_vocabulary

__all__ = ["RecurrentNetwork", "Segments", "learn_vocabulary", "side_by_side"]
