"""What each regularizer buys and costs: every one alone, on ring and grid, with several seeds.

Run: ``python benchmarks/studies/regularizers.py run`` (half an hour on 2 cores with nothing else to
do), which writes one record a fit to ``docs/data/regularizers.json`` and the means over the seeds
to the tables beside it, after each seed; ``python benchmarks/studies/regularizers.py table`` writes
the tables again. A setting here is one change to one of two bases:

- *plain*: the non-saturating GAN without any penalty;
- *paired*: the default loss and gradient penalty (relativistic, R1 + R2), without weight penalty.
"""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from warnings import catch_warnings, simplefilter

import click
import numpy as np
import scipy
import sklearn
from joblib import Parallel, delayed
from scipy.spatial.distance import cdist

import regan
from regan import DivergenceError, RegularizedGAN
from regan.building.architecture import Packing
from regan.constraints import (
    L1Ball,
    L2Ball,
    MaxNonZero,
    MaxNorm,
    MaxUnits,
    NonNegative,
    SpectralNorm,
    UnitNorm,
    WeightClip,
)
from regan.constraints.clipping import ClipGlobalNorm, ClipNorm, ClipValue
from regan.datasets import make_grid, make_ring
from regan.layers import BatchNorm, FourierFeatures, LatentMixture, LayerNorm, MinibatchStd
from regan.losses import NonSaturating, Relativistic
from regan.losses.matching import MatchFeatures, MatchMoments, MatchRows
from regan.metrics import mode_report
from regan.objectives.noise import InstanceNoise
from regan.penalties import L1, L2, ElasticNet, GroupLasso, Orthogonal
from regan.penalties.activity import L1Activity, L2Activity
from regan.penalties.gradient import DRAGAN, R1, R1R2, R2, WGANGP, Roth, ZeroCentredGP

OUTPUT = Path(__file__).resolve().parents[2] / "docs" / "data"
SETTINGS = {
    "hidden_layer_sizes": (64, 64),
    "batch_size": 64,
    "learning_rate_init": 5e-3,
    "n_discriminator_steps": 1,
    "frames": None,
}
BASES: dict[str, dict[str, Any]] = {
    "plain": {"loss": NonSaturating(), "gradient_penalty": None, "penalty": None},
    "paired": {"loss": Relativistic(), "gradient_penalty": R1R2(0.3), "penalty": None},
}
SMOOTHED = {"plain": NonSaturating(0.1), "paired": Relativistic(0.1)}
DATA: dict[str, tuple[Any, float]] = {
    "ring": (make_ring, 0.02),
    "grid": (make_grid, 0.1),
}
METRICS = (
    "modes",
    "covered",
    "high_quality",
    "reverse_kl",
    "relative_std",
    "generator_zeros",
    "discriminator_zeros",
    "generator_norm",
    "discriminator_norm",
    "slope",
    "seconds",
)


@dataclass(frozen=True)
class Case:
    """One regularizer: the change to a base that switches it on."""

    family: str
    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    bases: tuple[str, ...] = tuple(BASES)

    def settings(self, base: str) -> dict[str, Any]:
        """The arguments of the estimator."""
        settings = SETTINGS | BASES[base] | self.changes
        return settings | ({"loss": SMOOTHED[base]} if self.name == "label smoothing" else {})


