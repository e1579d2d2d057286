"""SDGym's quality score of regan and of other synthesizers, and the two parts it is the mean of.

Column shapes compare each column with its own (1 minus the Kolmogorov-Smirnov or total variation
distance), pair trends each pair of columns (correlations, contingency tables). The tables are a
sample of 5,000 rows of "adult", which keeps CTGAN's training within minutes, and the loans of
"credit" without missing cells, 4,039 rows.

Run: ``tox -e bench-sdgym``, or ``-- --updates 100`` for a look at whether it runs.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # SDGym imports what sdmetrics calls deprecated
    import sdgym
    from sdgym.synthesizers.sdv import CTGANSynthesizer
    from sdmetrics.reports.single_table import QualityReport

from sdgym.datasets import load_dataset
from tables import adult, credit

from regan import RegularizedGAN, RegularizedMixture, RegularizedVAE
from regan.plugins.sdgym import (
    ReganMixtureSynthesizer,
    ReganSynthesizer,
    ReganVAESynthesizer,
    write_dataset,
)

CTGAN_BATCH = 500
ALIKE = {
    "hidden_layer_sizes": (256, 256),
    "latent_dim": 128,
    "batch_size": CTGAN_BATCH,
}
NAMED = [
    "ReganGaussianSynthesizer",
    "GaussianCopulaSynthesizer",
    "ColumnSynthesizer",
    "UniformSynthesizer",
]


class ReganDefault(ReganSynthesizer):
    estimator = RegularizedGAN(random_state=0)


class ReganVAEDefault(ReganVAESynthesizer):
    estimator = RegularizedVAE(random_state=0)


class ReganMixtureDefault(ReganMixtureSynthesizer):
    estimator = RegularizedMixture(random_state=0)


def trained_alike(updates: int, n: int) -> list[type]:
    """regan's GAN and CTGAN with as many updates, widths and rows in a minibatch."""
    gan = RegularizedGAN(**ALIKE, max_iter=updates, random_state=0)
    epochs = round(updates / (n // CTGAN_BATCH))
    return [
        type("ReganAlike", (ReganSynthesizer,), {"estimator": gan}),
        type("CTGANAlike", (CTGANSynthesizer,), {"_MODEL_KWARGS": {"epochs": epochs}}),
    ]


def parts(folder: Path, output: Path, name: str) -> dict[str, tuple[float, float]]:
    """Column shapes and pair trends for each synthesizer, from the rows that SDGym kept."""
    real, metadata = load_dataset("single_table", str(folder / "single_table" / name))
    (table,) = metadata["tables"].values()
    found = {}
    for path in output.rglob("*_synthetic_data.csv"):
        report = QualityReport()
        report.generate(real, pd.read_csv(path), table, verbose=False)
        score = report.get_properties().set_index("Property")["Score"]
        found[path.parent.name] = (score["Column Shapes"], score["Column Pair Trends"])
    return found


def run(name: str, data: pd.DataFrame, updates: int) -> pd.DataFrame:
    """A row for each synthesizer, the best one first."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        write_dataset(place, name, data)
        results = sdgym.benchmark_single_table(
            synthesizers=["ReganDefault", "ReganVAEDefault", "ReganMixtureDefault", *NAMED],
            custom_synthesizers=trained_alike(updates, len(data)),
            sdv_datasets=None,
            additional_datasets_folder=folder,
            compute_privacy_score=False,
            output_destination=str(place / "out"),
        ).set_index("Synthesizer")
        if "Error" in results:
            raise RuntimeError(results["Error"].dropna().to_string())
        shapes = pd.DataFrame(parts(place, place / "out", name), ["shapes", "pairs"]).T
    # no times: SDGym traces memory while it fits
    return shapes.assign(quality=results["Quality_Score"]).sort_values("quality", ascending=False)


@click.command()
@click.option("--updates", default=1500, show_default=True, help="Of the two that train alike.")
def main(updates: int) -> None:
    """Print a table of scores for each data set."""
    tables = {
        "adult": adult().sample(5000, random_state=0),
        "credit": credit().dropna(),
    }
    for name, data in tables.items():
        print(f"{name}, {len(data)} rows\n{run(name, data, updates).round(3)}\n", flush=True)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas, in SDGym
        main()
