"""Variables of comprehensions have names that the scope around them takes from nowhere else.

Since Python 3.12 list, set and dict comprehensions run inside the function that holds them, and
early releases mixed such a variable up with a global of its name: 3.12.1 failed in every search.
"""

import ast
from pathlib import Path

import pytest

import regan

ROOT = Path(regan.__file__).parent
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def stored(node):
    """The names that a target binds."""
    names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in names if isinstance(n.ctx, ast.Store)}


def locals_of(scope):
    """The names that a function, a class or a module binds itself; comprehensions do not count."""
    names = set()
    if isinstance(scope, FUNCTIONS):
        names |= {node.arg for node in ast.walk(scope.args) if isinstance(node, ast.arg)}
    rest = list(ast.iter_child_nodes(scope))
    while rest:
        node = rest.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names.add(getattr(node, "name", ""))
        elif isinstance(node, COMPREHENSIONS):
            names |= {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
        else:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            rest += ast.iter_child_nodes(node)
    return names


def taken(node, known):
    """The names that code loads and that are not among the `known` ones."""
    if isinstance(node, ast.Name):
        return {node.id} - known
    first = set()
    if isinstance(node, COMPREHENSIONS):
        first = taken(node.generators[0].iter, known)
        known = known.union(*(stored(each.target) for each in node.generators))
    elif isinstance(node, FUNCTIONS):
        known = known | locals_of(node)
    return first.union(*(taken(child, known) for child in ast.iter_child_nodes(node)))


def shadows(scope):
    """Variables of comprehensions in a scope that are also names which it takes from outside."""
    bound, rest = [], list(ast.iter_child_nodes(scope))
    while rest:
        node = rest.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, COMPREHENSIONS):
            targets = set().union(*(stored(each.target) for each in node.generators))
            bound += [(node.lineno, name) for name in targets]
        rest += ast.iter_child_nodes(node)
    outer = taken(scope, locals_of(scope)) if bound else set()
    return [(line, name) for line, name in bound if name in outer]


def faults(code):
    scopes = (n for n in ast.walk(ast.parse(code)) if isinstance(n, (*FUNCTIONS, ast.ClassDef)))
    return sorted({fault for scope in scopes for fault in shadows(scope)})


def test_no_variable_shadows_what_its_function_uses():
    files = {*ROOT.rglob("*.py"), *(ROOT / "backends").rglob("*.py")}  # the latter may be a link
    assert ROOT / "backends" / "base.py" in files
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted(files)
        for line, name in faults(path.read_text())
    ]
    assert not found, "\n".join(found)


CODE = {
    "beside": ("a = [g for g in x]; return g(a)", True),
    "before": ("g(); return {g: 1 for g in x}", True),
    "in another": ("return {k: g(k) for k in x}, {g for g in x}", True),
    "its own source": ("return [g for g in g()]", True),
    "in a lambda": ("return [g for g in x], lambda: g(2)", True),
    "in a generator": ("return sum(g(v) for v in x) + len([g for g in x])", True),
    "inside one another": ("return [[g for g in v] for v in g(x)]", True),
    "two variables": ("return [g for f, g in x if f], g", True),
    "alone": ("return [g for g in x]", False),
    "twice": ("return [g for g in x] + [h for g in x for h in g]", False),
    "nested": ("return [[g + h for h in x] for g in x]", False),
    "a local name": ("g = 1; return [g for g in x], g", False),
    "an argument": ("return [x for x in x], x", False),
    "another function's": ("def h(): return [g for g in x]\n    return h()", False),
}


@pytest.mark.parametrize(("body", "bad"), CODE.values(), ids=CODE)
def test_a_shadow_is_seen(body, bad):
    found = faults(f"def f(x):\n    {body}")
    assert [name for _, name in found] == ["g"] * bad
