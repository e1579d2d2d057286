"""Small pictures of columns and of pairs of columns, as SVG in the colors of the page.

The page's style has the colors of real and of generated rows, for light and for dark pages. The
only text of a picture is names of levels, so that it may be as small as a phone needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np

from regan.data.columns.shown import Shown, Ticks
from regan.displays.base import label
from regan.report.html import element

_WIDTH, _HEIGHT = 180, 84
_BINS = 24
_SIDE = 120
_POINTS = 250
_LEVELS = 6
_LINE = 14
_NAMES = 74
_LETTERS = 12
_TAILS = (0.005, 0.995)
_JITTER = 0.25
_MISSING = 1.1
"""Where rows that lack a column are drawn, as a multiple of the side that all others take."""


def draw_column(column: Shown, real: np.ndarray, fake: np.ndarray) -> Element:
    """The distributions of a column (n,) and (m,) as a picture; below it the ends of its axis.

    Shares of all rows: of those that lack the column, there is nothing.
    """
    low, high = _ends(real, fake)
    ticks = column.ticks(low, high)
    if ticks is not None and ticks.edges is not None:
        return _bars(ticks, real, fake)
    names = column.ends(low, high)
    text = f"From {names[0]} to {names[1]}"
    there = np.concatenate([real, fake])
    if (there < low).any() or (there > high).any():  # the tails are drawn at the ends
        names = [f"≤ {names[0]}", f"≥ {names[1]}"]
    ends = [element("span", name) for name in names]
    drawn = _histogram(real, fake, low, high, text)
    return element("div", drawn, element("div", *ends, class_="ends"))


def draw_pair(
    columns: Sequence[Shown], real: np.ndarray, fake: np.ndarray
) -> tuple[Element, Element]:
    """Scatter plots of two columns (n, 2) of real rows, and (m, 2) of generated ones."""
    both = np.vstack([real, fake])
    places = [_Place.of(column, both[:, i]) for i, column in enumerate(columns)]
    return _scatter(real, places, "real"), _scatter(fake, places, "fake")


def _ends(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """The range of a column but for the 1 % of rows in its tails; 0 and 1 if all cells miss."""
    ends = [
        np.quantile(there, _TAILS)
        for values in (real, fake)
        if (there := values[~np.isnan(values)]).size
    ]
    if not ends:
        return 0.0, 1.0
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def _svg(width: int, height: int, text: str, *children: Element) -> Element:
    """A picture that scales; `text` describes it."""
    box = {"viewBox": f"0 0 {width} {height}", "role": "img"}
    return element("svg", element("title", text), *children, **box)


def _histogram(real: np.ndarray, fake: np.ndarray, low: float, high: float, text: str) -> Element:
    both = np.concatenate([real, fake])
    values = np.unique(both[~np.isnan(both)])
    if len(values) <= _BINS:  # a bar for each
        counts = [(each[:, None] == values).sum(axis=0) for each in (real, fake)]
    else:
        edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
        counts = [
            np.histogram(np.clip(each[~np.isnan(each)], low, high), edges)[0]
            for each in (real, fake)
        ]
    shares = [count / len(each) for count, each in zip(counts, (real, fake), strict=True)]
    top = max(1e-9, *(float(share.max(initial=0)) for share in shares))
    paths = [_steps(share / top) for share in shares]
    return _svg(
        _WIDTH,
        _HEIGHT,
        text,
        element("path", d=f"{paths[0]}Z", class_="area"),
        element("path", d=paths[1], class_="line"),
    )


def _steps(heights: np.ndarray) -> str:
    """A path along the tops of bars."""
    places = np.linspace(1, _WIDTH - 1, len(heights) + 1).round(1)
    tops = (_HEIGHT - 2 - heights * (_HEIGHT - 6)).round(1)
    steps = "".join(f"V{top:g}H{x:g}" for top, x in zip(tops, places[1:], strict=True))
    return f"M1 {_HEIGHT - 2}{steps}V{_HEIGHT - 2}"


def _bars(ticks: Ticks, real: np.ndarray, fake: np.ndarray) -> Element:
    """The most frequent levels, with a bar for each sample."""
    places = np.array(ticks.places)
    shares = np.array([(each[:, None] == places).mean(axis=0) for each in (real, fake)])
    order = np.argsort(-shares.max(axis=0), kind="stable")
    shown = order if len(order) <= _LEVELS else order[: _LEVELS - 1]
    names = [label(ticks.names[i]) for i in shown]
    bars = [shares[:, i] for i in shown]
    if len(shown) < len(order):
        names.append(f"{len(order) - len(shown)} others")
        bars.append(shares[:, order[len(shown) :]].sum(axis=1))
    top = max(1e-9, float(np.max(bars)))
    parts = []
    for i, (name, pair) in enumerate(zip(names, bars, strict=True)):
        y = i * _LINE
        short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
        parts.append(element("text", short, x="0", y=f"{y + 10}"))
        for share, kind, offset in zip(pair, ("area", "bar"), (1, 7), strict=True):
            width = (_WIDTH - _NAMES - 1) * share / top
            at = {"x": f"{_NAMES}", "y": f"{y + offset}", "height": "5"}
            parts.append(element("rect", width=f"{width:.1f}", class_=kind, **at))
    told = "; ".join(
        f"{name}: {a:.0%} real, {b:.0%} generated" for name, (a, b) in zip(names, bars, strict=True)
    )
    return _svg(_WIDTH, _LINE * len(names), told, *parts)


class _Place:
    """Where an axis draws numbers of a column, from 0 to 1; missing cells behind that.

    low, high : the ends; jitter : how far codes are spread.
    """

    def __init__(self, low: float, high: float, jitter: float) -> None:
        self.low, self.high, self.jitter = low, high, jitter

    @classmethod
    def of(cls, column: Shown, values: np.ndarray) -> _Place:
        low, high = _ends(values, values)
        ticks = column.ticks(low, high)
        if ticks is not None and ticks.edges is not None:
            return cls(min(ticks.edges), max(ticks.edges), _JITTER)
        return cls(low, high, 0.0)

    def __call__(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        noise = rng.uniform(-1, 1, len(values))
        span = self.high - self.low
        if span > 0:
            at = np.clip((values + self.jitter * noise - self.low) / span, 0, 1)
        else:
            at = np.full(len(values), 0.5)
        return np.where(np.isnan(values), _MISSING + 0.03 * noise, at)


def _scatter(rows: np.ndarray, places: Sequence[_Place], kind: str) -> Element:
    rng = np.random.default_rng(0)
    rows = rows[rng.permutation(len(rows))[:_POINTS]]
    x, y = (place(rows[:, i], rng) for i, place in enumerate(places))
    step = (_SIDE - 8) / 1.15
    points = zip((4 + step * x).round(1), (_SIDE - 4 - step * y).round(1), strict=True)
    path = "".join(f"M{a:g} {b:g}h0" for a, b in points)
    word = "real" if kind == "real" else "generated"
    whole, edge = f"{_SIDE - 1}", 4 + 1.04 * step
    strips = []
    if np.isnan(rows[:, 0]).any():
        strips.append({"x": f"{edge:.1f}", "y": "1", "width": f"{_SIDE - edge:.1f}"})
        strips[-1]["height"] = whole
    if np.isnan(rows[:, 1]).any():
        strips.append({"x": "1", "y": "1", "width": whole, "height": f"{_SIDE - edge:.1f}"})
    return _svg(
        _SIDE,
        _SIDE,
        f"Scatter plot of {word} rows",
        *(element("rect", class_="strip", **strip) for strip in strips),
        element("rect", class_="frame", x="0.5", y="0.5", width=whole, height=whole),
        element("path", d=path, class_=f"dots {kind}"),
    )
