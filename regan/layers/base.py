"""Layers, the base class: configuration and four passes, never arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.layers.draws import Draws
from regan.layers.layout import Parameter

Params = dict[str, Array]
Cache = dict[str, Any]
Position: TypeAlias = Literal["noise", "first", "last"]


class Layer(BaseEstimator, ABC):
    r"""Base class of layers: one step of a network, ``y = f(x; params)``, for K models at once.

    A layer holds only its configuration. Its parameters are views into the flat array of the
    network. A pass stores values for later passes in `cache`, a dict for each batch, because
    several batches are in use at the same time.

    ============== ============================================== ======================
    pass           computes                                       shapes
    ============== ============================================== ======================
    forward        y = f(x)                                       (K, N, I) -> (K, N, O)
    backward       gx = (df/dx)^T gy, grads += (df/dparams)^T gy  (K, N, O) -> (K, N, I)
    tangent        dy = (df/dx) dx                                (K, N, I) -> (K, N, O)
    tangent        the derivative of *backward* along dx:         (K, N, O) -> (K, N, I)
    _backward      dgx, grads += d(gparams)
    ============== ============================================== ======================

    The last two passes are the second-order pass that gradient penalties need (Pearlmutter's
    R-operator, 1994). `forward` keeps its input in the cache, `backward` keeps its argument `gy`,
    and `tangent` keeps its argument `dx`. `tangent_backward` differentiates the last `backward` on
    the cache. No pass writes to its arguments.

    Rows that all models share have the shape x (1, N, I). The axis of length 1 may stay in y;
    gradients always have the axis K.

    In training, ``train`` is true and `draws` holds the random numbers. Later passes on the same
    cache use the same numbers. Without `draws`, nothing is random.

    The properties that describe a layer, such as `piecewise_linear`, have defaults. A subclass
    overrides them by a class attribute or a property.

    Attributes
    ----------
    free : tuple of str
        Arguments that may change in a resumed fit, because the parameters remain valid.
    networks : tuple of str
        If the layer is a part of an architecture, the networks that may have it.
    """

    free: ClassVar[tuple[str, ...]] = ()
    networks: ClassVar[tuple[str, ...]] = ("generator", "discriminator", "encoder", "decoder")

    ops: Backend

    @property
    def couples_samples(self) -> bool:
        """Whether a row of y depends on other rows of x (as in batch normalization)."""
        return False

    @property
    def piecewise_linear(self) -> bool:
        """Whether the second derivative is zero wherever it exists."""
        return False

    @property
    def has_tangent(self) -> bool:
        """Whether `tangent` and `tangent_backward` exist; gradient penalties need them."""
        return True

    @property
    def unitwise(self) -> bool:
        """Column j of y depends on column j of x alone, in evaluation, and its parameters have the
        columns as last axis: units can be removed one by one.
        """
        return False

    @property
    def uses_draws(self) -> bool:
        """Whether `forward` uses random numbers; only then it is given `draws`."""
        return False

    @property
    def n_aside(self) -> int:
        """The number of last inputs of the network that the layer takes in addition to its own.

        The network passes them as ``cache["side"]`` to `forward`, and their tangents as
        ``cache["side_tangent"]`` to `tangent`. It reads their cotangents (K, N, n_aside) from
        ``cache["side_gradient"]`` after `backward` and `tangent_backward`; None means zero.
        """
        return 0

    @property
    def weight_gain(self) -> float:
        """The factor on the next layer's initial weights that keeps the scale of activations."""
        return 1.0

    # As a part of an architecture

    @property
    def position(self) -> Position | None:
        """The position of the layer as a part of an architecture; None if it is not such a part.

        "noise": before all other layers, on the latent rows only, which it may shorten.
        "first": on the inputs. "last": before the last affine map.
        """
        return None

    @property
    def n_extra_inputs(self) -> int:
        """At the position "noise": the number of inputs minus the number of outputs."""
        return 0

    @property
    def min_hidden_layers(self) -> int:
        """As a part of an architecture: with fewer hidden layers the layer has no effect."""
        return 0

    @abstractmethod
    def bind(self, ops: Backend, n_in: int) -> int:
        """Set the backend and the number of inputs; return the number of outputs.

        A network binds copies of its layers, so you may use one layer in several networks.
        """

    def parameters(self) -> Sequence[Parameter]:
        """The parameters of the bound layer: weights, biases, and fixed arrays."""
        return ()

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        """Fill `params`, arrays of one model on the host, without the population axis."""

    @abstractmethod
    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        """y (K, N, O)."""

    def calibrate(self, params: Params, cache: Cache) -> None:
        """Write statistics of a large batch, such as its mean, to the fixed `params`.

        Evaluation uses them. The method is called after a `forward` with ``train=True`` over a
        large batch, never during training.
        """

    @abstractmethod
    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        """gx (K, N, I); adds to `grads` unless that is None (the inputs-only pass)."""

    def backward_rows(
        self, params: Params, gy: Array, cache: Cache, grads: Params | None, rows: slice
    ) -> Array:
        """As `backward`, with gx (K, M, I) of some rows only, if the other rows are not needed."""
        return self.backward(params, gy, cache, grads)[:, rows]

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        """dy (K, N, O), the directional derivative of `forward`."""
        raise NotImplementedError(f"{type(self).__name__} has no tangent pass")

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array | None:
        """dgx (K, N, I), the tangent of `backward`; `dgy` None means zero, and so does a result."""
        raise NotImplementedError(f"{type(self).__name__} has no tangent_backward pass")

    @property
    def has_scaled_backward(self) -> bool:
        """The layer is piecewise linear and has `scaled_backward`, or nothing to do there."""
        implemented = type(self).scaled_backward is not Layer.scaled_backward
        return self.piecewise_linear and (implemented or not self.parameters())

    def scaled_backward(self, params: Params, weights: Array, cache: Cache, grads: Params) -> None:
        """Add what `tangent_backward` adds to `grads` where ``dgy = weights gy``.

        Without a `tangent` before it, dx is zero.

        weights : (K, N, 1). In a network of piecewise linear layers that is so everywhere if it is
        so at the output, and then no layer needs the next one's result. Only layers with
        parameters have something to do.
        """
