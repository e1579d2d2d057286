"""Random mutations of files, and a context in which a file that makes anything run is told."""

import asyncio
import builtins
import copy
import io
import os
import pickle
import socket
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

JUNK = [
    None, True, False, 0, 1, -1, 2, 3.5, -0.0, 1e308, -1e308, 10**6, 10**10, 2**63, 10**400,
    -(2**63), "", "x", "os", "this", "antigravity", "subprocess.Popen", "/etc/passwd", "../../x",
    "\0", "\udc80", "datetime64[ns, dateutil//etc/passwd]", "datetime64[ns]", "category", "object",
    "int8", "string",
    "numpy", "cupy", "pandas", "polars", "pyarrow", "array", "table", "columns", "quantile",
    "standard",     "generator", "nan", "a" * 10_000,
    [], {}, [0], [[]], ["os", "system"], {"object": "Popen", "params": {"args": "true"}},
    {"object": "Hinge", "params": {}}, {"tuple": []}, {"tuple": [1, 2]}, {"float": "nan"},
    {"float": "inf"}, {"literal": "ZoneInfo", "parts": ["/etc/passwd"]},
    {"literal": "Decimal", "parts": ["1e999999999"]}, {"literal": "set", "parts": [1]},
    {"array": [1, 2], "dtype": "int64"}, {"array": [[1], [2, 3]], "dtype": "object"},
    {"pairs": [[1, 2]]}, {"random_state": []}, [0] * 1000,
]  # fmt: skip


class Ran(BaseException):
    """Something was run because of a file."""


@contextmanager
def nothing_runs():
    """A context in which imports, files, processes, sockets and evaluation raise `Ran`."""
    real, execute, real_open = builtins.__import__, builtins.exec, io.open

    def known(name, *args, **kwargs):
        if name.partition(".")[0] not in sys.modules:
            raise Ran(f"import {name}")
        return real(name, *args, **kwargs)

    def refuse(*args, **kwargs):
        if "importlib" not in sys._getframe(1).f_code.co_filename:  # modules let by
            raise Ran(f"{args[:1]}")
        return (execute if args[1:] else real_open)(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "__import__", known)
        for module, names in (
            (builtins, ("open", "eval", "exec")),
            (io, ("open",)),
            (os, ("open", "system", "popen", "remove", "unlink", "rename", "mkdir", "fork")),
            (subprocess, ("Popen",)),
            (socket, ("socket", "create_connection")),
            (pickle, ("load", "loads", "Unpickler")),
            (asyncio, ("run",)),
        ):
            for name in names:
                patch.setattr(module, name, refuse)
        yield


def nodes(value, path=()):
    """The paths to all values in a tree."""
    yield path
    if isinstance(value, dict):
        inner = value.items()
    else:
        inner = enumerate(value[:8]) if isinstance(value, list) else ()
    for key, each in inner:
        yield from nodes(each, (*path, key))


def at(tree, path):
    """The value there."""
    for key in path:
        tree = tree[key]
    return tree


def mutated(rng, whole, tensors):
    """A configuration and arrays in which one to three things are different."""
    whole, tensors = pickle.loads(pickle.dumps(whole)), dict(tensors)  # quicker than deepcopy
    for _ in range(rng.integers(1, 4)):
        if rng.random() < 0.3:
            _mutate_array(rng, tensors)
        else:
            whole = _mutate_value(rng, whole)
    return whole, tensors


def _mutate_value(rng, whole):
    paths = list(nodes(whole))
    # first a depth, then a place: else the long lists of quantiles are all that is met
    depth = rng.choice(sorted({len(path) for path in paths}))
    path = paths[rng.choice([i for i, p in enumerate(paths) if len(p) == depth])]
    junk = copy.deepcopy(JUNK[rng.integers(len(JUNK))])
    if not path:
        return junk
    parent, key = at(whole, path[:-1]), path[-1]
    kind = rng.integers(7)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent[f"{key}x"] = parent.pop(key)
    elif kind == 2 and isinstance(parent, dict):
        parent[str(rng.integers(3))] = junk
    elif kind == 3 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    elif kind == 4:
        parent[key] = copy.deepcopy(at(whole, paths[rng.integers(len(paths))]))
    elif kind == 5 and isinstance(parent[key], (int, float)) and not isinstance(parent[key], bool):
        parent[key] = parent[key] * (-1, 0, 2, 1000)[rng.integers(4)] + int(rng.integers(3))
    else:
        parent[key] = junk
    return whole


def _mutate_array(rng, tensors):
    if not tensors:
        return
    name = sorted(tensors)[rng.integers(len(tensors))]
    array, kind = tensors[name], rng.integers(8)
    if kind == 0:
        del tensors[name]
    elif kind == 1:
        tensors[f"{name}x"] = tensors.pop(name)
    elif kind == 2:
        tensors[name] = array[: max(0, len(array) - 1)] if array.ndim else array[None]
    elif kind == 3:
        tensors[name] = array.astype(rng.choice(["float16", "float32", "float64", "int64", "bool"]))
    elif kind == 4:
        tensors[name] = array.ravel() if array.ndim > 1 else array[None]
    elif kind == 5:
        tensors[name] = np.concatenate([array, array]) if array.ndim else array
    elif array.size:
        changed = array.copy()
        values = [np.nan, np.inf, -1.0, 0.0, 1e30, 1e300]
        with np.errstate(all="ignore"):
            changed.flat[rng.integers(array.size)] = np.array(
                values[rng.integers(len(values))]
            ).astype(array.dtype)
        tensors[name] = changed
