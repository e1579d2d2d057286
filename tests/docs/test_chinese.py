"""Chinese pages have the programs of the English ones, link to them, and are written as Chinese."""

import doctest
import re
import runpy
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "zh"
ENGLISH = {
    "README.md": "../README.md",
    "alpha.rst": "guide/alpha.rst",
    "choosing.rst": "guide/choosing.rst",
    "index.rst": "index.rst",
    "quickstart.rst": "start/quickstart.rst",
    "tables.rst": "guide/tables.rst",
}
PAGES = [name for name in ENGLISH if name.endswith(".rst")]
BLOCK = re.compile(r"^\.\. code-block:: .*\n\n((?: {3}.*\n|\n)+)", re.M)
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.M | re.S)
ROLE = re.compile(r":[\w:]+:(?=`)")


def chinese(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def english(name):
    return (DOCS / ENGLISH[name]).read_text(encoding="utf-8")


def without_comments(code):
    return re.sub(r"  +# .*", "", code).strip()


def programs(text):
    """The doctests of a page with what they print, and its blocks of code, in order."""
    examples = doctest.DocTestParser().get_examples(text)
    return [
        *((without_comments(each.source), each.want) for each in examples),
        *((without_comments(block), "") for block in BLOCK.findall(text)),
    ]


def is_part(short, long):
    """Whether a list is another one without some of its elements."""
    rest = iter(long)
    return all(each in rest for each in short)


def test_every_page_has_an_english_one():
    assert {path.name for path in FOLDER.iterdir()} == {*ENGLISH}


@pytest.mark.parametrize("name", PAGES)
def test_programs_are_those_of_the_english_page(name):
    own, others = programs(chinese(name)), programs(english(name))
    assert is_part(own, others), [each for each in own if each not in others] or "another order"
    assert own or name == "choosing.rst"


def test_programs_of_the_readme_are_those_of_the_english_one():
    own, others = (FENCE.findall(text("README.md")) for text in (chinese, english))
    assert len(own) > 4
    lines = [
        [without_comments(line) for block in each for line in block.split("\n")]
        for each in (own, others)
    ]
    assert lines[0] == lines[1]


def test_a_changed_program_is_found():
    page = ">>> a = 1  # one\n>>> a\n1\n\n.. code-block:: python\n\n   b = 2\n   c = 3\n\nText.\n"
    ours = programs(page)
    assert ours == [("a = 1", ""), ("a", "1\n"), ("b = 2\n   c = 3", "")]
    assert is_part(ours, programs(page.replace("# one", "# 一")))
    for old, new in {"a = 1": "a = 2", "\n1\n": "\n2\n", "c = 3": "c = 4"}.items():
        assert not is_part(ours, programs(page.replace(old, new)))


@pytest.mark.parametrize("name", PAGES)
def test_links_between_both(name):
    there = ENGLISH[name].removesuffix(".rst")
    back = "../" * there.count("/") + "zh/" + name.removesuffix(".rst")
    assert f"\n\n:doc:`English <../{there}>`\n\n" in chinese(name)
    assert f"\n\n:doc:`中文 <{back}>`\n\n" in english(name)


def test_links_between_the_readmes():
    assert "[English](../../README.md)" in chinese("README.md")
    assert "[中文](docs/zh/README.md)" in english("README.md")


@pytest.mark.parametrize("name", PAGES)
def test_studies_are_the_same_files(name):
    """Both pages show the same tables of results and the same pictures."""
    own, others = (
        [Path(file).name for file in re.findall(r"(?::file:|image::) (\S+)", text(name))]
        for text in (chinese, english)
    )
    assert own == others


def prose(name):
    """The paragraphs, headings and cells of a page, as docutils reads them."""
    quiet = {"report_level": 5, "file_insertion_enabled": False}
    tree = publish_doctree(ROLE.sub("", chinese(name)), settings_overrides=quiet)
    for part in tree.findall(nodes.TextElement):
        if not isinstance(part, nodes.FixedTextElement | nodes.Inline):
            inside = [each for each in part.findall(nodes.Text) if each.parent is part]
            yield " ".join(each.astext() for each in inside)


@pytest.mark.parametrize("name", PAGES)
def test_marks_are_read_as_marks(name):
    r"""Full-width brackets before or behind code keep docutils from seeing it: ``\ `` helps."""
    unread = [text for text in prose(name) if re.search(r"[`*\\]", text)]
    assert not unread, "\n".join(unread)


@pytest.mark.parametrize("name", PAGES)
def test_punctuation_is_full_width(name):
    wrong = [text for text in prose(name) if re.search(r"[\u4e00-\u9fff][,.;:!?()]", text)]
    assert not wrong, "\n".join(wrong)


JOINED = {
    "一\n二": "一二",
    "一\uff0c\nGAN": "一\uff0cGAN",
    "GAN\n\uff08一": "GAN\uff08一",
    "一\nGAN": "一\nGAN",
    "GAN\nVAE": "GAN\nVAE",
    "\u201c一\u201d\nGAN": "\u201c一\u201dGAN",
}


@pytest.mark.parametrize("text", JOINED)
def test_lines_are_joined(text):
    join_lines = runpy.run_path(str(DOCS / "_extensions" / "chinese.py"))["join_lines"]
    assert join_lines(text) == JOINED[text]
