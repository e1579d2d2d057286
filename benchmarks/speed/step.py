"""One training step beside eager torch: gradients first, then ratios of time, in one run.

    tox -e bench          # or, where torch is installed: python benchmarks/speed/step.py

A step is an update of the discriminator and one of the generator, by Adam, with an L2 penalty on
the weights, without a gradient penalty and with R1 + R2. Networks, rows, dtype and threads are the
same on both sides; torch takes its fused Adam, with the penalty as weight decay, and
updates in turn. regan does so too, and in a second column updates both networks at once. They
take turns, a chunk of steps each, and every figure is a median over the chunks. Where JAX is
installed, a step compiled by it takes part too.

The share is the step's floating-point operations, those of the products of the method as it is
(fused passes are counted as they are, so a method that needs fewer is not rewarded), over its time
and over the rate of a large product in the same run.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import regan
from regan import RegularizedGAN
from regan.backends import get_backend
from regan.building.specs import Shape, read
from regan.layers.draws import Draws
from regan.objectives.batch import Batch
from regan.training.recording import Updates
from regan.training.state import Run
from regan.training.training_data import TrainingData

ALPHA, GAMMA, RATE, ROWS = 1e-4, 0.3, 3e-3, 4000
TOLERANCES = {"float32": 1e-4, "float64": 1e-9}


@dataclass(frozen=True)
class Cell:
    """A size: columns of the data, length of a noise row, width of two hidden layers, batch."""

    features: int
    latent: int
    width: int
    batch: int

    def __str__(self) -> str:
        return f"{self.features}, {self.latent}, {self.width}, {self.batch}"


try:
    import jax
    from step_jax import Jitted
except ImportError:
    jax = None

GRID = [
    Cell(2, 2, 128, 128),
    Cell(64, 32, 128, 128),
    Cell(784, 100, 128, 128),
    Cell(784, 100, 256, 128),
    Cell(50, 128, 256, 500),
    Cell(784, 100, 1024, 512),
]


class Ours:
    """A GAN of regan, ready to step."""

    def __init__(
        self, cell: Cell, penalised: bool, at_once: bool, dtype: str, backend: str = "numpy"
    ) -> None:
        settings = RegularizedGAN(
            "l2",
            alpha=ALPHA,
            hidden_layer_sizes=(cell.width, cell.width),
            latent_dim=cell.latent,
            batch_size=cell.batch,
            learning_rate_init=RATE,
            learning_rate="constant",
            gradient_penalty="r1r2" if penalised else None,
            gamma=GAMMA,
            n_discriminator_steps=0 if at_once else 1,
            dtype=dtype,
        )
        self.ops = get_backend(backend, dtype)
        spec = read(settings)
        self.objective = spec.bind(self.ops, Shape(cell.features))
        self.trainer = spec.trainer(self.objective, ROWS)
        self.state = self.trainer.init(0)
        X = rows_for(cell)
        self.run = Run(self.state, 10**9)
        self.updates = Updates(self.trainer, self.run, TrainingData(self.ops, X), 10**9)

    def steps(self, n: int) -> None:
        """Make `n` steps."""
        with self.ops.threads_for(self.trainer._largest_product()):
            self.trainer._window(self.run, self.updates, n, None, quiet=True)

    def gradients(self, real: np.ndarray, noise: np.ndarray) -> list[np.ndarray]:
        """Of the discriminator and of the generator, as lists of W and b, layer by layer."""
        found = []
        for name in ("discriminator", "generator"):
            batch = Batch(self.ops.asarray(real[None]), _Given(self.ops, noise[None]))
            _, grads = self.objective.value_and_grad((name,), self.state.thetas, batch)
            found += self.arrays(name, grads[name])
        return found

    def arrays(self, name: str, theta: Any) -> list[np.ndarray]:
        """W and b of a network, or gradients by them, layer by layer."""
        views = self.objective.networks[name].split(theta)
        return [self.ops.to_numpy(v[key][0]) for v in views for key in ("W", "b") if key in v]


class _Given(Draws):
    """Draws in which all normal numbers are those given."""

    def __init__(self, ops: Any, noise: np.ndarray) -> None:
        super().__init__(ops, None)
        self._noise = ops.asarray(noise)

    def within(self, name: str) -> _Given:
        return self

    def normal(self, name: str, shape: tuple[int, ...]) -> Any:
        return self._noise


class Theirs:
    """The same GAN in torch."""

    def __init__(self, cell: Cell, penalised: bool, dtype: str, device: str = "cpu") -> None:
        self.cell, self.penalised = cell, penalised
        self.on: Any = {"dtype": getattr(torch, dtype), "device": device}
        self.G = self._network(cell.latent, cell.features)
        self.D = self._network(cell.features, 1)
        self.opt_G, self.opt_D = self._adam(self.G), self._adam(self.D)
        self.X = torch.tensor(rows_for(cell), **self.on)

    def _network(self, n_in: int, n_out: int) -> torch.nn.Sequential:
        linear, leaky, width = torch.nn.Linear, torch.nn.LeakyReLU, self.cell.width
        layers = linear(n_in, width), leaky(0.2), linear(width, width), leaky(0.2)
        return torch.nn.Sequential(*layers, linear(width, n_out)).to(**self.on)

    def _adam(self, network: torch.nn.Sequential) -> torch.optim.Adam:
        groups = [
            {"params": [p for p in network.parameters() if p.ndim == 2], "weight_decay": ALPHA},
            {"params": [p for p in network.parameters() if p.ndim == 1]},
        ]
        return torch.optim.Adam(groups, lr=RATE, betas=(0.0, 0.99), fused=True)

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
        for _ in range(n):
            real = self.X[torch.randint(0, ROWS, (self.cell.batch,), device=self.X.device)]
            for loss, network, optimizer in (
                (self.discriminator_loss, self.D, self.opt_D),
                (self.generator_loss, self.G, self.opt_G),
            ):
                noise = torch.randn(self.cell.batch, self.cell.latent, **self.on)
                parameters = list(network.parameters())
                # only what is updated: the generator's step needs no gradient of D's parameters
                grads = torch.autograd.grad(loss(real, noise), parameters)
                for p, g in zip(parameters, grads, strict=True):
                    p.grad = g
                optimizer.step()

    def gradients(self, real: np.ndarray, noise: np.ndarray) -> list[np.ndarray]:
        found = []
        given = [torch.tensor(a, **self.on) for a in (real, noise)]
        for loss, network in (
            (self.discriminator_loss, self.D),
            (self.generator_loss, self.G),
        ):
            parameters = list(network.parameters())
            for p, g in zip(parameters, torch.autograd.grad(loss(*given), parameters), strict=True):
                decayed = g + ALPHA * p if p.ndim == 2 else g
                found.append((decayed.detach().T if p.ndim == 2 else decayed).cpu().numpy())
        return found

    def take(self, ours: Ours) -> None:
        """The parameters of `ours`."""
        for name, network in (("generator", self.G), ("discriminator", self.D)):
            arrays = ours.arrays(name, ours.state.thetas[name])
            for p, a in zip(network.parameters(), arrays, strict=True):
                p.data = torch.tensor(np.ascontiguousarray(a.T), **self.on)


def rows_for(cell: Cell) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((ROWS, cell.features))


def check(
    cell: Cell, penalised: bool, dtype: str, backend: str = "numpy", device: str = "cpu"
) -> float:
    """The largest error between both sides' gradients, as a share of the largest entry."""
    ours = Ours(cell, penalised, False, dtype, backend)
    return compare(ours, Theirs(cell, penalised, dtype, device), cell, dtype)


