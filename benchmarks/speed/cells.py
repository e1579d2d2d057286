"""GANs of given sizes, ready to step: what the programs of this folder time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

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
TITLES = {False: "no gradient penalty", True: "R1 + R2"}


@dataclass(frozen=True)
class Cell:
    """A size: columns of the data, length of a noise row, width of two hidden layers, batch."""

    features: int
    latent: int
    width: int
    batch: int

    def __str__(self) -> str:
        return f"{self.features}, {self.latent}, {self.width}, {self.batch}"

    def rows(self) -> np.ndarray:
        """What both sides train on."""
        return normal_rows(self.features)


GRID = [
    Cell(2, 2, 128, 128),
    Cell(64, 32, 128, 128),
    Cell(784, 100, 128, 128),
    Cell(784, 100, 256, 128),
    Cell(50, 128, 256, 500),
    Cell(784, 100, 1024, 512),
]


def normal_rows(n_columns: int) -> np.ndarray:
    """Standard normal rows, the same in every program."""
    return np.random.default_rng(0).standard_normal((ROWS, n_columns))


class Training:
    """K models of one estimator in training."""

    def __init__(self, settings: RegularizedGAN, n_columns: int, n_models: int = 1) -> None:
        self.ops = get_backend(settings.backend, settings.dtype)
        spec = read(settings)
        self.objective = spec.bind(self.ops, Shape(n_columns))
        self.trainer = spec.trainer(self.objective, ROWS)
        self.state = self.trainer.init(0, n_models)
        self.run = Run(self.state, 10**9)
        data = TrainingData(self.ops, normal_rows(n_columns))
        self.updates = Updates(self.trainer, self.run, data, 10**9)

    def steps(self, n: int) -> None:
        """Make `n` steps, to the end."""
        with self.trainer._threads(self.state):
            self.trainer._window(self.run, self.updates, n, None, quiet=True)
        self.ops.synchronize()

    @property
    def recordings(self) -> list[Any]:
        """What the backend recorded of the updates so far."""
        return [part._recording for parts in self.updates._recordings.values() for part in parts]


class Ours(Training):
    """A GAN of regan of the size of a cell."""

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
            gamma=GAMMA if penalised else "auto",
            n_discriminator_steps=0 if at_once else 1,
            dtype=dtype,
            backend=backend,
        )
        super().__init__(settings, cell.features)

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

    def within(self, name: str, n_blocks: int | None = None) -> _Given:
        return self

    def normal(self, name: str, shape: tuple[int, ...]) -> Any:
        return self._noise


def largest_error(ours: Ours, theirs: Any, cell: Cell) -> float:
    """Between both sides' gradients at the weights of `ours`, as a share of the largest entry."""
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
    if error > TOLERANCES[ours.ops.dtype.name]:
        raise AssertionError(f"{cell}, {ours.ops.dtype}: gradients differ by {error:.1e}")
    return error


def products(cell: Cell, penalised: bool, at_once: bool) -> float:
    """Floating-point operations in the products of one step of regan."""
    w, n = cell.width, cell.batch
    generator = 2 * n * (cell.latent * w + w * w + w * cell.features)
    judge = 2 * n * (cell.features * w + w * w + w)
    passes = 4 if penalised else 3  # forward, backward, (tangent,) parameters
    if at_once:
        return 3 * generator + 2 * judge * passes
    return 4 * generator + 2 * judge * passes + 3 * judge