CASES = (
    Case("none", "none"),
    Case("weight penalty", "L1, both", {"penalty": L1(1e-3)}),
    Case("weight penalty", "L1, G", {"penalty": (L1(1e-3), None)}),
    Case("weight penalty", "L1, D", {"penalty": (None, L1(1e-3))}),
    Case("weight penalty", "L2, both", {"penalty": L2(1e-2)}),
    Case("weight penalty", "L2, G", {"penalty": (L2(1e-2), None)}),
    Case("weight penalty", "L2, D", {"penalty": (None, L2(1e-2))}),
    Case("weight penalty", "elastic net, both", {"penalty": ElasticNet(1e-3, 0.5)}),
    Case("weight penalty", "group lasso, both", {"penalty": GroupLasso(3e-4)}),
    Case("weight penalty", "orthogonal, both", {"penalty": Orthogonal(1e-2)}),
    Case("weight penalty", "decoupled decay, both", {"penalty": L2(0.1), "optimizer": "adamw"}),
    Case("activity penalty", "L2 on G(z)", {"activity_penalty": (L2Activity(1e-2), None)}),
    Case("activity penalty", "L2 on D(x)", {"activity_penalty": (None, L2Activity(1e-2))}),
    Case("activity penalty", "L1 on D(x)", {"activity_penalty": (None, L1Activity(1e-2))}),
    Case("activity penalty", "L1 hidden, both", {"activity_penalty": L1Activity(1e-3, "hidden")}),
    Case("gradient penalty", "R1", {"gradient_penalty": R1(0.3)}),
    Case("gradient penalty", "R2", {"gradient_penalty": R2(0.3)}),
    Case("gradient penalty", "R1 + R2", {"gradient_penalty": R1R2(0.3)}, ("plain",)),
    Case("gradient penalty", "R1 + R2, falling", {"gradient_penalty": R1R2(0.3, "geometric")}),
    Case("gradient penalty", "R1 + R2, every 4th", {"gradient_penalty": R1R2(0.3, interval=4)}),
    Case("gradient penalty", "WGAN-GP", {"gradient_penalty": WGANGP(0.3)}),
    Case("gradient penalty", "zero-centred, between", {"gradient_penalty": ZeroCentredGP(0.3)}),
    Case("gradient penalty", "DRAGAN", {"gradient_penalty": DRAGAN(0.3)}),
    Case("gradient penalty", "Roth", {"gradient_penalty": Roth(0.3)}),
    Case("constraint", "spectral norm, D", {"constraint": (None, SpectralNorm())}),
    Case("constraint", "weight clipping, D", {"constraint": (None, WeightClip(0.1))}),
    Case("constraint", "max-norm, D", {"constraint": (None, MaxNorm(1.0))}),
    Case("constraint", "unit norm, D", {"constraint": (None, UnitNorm())}),
    Case("constraint", "non-negative, D", {"constraint": (None, NonNegative())}),
    Case("constraint", "L1 ball, both", {"constraint": L1Ball(100.0)}),
    Case("constraint", "L2 ball, both", {"constraint": L2Ball(6.0)}),
    Case("constraint", "at most 32 units, both", {"constraint": MaxUnits(32)}),
    Case("constraint", "at most 25 % weights, both", {"constraint": MaxNonZero(0.25)}),
    Case("normalization", "batch norm, G", {"normalization": (BatchNorm(), None)}),
    Case("normalization", "batch norm, D", {"normalization": (None, BatchNorm())}),
    Case("normalization", "layer norm, both", {"normalization": LayerNorm()}),
    Case("dropout", "dropout 0.1, G", {"dropout": (0.1, None)}),
    Case("dropout", "dropout 0.2, D", {"dropout": (None, 0.2)}),
    Case("noise", "instance noise", {"noise": InstanceNoise(0.3)}),
    Case("noise", "label smoothing"),
    Case("architecture", "residual, both", {"architecture": "residual"}),
    Case("architecture", "Fourier features, D", {"architecture": (None, FourierFeatures())}),
    Case("architecture", "minibatch std, D", {"architecture": (None, MinibatchStd())}),
    Case("architecture", "packing by 2, D", {"architecture": (None, Packing(2))}),
    Case("architecture", "latent mixture, G", {"architecture": (LatentMixture(), None)}),
    Case("clipping", "clipping by value", {"clipping": ClipValue(0.1)}),
    Case("clipping", "clipping by norm", {"clipping": ClipNorm(0.1)}),
    Case("clipping", "clipping by global norm", {"clipping": ClipGlobalNorm(0.1)}),
    Case("matching", "rows", {"matching": MatchRows(0.1)}),
    Case("matching", "moments", {"matching": MatchMoments(0.1)}),
    Case("matching", "features", {"matching": MatchFeatures(0.1)}),
    Case("optimizer", "optimistic Adam", {"optimizer": "optimistic_adam"}),
    Case("optimizer", "extra-gradient Adam", {"optimizer": "extra_adam"}),
    Case("optimizer", "two learning rates", {"learning_rate_init": (1.25e-3, 5e-3)}),
    Case("optimizer", "momentum 0.5", {"beta_1": 0.5}),
    Case("averaging", "no moving average", {"ema_decay": 0.0}),
    Case("averaging", "constant learning rate", {"learning_rate": "constant"}),
)


