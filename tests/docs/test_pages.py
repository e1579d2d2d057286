"""What pages show and name is there: pieces of code, programs, files."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {"_build", "gallery", "generated"}  # by a build of the documentation
PAGES = [
    *(page for page in ROOT.glob("docs/**/*.rst") if not MADE & set(page.parts)),
    *ROOT.glob("*.md"),
    ROOT / "benchmarks" / "README.md",
    ROOT / "tox.ini",
]
SHOWN = re.compile(r"^ *\.\. literalinclude:: (\S+)\n(?: +:pyobject: (\S+)\n)?", re.M)
NAMED = re.compile(r"(?:tests|benchmarks|regan|backends|examples|docs)/[\w/]+\.(?:py|json|csv|rst)")


def test_code_that_pages_show():
    """A whole program, or a class, a function or a method of a module."""
    missing = []
    for page in PAGES:
        for file, piece in SHOWN.findall(page.read_text()):
            path = page.parent / file
            nodes = ast.parse(path.read_text()).body if path.is_file() else []
            for part in filter(None, piece.split(".")):
                nodes = next((n.body for n in nodes if getattr(n, "name", None) == part), [])
            if not nodes:
                missing.append(f"{page.name}: {file} {piece}")
    assert not missing, "\n".join(missing)


def test_files_that_pages_name():
    missing = []
    for page in PAGES:
        names = NAMED.findall(page.read_text().replace("{/}", "/"))
        missing += [f"{page.name}: {name}" for name in names if not (ROOT / name).exists()]
    assert not missing, "\n".join(missing)
