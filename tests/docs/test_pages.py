"""What pages show and name is there: pieces of code, programs, files."""

import ast
import builtins
import doctest
import re
import textwrap
import tomllib
from pathlib import Path

import pytest

import regan

ROOT = Path(__file__).parents[2]
MADE = {"_build", "gallery", "generated"}  # by a build of the documentation
PAGES = [
    *(page for page in ROOT.glob("docs/**/*.rst") if not MADE & set(page.parts)),
    *ROOT.glob("*.md"),
    *(page for page in ROOT.glob("docs/**/*.md") if not MADE & set(page.parts)),
    ROOT / "benchmarks" / "README.md",
    ROOT / "tox.ini",
]
SHOWN = re.compile(r"^ *\.\. literalinclude:: (\S+)\n(?: +:pyobject: (\S+)\n)?", re.M)
NAMED = re.compile(r"(?:tests|benchmarks|regan|backends|examples|docs)/[\w/]+\.(?:py|json|csv|rst)")
LINKED = re.compile(r"""\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)\"""")
DIRECTIVE = re.compile(r"^ *\.\. (?:image|figure|include|literalinclude):: (\S+)", re.M)


def test_code_that_pages_show():
    """A whole program, or a class, a function or a method of a module."""
    missing = []
    for page in PAGES:
        for file, piece in SHOWN.findall(page.read_text(encoding="utf-8")):
            path = page.parent / file
            if path.is_file() and path.suffix != ".py":  # shown whole
                continue
            nodes = ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []
            for part in filter(None, piece.split(".")):
                nodes = next((n.body for n in nodes if getattr(n, "name", None) == part), [])
            if not nodes:
                missing.append(f"{page.name}: {file} {piece}")
    assert not missing, "\n".join(missing)


def test_files_that_pages_name():
    missing = []
    for page in PAGES:
        names = NAMED.findall(page.read_text(encoding="utf-8").replace("{/}", "/"))
        missing += [f"{page.name}: {name}" for name in names if not (ROOT / name).exists()]
    assert not missing, "\n".join(missing)


def links(page):
    """What a page links to or shows beside it, without what is elsewhere on the web."""
    text = page.read_text(encoding="utf-8")
    found = DIRECTIVE.findall(text)
    if page.suffix == ".md":
        text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
        found = [one or other for one, other in LINKED.findall(text)]
    return [link.partition("#")[0] for link in found if not re.match(r"\w+:|#", link)]


def test_files_that_pages_link_to():
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in links(page)
        if "generated" not in link and not (page.parent / link).exists()
    ]
    assert not broken, "\n".join(broken)


def test_links_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        'a [b](c.md#d), [web](https://x.org), [here](#e), `[no](code.md)` <img src="f.png">'
    )
    assert links(page) == ["c.md", "f.png"]


def test_the_installation_page_names_every_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "start" / "installation.rst").read_text(encoding="utf-8")
    named = set(re.findall(r"^   \* - ``(\w+)``$", page, re.M))
    assert named == {*project["optional-dependencies"]}


def test_the_citation_is_of_this_version():
    cff = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)$", cff, re.M)[1] == regan.__version__
    assert f"version = {{{regan.__version__}}}" in (ROOT / "docs" / "citing.rst").read_text(
        encoding="utf-8"
    )


BLOCK = re.compile(r"^( *)\.\. code-block:: python\n\n((?:\1 {3}.*\n|\n)+)", re.M)


def unknown_names(text):
    """Names that programs of a page use and that no program of the page imports or makes."""
    programs = [textwrap.dedent(block) for _, block in BLOCK.findall(text)]
    programs += [each.source for each in doctest.DocTestParser().get_examples(text)]
    used, known = set(), {*dir(builtins)}
    for node in (node for each in programs for node in ast.walk(ast.parse(each))):
        match node:
            case ast.Import() | ast.ImportFrom():
                known |= {(each.asname or each.name).partition(".")[0] for each in node.names}
            case ast.Name(ctx=ast.Store()):
                known.add(node.id)
            case ast.Name():
                used.add(node.id)
            case ast.FunctionDef() | ast.ClassDef():
                known.add(node.name)
            case ast.arg():
                known.add(node.arg)
            case ast.ExceptHandler(name=str()):
                known.add(node.name)
    return used - known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_programs_import_what_they_use(page):
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert not unknown_names(text)
    for fence in fences:
        assert not unknown_names(".. code-block:: python\n\n" + textwrap.indent(fence, "   "))


def test_a_name_without_import_is_found():
    page = ".. code-block:: python\n\n   gan = 1\n   gan = regan.load(gan)\n"
    assert unknown_names(page) == {"regan"}
    assert not unknown_names(page + "\n>>> import regan\n")
