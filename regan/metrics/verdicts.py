"""Verdicts on metrics in words: what each metric measures, and how good a value is.

A verdict compares a value with its floor, what fresh real rows reach:

======================== =======================================================================
level                    when
======================== =======================================================================
as good as fresh rows    not worse than the floor beyond chance: in 99 of 100 evaluations fresh
                         real rows do not come out worse (`regan.metrics.chance`)
close                    at most 1/10 of the way from the floor to a useless sample
clearly worse            at most 1/3 of that way
far off                  farther
======================== =======================================================================

A useless sample has shares of 0, is recognized by a classifier without an error, or is as far from
each real row as another real row is. If one column of normal numbers is shifted, 1/10 of the way of
the energy distance is a shift of 0.2 standard deviations, and 1/3 a shift of 0.7.
"""

from __future__ import annotations

from collections.abc import Mapping

CLOSE, FAR = 1 / 10, 1 / 3
"""The shares of the way from the floor to a useless sample at which levels end."""

WORDS = ("as good as fresh real rows", "close", "clearly worse", "far off")
"""Verdicts on quality, by level."""

SIGNS = (
    "no sign of memorization",
    "weak sign of memorization",
    "clear sign of memorization",
    "strong sign of memorization",
)
"""Verdicts on privacy, by level."""

MEANINGS: Mapping[str, str] = {
    "two_sample_score": "The mean of precision and coverage, less the energy distance and the "
    "difference of the worst column: 1 for fresh real rows, below 0 for unrelated samples.",
    "precision": "The share of generated rows that lie near real rows: low if generated rows are "
    "unrealistic.",
    "recall": "The share of real rows that lie near generated rows: low if generated rows lack "
    "variety.",
    "density": "How many real neighborhoods a generated row lies in, on average: low if generated "
    "rows are unrealistic, above the floor if they crowd where real rows are dense, which the "
    "verdict does not count.",
    "coverage": "The share of real rows whose neighborhood contains a generated row: low if parts "
    "of the data are never generated.",
    "energy_distance": "The distance between the two distributions, without bias: 0 on average for "
    "equal distributions.",
    "mmd": "The squared maximum mean discrepancy with a Gaussian kernel, without bias: 0 on "
    "average for equal distributions.",
    "sliced_wasserstein": "The distance between the distributions along random directions, "
    "averaged: large if values are shifted or spread differently.",
    "wasserstein": "The least mean distance by which generated rows have to be moved to become the "
    "real ones.",
    "classifier_accuracy": "The cross-validated accuracy of a classifier that separates real from "
    "generated rows: 0.5 if it cannot, 1 if it always can.",
    "missing_shares": "The largest difference of a column between the shares of missing cells.",
    "missing_patterns": "The total variation between the sets of cells that are missing together "
    "in a row.",
    "distance_ratio": "The median over generated rows of the distance to the nearest real row over "
    "that to the second nearest: near 0 if generated rows are copies.",
    "nearer_to_training": "The share of generated rows that are nearer to training rows than to "
    "as many held-out rows: 0.5 without memorization, 1 for copies.",
    "membership_distance": "How well the distance to generated rows separates training rows from "
    "held-out rows (area under the curve): 0.5 if it cannot.",
    "membership_density": "How well the density of generated rows separates training rows from "
    "held-out rows (area under the curve): 0.5 if it cannot.",
    "true_positives_distance": "The share of training rows that the distance identifies where it "
    "misjudges 1 % of held-out rows: 0.01 if it cannot.",
    "true_positives_density": "The share of training rows that the density identifies where it "
    "misjudges 1 % of held-out rows: 0.01 if it cannot.",
    "nearly_repeated": "The share of training rows to which a generated row is three times as near "
    "as any other real row is.",
}
"""What each metric of an evaluation measures, and how to read it, by name."""

OF_PRIVACY = frozenset(
    {
        "distance_ratio",
        "nearer_to_training",
        "membership_distance",
        "membership_density",
        "true_positives_distance",
        "true_positives_density",
        "nearly_repeated",
    }
)
"""The metrics that detect memorization; all others are about quality."""


def level_of(worse: float, chance: float, gap: float) -> int:
    """0 to 3, the place of the verdict in `WORDS`.

    worse : how much worse than the floor a value is; chance : how much fresh real rows may be;
    gap : `worse` as a share of the way to a useless sample.
    """
    if not worse > chance:
        return 0
    return 1 + (gap > CLOSE) + (gap > FAR)
