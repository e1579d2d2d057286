"""Private attributes of estimators: their own files use them, others ask objects with names."""

import ast
from pathlib import Path

import regan

ROOT = Path(regan.__file__).parent
NAMES = (
    "base",
    "conditional",
    "neural",
    "gan",
    "vae",
    "gaussian",
    "mixture",
    "conditions",
    "predicting",
    "elsewhere",
    "fit_summary",
)
OWN = [ROOT / "estimators" / f"{name}.py" for name in NAMES]
MOST = 10


def private(trees):
    """The private names of the classes in some files: methods, annotations, attributes of self."""
    names = set()
    for tree in trees:
        for node in (n for c in ast.walk(tree) if isinstance(c, ast.ClassDef) for n in ast.walk(c)):
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
            elif isinstance(node, ast.Attribute) and is_self(node.value):
                names.add(node.attr)
    return {n for n in names if n.startswith("_") and not n.startswith("__")}


def is_self(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls", "bound")


def reaches(tree, names):
    """Where code reaches for one of the names in something else than itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in names and not is_self(node.value):
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            name = getattr(node.args[1], "value", None)
            if name in names and not is_self(node.args[0]):
                yield f"{node.lineno}: {ast.unparse(node)}"


def test_few_files_reach_into_estimators():
    names = private(ast.parse(path.read_text()) for path in OWN)
    found = [
        f"{path.relative_to(ROOT)}:{reach}"
        for path in sorted(ROOT.rglob("*.py"))
        if path not in OWN and "backends" not in path.relative_to(ROOT).parts
        for reach in reaches(ast.parse(path.read_text()), names)
    ]
    assert len(found) <= MOST, "\n".join(found)


def test_a_reach_is_seen():
    names = private([ast.parse("class A:\n    def _f(self):\n        self._x = 1")])
    assert names == {"_f", "_x"}
    code = "self._x\nmodel._x\nmodel._f()\ngetattr(model, '_x', None)"
    assert sorted(reaches(ast.parse(code), names)) == [
        "2: model._x",
        "3: model._f",
        "4: getattr(model, '_x', None)",
    ]
