"""regan beside synthcity's own generators, by synthcity's own measures, on mixed tables.

Run: ``tox -e bench-synthcity``. All networks have two hidden layers of 128 units and train for as
many updates with batches of 200 rows; everything else is as each has it by default. regan's are
there with all their defaults as well, and so is its mixture, which has no networks. Prints a table
in Markdown for each data set, of which 80 % are there to learn from and 20 % to be compared with:
means over the repeats, with a seed each. "real rows" are rows of the table that are in neither
part, measured as if they had been generated: the best that can be expected.

synthcity's measures by an MLP are left out, as it does not scale its input and learns nothing from
these tables. Its embedding by a one-class network does not scale either, and on some seeds maps all
rows to nearly one point, where real rows fail as well: alpha-precision and beta-recall are those of
scaled columns, and the network's are there as the lowest and the highest of the repeats.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import pandas as pd

sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))
import synthcity_shim  # noqa: F401  before synthcity

sys.path.append(str(Path(__file__).parents[2] / "examples"))
import synthcity.logger
from synthcity.benchmark import Benchmarks
from synthcity.metrics import Metrics
from synthcity.plugins.core.dataloader import GenericDataLoader
from synthcity.utils.reproducibility import enable_reproducible_results
from tables import adult, credit

from regan.plugins.synthcity import register

BATCH, UNITS = 200, 128
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
    "stats.alpha_precision.delta_precision_alpha_OC": "alpha-precision, one-class network",
    "stats.alpha_precision.delta_coverage_beta_OC": "beta-recall, one-class network",
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
) -> dict[str, pd.DataFrame]:
    """synthcity's scores of every generator and of real rows: a row a measure, min, mean, max."""
    loader = GenericDataLoader(table, target_column=target)
    scores = Benchmarks.evaluate(
        generators(updates, len(loader.train())),
        loader,
        metrics=METRICS,
        repeats=repeats,
        workspace=folder,
        n_eval_folds=3,
    )
    real = floor(loader, fresh, repeats, folder)
    every: dict[str, pd.DataFrame] = {"real rows": real} | scores
    failed = {name: found["errors"].sum() for name, found in every.items()}
    if any(failed.values()):
        raise RuntimeError(f"measures failed, by generator: {failed}")
    return every


def floor(
    loader: GenericDataLoader, fresh: pd.DataFrame, repeats: int, folder: Path
) -> pd.DataFrame:
    """The scores of `fresh` real rows, taken for generated ones, over the seeds of the others."""
    found = []
    for seed in range(repeats):
        enable_reproducible_results(seed)
        rows = fresh.sample(min(len(fresh), len(loader.train())), random_state=seed)
        made = GenericDataLoader(rows.reset_index(drop=True), target_column=loader.target_column)
        found.append(
            Metrics.evaluate(
                loader.test(),
                made,
                loader.train(),
                metrics=METRICS,
                workspace=folder,
                n_folds=3,
            )[["mean", "errors"]].astype(float)
        )
    by_measure = pd.concat(found).groupby(level=0)
    return by_measure["mean"].agg(["min", "mean", "max"]).assign(errors=by_measure["errors"].sum())


def report(name: str, scores: dict[str, pd.DataFrame]) -> None:
    print(f"\n| {name} | " + " | ".join(scores) + " |\n|" + "---|" * (len(scores) + 1))
    for measure, title in SHOWN.items():
        cells = (_cell(found.loc[measure], measure) for found in scores.values())
        print(f"| {title} | " + " | ".join(cells) + " |", flush=True)


def _cell(score: pd.Series, measure: str) -> str:
    """The mean over the repeats; the lowest and the highest where a mean says nothing."""
    if measure.endswith("_OC"):
        return f"{score['min']:.3f} to {score['max']:.3f}"
    return f"{score['mean']:.3f}"


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
