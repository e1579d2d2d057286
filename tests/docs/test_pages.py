"""What pages show and name is there: pieces of code, programs, files."""

import ast
import re
import tomllib
from pathlib import Path

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
