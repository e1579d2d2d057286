"""The study of all regularizers: tables of its records.

A cell is a mean over the seeds with its standard error. An arrow marks a mean that differs from
that of the base itself by more than three standard errors of the difference: ▲ better, ▼ worse.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Record = dict[str, Any]
Study = dict[str, Any]
NONE = "none"
CLEAR = 3.0
"""Standard errors by which a difference is clear."""


@dataclass(frozen=True)
class Column:
    """One measure on one data set; digits : behind the point; percent : shown times 100."""

    data: str
    metric: str
    title: str
    digits: int = 2
    percent: bool = False

    @property
    def scale(self) -> float:
        """What values are multiplied by."""
        return 100.0 if self.percent else 1.0


MODES = Column("ring", "covered", "ring: modes", 1)
QUALITY = Column("ring", "high_quality", "ring: HQ %", 0, True)
SCORES = {
    name: Column(name, "score", f"{name}: score") for name in ("ring", "grid", "digits", "diabetes")
}
COLUMNS = {
    "default": tuple(SCORES.values()),
    "no frames": (
        MODES,
        QUALITY,
        SCORES["ring"],
        Column("grid", "covered", "grid: modes", 1),
        SCORES["grid"],
        SCORES["digits"],
        SCORES["diabetes"],
    ),
    "plain": (MODES, QUALITY, SCORES["ring"]),
}
"""What the table of each base shows."""

RATIOS = [
    (f"{network}_{which}", f"{short}: {which}")
    for network, short in (("generator", "G"), ("discriminator", "D"))
    for which in ("largest", "smallest")
]


def values(records: Sequence[Record], metric: str, data: str | None = None) -> np.ndarray:
    """The values of a measure that the fits have."""
    found = [r.get(metric) for r in records if data in (None, r["data"])]
    return np.array([value for value in found if value is not None], dtype=float)


def error(found: np.ndarray) -> float:
    """The standard error of the mean; 0 of one value."""
    return float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0


def difference(found: np.ndarray, base: np.ndarray) -> tuple[float, float]:
    """The difference of two means, and its standard error."""
    return float(found.mean() - base.mean()), float(np.hypot(error(found), error(base)))


def arrow(found: np.ndarray, base: np.ndarray) -> str:
    """Whether a mean is clearly better than that of the base, or worse; larger is better."""
    if min(len(found), len(base)) < 2:
        return ""
    more, chance = difference(found, base)
    return "" if abs(more) <= CLEAR * chance else " ▲" if more > 0 else " ▼"


def cell(column: Column, own: Sequence[Record], base: Sequence[Record]) -> str:
    """A mean with its standard error, and with an arrow if it differs from that of the base."""
    found, others = (
        column.scale * values(records, column.metric, column.data) for records in (own, base)
    )
    if not len(found):
        return "n/a"
    text = f"{found.mean():.{column.digits}f} ± {error(found):.{column.digits}f}"
    return text if own is base else text + arrow(found, others)


def cases(study: Study, base: str) -> Iterator[tuple[str, str, list[Record]]]:
    """Family, name and records of each case of a base, in order; the base itself first."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in study["fits"]:
        if record["base"] == base:
            groups.setdefault((record["family"], record["name"]), []).append(record)
    last = ""
    for (family, name), records in groups.items():
        yield "" if family in (last, NONE) else family, name, records
        last = family


def summary(study: Study, base: str, *, weights: bool = False) -> Iterator[list[str]]:
    """A table of quality: real rows, the base itself, then all cases.

    weights : whether it says how large weights are. The time is relative to that of the base.
    """
    there = {record["data"] for record in study["fits"] if record["base"] == base}
    columns = [column for column in COLUMNS[base] if column.data in there]
    sizes = ["zeros G / D, %", "norm G / D"] * weights
    yield ["", "regularizer", *(column.title for column in columns), *sizes, "time"]
    real = study["about"]["real"]
    floor = (column.scale * real[column.data][column.metric] for column in columns)
    cells = [f"{value:.{c.digits}f}" for value, c in zip(floor, columns, strict=True)]
    yield ["", "real rows", *cells, *[""] * len(sizes), ""]
    bare: list[Record] = []
    for family, name, own in cases(study, base):
        bare = own if name == NONE else bare
        cells = [cell(column, own, bare) for column in columns]
        yield [family, name, *cells, *(sized(own) if weights else []), f"{time(own, bare):.1f}"]


def time(own: Sequence[Record], base: Sequence[Record]) -> float:
    """The CPU time relative to the base, the geometric mean over the data sets."""
    names = {record["data"] for record in own}
    ratios = [
        np.mean(values(own, "seconds", d)) / np.mean(values(base, "seconds", d)) for d in names
    ]
    return float(np.exp(np.mean(np.log(ratios))))


def sized(own: Sequence[Record]) -> list[str]:
    """The share of weights that are zero, and the norm of all, over all data sets."""
    zeros, norms = (
        [values(own, f"{network}_{what}").mean() for network in ("generator", "discriminator")]
        for what in ("zeros", "norm")
    )
    return [f"{100 * zeros[0]:.0f} / {100 * zeros[1]:.0f}", f"{norms[0]:.0f} / {norms[1]:.0f}"]


def stability(study: Study, base: str) -> Iterator[list[str]]:
    """A table of stability: modes, runs that diverge or score below 0, and norms of gradients.

    A norm is the largest or smallest of a fit over its median, and the median over all fits.
    """
    modes = [
        (data, n)
        for data, n in study["about"]["modes"].items()
        if n and any((r["base"], r["data"]) == (base, data) for r in study["fits"])
    ]
    titles = [f"{data}: modes of {n}" for data, n in modes]
    shares = ["diverged, %", "score < 0, %"]
    yield ["", "regularizer", *titles, *shares, *(title for _, title in RATIOS)]
    for family, name, own in cases(study, base):
        counts = [values(own, "covered", data) for data, _ in modes]
        covered = [f"{found.mean():.1f} ± {error(found):.1f}" for found in counts]
        lost = [values(own, "diverged"), values(own, "score") < 0]
        parts = [f"{100 * np.mean(found):.0f}" for found in lost]
        yield [family, name, *covered, *parts, *(ratio(own, metric) for metric, _ in RATIOS)]


def ratio(own: Sequence[Record], metric: str) -> str:
    """The median over the fits, with two digits; of gradients that vanish there is none."""
    found = values(own, metric)
    return f"{float(f'{np.median(found):.2g}'):g}" if len(found) else "n/a"


def of_family(study: Study, family: str) -> Study:
    """The study of one family, with the bases themselves."""
    fits = [record for record in study["fits"] if record["family"] in (NONE, family)]
    return study | {"fits": fits}


def file_name(base: str) -> str:
    """A base as a part of the name of a file."""
    return base.replace(" ", "_")


def write_tables(study: Study, output: Path) -> None:
    """The tables of quality and of stability, one CSV file a base each."""
    for base in COLUMNS:
        write_csv(output / f"regularizers_{file_name(base)}.csv", summary(study, base))
        write_csv(output / f"stability_{file_name(base)}.csv", stability(study, base))


def write_csv(path: Path, rows: Iterator[list[str]]) -> None:
    """One table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
