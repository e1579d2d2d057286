"""The parts of a self-contained HTML page; every text is escaped where the page is written.

Control characters and the like stand there as `regan.validation.shown` has them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from regan.validation import shown

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --line: #8885; --soft: #8882; --real: #1f77b4; --fake: #e8710a; }
@media (prefers-color-scheme: dark) { :root { --real: #8ccbff; --fake: #ffbf80; } }
.level0 { --level: #2e9e5b; } .level1 { --level: #8aa52e; }
.level2 { --level: #d98a1f; } .level3 { --level: #d64545; }
.untested { --level: #888; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 0 1rem 3rem;
  overflow-wrap: anywhere; background: Canvas; color: CanvasText; }
h1 { font-size: 1.6rem; margin: 1.5rem 0 0.5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
p { margin: 0.5rem 0; }
.wide { overflow-x: auto; }
.wide img { display: block; width: 100%; min-width: 32rem; max-width: var(--width); }
table { border-collapse: collapse; font-size: clamp(0.8rem, 3.4vw, 0.9rem);
  overflow-wrap: normal; }
td, th { padding: 0.2rem min(0.9rem, 2vw) 0.2rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
.numbers :is(td, th):not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; }
.numbers td:not(:first-child) { white-space: nowrap; }
td { overflow-wrap: anywhere; }
td:first-child { min-width: 9.8em; }
:is(td, th):last-child { padding-right: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr));
  gap: 0.8rem; }
.card { border-left: 5px solid var(--level); background: var(--soft); padding: 0.4rem 0.9rem 0.5rem;
  border-radius: 4px; }
h3 { font-size: 1rem; margin: 0.3rem 0; }
.badge { background: color-mix(in srgb, var(--level) 22%, transparent); font-weight: 600;
  border-bottom: 2px solid var(--level); padding: 0 0.35em; border-radius: 3px; }
.scores { width: 100%; }
.scores .badge { font-weight: 400; }
.scores tbody :is(th, td) { border-bottom: 0; padding-top: 0.4rem; }
.scores .meaning, .scores .meaning:not(:nth-child(2)) { white-space: normal; text-align: left;
  padding: 0 0 0.5rem; border-bottom: 1px solid var(--line); }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
  gap: 0.3rem 1.2rem; margin: 0.8rem 0; }
.panels.pairs { grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
figure { margin: 0; min-width: 0; font-size: 0.8rem; line-height: 1.35; display: grid;
  grid-row: span 2; grid-template-rows: subgrid; padding-bottom: 0.9rem; }
figcaption { padding-left: 0.4rem; border-left: 3px solid var(--line); }
.differs figcaption { border-color: var(--fake); }
svg { display: block; width: 100%; height: auto; fill: none; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
.area { fill: var(--real); fill-opacity: 0.4; }
.bar { fill: var(--fake); }
.line { stroke: var(--fake); stroke-width: 1.8; }
.frame { stroke: var(--line); }
.strip { fill: var(--soft); }
.dots { stroke-width: 3; stroke-linecap: round; stroke-opacity: 0.5; }
.dots.real { stroke: var(--real); } .dots.fake { stroke: var(--fake); }
.ends { display: flex; justify-content: space-between; opacity: 0.75; gap: 0.5rem; }
.twins { display: grid; grid-template-columns: 1fr 1fr; gap: 0.5rem; }
.key::before { content: ""; display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.3em;
  border-radius: 2px; background: var(--key); vertical-align: -0.05em; }
.key.real { --key: var(--real); } .key.fake { --key: var(--fake); }
details { margin: 0.7rem 0; }
summary { cursor: pointer; padding: 0.2rem 0.4rem; background: var(--soft); border-radius: 4px; }
footer { margin-top: 3rem; font-size: 0.85rem; opacity: 0.8; }
"""


def element(tag: str, *children: Element | str, **attributes: str) -> Element:
    """An element with text and elements inside; ``class_`` is the attribute ``class``."""
    parent = Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            parent.append(child)
        elif len(parent):
            parent[-1].tail = (parent[-1].tail or "") + child
        else:
            parent.text = (parent.text or "") + child
    return parent


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], id_: str, *, numbers: bool = True
) -> Element:
    """A table; with `numbers`, all columns but the first are aligned as such."""
    head = element("tr", *(element("th", cell) for cell in header))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    kind = {"class_": "numbers"} if numbers else {}
    grid = element("table", element("thead", head), element("tbody", *body), id=id_, **kind)
    return element("div", grid, class_="wide")


def picture(light: bytes, dark: bytes, text: str, width: float) -> Element:
    """A PNG for light and one for dark pages, `width` inches wide at most; `text` describes it."""
    source = element("source", srcset=_data(dark), media="(prefers-color-scheme: dark)")
    image = element("img", src=_data(light), alt=text, style=f"--width: {96 * width:.0f}px")
    return element("div", element("picture", source, image), class_="wide")


def folded(summary: str, *children: Element | str) -> Element:
    """What is shown on request."""
    return element("details", element("summary", summary), *children)


def section(title: str, *children: Element | str, **attributes: str) -> Element:
    """A part of the page under a heading."""
    return element("section", element("h2", title), *children, **attributes)


def page(title: str, *children: Element) -> str:
    """The whole page; it may load nothing and run nothing."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", **{"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", _STYLE),
    )
    body = element("body", *children)
    for part in (head[-2], *body.iter()):
        part.text, part.tail = (text and shown(text) for text in (part.text, part.tail))
    html = element("html", head, body, lang="en")
    return "<!DOCTYPE html>\n" + ElementTree.tostring(html, encoding="unicode", method="html")


def _data(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"
