"""Columns and pairs of columns on a page, those that differ most first."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np

from regan.data.columns.shown import Shown
from regan.metrics import Difference, Evaluation
from regan.metrics.overall import beyond_chance
from regan.report.html import element, folded, section, table
from regan.report.panels import draw_column, draw_pair

_OPEN = 24
_MOST = 1000
_DRAWN = 6
_LISTED = 20


def columns_compared(
    evaluation: Evaluation, columns: Sequence[Shown], rows: np.ndarray, fake: np.ndarray
) -> Element:
    """The section of marginals: a panel for each column."""
    found, chance = evaluation.columns, beyond_chance(evaluation.n_rows)
    n_beyond = sum(each.beyond_chance for each in found)
    panels = [_panel(each, columns[each.places[0]], rows, fake) for each in found[:_MOST]]
    first = element("div", *panels[:_OPEN], class_="panels")
    rest = panels[_OPEN:]
    parts = [first]
    if rest:
        parts.append(folded(f"{len(rest)} more columns", element("div", *rest, class_="panels")))
    if len(found) > _MOST:
        parts.append(element("p", f"{len(found) - _MOST} columns are not drawn."))
    return section(
        "Columns",
        element(
            "p",
            f"{_count(n_beyond, len(found), chance)} The largest difference comes first. A "
            "difference is the Kolmogorov-Smirnov statistic of numbers or the total variation of "
            "levels, from 0 for equal distributions to 1. Chance explains differences up to the "
            "bound in brackets; smaller ones cannot be seen. ",
            element("span", "Filled: real rows.", class_="key real"),
            " ",
            element("span", "Line: generated rows.", class_="key fake"),
        ),
        *parts,
    )


def _count(n_beyond: int, n_columns: int, chance: str) -> str:
    if n_columns == 1:
        return f"The column {'differs' if n_beyond else 'does not differ'} {chance}."
    if not n_beyond:
        return f"None of the {n_columns} columns differs {chance}."
    verb = "differs" if n_beyond == 1 else "differ"
    return f"{n_beyond} of {n_columns} columns {verb} {chance}."


def _panel(found: Difference, column: Shown, rows: np.ndarray, fake: np.ndarray) -> Element:
    (place,) = found.places
    real, made = rows[:, place], fake[:, place]
    missing = [np.isnan(values).mean() for values in (real, made)]
    lost = f"; missing: {missing[0]:.0%} real, {missing[1]:.0%} generated" if any(missing) else ""
    caption = element(
        "figcaption",
        element("strong", found.name),
        f" {_measured(found)}{lost}",
    )
    kind = "differs" if found.beyond_chance else "alike"
    return element("figure", caption, draw_column(column, real, made), class_=kind)


def _measured(found: Difference) -> str:
    return f"{found.distance:.2f} ({found.chance:.2f})"


def pairs_compared(
    evaluation: Evaluation, columns: Sequence[Shown], rows: np.ndarray, fake: np.ndarray
) -> list[Element]:
    """The section of pairs of columns; none where there is one column."""
    found, chance = evaluation.pairs, beyond_chance(evaluation.n_rows)
    if not found:
        return []
    lines = [(each.name, _number(each.real), _number(each.fake), _measured(each)) for each in found]
    header = ("pair of columns", "real", "generated", "difference")
    figures = []
    for each in found[:_DRAWN]:
        some = list(each.places)
        pictures = draw_pair([columns[j] for j in some], rows[:, some], fake[:, some])
        across, up = each.names
        caption = element("figcaption", element("strong", across), " (x), ", element("strong", up))
        caption[-1].tail = f" (y): {_number(each.real)} real, {_number(each.fake)} generated"
        kind = "differs" if each.beyond_chance else "alike"
        twins = element("div", *pictures, class_="twins")
        figures.append(element("figure", caption, twins, class_=kind))
    n_beyond = sum(each.beyond_chance for each in found)
    places = [j for each in found[:_DRAWN] for j in each.places]
    lost = np.isnan(rows[:, places]).any() or np.isnan(fake[:, places]).any()
    strips = " Rows in a gray strip lack the column." if lost else ""
    start = (
        "The pairs whose association differs most come first."
        if n_beyond
        else f"The association of no pair of columns differs {chance}."
    )
    return [
        section(
            "Pairs of columns",
            element(
                "p",
                f"{start} Association: the rank correlation of two columns of numbers, Cramer's V "
                "where one has levels. Difference: that of the joint distributions, beyond what "
                "the two columns explain by themselves, from 0 to 1. Chance explains differences "
                f"up to the bound in brackets.{strips} ",
                element("span", "Left: real rows.", class_="key real"),
                " ",
                element("span", "Right: generated rows.", class_="key fake"),
            ),
            element("div", *figures, class_="panels pairs"),
            table(header, lines, "pairs"),
        )
    ]


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:z.2f}"


def missing_cells(words: Sequence[str], rows: np.ndarray, fake: np.ndarray) -> list[Element]:
    """The section of missing cells: the shares of the columns that have any."""
    shares = np.stack([np.isnan(cells).mean(axis=0) for cells in (rows, fake)])
    some = np.flatnonzero(shares.any(axis=0))
    if not some.size:
        return []
    order = some[np.argsort(-np.abs(shares[0] - shares[1])[some], kind="stable")].tolist()
    lines = [
        (words[j], *(f"{share:.1%}" for share in shares[:, j]), _points(*shares[:, j]))
        for j in order
    ]
    header = ("column", "real", "generated", "difference")
    parts = [table(header, lines[:_LISTED], "missing")]
    if rest := lines[_LISTED:]:
        parts.append(folded(f"{len(rest)} more columns", table(header, rest, "more_missing")))
    note = (
        "The share of cells that are missing in each column, the largest difference first. "
        f"{len(some)} of {len(words)} columns have missing cells; a missing cell is compared as "
        "one more level of its column."
    )
    return [section("Missing cells", element("p", note), *parts)]


def _points(real: float, made: float) -> str:
    return f"{100 * (made - real):+z.1f} points"
