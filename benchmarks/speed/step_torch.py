"""The GAN of `cells.py` in torch: eager, with compiled gradients, and captured in a CUDA graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from cells import ALPHA, GAMMA, RATE, ROWS, TOLERANCES, Cell, Ours
from torch.func import functional_call, grad

Tensors = dict[str, torch.Tensor]


class Eager:
    """The same networks, losses and fused Adam, in turn."""

    def __init__(
        self, cell: Cell, penalised: bool, dtype: str = "float32", device: str = "cpu"
    ) -> None:
        self.cell, self.penalised = cell, penalised
        self.on: Any = {"dtype": getattr(torch, dtype), "device": device}
        self.G = self._network(cell.latent, cell.features)
        self.D = self._network(cell.features, 1)
        self.opt_G, self.opt_D = self._adam(self.G), self._adam(self.D)
        self.X = torch.tensor(cell.rows(), **self.on)

    def _network(self, n_in: int, n_out: int) -> torch.nn.Sequential:
        linear, leaky, width = torch.nn.Linear, torch.nn.LeakyReLU, self.cell.width
        layers = linear(n_in, width), leaky(0.2), linear(width, width), leaky(0.2)
        return torch.nn.Sequential(*layers, linear(width, n_out)).to(**self.on)

    def _adam(self, network: torch.nn.Sequential, **more: bool) -> torch.optim.Adam:
        groups = [
            {"params": [p for p in network.parameters() if p.ndim == 2], "weight_decay": ALPHA},
            {"params": [p for p in network.parameters() if p.ndim == 1]},
        ]
        return torch.optim.Adam(groups, lr=RATE, betas=(0.0, 0.99), fused=True, **more)

    def discriminator_loss(self, real: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            fake = self.G(noise)
        x, n = torch.cat([real, fake]).requires_grad_(self.penalised), len(real)
        scores = self.D(x)
        loss = torch.nn.functional.softplus(scores[n:] - scores[:n]).mean()
        if self.penalised:
            (g,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
            loss = loss + GAMMA / 2 * (g * g).sum() / n
        return loss

    def generator_loss(self, real: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            on_real = self.D(real)
        return torch.nn.functional.softplus(on_real - self.D(self.G(noise))).mean()

    def steps(self, n: int) -> None:
        """Make `n` steps, to the end."""
        for _ in range(n):
            self._step()
        if self.X.is_cuda:
            torch.cuda.synchronize()

    def _step(self) -> None:
        real = self.X[torch.randint(0, ROWS, (self.cell.batch,), device=self.X.device)]
        for i, (network, optimizer) in enumerate(((self.D, self.opt_D), (self.G, self.opt_G))):
            noise = torch.randn(self.cell.batch, self.cell.latent, **self.on)
            grads = self.gradients_of(i, real, noise)
            for p, g in zip(network.parameters(), grads, strict=True):
                p.grad = g
            optimizer.step()

    def gradients_of(self, i: int, real: torch.Tensor, noise: torch.Tensor) -> Any:
        """Of the discriminator (0) or the generator (1), in the order of its parameters."""
        loss = (self.discriminator_loss, self.generator_loss)[i](real, noise)
        # only what is updated: the generator's step needs no gradient of D's parameters
        return torch.autograd.grad(loss, list((self.D, self.G)[i].parameters()))

    def gradients(self, real: np.ndarray, noise: np.ndarray) -> list[np.ndarray]:
        """Of the discriminator and of the generator, as lists of W and b, layer by layer."""
        found, given = [], [torch.tensor(a, **self.on) for a in (real, noise)]
        for i, network in enumerate((self.D, self.G)):
            for p, g in zip(network.parameters(), self.gradients_of(i, *given), strict=True):
                decayed = g + ALPHA * p if p.ndim == 2 else g
                found.append((decayed.detach().T if p.ndim == 2 else decayed).cpu().numpy())
        return found

    def take(self, ours: Ours) -> None:
        """The parameters of `ours`."""
        for name, network in (("generator", self.G), ("discriminator", self.D)):
            arrays = ours.arrays(name, ours.state.thetas[name])
            for p, a in zip(network.parameters(), arrays, strict=True):
                p.data = torch.tensor(np.ascontiguousarray(a.T), **self.on)


class Compiled(Eager):
    """The same step; each player's gradients are one compiled function."""

    def __init__(
        self, cell: Cell, penalised: bool, dtype: str = "float32", device: str = "cpu"
    ) -> None:
        super().__init__(cell, penalised, dtype, device)
        mode = "reduce-overhead" if device == "cuda" else "default"  # the former has CUDA graphs
        self._parameters = [
            {name: p.detach() for name, p in network.named_parameters()}
            for network in (self.D, self.G)
        ]
        for tensors in self._parameters:
            for p in tensors.values():  # else a graph copies its arguments each time
                torch._dynamo.mark_static_address(p)
        self._grads = [
            torch.compile(grad(loss), mode=mode)
            for loss in (self._of_discriminator, self._of_generator)
        ]

    def _of_discriminator(
        self, own: Tensors, other: Tensors, real: torch.Tensor, noise: torch.Tensor
    ) -> Any:
        fake = functional_call(self.G, other, (noise,))
        x, n = torch.cat([real, fake]), len(real)
        scores = functional_call(self.D, own, (x,))
        loss = torch.nn.functional.softplus(scores[n:] - scores[:n]).mean()
        if self.penalised:
            # of what autograd offers, the one way to a second derivative that torch.compile takes
            g = grad(lambda rows: functional_call(self.D, own, (rows,)).sum())(x)
            loss = loss + GAMMA / 2 * (g * g).sum() / n
        return loss

    def _of_generator(
        self, own: Tensors, other: Tensors, real: torch.Tensor, noise: torch.Tensor
    ) -> Any:
        on_real = functional_call(self.D, other, (real,))
        on_fake = functional_call(self.D, other, (functional_call(self.G, own, (noise,)),))
        return torch.nn.functional.softplus(on_real - on_fake).mean()

    def gradients_of(self, i: int, real: torch.Tensor, noise: torch.Tensor) -> Any:
        own, other = self._parameters[:: 1 if i == 0 else -1]
        torch.compiler.cudagraph_mark_step_begin()
        return list(self._grads[i](own, other, real, noise).values())

    def check(self) -> float:
        """The largest error beside the eager step's gradients, as a share of the largest entry."""
        real = self.X[: self.cell.batch]
        noise = torch.randn(self.cell.batch, self.cell.latent, **self.on)
        errors = []
        for i in range(2):
            expected = super().gradients_of(i, real, noise)
            found = self.gradients_of(i, real, noise)
            scale = max(float(e.abs().max()) for e in expected)
            differences = (a - b for a, b in zip(found, expected, strict=True))
            errors += [float(d.abs().max()) / scale for d in differences]
        if max(errors) > TOLERANCES["float32"]:
            raise AssertionError(f"{self.cell}: compiled gradients differ by {max(errors):.1e}")
        return max(errors)


class Captured(Eager):
    """The same eager step, in a CUDA graph."""

    def __init__(self, cell: Cell, penalised: bool, dtype: str = "float32") -> None:
        super().__init__(cell, penalised, dtype, "cuda")
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                super()._step()
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            super()._step()

    def _adam(self, network: torch.nn.Sequential, **more: bool) -> torch.optim.Adam:
        return super()._adam(network, capturable=True)

    def _step(self) -> None:
        self._graph.replay()
