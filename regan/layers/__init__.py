"""Layers, one a file, each with its four hand-written passes."""

from regan.layers.activation import ACTIVATIONS, Activation
from regan.layers.base import Layer
from regan.layers.dense import Dense

__all__ = ["ACTIVATIONS", "Activation", "Dense", "Layer"]
