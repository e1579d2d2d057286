"""The verdict of a page in words, and its metrics, each with what it measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from regan.metrics import Evaluation, Row
from regan.metrics.verdicts import SIGNS, WORDS
from regan.report.html import element, section


def verdict_of(found: Evaluation) -> Element:
    """The section of the verdict: quality and privacy."""
    verdict = found.verdict
    tested = any(row.name == "nearer_to_training" for row in found)
    words, kind = SIGNS[verdict.privacy_level], f"level{verdict.privacy_level}"
    if verdict.privacy_level == 0 and not tested:
        words, kind = "not tested", "untested"
    return section(
        "Verdict",
        element(
            "div",
            _card("Quality", WORDS[verdict.level], f"level{verdict.level}", verdict.quality),
            _card("Privacy", words, kind, verdict.privacy),
            class_="cards",
        ),
        id="verdict",
    )


def _card(title: str, words: str, kind: str, text: str) -> Element:
    head = element("h3", f"{title}: ", element("span", words, class_="badge"))
    return element("div", head, element("p", text), class_=f"card {kind}")


def metrics_of(rows: Sequence[Row]) -> Element:
    """The section of metrics: values, floors and verdicts, and a sentence on each metric."""
    header = ("metric", "generated", "real halves", "better")
    head = element("thead", element("tr", *(element("th", word, scope="col") for word in header)))
    grid = element("table", head, *map(_lines, rows), id="scores", class_="numbers scores")
    return section(
        "Metrics",
        element(
            "p",
            "Real halves: the value of one half of the real rows compared with the other half, "
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
