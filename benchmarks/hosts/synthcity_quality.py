"""regan compared with synthcity's generators, by synthcity's own measures, on mixed tables.

Run: ``tox -e bench-synthcity``. All networks have two hidden layers of 128 units and train for as
many updates with batches of 200 rows; everything else is as each has it by default. regan's are
there with all their defaults as well, and so is its mixture, which has no networks. Prints a table
in Markdown for each data set, of which 80 % are there to learn from and 20 % to be compared with:
means over the repeats, with a seed each. "real rows" are rows of the table that are in neither
part, measured as if they had been generated: the best that can be expected.

synthcity's measures by an MLP are left out, as it does not scale its input and learns nothing from
these tables. Its embedding by a one-class network does not scale either, and from some seeds maps
all rows to nearly one point, where real rows fail as well: alpha-precision and beta-recall are
those of scaled columns, and behind networks of several seeds, each of which measures all.
"""

from __future__ import annotations

import sys
import warnings
from glob import glob
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))
import synthcity_shim  # noqa: F401  before synthcity

sys.path.append(str(Path(__file__).parents[2] / "examples"))
import synthcity.logger
from synthcity.benchmark import Benchmarks
from synthcity.metrics import Metrics
from synthcity.metrics.eval_statistical import AlphaPrecision
from synthcity.plugins.core.dataloader import GenericDataLoader
from synthcity.utils.reproducibility import enable_reproducible_results
from synthcity.utils.serialization import load_from_file
from tables import adult, credit

from regan.plugins.synthcity import register

BATCH, UNITS, NETWORKS = 200, 128, 4
TARGETS = {"adult": "income", "credit": "Status"}
METRICS = {
    "stats": ["jensenshannon_dist", "ks_test", "wasserstein_dist", "alpha_precision"],
    "detection": ["detection_linear", "detection_xgb"],
    "performance": ["linear_model", "xgb"],
}
SHOWN = {
    "stats.jensenshannon_dist.marginal": "Jensen-Shannon distance of columns",
    "stats.ks_test.marginal": "1 - Kolmogorov-Smirnov of columns",
    "stats.wasserstein_dist.joint": "Wasserstein distance of tables",
    "stats.alpha_precision.delta_precision_alpha_naive": "alpha-precision, scaled columns",
    "stats.alpha_precision.delta_coverage_beta_naive": "beta-recall, scaled columns",
    "detection.detection_linear.mean": "detected by a linear model, AUC",
    "detection.detection_xgb.mean": "detected by xgboost, AUC",
    "performance.linear_model.gt": "target, linear, trained on real rows",
    "performance.linear_model.syn_ood": "target, linear, on generated ones",
    "performance.xgb.gt": "target, xgboost, trained on real rows",
    "performance.xgb.syn_ood": "target, xgboost, on generated ones",
}


