"""Recurrent networks for sequences of numbers, tokens, text and audio."""

from zoo.models.recurrent.network import RecurrentNetwork
from zoo.models.recurrent.stateful import Segments, side_by_side
from zoo.models.recurrent.vocabulary import learn_vocabulary

__all__ = ["RecurrentNetwork", "Segments", "learn_vocabulary", "side_by_side"]
