"""Verdicts on metrics in words: what each one measures, how good a value is, and all in all.

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regan.metrics.differences import Difference
    from regan.metrics.results import Row

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
    "rows are unrealistic, above the floor if they crowd where real rows are dense.",
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

_OVERALL = (
    "The generated rows are as good as fresh real rows by every quality metric.",
    "The generated rows are close to the real rows.",
    "The generated rows are clearly worse than fresh real rows.",
    "The generated rows are far off the real rows.",
)
_SHOWN = 3


def level_of(worse: float, chance: float, gap: float) -> int:
    """0 to 3, the place of the verdict in `WORDS`.

    worse : how much worse than the floor a value is; chance : how much fresh real rows may be;
    gap : `worse` as a share of the way to a useless sample.
    """
    if not worse > chance:
        return 0
    return 1 + (gap > CLOSE) + (gap > FAR)


@dataclass(frozen=True)
class Verdict:
    """An evaluation in words.

    Attributes
    ----------
    level : int
        0 to 3, that of the worst metric of quality: as good as fresh real rows, close, clearly
        worse, far off.
    quality : str
        Which metric is worst, and which columns and pairs of columns differ most.
    privacy : str
        Whether training rows are memorized, or what to give to find out.
    privacy_level : int
        0 to 3, that of the metric with the strongest sign of memorization.
    """

    level: int
    quality: str
    privacy: str
    privacy_level: int

    def __str__(self) -> str:
        return f"{self.quality}\n{self.privacy}"


def verdict_on(
    rows: Sequence[Row],
    columns: Sequence[Difference],
    pairs: Sequence[Difference],
    warned: Sequence[str],
) -> Verdict:
    """The verdict on all metrics; columns, pairs : the largest differences first; warned : what
    membership inference found beyond chance.
    """
    quality = [row for row in rows if row.name not in OF_PRIVACY]
    privacy = [row for row in rows if row.name in OF_PRIVACY]
    level = max((row.level for row in quality), default=0)
    signs = max((row.level for row in privacy), default=0)
    sentences = [_OVERALL[level]]
    if level:
        worst = max(quality, key=lambda row: (row.level, row.gap))
        sentences.append(
            f"The worst metric is {worst.name}: {worst.value:z.2f}, where fresh real rows reach "
            f"{worst.floor:z.2f}."
        )
    sentences += [_on_columns(columns), _on_pairs(pairs)]
    return Verdict(
        level, " ".join(filter(None, sentences)), _on_privacy(privacy, warned, signs), signs
    )


def _on_columns(columns: Sequence[Difference]) -> str:
    found = [each for each in columns if each.beyond_chance]
    if not columns:
        return ""
    if not found:
        return "No column differs beyond chance."
    first, *rest = found[:_SHOWN]
    shown = [f"{first.name} (difference {first.distance:.2f})"]
    shown += [f"{each.name} ({each.distance:.2f})" for each in rest]
    if len(columns) == 1:
        return f"Its column differs: {shown[0]}."
    if not rest:
        return f"One column differs beyond chance: {shown[0]}."
    count = f"{len(found)} of {len(columns)} columns differ beyond chance"
    return f"{count}, most of all {', '.join(shown[:-1])} and {shown[-1]}."


def _on_pairs(pairs: Sequence[Difference]) -> str:
    if not pairs:
        return ""
    worst = pairs[0]
    if not worst.beyond_chance:
        return "The association of no pair of columns differs beyond chance."
    found = [
        f"{value:z.2f} in {which} rows"
        for value, which in ((worst.real, "real"), (worst.fake, "generated"))
        if value == value  # there is none where a column is constant
    ]
    return f"The association that differs most is that of {worst.name}: {', '.join(found)}."


def _on_privacy(rows: Sequence[Row], warned: Sequence[str], level: int) -> str:
    by_name = {row.name: row for row in rows}
    if warned:
        return f"Training rows are memorized. {warned[0]}."
    if level:
        worst = max(rows, key=lambda row: (row.level, row.gap))
        found = (
            f"There is a {SIGNS[level]}: {worst.name} is {worst.value:.2f}, where fresh real rows "
            f"reach {worst.floor:.2f}."
        )
        return found if "nearer_to_training" in by_name else f"{found} {_HOLD_OUT}"
    tested = by_name.get("membership_distance") or by_name.get("nearer_to_training")
    if tested is None:
        return f"Memorization was not tested. {_HOLD_OUT}"
    return (
        f"No memorization was found: {tested.name} is {tested.value:.2f}, where fresh real rows "
        f"reach {tested.floor:.2f}."
    )


_HOLD_OUT = "To test it, give rows that training has not seen as holdout."