def compare(ours: Ours, theirs: Any, cell: Cell, dtype: str) -> float:
    """See `check`."""
    theirs.take(ours)
    rng = np.random.default_rng(1)
    real = rng.standard_normal((cell.batch, cell.features))
    noise = rng.standard_normal((cell.batch, cell.latent))
    one, two = ours.gradients(real, noise), theirs.gradients(real, noise)
    half = len(one) // 2  # the discriminator's, then the generator's
    error = max(
        max(float(np.abs(a - b).max()) for a, b in zip(one[part], two[part], strict=True))
        / max(float(np.abs(b).max()) for b in two[part])
        for part in (slice(half), slice(half, None))
    )
    if error > TOLERANCES[dtype]:
        raise AssertionError(f"{cell}, {dtype}: gradients differ by {error:.1e}")
    return error


def jitted(cell: Cell, penalised: bool) -> Jitted:
    """The step in JAX, after a look at its gradients."""
    found = Jitted(cell, penalised, "float32", {"alpha": ALPHA, "gamma": GAMMA, "rate": RATE})
    compare(Ours(cell, penalised, False, "float32"), found, cell, "float32")
    found.X = jax.numpy.asarray(rows_for(cell), "float32")
    return found


def products(cell: Cell, penalised: bool, at_once: bool) -> float:
    """Floating-point operations in the products of one step of regan."""
    w, n = cell.width, cell.batch
    generator = 2 * n * (cell.latent * w + w * w + w * cell.features)
    judge = 2 * n * (cell.features * w + w * w + w)
    passes = 4 if penalised else 3  # forward, backward, (tangent,) parameters
    if at_once:
        return 3 * generator + 2 * judge * passes
    return 4 * generator + 2 * judge * passes + 3 * judge


def product_rate(seconds: float = 0.3) -> float:
    """Operations a second of a product of two 1024 x 1024 matrices in float32."""
    a = np.random.default_rng(0).standard_normal((1024, 1024)).astype("float32")
    out, times, start = np.empty_like(a), [], time.perf_counter()
    while time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        np.matmul(a, a, out=out)
        times.append(time.perf_counter() - begin)
    return 2 * 1024**3 / float(np.median(times))


