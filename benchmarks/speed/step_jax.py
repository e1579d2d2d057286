"""The GAN of `cells.py` in JAX: one compiled function makes a whole step."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

BETA_2, EPSILON, LEAK = 0.99, 1e-8, 0.2


def forward(layers: list[Any], x: Any) -> Any:
    """A network: pairs of W (I, O) and b (O,), leaky ReLU between them."""
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        x = jnp.where(x > 0, x, LEAK * x) if i < len(layers) - 1 else x
    return x


class Jitted:
    """The same networks, losses and Adam, in turn."""

    def __init__(self, cell: Any, penalised: bool, dtype: str, constants: dict[str, float]) -> None:
        self.cell, self.penalised, self.constants = cell, penalised, constants
        self.dtype = jnp.dtype(dtype)
        rng = np.random.default_rng(0)
        sizes = {"generator": (cell.latent, cell.features), "discriminator": (cell.features, 1)}
        self.networks = {}
        for name, (n_in, n_out) in sizes.items():
            widths = n_in, cell.width, cell.width, n_out
            self.networks[name] = [
                (jnp.asarray(rng.normal(size=(i, o)) * i**-0.5, self.dtype), jnp.zeros(o, dtype))
                for i, o in pairwise(widths)
            ]
        self._moments = {n: jax.tree.map(jnp.zeros_like, w) for n, w in self.networks.items()}
        self._key, self._t = jax.random.key(0), jnp.zeros((), self.dtype)
        self._step = jax.jit(self._whole, donate_argnums=(0, 1, 2))
        self.X = jnp.asarray(cell.rows(), self.dtype)

    def discriminator_loss(self, own: Any, other: Any, real: Any, noise: Any) -> Any:
        x = jnp.concatenate([real, jax.lax.stop_gradient(forward(other, noise))])
        n = len(real)
        scores = forward(own, x)
        loss = jax.nn.softplus(scores[n:] - scores[:n]).mean()
        if self.penalised:
            g = jax.grad(lambda rows: forward(own, rows).sum())(x)
            loss += self.constants["gamma"] / 2 * (g * g).sum() / n
        return loss

    def generator_loss(self, own: Any, other: Any, real: Any, noise: Any) -> Any:
        on_fake = forward(other, forward(own, noise))
        return jax.nn.softplus(forward(other, real) - on_fake).mean()

    def _gradient(self, name: str, networks: Any, real: Any, noise: Any) -> Any:
        first = name == "discriminator"
        loss = self.discriminator_loss if first else self.generator_loss
        other = networks["generator" if first else "discriminator"]
        grads = jax.grad(loss)(networks[name], other, real, noise)
        alpha = self.constants["alpha"]
        return [
            (gw + alpha * w, gb) for (gw, gb), (w, _) in zip(grads, networks[name], strict=True)
        ]

    def _whole(self, networks: Any, moments: Any, t: Any, key: Any, X: Any) -> Any:
        key, rows, *noises = jax.random.split(key, 4)
        n, t = self.cell.batch, t + 1
        real = X[jax.random.randint(rows, (n,), 0, len(X))]
        networks, moments = dict(networks), dict(moments)
        for name, own in zip(("discriminator", "generator"), noises, strict=True):
            noise = jax.random.normal(own, (n, self.cell.latent), self.dtype)
            grads = self._gradient(name, networks, real, noise)
            decayed = partial(jax.tree.map, lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g)
            moments[name] = decayed(moments[name], grads)
            correction = 1 - BETA_2**t
            networks[name] = jax.tree.map(
                lambda w, g, v, c=correction: (
                    w - self.constants["rate"] * g / (jnp.sqrt(v / c) + EPSILON)
                ),
                networks[name],
                grads,
                moments[name],
            )
        return networks, moments, t, key

    def steps(self, n: int) -> None:
        """Make `n` steps."""
        state = self.networks, self._moments, self._t, self._key
        for _ in range(n):
            state = self._step(*state, self.X)
        self.networks, self._moments, self._t, self._key = jax.block_until_ready(state)

    def gradients(self, real: np.ndarray, noise: np.ndarray) -> list[np.ndarray]:
        """Of the discriminator and of the generator, as lists of W and b, layer by layer."""
        given = [jnp.asarray(a, self.dtype) for a in (real, noise)]
        found: list[np.ndarray] = []
        for name in ("discriminator", "generator"):
            grads = self._gradient(name, self.networks, *given)
            found += [np.asarray(a) for layer in grads for a in layer]
        return found

    def take(self, ours: Any) -> None:
        """The parameters of `ours`."""
        for name in self.networks:
            arrays = [jnp.asarray(a) for a in ours.arrays(name, ours.state.thetas[name])]
            self.networks[name] = list(zip(arrays[::2], arrays[1::2], strict=True))