def generators(updates: int, n_train: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What to compare, as synthcity wants it: a title, the plugin's name, its settings."""
    epochs = updates // -(-n_train // BATCH)
    # no early stopping: the same number of updates for all
    torch = {"n_iter": epochs, "n_iter_min": epochs, "batch_size": BATCH}
    own = {"max_iter": updates, "n_units": UNITS, "n_layers": 2, "batch_size": BATCH}
    gan = {f"{net}_n_units_hidden": UNITS for net in ("generator", "discriminator")}
    vae = {f"{net}_n_units_hidden": UNITS for net in ("encoder", "decoder")}
    layers = {f"{net}_n_layers_hidden": 2 for net in ("encoder", "decoder")}
    return [
        ("regan", "regan", own),
        ("ctgan", "ctgan", torch | gan),
        ("regan_vae", "regan_vae", own),
        ("tvae", "tvae", torch | vae | layers),
        ("regan, defaults", "regan", {}),
        ("regan_vae, defaults", "regan_vae", {}),
        ("regan_mixture, defaults", "regan_mixture", {}),
        ("marginal_distributions", "marginal_distributions", {}),
    ]


def compare(
    table: pd.DataFrame, fresh: pd.DataFrame, target: str, updates: int, repeats: int, folder: Path
) -> pd.DataFrame:
    """synthcity's scores, means over the repeats: a row a measure, a column a generator."""
    loader = GenericDataLoader(table, target_column=target)
    tests = generators(updates, len(loader.train()))
    real = [_part(loader, fresh, seed) for seed in range(repeats)]
    scores = {"real rows": floor(loader, real, folder)} | Benchmarks.evaluate(
        tests, loader, metrics=METRICS, repeats=repeats, workspace=folder, n_eval_folds=3
    )
    failed = {name: found["errors"].sum() for name, found in scores.items()}
    if any(failed.values()):
        raise RuntimeError(f"measures failed, by generator: {failed}")
    start = folder / loader.hash()
    made = {name: _kept(f"{start}_{name}_{plugin}_", repeats) for name, plugin, _ in tests}
    found = pd.DataFrame({name: found["mean"] for name, found in scores.items()})
    networks = behind_networks(loader, {"real rows": real} | made, folder)
    return pd.concat([found.loc[list(SHOWN)].rename(SHOWN), networks])


def floor(loader: GenericDataLoader, real: list[GenericDataLoader], folder: Path) -> pd.DataFrame:
    """The scores of real rows, taken for generated ones, over the seeds of the others."""
    found = []
    for seed, made in enumerate(real):
        enable_reproducible_results(seed)
        sets = loader.test(), made, loader.train()
        found.append(Metrics.evaluate(*sets, metrics=METRICS, workspace=folder, n_folds=3))
    by_measure = pd.concat(found)[["mean", "errors"]].astype(float).groupby(level=0)
    return by_measure["mean"].agg(["mean"]).assign(errors=by_measure["errors"].sum())


def behind_networks(
    loader: GenericDataLoader, made: dict[str, list[GenericDataLoader]], folder: Path
) -> pd.DataFrame:
    """Alpha-precision and beta-recall behind networks that synthcity trains on the test rows."""
    measure = AlphaPrecision(workspace=folder, use_cache=False)
    test, n = loader.test(), len(loader.test())
    every = pd.concat([test.dataframe(), *(x.dataframe() for xs in made.values() for x in xs)])
    _, encoders = GenericDataLoader(every, target_column=loader.target_column).encode()

    def numbers(rows: GenericDataLoader) -> np.ndarray:
        return rows.encode(encoders)[0].sample(n).numpy().reshape(n, -1)

    found = {}
    for seed in range(NETWORKS):
        enable_reproducible_results(seed)
        network = measure._get_oneclass_model(numbers(test))
        points = {
            name: [measure._oneclass_predict(network, numbers(rows)) for rows in sets]
            for name, sets in ({"": [test]} | made).items()
        }
        (real,), center = points.pop(""), network.c.numpy()
        for place, title in ((3, "alpha-precision"), (4, "beta-recall")):
            found[f"{title}, network of seed {seed}"] = {
                name: np.mean([_alpha(measure, real, x, center)[place] for x in xs])
                for name, xs in points.items()
            }
    return pd.DataFrame(found).T


def _alpha(measure: AlphaPrecision, *sets: np.ndarray) -> tuple[Any, ...]:
    """What synthcity measures; 0 where it refuses a value below."""
    try:
        return tuple(measure.metrics(*sets))
    except RuntimeError:
        return (0.0,) * 5


def _part(loader: GenericDataLoader, fresh: pd.DataFrame, seed: int) -> GenericDataLoader:
    """As many of the `fresh` rows as there are to learn from."""
    rows = fresh.sample(min(len(fresh), len(loader.train())), random_state=seed)
    return GenericDataLoader(rows.reset_index(drop=True), target_column=loader.target_column)


def _kept(start: str, repeats: int) -> list[GenericDataLoader]:
    """The rows that synthcity keeps of every repeat, by how the names of their files start."""
    ends = (f"{python_version()}_{seed}.bkp" for seed in range(repeats))
    return [load_from_file(path) for end in ends for path in glob(f"{start}*{end}")]


def report(name: str, scores: pd.DataFrame) -> None:
    print(f"\n| {name} | " + " | ".join(scores) + " |\n|" + "---|" * (len(scores.columns) + 1))
    for title, row in scores.iterrows():
        print(f"| {title} | " + " | ".join(f"{v:.3f}" for v in row) + " |", flush=True)


@click.command()
@click.option("--updates", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--repeats", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--rows", type=click.IntRange(min=500), default=2000, show_default=True)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="Fits and scores are kept there, and found by another run; none keeps nothing.",
)
def main(updates: int, repeats: int, rows: int, workspace: Path | None) -> None:
    warnings.simplefilter("ignore")
    synthcity.logger.remove()
    register()
    for name, table in (("adult", adult()), ("credit", credit().dropna())):
        part = table.sample(rows, random_state=0)
        fresh = table.drop(index=part.index)
        part = part.reset_index(drop=True)
        with TemporaryDirectory() as folder:
            place = workspace or Path(folder)
            report(name, compare(part, fresh, TARGETS[name], updates, repeats, place))


if __name__ == "__main__":
    main()
