"""The sentences of a page of the documentation, and which tests claim them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree

_ROLE = re.compile(r":[\w:]+:(?=`)")
_LINK_ALONE = re.compile(r"^:doc:`[^`]*`\n", re.M)
_TARGET = re.compile(r"(?<=\S) <[^>]*>(?=`)")
_MODULE = re.compile(r"(?<=`)~[\w.]+\.(?=\w+`)")
_END = re.compile(r"(?<=[.!?])\s+")
_FIGURE = re.compile(r"(?<![\w(\"])(?:\d[\d,]*\d|\d*\.\d+|\d)(?!\w)")

_NO_SENTENCES = (nodes.title, nodes.doctest_block, nodes.literal_block, nodes.Invisible)


def says(*beginnings):
    """Mark a test as one of the sentences of a page that begin so.

    Each may have several tests; the beginnings are read by `claims`, without running anything.
    """
    assert all(isinstance(each, str) for each in beginnings)
    return lambda test: test


@dataclass(frozen=True)
class Sentence:
    """A sentence of a page.

    Attributes
    ----------
    text : str
        Without marks of bold type and literals; of a cell of a table, behind the first one of its
        row: "boolean: booleans, nullable ones too".
    is_shown : bool
        Whether it stands in a paragraph that a doctest block follows.
    """

    text: str
    is_shown: bool


def sentences(page: Path) -> list[Sentence]:
    """All sentences of paragraphs, items of lists and cells of tables, in order.

    Headings, labels, code, and the first row and the first column of a table are none. What only
    points to another page has no sentence of its own: it stands in brackets inside of one, or
    alone in its paragraph.
    """
    # roles are Sphinx's: their names and targets say nothing
    text = _LINK_ALONE.sub("", page.read_text(encoding="utf-8"))
    text = _MODULE.sub("", _TARGET.sub("", _ROLE.sub("", text)))
    quiet = {"report_level": 5, "file_insertion_enabled": False}
    return list(_of_parts(publish_doctree(text, settings_overrides=quiet)))


def _of_parts(node: nodes.Node) -> Iterator[Sentence]:
    for part in node.children:
        if isinstance(part, _NO_SENTENCES):
            continue
        if isinstance(part, nodes.table):
            (body,) = part.findall(nodes.tbody)
            for first, *cells in (row.children for row in body.children):
                for cell in cells:
                    for each in _split(cell.astext(), False):
                        yield Sentence(f"{_plain(first.astext())}: {each.text}", False)
        elif isinstance(part, nodes.TextElement):
            following = part.next_node(descend=False, siblings=True)
            yield from _split(part.astext(), isinstance(following, nodes.doctest_block))
        else:
            yield from _of_parts(part)


def _split(text: str, is_shown: bool) -> Iterator[Sentence]:
    for each in _END.split(_plain(text)):
        yield Sentence(each, is_shown)


def _plain(text: str) -> str:
    return " ".join(text.split())


def figures(text: str) -> set[float]:
    """The numbers that a sentence has, in digits; what it quotes is text."""
    plain = re.sub('"[^"]*"', "", text)
    return {float(figure.replace(",", "")) for figure in _FIGURE.findall(plain)}


def numbers_of(module: Path) -> set[float]:
    """The numbers that the code of a module has."""
    tree = ast.walk(ast.parse(module.read_text()))
    values = [node.value for node in tree if isinstance(node, ast.Constant)]
    return {float(value) for value in values if isinstance(value, (int, float))}


def claims(module: Path) -> list[tuple[str, str]]:
    """The beginnings that `says` gives to the tests of a module, and the name of each test."""
    return [
        (ast.literal_eval(argument), test.name)
        for test in ast.parse(module.read_text()).body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        for mark in test.decorator_list
        if isinstance(mark, ast.Call) and getattr(mark.func, "id", None) == "says"
        for argument in mark.args
    ]