def fit(case: Case, base: str, data: str, seed: int, updates: int) -> dict[str, Any]:
    """One record: what was fitted, and every metric."""
    make, sigma = DATA[data]
    X, _, centers = make(10_000, sigma=sigma, random_state=0)
    gan = RegularizedGAN(**case.settings(base), max_iter=updates, random_state=seed)
    start = process_time()
    with catch_warnings():
        simplefilter("ignore")  # batch norm under a gradient penalty, which is part of the study
        with suppress(DivergenceError):  # the last finite parameters count
            gan.fit(X)
    seconds = process_time() - start
    fake = gan.sample(10_000, random_state=seed)
    report = mode_report(fake, centers, sigma)
    networks = {"generator": gan.generator_, "discriminator": gan.discriminator_}
    values = {
        "modes": report.n_modes,
        "covered": covered(fake, centers, sigma),
        "high_quality": report.high_quality,
        "reverse_kl": report.reverse_kl,
        "relative_std": report.relative_std,
        "slope": slope(gan.discriminator_, (X - X.mean(axis=0)) / X.std(axis=0)),
        "seconds": seconds,
    }
    for name, fitted in networks.items():
        weights = fitted.theta[:, : fitted.network.layout.n_weights]
        values[f"{name}_zeros"] = gan.sparsity_[name].zeros
        values[f"{name}_norm"] = float(np.linalg.norm(weights))
    numbers = {m: float(f"{values[m]:.4g}") for m in METRICS}
    what = {"base": base, "data": data, "family": case.family, "name": case.name, "seed": seed}
    return what | {"updates": gan.n_iter_} | {m: v if v == v else None for m, v in numbers.items()}


def covered(rows: np.ndarray, centers: np.ndarray, sigma: float) -> int:
    """The modes that have a quarter of their due share of `rows` or more, within three sigma.

    One row of 10,000 near a mode, which counts it as reached, says little about a blurred sample.
    """
    found = (cdist(rows, centers) <= 3 * sigma).mean(axis=0)
    return int((found >= 0.25 / len(centers)).sum())


def slope(discriminator: Any, rows: np.ndarray) -> float:
    """The mean of |grad_x D| over `rows` (n, D), which are grouped where D takes packs."""
    network, theta = discriminator.network, discriminator.theta
    x = network.ops.asarray(rows.reshape(1, -1, network.n_in))
    params = network.split(theta)
    y, caches = network.forward(params, x)
    g = network.backward(params, np.ones_like(y), caches).reshape(rows.shape)
    return float(np.linalg.norm(g, axis=1).mean())


def summary(records: list[dict[str, Any]], base: str) -> Iterator[list[str]]:
    """The rows of a table: means over the seeds, and their standard errors."""
    yield [
        "regularizer",
        *(f"{data}: {what}" for data in DATA for what in ("modes", "HQ %", "reverse KL", "std")),
        "zeros G / D, %",
        "norm G / D",
        "slope of D",
        "CPU s",
    ]
    yield ["real rows", *(text for data in DATA for text in of_data(data)), "", "", "", ""]
    for case in CASES:
        own = [r for r in records if (r["base"], r["name"]) == (base, case.name)]
        if own:
            name = f"matching {case.name}" if case.family == "matching" else case.name
            yield [name, *(text for data in DATA for text in of_fits(own, data)), *costs(own)]


