"""Imports go one way: from a package to those before it in CONTRIBUTING.md, never in a circle."""

import ast
import re
import tomllib
from glob import glob
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOOSE = 6  # modules beside the packages, at most


def order(root):
    """The packages, and the modules beside them, from the ground floor up."""
    _, _, section = (root / "CONTRIBUTING.md").read_text().partition("## Order of packages")
    return re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.M)


def modules(root):
    """Every file by its dotted name; that of a package is its ``__init__``."""
    files = glob("regan/**/*.py", root_dir=root, recursive=True)  # unlike Path's, it follows links
    names = {f.removesuffix(".py").removesuffix("/__init__").replace("/", "."): f for f in files}
    return {name: root / file for name, file in sorted(names.items())}


def imported(path, names):
    """What a file imports of regan, wherever in it: the names of files."""
    for node in ast.walk(ast.parse(path.read_text())):
        asked = []
        if isinstance(node, ast.Import):
            asked = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            asked = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            asked = [a.value for a in node.args if isinstance(a, ast.Constant)]
        for name in asked:
            if name.split(".")[0] in ("regan", ""):
                yield name if name in names else name.rpartition(".")[0]


def floor(name):
    """The package of a module; of a module beside the packages, its own name."""
    return (name.split(".") + ["__init__"])[1]


def unlisted(root):
    """What the disk, CONTRIBUTING.md and pyproject.toml do not agree about."""
    names, floors = modules(root), order(root)
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {name for name, path in names.items() if path.name == "__init__.py"}
    loose = len(list((root / "regan").glob("*.py")))
    for name in sorted({floor(name) for name in names} ^ set(floors)):
        yield f"{name} is {'without a file' if name in floors else 'not in the order of packages'}"
    for name in sorted(folders ^ set(settings["packages"])):
        yield f"{name} is {'not' if name in folders else 'wrongly'} in pyproject.toml"
    if loose > LOOSE:
        yield f"{loose} modules lie beside the packages, {LOOSE} may"


def misled(root):
    """Imports of what is above or nowhere, and a circle, if there is one."""
    names = modules(root)
    height = {name: i for i, name in enumerate(order(root))}
    graph = {name: sorted(imported(path, names)) for name, path in names.items()}
    for name, others in graph.items():
        for other in others:
            if other not in names:
                yield f"{name} imports {other}, which is no file"
            elif height.get(floor(other), 0) > height.get(floor(name), 0):
                yield f"{name} imports {other}, which stands above it"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield "in a circle: " + " -> ".join(reversed(error.args[1]))


@pytest.mark.parametrize("complaints", [unlisted, misled])
def test_imports_go_one_way(complaints):
    wrong = list(complaints(ROOT))
    assert not wrong, "\n".join(wrong)


# That it can fail: a small tree, with something else in one of its files

TREE = {
    "CONTRIBUTING.md": "## Order of packages\n| `low` | a |\n| `high` | b |\n| `__init__` | c |\n",
    "pyproject.toml": "[tool.setuptools]\npackages = ['regan', 'regan.low', 'regan.high']",
    "regan/__init__.py": "from regan.high import X",
    "regan/low/__init__.py": "from regan.low.one import Y",
    "regan/low/one.py": "import numpy\nY = X = 0",
    "regan/low/two.py": "from regan.low import one",
    "regan/high/__init__.py": "from regan import low\nfrom regan.low import Y as X",
}
LOW, HIGH = "regan/low/one.py", "regan/high/one.py"
UPWARD = "regan.low.one imports regan.high, which stands above it"
DOOR = "regan.high.one imports regan, which stands above it"
CASES = [
    (LOW, "import regan.high", UPWARD),
    (LOW, "from regan.high import X", UPWARD),
    (LOW, "def f():\n    from regan.high import X", UPWARD),
    (LOW, "if TYPE_CHECKING:\n    from regan import high", UPWARD),
    (LOW, "import_module('regan.high')", UPWARD),
    (LOW, "importlib.import_module('regan.high')", UPWARD),
    (HIGH, "import regan", DOOR),
    (HIGH, "from regan import X", DOOR),
    (HIGH, "from regan.no import X", "regan.high.one imports regan.no, which is no file"),
    (HIGH, "from . import two", "regan.high.one imports ., which is no file"),
    (LOW, "import regan.low.two", "in a circle: regan.low.one -> regan.low.two -> regan.low.one"),
    (LOW, "from regan.low import Z", "in a circle: regan.low -> regan.low.one -> regan.low"),
    ("regan/wing/__init__.py", "", "wing is not in the order of packages"),
    ("regan/loose.py", "", "loose is not in the order of packages"),
    ("regan/low/inner/__init__.py", "", "regan.low.inner is not in pyproject.toml"),
    ("CONTRIBUTING.md", TREE["CONTRIBUTING.md"] + "| `attic` | d |", "attic is without a file"),
    ("pyproject.toml", TREE["pyproject.toml"][:-1] + ",'regan.no']", "regan.no is wrongly in"),
]


def written(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [*unlisted(folder), *misled(folder)]


@pytest.mark.parametrize(("file", "text", "expected"), CASES)
def test_what_goes_another_way_is_named(file, text, expected, tmp_path):
    assert any(line.startswith(expected) for line in written(tmp_path, {**TREE, file: text}))


def test_a_tree_in_order_has_nothing_to_name(tmp_path):
    assert written(tmp_path, TREE) == []


def test_too_many_modules_beside_the_packages(tmp_path):
    loose = {f"regan/m{i}.py": "" for i in range(LOOSE)}
    assert "7 modules lie beside the packages, 6 may" in written(tmp_path, {**TREE, **loose})
