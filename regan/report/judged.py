"""The verdict of a page in words, and its metrics, each with what it measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from regan.metrics import Disclosure, Evaluation, Row
from regan.metrics.verdicts import SIGNS, WORDS
from regan.report.html import element, section

_OF_DISCLOSURE = 2
"""The level of privacy at best if unique values are given out."""


def verdict_of(found: Evaluation, given_out: Disclosure) -> Element:
    """The section of the verdict: quality and privacy, memorization and disclosure together."""
    verdict = found.verdict
    tested = any(row.name == "nearer_to_training" for row in found) and not found.seen
    level, words, text = verdict.privacy_level, SIGNS[verdict.privacy_level], verdict.privacy
    kind = f"level{level}"
    if level == 0 and not tested:
        words, kind = "not tested", "untested"
    if given_out.warnings:
        kind = f"level{max(level, _OF_DISCLOSURE)}"
        words = f"{words}, but unique values are given out" if level == 0 else words
        text = f"{text} {given_out.warnings[0]}. The section Disclosure has all such values."
    return section(
        "Verdict",
        element(
            "div",
            _card("Quality", WORDS[verdict.level], f"level{verdict.level}", verdict.quality),
            _card("Privacy", words, kind, text),
            class_="cards",
        ),
        id="verdict",
    )


def _card(title: str, words: str, kind: str, text: str) -> Element:
    head = element("h3", f"{title}: ", element("span", words, class_="badge"))
    return element("div", head, element("p", text), class_=f"card {kind}")


def metrics_of(rows: Sequence[Row]) -> Element:
    """The section of metrics: values, floors and verdicts, and a sentence on each metric."""
    header = ("metric", "generated", "floor", "better")
    head = element("thead", element("tr", *(element("th", word, scope="col") for word in header)))
    grid = element("table", head, *map(_lines, rows), id="scores", class_="numbers scores")
    return section(
        "Metrics",
        element(
            "p",
            "Floor: the value of one half of the real rows compared with the other half, "
            "which is the best that a generator can reach; of metrics that detect memorization, "
            "the value of fresh rows. As good as fresh real rows: not worse than chance allows. "
            "Close: up to 1/10 of the way from there to a useless sample. Clearly worse: up to "
            "1/3.",
        ),
        element("div", grid, class_="wide"),
    )


def _lines(row: Row) -> Element:
    """One row of a table with the numbers, and one below it with the verdict and the meaning."""
    better = "higher" if row.greater_is_better else "lower"
    badge = element("span", row.verdict, class_=f"badge level{row.level}")
    numbers = element(
        "tr",
        element("th", *_breakable(row.name), scope="row"),
        *(element("td", text) for text in (f"{row.value:z.3f}", f"{row.floor:z.3f}", better)),
    )
    meaning = element("td", badge, f" {row.meaning}", colspan="4", class_="meaning")
    return element("tbody", numbers, element("tr", meaning))


def _breakable(name: str) -> Iterator[Element | str]:
    """A name that a narrow page may break behind its underscores."""
    first, *rest = name.split("_")
    yield first
    for part in rest:
        yield "_"
        yield element("wbr")
        yield part
