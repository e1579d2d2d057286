"""Layers of neural networks with hand-written derivatives, and networks of layers."""

from regan.layers.activation import ACTIVATIONS, Activation
from regan.layers.base import Layer
from regan.layers.batch_norm import BatchNorm
from regan.layers.beside import Beside
from regan.layers.column_scale import ColumnScale
from regan.layers.dense import Dense
from regan.layers.draws import Draws
from regan.layers.dropout import Dropout
from regan.layers.fitted import FittedNetwork
from regan.layers.fourier import FourierFeatures
from regan.layers.group_norm import GroupNorm
from regan.layers.label_offsets import LabelOffsets
from regan.layers.latent_mixture import LatentMixture
from regan.layers.layer_norm import LayerNorm
from regan.layers.layout import Layout, Parameter, Slot
from regan.layers.minibatch_std import MinibatchStd
from regan.layers.network import Network
from regan.layers.pruning import Sparsity
from regan.layers.residual import Residual
from regan.layers.softmax_blocks import SoftmaxBlocks

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "BatchNorm",
    "Beside",
    "ColumnScale",
    "Dense",
    "Draws",
    "Dropout",
    "FittedNetwork",
    "FourierFeatures",
    "GroupNorm",
    "LabelOffsets",
    "LatentMixture",
    "Layer",
    "LayerNorm",
    "Layout",
    "MinibatchStd",
    "Network",
    "Parameter",
    "Residual",
    "Slot",
    "SoftmaxBlocks",
    "Sparsity",
]