def measure(sides: dict[str, Callable[[int], None]], chunks: int, seconds: float) -> Iterator[Any]:
    """For each round of turns: the seconds a step of each side."""
    lengths = {}
    for name, steps in sides.items():
        steps(3)
        begin = time.perf_counter()
        steps(3)
        lengths[name] = max(1, int(seconds * 3 / (time.perf_counter() - begin)))
    for _ in range(chunks):
        taken = {}
        for name, steps in sides.items():
            time.sleep(0.05)  # threads of the last turn that wait for more work give up
            begin = time.perf_counter()
            steps(lengths[name])
            taken[name] = (time.perf_counter() - begin) / lengths[name]
        yield taken


def _peak(side: str, cell: Cell, penalised: bool, threads: int) -> float:
    """In a process of its own: megabytes that a GAN and a few steps add to the imports (Linux)."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return float("nan")

    def kilobytes(key: str) -> int:
        line = next(line for line in status.read_text().splitlines() if line.startswith(key))
        return int(line.split()[1])

    with limited(threads):
        reset.write_text("5")  # the peak so far is forgotten
        before = kilobytes("VmRSS")
        gan: Any
        if side == "torch":
            gan = Theirs(cell, penalised, "float32")
        else:
            gan = Ours(cell, penalised, side == "at once", "float32")
        gan.steps(20)
        return (kilobytes("VmHWM") - before) / 1024


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Both sides with so many threads."""
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        yield


@click.command()
@click.option("--threads", default=2, show_default=True)
@click.option("--chunks", default=9, show_default=True, help="Turns of each side.")
@click.option("--seconds", default=0.5, show_default=True, help="The length of a turn.")
def main(threads: int, chunks: int, seconds: float) -> None:
    """Compare, then time."""
    torch.manual_seed(0)
    errors = {
        dtype: max(check(cell, p, dtype) for cell in GRID[:4] for p in (False, True))
        for dtype in TOLERANCES
    }
    console = Console(width=150)
    console.print(
        f"regan {regan.__version__}, numpy {np.__version__}, torch {torch.__version__}, "
        f"python {platform.python_version()}, {threads} threads"
    )
    console.print(
        "gradients agree: "
        + ", ".join(f"{dtype} to {error:.1e}" for dtype, error in errors.items())
    )
    context = get_context("spawn")
    for penalised in (False, True):
        table = Table(title="with R1 + R2" if penalised else "without a gradient penalty")
        for column in ("features, latent, width, batch", "torch ms", "in turn ms", "ratio"):
            table.add_column(column)
        for column in ("at once ms", "ratio", "share", "MB torch / in turn / at once"):
            table.add_column(column)
        if jax is not None:
            table.add_column("JAX ms")
            table.add_column("JAX / at once")
        ratios: dict[str, list[float]] = {"in turn": [], "at once": []}
        for cell in GRID:
            with limited(threads):
                sides = {
                    "torch": Theirs(cell, penalised, "float32").steps,
                    "in turn": Ours(cell, penalised, False, "float32").steps,
                    "at once": Ours(cell, penalised, True, "float32").steps,
                }
                if jax is not None:
                    sides["JAX"] = jitted(cell, penalised).steps
                rounds = list(measure(sides, chunks, seconds))
                rate = product_rate()
            middle = {name: float(np.median([r[name] for r in rounds])) for name in sides}
            for name, found in ratios.items():
                found.append(float(np.median([r["torch"] / r[name] for r in rounds])))
            with context.Pool(1, maxtasksperchild=1) as pool:
                peaks = [
                    pool.apply(_peak, (side, cell, penalised, threads))
                    for side in ("torch", "in turn", "at once")
                ]
            more = []
            if jax is not None:
                ratio = float(np.median([r["JAX"] / r["at once"] for r in rounds]))
                more = [f"{1e3 * middle['JAX']:.2f}", f"{ratio:.2f}"]
            table.add_row(
                str(cell),
                *(f"{1e3 * middle['torch']:.2f}", f"{1e3 * middle['in turn']:.2f}"),
                *(f"{ratios['in turn'][-1]:.2f}", f"{1e3 * middle['at once']:.2f}"),
                f"{ratios['at once'][-1]:.2f}",
                f"{products(cell, penalised, True) / middle['at once'] / rate:.0%}",
                " / ".join(f"{peak:.0f}" for peak in peaks),
                *more,
            )
        console.print(table)
        means = {name: float(np.exp(np.mean(np.log(found)))) for name, found in ratios.items()}
        console.print(
            f"geometric mean of torch / regan: in turn {means['in turn']:.2f}, "
            f"at once {means['at once']:.2f}\n"
        )


if __name__ == "__main__":
    main()
