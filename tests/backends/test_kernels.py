"""The C++ text of every kernel is within the subset that `Kernel` specifies."""

import inspect
import re
from dataclasses import replace

import native_kernels
import pytest

from regan.backends import Kernel
from regan.backends.native.text import argument_names

KERNELS = native_kernels.compiled_kernels()
FUNCTIONS = dict.fromkeys(("erf", "erfc", "exp", "expm1", "fabs", "log1p", "sqrt", "tanh"), 1)
FUNCTIONS["copysign"] = 2
RESERVED = {"T", "i", "n", *FUNCTIONS}  # i and n are CuPy's
TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z]\w*)|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<sign>[<>+-]=|\+\+|--|[-+*/<>=?:;,()]))"
)


class Text:
    """The statements of a kernel, read by the grammar; ValueError where they leave it.

    `used` are the functions that it calls.
    """

    def __init__(self, kernel):
        self.known, self.used = set(), set()
        ins, outs = argument_names(kernel.ins), argument_names(kernel.outs)
        for name in ins + outs:
            self.declare(name)
        self.assignable = set(outs)
        self.tokens = list(self.split(kernel.cpp))
        while self.tokens:
            self.statement()

    @staticmethod
    def split(text):
        """(kind, text) of each token."""
        position = 0
        while text[position:].strip():
            match = TOKEN.match(text, position)
            if match is None:
                raise ValueError(f"no token at {text[position:]!r}")
            yield match.lastgroup, match[match.lastgroup]
            position = match.end()

    def peek(self):
        return self.tokens[0] if self.tokens else (None, "the end")

    def take(self, *wanted, kind=None):
        """The next token, one of `wanted` or of a `kind`."""
        found = self.peek()
        if found[1] not in wanted and (kind is None or found[0] != kind):
            raise ValueError(f"{found[1]} instead of {kind or ' or '.join(wanted)}")
        return self.tokens.pop(0)[1]

    def declare(self, name):
        if name in RESERVED | self.known:
            raise ValueError(f"{name} has a meaning already")
        self.known.add(name)

    def statement(self):
        name = self.take(kind="name")
        if name == "T":
            name = self.take(kind="name")
            self.take("=")
            self.value()
            self.declare(name)  # after its value, which cannot use it
            self.assignable.add(name)
        elif name not in self.assignable:
            raise ValueError(f"{name} is neither an output nor a local variable")
        else:
            self.take("=", "+=", "-=")
            self.value()
        self.take(";")

    def value(self):
        self.sum()
        if self.peek()[1] in ("<", "<=", ">", ">="):
            self.take("<", "<=", ">", ">=")
            self.sum()
            self.take("?")
            self.value()
            self.take(":")
            self.value()

    def sum(self):
        """Terms and what is between them: of a text without other operators, no more matters."""
        self.signed()
        while self.peek()[1] in ("+", "-", "*", "/"):
            self.take("+", "-", "*", "/")
            self.signed()

    def signed(self):
        if self.peek()[1] in ("+", "-"):
            self.take("+", "-")
        self.term()

    def term(self):
        kind, token = self.peek()
        if kind == "number":
            self.take("0")
        elif kind == "name":
            self.take(token)
            self.named(token)
        else:
            self.take("(")
            self.value()
            self.take(")")

    def named(self, name):
        if name == "T":
            self.take("(")
            if self.peek()[1] == "-":
                self.take("-")
            self.take(kind="number")
            self.take(")")
        elif name in FUNCTIONS:
            self.used.add(name)
            self.take("(")
            self.value()
            for _ in range(FUNCTIONS[name] - 1):
                self.take(",")
                self.value()
            self.take(")")
        elif name not in self.known:
            raise ValueError(f"{name} is no argument and no local variable")


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_the_text_is_within_the_subset(kernel):
    assert re.fullmatch(r"[A-Za-z]\w*", kernel.name)
    for declared in (kernel.ins, kernel.outs):
        assert re.fullmatch(r"T [A-Za-z]\w*(, T [A-Za-z]\w*)*", declared)
    Text(kernel)


def test_no_name_is_used_twice():
    names = [kernel.name for kernel in KERNELS]
    assert len(names) == len(set(names))


def test_the_functions_are_those_that_the_docstring_lists():
    row = re.search(r"\nfunction  (.*)\n", inspect.getdoc(Kernel))[1]
    listed = set(re.findall(r"\w+", row.replace("(of two values)", "")))
    assert listed == FUNCTIONS.keys() == set().union(*(Text(kernel).used for kernel in KERNELS))


WITHIN = [
    "y = x;",
    "T u = x; u -= T(-1e-3); y += u;",
    "y = -x * (+y);",
    "y = x < 0 ? T(1) : x >= z ? y : (y <= z ? -x : T(0));",
    "y = copysign(fabs(x > z ? x : z), -exp(x));",
]
OUTSIDE = {
    "y = x": "the end instead of ;",
    "y = 0.5 * x;": "0.5 instead of 0",
    "y = 1 / x;": "1 instead of 0",
    "y = T(x);": "x instead of number",
    "y = T(0.5f) * x;": r"f instead of \)",
    "y = fabss(x);": "fabss is no argument",
    "y = pow(x, T(2));": "pow is no argument",
    "y = copysign(x);": r"\) instead of ,",
    "y = exp(x, x);": r", instead of \)",
    "y = std::exp(x);": "std is no argument",
    "y = u;": "u is no argument",
    "T u = u; y = x;": "u is no argument",
    "x = y;": "x is neither an output nor",
    "u = x; y = u;": "u is neither an output nor",
    "T x = y; y = x;": "x has a meaning already",
    "T u = x; T u = y; y = u;": "u has a meaning already",
    "T exp = x; y = exp;": "exp has a meaning already",
    "T i = x; y = i;": "i has a meaning already",
    "T u; y = x;": "; instead of =",
    "float u = x; y = u;": "float is neither",
    "const T u = x; y = u;": "const is neither",
    "y *= x;": r"\* instead of =",
    "y = x = z;": "= instead of ;",
    "y = x > z;": r"; instead of \?",
    "y = x == z ? x : z;": "= instead of ;",
    "y = x > 0 && z > 0 ? x : z;": "no token at ' && ",
    "y = (T)x;": r"\) instead of \(",
    "y = x % z;": "no token at ' % z",
    "y = x++;": r"\+\+ instead of ;",
    "y = x--z;": "-- instead of ;",
    "y = x[0];": r"no token at '\[0",
    "for (;;) y = x;": "for is neither",
    "if (x > 0) y = x;": "if is neither",
    "{ y = x; }": "no token at '{ y",
    "y = x; // done": "/ instead of name",
    "y = __expf(x);": "no token at ' __expf",
}  # fmt: skip


def wrong(text):
    return Kernel("wrong", "T x, T z", "T y", text, numpy=lambda x, z, y: None)


@pytest.mark.parametrize("text", WITHIN)
def test_texts_within(text):
    Text(wrong(text))


@pytest.mark.parametrize(("text", "message"), OUTSIDE.items())
def test_texts_outside(text, message):
    with pytest.raises(ValueError, match=message):
        Text(wrong(text))


@pytest.mark.parametrize("name", ["i", "n", "T", "sqrt"])
def test_names_of_arguments_that_mean_something_else(name):
    kernel = replace(wrong("y = z;"), ins=f"T {name}, T z")
    with pytest.raises(ValueError, match=f"^{name} has a meaning already"):
        Text(kernel)
