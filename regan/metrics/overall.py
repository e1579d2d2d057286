"""The verdict on all metrics of an evaluation, in a few sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regan.metrics.differences import Difference
from regan.metrics.rows import Row
from regan.metrics.verdicts import OF_PRIVACY, SIGNS

_OVERALL = (
    "The generated rows are as good as fresh real rows by every quality metric.",
    "The generated rows are close to the real rows.",
    "The generated rows are clearly worse than fresh real rows.",
    "The generated rows are far off the real rows.",
)
_SHOWN = 3


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
    warned: Sequence[str] = (),
    seen: str = "",
    n_rows: Sequence[int] = (),
) -> Verdict:
    """The verdict on all metrics; columns, pairs : the largest differences first; warned, seen,
    n_rows : see `Evaluation`.
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
    chance = beyond_chance(n_rows)
    sentences += [_on_columns(columns, chance), _on_pairs(pairs, chance)]
    told = _on_privacy(privacy, warned, signs, seen)
    return Verdict(level, " ".join(filter(None, sentences)), told, signs)


def beyond_chance(n_rows: Sequence[int]) -> str:
    """The words "beyond chance", with the numbers of real and generated rows if they are known."""
    if not n_rows:
        return "beyond chance"
    real, fake = n_rows
    rows = f"{real} rows" if real == fake else f"{real} real and {fake} generated rows"
    return f"beyond chance with {rows}"


def _on_columns(columns: Sequence[Difference], chance: str) -> str:
    found = [each for each in columns if each.beyond_chance]
    if not columns:
        return ""
    if not found:
        start = "Its column does not differ" if len(columns) == 1 else "No column differs"
        return f"{start} {chance}; {_largest(columns[0], columns[0].name)}."
    first, *rest = found[:_SHOWN]
    shown = [f"{first.name} (difference {first.distance:.2f})"]
    shown += [f"{each.name} ({each.distance:.2f})" for each in rest]
    if len(columns) == 1:
        return f"Its column differs: {shown[0]}."
    if not rest:
        return f"One column differs beyond chance: {shown[0]}."
    count = f"{len(found)} of {len(columns)} columns differ beyond chance"
    return f"{count}, most of all {', '.join(shown[:-1])} and {shown[-1]}."


def _largest(found: Difference, name: str) -> str:
    return (
        f"the largest difference is {found.distance:.2f} ({name}), and differences up to "
        f"{found.chance:.2f} cannot be seen"
    )


def _on_pairs(pairs: Sequence[Difference], chance: str) -> str:
    if not pairs:
        return ""
    worst = pairs[0]
    found = [
        f"{value:z.2f} in {which} rows"
        for value, which in ((worst.real, "real"), (worst.fake, "generated"))
        if value == value  # there is none where a column is constant
    ]
    shown = ": ".join(filter(None, (worst.name, ", ".join(found))))
    if worst.beyond_chance:
        return f"The association that differs most is that of {shown}."
    start = f"The association of no pair of columns differs {chance}"
    return f"{start}; {_largest(worst, shown)}."


def _on_privacy(rows: Sequence[Row], warned: Sequence[str], level: int, seen: str) -> str:
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
    if seen:
        return f"Memorization was not tested. {seen[0].upper()}{seen[1:]}."
    tested = by_name.get("membership_distance") or by_name.get("nearer_to_training")
    if tested is None:
        return f"Memorization was not tested. {_HOLD_OUT}"
    return (
        f"No memorization was found: {tested.name} is {tested.value:.2f}, where fresh real rows "
        f"reach {tested.floor:.2f}."
    )


_HOLD_OUT = "To test it, give rows that training has not seen as holdout."
