"""A network: bound layers, the layout of their parameters, and the four passes through all."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from sklearn.base import clone

from regan.backends import Array, Backend
from regan.layers.activation import Activation
from regan.layers.base import Cache, Layer, Params
from regan.layers.dense import Dense
from regan.layers.draws import Draws
from regan.layers.layout import Layout
from regan.validation import check_int

ALL_ROWS = slice(None)
NO_ROWS = slice(0)
"""For a backward pass whose gx nobody asks for."""


class Network:
    r"""Neural network: a sequence of layers whose parameters are one flat array.

    Each pass takes the split parameters (`split`) and the list of caches that `forward` returned
    for the batch.

    Parameters
    ----------
    layers : iterable of Layer
        Copied, then bound.
    n_in : int
        The number of inputs.
    ops : Backend
        Where the passes run.
    n_skip : int, default=0
        The number of inputs in a skip connection: they are added to as many of the first outputs.
    skip_from : int, default=0
        The position of the first input in the skip connection.

    Attributes
    ----------
    widths : list of int
        The number of inputs of each layer, and the number of outputs of the last layer.
    keeps_caches : bool
        True at first. If only outputs are needed, set it to False. Then `forward` returns no
        caches, and inside `Backend.recycling` the hidden layers reuse the same arrays.

    Notes
    -----
    f is the composition of the layers. The 0/1 matrix S (I, O) has ``S[skip_from + j, j] = 1`` for
    the `n_skip` first j. The skip connection adds to each pass::

        forward           y   = f(x) + x S
        backward          gx  = backward(gy) + gy S^T
        tangent           dy  = tangent(dx) + dx S
        tangent_backward  dgx = tangent_backward(dgy) + dgy S^T

    S is constant, so it does not change the gradients of parameters or `scaled_backward`. Layers
    that take the last inputs in addition to their own (`Layer.n_aside`) add to gx in the same way.
    """

    def __init__(
        self,
        layers: Iterable[Layer],
        n_in: int,
        ops: Backend,
        n_skip: int = 0,
        skip_from: int = 0,
    ) -> None:
        self.layers: list[Layer] = [clone(layer) for layer in layers]
        self.n_in = n_in
        self.ops = ops
        self.keeps_caches = True
        self.widths: list[int] = [n_in]
        for layer in self.layers:
            self.widths.append(layer.bind(ops, self.widths[-1]))
        self.n_out: int = self.widths[-1]
        self.n_skip: int = check_int(n_skip, "n_skip", minimum=0)
        self.skip_from: int = check_int(skip_from, "skip_from", minimum=0)
        if self.skip_from + self.n_skip > n_in or self.n_skip > self.n_out:
            raise ValueError(
                f"n_skip={n_skip} inputs from number {skip_from} on cannot go around layers with "
                f"{n_in} inputs and {self.n_out} outputs"
            )
        # a bias and the activation behind it are one operation
        pairs = zip(self.layers, self.layers[1:], strict=False)
        self._biased = {
            i for i, p in enumerate(pairs) if tuple(map(type, p)) == (Dense, Activation)
        }
        self._aside = [i for i, layer in enumerate(self.layers) if layer.n_aside]
        self.layout: Layout = Layout([layer.parameters() for layer in self.layers])

    def describe(self) -> str:
        """The layers in words; networks with equal descriptions can exchange parameters."""
        words = [f"{self.n_in} inputs", *map(_words, self.layers)]
        if self.n_skip:
            words.append(f"plus inputs {self.skip_from} to {self.skip_from + self.n_skip - 1}")
        return ", ".join(words)

    def like(self, layers: Iterable[Layer], ops: Backend) -> Network:
        """A network of `layers` on `ops` with the inputs and the skip connection of this one."""
        return Network(layers, self.n_in, ops, self.n_skip, self.skip_from)

    @cached_property
    def couples_samples(self) -> bool:
        """Some layer lets rows of a batch act on one another."""
        return any(layer.couples_samples for layer in self.layers)

    def largest_product(self, n: int) -> int:
        """The number of multiplications in the largest matrix product of a pass over `n` rows."""
        return n * max(prod(slot.parameter.shape) for slot in self.layout.matrices)

    @property
    def widest(self) -> int:
        """The largest dimension of its rows and of its parameters."""
        shapes = (slot.parameter.shape for slot in self.layout.slots)
        return max(*self.widths, *(n for shape in shapes for n in shape))

    def init(self, rng: np.random.Generator, n_models: int = 1) -> Array:
        """Initial parameters (K, P), drawn on the host and equal for all K members."""
        theta = np.zeros((1, self.layout.size))
        for layer, views in zip(self.layers, self.layout.split(theta), strict=True):
            layer.init({name: view[0] for name, view in views.items()}, rng)
        return self.ops.asarray(np.repeat(theta, n_models, axis=0))

    def split(self, theta: Array) -> list[Params]:
        """Views into `theta` (K, P), or into a gradient of that shape, layer by layer."""
        return self.layout.split(theta)

    @cached_property
    def needs_calibration(self) -> bool:
        """Some layer needs something of a whole batch for evaluation."""
        return any(slot.parameter.kind == "fixed" for slot in self.layout.slots)

    @cached_property
    def hidden(self) -> list[int]:
        """The layers whose inputs are hidden activations: those with weights, but the first one."""
        weighted = {slot.layer for slot in self.layout.matrices}
        return sorted(weighted)[1:]

    @cached_property
    def has_scaled_backward(self) -> bool:
        """From the first layer with weights on, all layers are piecewise linear.

        Then the tangent of a backward pass whose seeds are scaled is that pass, scaled row by row,
        ``dgy = w gy``, at every layer that trains: `scaled_backward` gives the gradients.
        """
        first = min(slot.layer for slot in self.layout.matrices)
        trained = {s.layer for s in self.layout.slots if s.stop <= self.layout.n_trained}
        tail = all(layer.has_scaled_backward for layer in self.layers[first:])
        return tail and min(trained) == first

    def forward(
        self, params: list[Params], x: Array, *, train: bool = False, draws: Draws | None = None
    ) -> tuple[Array, list[Cache]]:
        """y (K, N, O) and the caches of this batch; each holds the layer's ``"input"``."""
        caches: list[Cache] = []
        inputs = x
        for i, (layer, p) in enumerate(zip(self.layers, params, strict=True)):
            caches.append({"input": x})
            if i in self._biased:
                self._reuse("product", i)
                x = layer.product(p, x, caches[i])
            elif i - 1 in self._biased:
                self._reuse("activation", i)
                x = layer.forward_biased(x, params[i - 1]["b"][:, None, :], caches[i])
            else:
                own = draws.within(str(i)) if draws is not None and layer.uses_draws else None
                if layer.n_aside:
                    caches[i]["side"] = inputs[..., -layer.n_aside :]
                x = layer.forward(p, x, caches[i], train=train, draws=own)
        y = self._around(x, inputs)
        return (y, caches) if self.keeps_caches else (y.copy(), [])

    def _reuse(self, what: str, i: int) -> None:
        """Let layer `i` write where an earlier one like it did: that has been read by now."""
        if not self.keeps_caches:
            self.ops.recycle((what, self.widths[i + 1]))

    def calibrate(self, theta: Array, x: Array) -> None:
        """Write statistics of the rows `x` (K, N, I) to the fixed part of `theta`."""
        params = self.split(theta)
        _, caches = self.forward(params, x, train=True)
        for layer, p, cache in zip(self.layers, params, caches, strict=True):
            layer.calibrate(p, cache)

    def backward(
        self,
        params: list[Params],
        gy: Array,
        caches: list[Cache],
        grads: list[Params] | None = None,
        extra_cotangents: dict[int, Array] | None = None,
        rows: slice = ALL_ROWS,
    ) -> Array:
        """gx (K, M, I) of the M `rows`, by default all; adds to `grads` unless that is None.

        `extra_cotangents` has more of them, by layer: of the inputs of some layers but the first.
        """
        added = [None] * len(self.layers) if grads is None else grads
        seed = gy
        for i in reversed(range(1, len(self.layers))):
            gy = self.layers[i].backward(params[i], gy, caches[i], added[i])
            if extra_cotangents and i in extra_cotangents:
                gy = gy + extra_cotangents[i]
        first, arguments = self.layers[0], (params[0], gy, caches[0], added[0])
        if rows == ALL_ROWS:
            gx = self._back(first.backward(*arguments), seed)
        else:
            gx = self._back(first.backward_rows(*arguments, rows), seed[:, rows])
        return self._beside(gx, caches, rows)

    def tangent(self, params: list[Params], dx: Array, caches: list[Cache]) -> Array:
        """dy (K, N, O), the derivative of `forward` along `dx`."""
        dy = dx
        for layer, p, cache in zip(self.layers, params, caches, strict=True):
            if layer.n_aside:
                cache["side_tangent"] = dx[..., -layer.n_aside :]
            dy = layer.tangent(p, dy, cache)
        return self._around(dy, dx)

    def scaled_backward(
        self, params: list[Params], weights: Array, caches: list[Cache], grads: list[Params]
    ) -> None:
        """What `tangent_backward` adds to `grads` for ``dgy = weights``, in a network that has it.

        weights : (K, N, 1); the last backward pass had seed 1. One product a layer and not three.
        """
        for layer, p, cache, g in zip(self.layers, params, caches, grads, strict=True):
            layer.scaled_backward(p, weights, cache, g)

    def tangent_backward(
        self,
        params: list[Params],
        dgy: Array | None,
        caches: list[Cache],
        grads: list[Params],
        extra_cotangents: dict[int, Array] | None = None,
    ) -> Array | None:
        """dgx (K, N, I), the derivative of `backward` along the last tangent; adds to `grads`.

        The pass is linear in `dgy`, so cotangents of a loss ride along in it; `extra_cotangents`
        has those of the inputs of some layers, by layer.
        """
        dgx = dgy
        for i in reversed(range(len(self.layers))):
            dgx = self.layers[i].tangent_backward(params[i], dgx, caches[i], grads[i])
            if extra_cotangents and i in extra_cotangents:
                dgx = extra_cotangents[i] if dgx is None else dgx + extra_cotangents[i]
        added = [dgy] if self.n_skip else []
        added += [caches[i]["side_gradient"] for i in self._aside]
        some = next((a for a in added if a is not None), None)
        if some is None:
            return dgx
        dgx = self.ops.zeros((*some.shape[:2], self.n_in)) if dgx is None else dgx
        return self._beside(dgx if dgy is None else self._back(dgx, dgy), caches)

    def _around(self, y: Array, x: Array) -> Array:
        """``y + x S``; `y` itself may be in a cache."""
        if not self.n_skip:
            return y
        total = y.copy()
        total[..., : self.n_skip] += x[..., self.skip_from : self.skip_from + self.n_skip]
        return total

    def _beside(self, gx: Array, caches: list[Cache], rows: slice = ALL_ROWS) -> Array:
        """`gx` with what layers add for the inputs that they take beside their own."""
        for i in self._aside:
            if (own := caches[i]["side_gradient"]) is not None:
                gx = gx.copy()
                gx[..., -self.layers[i].n_aside :] += own[:, rows]
        return gx

    def _back(self, gx: Array, gy: Array) -> Array:
        """``gx + gy S^T``; `gx` itself may be in a cache."""
        if not self.n_skip:
            return gx
        total = gx.copy()
        total[..., self.skip_from : self.skip_from + self.n_skip] += gy[..., : self.n_skip]
        return total


def _words(value: Any) -> str:
    """A layer or one of its arguments, without what may change (`Layer.free`)."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return f"[{', '.join(map(_words, value))}]"
    if not isinstance(value, Layer):
        return str(value)
    shown = value.get_params(deep=False).items()
    return " ".join(
        [type(value).__name__, *(_words(v) for name, v in shown if name not in value.free)]
    )
