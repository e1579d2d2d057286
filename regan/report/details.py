"""The end of a page: settings and sparsity of a model, summaries of columns, versions."""

from __future__ import annotations

import inspect
import platform
import re
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
import sklearn

from regan._version import __version__
from regan.data.columns.shown import Shown, SummaryTable
from regan.data.columns.whole import WHOLE
from regan.displays.base import label
from regan.estimators.base import GenerativeModel
from regan.report.html import element, folded, section, table


def settings(model: GenerativeModel) -> Element:
    """The settings of a model, those that differ from the defaults first."""
    values = {name: _in_one_line(value) for name, value in model.get_params(deep=False).items()}
    parameters = inspect.signature(type(model)).parameters
    defaults = {name: _in_one_line(parameters[name].default) for name in values}
    changed = [(n, v, defaults[n]) for n, v in values.items() if v != defaults[n]]
    same = [(n, v) for n, v in values.items() if v == defaults[n]]
    parts: list[Element] = [element("p", "All settings are the defaults.")]
    if changed:
        header = ("setting", "value", "default")
        parts = [table(header, changed, "settings", numbers=False)]
    rest = table(("setting", "value"), same, "defaults", numbers=False)
    return section("Settings", *parts, folded(f"{len(same)} settings are the defaults", rest))


def _in_one_line(value: Any) -> str:
    """The repr, which breaks lines of long objects."""
    return re.sub(r"\n\s*", " ", repr(value))


def sparsity(model: Any) -> list[Element]:
    """Shares of exact zeros: of weights, or of a Gaussian's precision."""
    shares = getattr(model, "sparsity_", None)
    if shares is None:
        return []
    if not isinstance(shares, dict):
        text = f"{shares:.1%} of the precision off its diagonal is exactly zero."
        return [section("Sparsity", element("p", text))]
    rows = [
        (
            name,
            f"{each.zeros:.1%}",
            ", ".join(f"{share:.1%}" for share in each.layers),
            ", ".join(map(str, each.dead_units)) or "none can be lost",
        )
        for name, each in shares.items()
    ]
    header = ("network", "zero weights", "by layer", "dead units by hidden layer")
    return [section("Sparsity", table(header, rows, "sparsity"))]


def summaries(
    words: Sequence[str], columns: Sequence[Shown], rows: np.ndarray, fake: np.ndarray
) -> Element:
    """Summaries of real and generated columns, a table for each kind of summary."""
    fake, parts = np.asarray(fake, dtype=np.float64), []
    for summary in dict.fromkeys(kind.summary for kind in WHOLE if kind.summary is not None):
        lines = [
            (words[j], *map(label, _described(column, summary, rows[:, j], fake[:, j])))
            for j, column in enumerate(columns)
            if column.summary == summary
        ]
        if lines:
            note = [element("p", summary.note)] if summary.note else []
            described = table(("column", *summary.header), lines, summary.id)
            parts.append(folded(summary.title, described, *note))
    return section("Summaries of columns", *parts)


def _described(
    column: Shown, summary: SummaryTable, real: np.ndarray, fake: np.ndarray
) -> tuple[Any, ...]:
    """As `Shown.describe`; nothing of a column that is missing everywhere."""
    if np.isnan(real).all() and np.isnan(fake).all():
        return ("",) * len(summary.header)
    return column.describe(real, fake)


def versions() -> Element:
    """The versions of what made a page."""
    return element(
        "footer",
        f"regan {__version__}, Python {platform.python_version()}, NumPy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}",
    )