def of_data(data: str) -> list[str]:
    """What other rows of the same distribution reach."""
    make, sigma = DATA[data]
    X, _, centers = make(10_000, sigma=sigma, random_state=1)
    r = mode_report(X, centers, sigma)
    return [
        f"{covered(X, centers, sigma):.1f}",
        f"{100 * r.high_quality:.0f}",
        f"{r.reverse_kl:.2f}",
        f"{r.relative_std:.2f}",
    ]


def of_fits(records: list[dict[str, Any]], data: str) -> list[str]:
    """Means and standard errors on one data set."""

    def values(metric: str) -> np.ndarray:
        return np.array([r[metric] for r in records if r["data"] == data], dtype=float)

    quality, kl, std = 100 * values("high_quality"), values("reverse_kl"), values("relative_std")
    return [
        f"{values('covered').mean():.1f}",
        f"{quality.mean():.0f} ± {error(quality):.0f}",
        f"{kl.mean():.2f} ± {error(kl):.2f}",
        "n/a" if np.isnan(std).all() else f"{np.nanmean(std):.2f}",
    ]


def costs(records: list[dict[str, Any]]) -> list[str]:
    """What the networks look like, over both data sets, and the time."""
    mean = {m: np.mean([r[m] for r in records]) for m in METRICS if m != "relative_std"}
    return [
        f"{100 * mean['generator_zeros']:.0f} / {100 * mean['discriminator_zeros']:.0f}",
        f"{mean['generator_norm']:.0f} / {mean['discriminator_norm']:.0f}",
        f"{mean['slope']:.2g}",
        f"{mean['seconds']:.1f}",
    ]


def error(values: np.ndarray) -> float:
    """The standard error of the mean; 0 for one value."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def write_tables(output: Path) -> None:
    """One CSV file a base, from the records in `output`."""
    records = json.loads((output / "regularizers.json").read_text())["fits"]
    for base in BASES:
        with (output / f"regularizers_{base}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(summary(records, base))


@click.group()
def main() -> None:
    """The study of all regularizers."""


@main.command()
@click.option("--updates", type=click.IntRange(min=1), default=2500, help="Of each fit.")
@click.option("--seeds", type=click.IntRange(min=1), default=3)
@click.option("--jobs", type=click.IntRange(min=1), default=2, help="Processes of one thread.")
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT, help="A folder.")
def run(updates: int, seeds: int, jobs: int, output: Path) -> None:
    """Fit, and write the records and the tables."""
    start = perf_counter()
    # seeds outermost: what is there after a third of the time is the whole study with one seed
    todo = [
        (case, base, data, seed, updates)
        for seed in range(seeds)
        for case in CASES
        for base in case.bases
        for data in DATA
    ]
    parallel = Parallel(jobs, return_as="generator")
    records = []
    for record in parallel(delayed(fit)(*arguments) for arguments in todo):
        records.append(record)
        if len(records) % (len(todo) // seeds) == 0:
            write(records, updates, jobs, perf_counter() - start, output)
            click.echo(f"{len(records)} of {len(todo)} fits, {perf_counter() - start:.0f} s")


def write(
    records: list[dict[str, Any]], updates: int, jobs: int, seconds: float, output: Path
) -> None:
    """The records with what they depend on, and the tables."""
    about = {
        "settings": SETTINGS | {"max_iter": updates},
        "sigma": {data: sigma for data, (_, sigma) in DATA.items()},
        "versions": {
            "regan": regan.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "python": platform.python_version(),
        },
        "jobs": jobs,
        "minutes": round(seconds / 60, 1),
    }
    lines = ",\n".join(json.dumps(record) for record in records)
    text = f'{{"about": {json.dumps(about)},\n"fits": [\n{lines}\n]}}\n'
    output.mkdir(parents=True, exist_ok=True)
    (output / "regularizers.json").write_text(text)
    write_tables(output)


@main.command()
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT, help="A folder.")
def table(output: Path) -> None:
    """Write the tables from the records."""
    write_tables(output)


if __name__ == "__main__":
    main()
