"""The text of kernels.inc: a loop around the C++ text of each kernel, and a table of them."""

from __future__ import annotations

from collections.abc import Iterable

from regan.backends.base import Kernel

_HEAD = """\
// Written by tests/support/native_kernels.py from the kernels of regan; not to be edited.
//
// Included for each instruction set and for T = float and double, in a namespace each. A name that
// starts with _ is none of a kernel's text.
"""


def argument_names(declared: str) -> list[str]:
    """The names in ``"T a, T b"``."""
    return [item.split()[-1] for item in declared.split(",")]


def signature(kernel: Kernel) -> str:
    """What tells a kernel from others, in one line: one whose text changed is another one."""
    return f"{kernel.name}: {kernel.ins} -> {kernel.outs}: {' '.join(kernel.cpp.split())}"


def source(kernels: Iterable[Kernel]) -> str:
    """The text of kernels.inc for these kernels, in alphabetical order."""
    ordered = sorted(kernels, key=lambda kernel: kernel.name)
    loops = "\n".join(_loop(kernel) for kernel in ordered)
    table = "".join(f"    {kernel.name},\n" for kernel in ordered)
    signatures = "".join(f'    "{signature(kernel)}",\n' for kernel in ordered)
    return (
        f"{_HEAD}\n#ifdef REGAN_SIGNATURES\n{signatures}#else\n\n{loops}\n"
        f"static const KernelFunction KERNELS[] = {{\n{table}}};\n#endif\n"
    )


def _loop(kernel: Kernel) -> str:
    """One function; all operands are read before any is written, as they may be the same."""
    ins, outs = argument_names(kernel.ins), argument_names(kernel.outs)
    typed = ["const T"] * len(ins) + ["T"] * len(outs)
    named = zip(typed, ins + outs, strict=True)
    declared = [f"{kind} {name} = _{j}[_i];" for j, (kind, name) in enumerate(named)]
    stored = [f"_{j}[_i] = {name};" for j, name in enumerate(outs, len(ins))]
    pointers = [f"{kind}* const _{j} = ({kind}*)_operands[{j}];" for j, kind in enumerate(typed)]
    statements = [f"{part.strip()};" for part in kernel.cpp.split(";") if part.strip()]
    lines = [
        f"static void {kernel.name}(std::int64_t _n, char* const* _operands) {{",
        *(f"    {line}" for line in pointers),
        "    REGAN_INDEPENDENT",
        "    for (std::int64_t _i = 0; _i < _n; ++_i) {",
        *(f"        {line}" for line in declared + statements + stored),
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"
