"""The training step on a GPU beside torch's: eager, compiled, and captured in a CUDA graph.

    python benchmarks/speed/step_cuda.py        # where CuPy, torch and a CUDA device are

The protocol of `step.py`, in float32 and then once more with TF32 on both sides. torch updates in
turn, in three ways: eagerly; with every gradient compiled by torch.compile in the mode that uses
CUDA graphs; and with the whole eager step captured in a CUDA graph by hand. regan updates in turn
and at once, from the recorded graph, and at once kernel by kernel. On a machine without a device
``--dry-run`` compares the gradients and makes a few steps of what runs on a CPU.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import click
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from step import ALPHA, GAMMA, RATE, ROWS, TOLERANCES, Cell, Ours, Theirs, check, measure
from torch.func import functional_call, grad

import regan

GRID = [
    Cell(64, 32, 128, 128),
    Cell(784, 100, 256, 128),
    Cell(784, 100, 1024, 512),
]
Tensors = dict[str, torch.Tensor]


class Compiled(Theirs):
    """The same step; each player's gradients are one compiled function."""

    def __init__(self, cell: Cell, penalised: bool, dtype: str, device: str) -> None:
        super().__init__(cell, penalised, dtype, device)
        mode = "reduce-overhead" if device == "cuda" else "default"  # the former has CUDA graphs
        self._parameters = [
            {name: p.detach() for name, p in network.named_parameters()}
            for network in (self.D, self.G)
        ]
        for tensors in self._parameters:
            for p in tensors.values():  # else a graph copies its arguments each time
                torch._dynamo.mark_static_address(p)
        self._grads = [
            torch.compile(grad(loss), mode=mode)
            for loss in (self._of_discriminator, self._of_generator)
        ]

    def _of_discriminator(
        self, own: Tensors, other: Tensors, real: torch.Tensor, noise: torch.Tensor
    ) -> Any:
        fake = functional_call(self.G, other, (noise,))
        x, n = torch.cat([real, fake]), len(real)
        scores = functional_call(self.D, own, (x,))
        loss = torch.nn.functional.softplus(scores[n:] - scores[:n]).mean()
        if self.penalised:
            # of what autograd offers, the one way to a second derivative that torch.compile takes
            g = grad(lambda rows: functional_call(self.D, own, (rows,)).sum())(x)
            loss = loss + GAMMA / 2 * (g * g).sum() / n
        return loss

    def _of_generator(
        self, own: Tensors, other: Tensors, real: torch.Tensor, noise: torch.Tensor
    ) -> Any:
        on_real = functional_call(self.D, other, (real,))
        on_fake = functional_call(self.D, other, (functional_call(self.G, own, (noise,)),))
        return torch.nn.functional.softplus(on_real - on_fake).mean()

    def gradients_of(self, i: int, real: torch.Tensor, noise: torch.Tensor) -> Tensors:
        """Of the discriminator (0) or the generator (1), by parameter."""
        own, other = self._parameters[:: 1 if i == 0 else -1]
        torch.compiler.cudagraph_mark_step_begin()
        return self._grads[i](own, other, real, noise)

    def steps(self, n: int) -> None:
        for _ in range(n):
            real = self.X[torch.randint(0, ROWS, (self.cell.batch,), device=self.X.device)]
            for i, (network, optimizer) in enumerate(((self.D, self.opt_D), (self.G, self.opt_G))):
                noise = torch.randn(self.cell.batch, self.cell.latent, **self.on)
                found = self.gradients_of(i, real, noise)
                for name, p in network.named_parameters():
                    p.grad = found[name]
                optimizer.step()


class Captured(Theirs):
    """The same eager step, in a CUDA graph."""

    def __init__(self, cell: Cell, penalised: bool, dtype: str) -> None:
        super().__init__(cell, penalised, dtype, "cuda")
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            super().steps(3)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            super().steps(1)

    def _adam(self, network: torch.nn.Sequential) -> torch.optim.Adam:
        groups = super()._adam(network).param_groups
        given = [{"params": g["params"], "weight_decay": g["weight_decay"]} for g in groups]
        return torch.optim.Adam(given, lr=RATE, betas=(0.0, 0.99), fused=True, capturable=True)

    def steps(self, n: int) -> None:
        for _ in range(n):
            self._graph.replay()


def check_compiled(cell: Cell, penalised: bool, device: str) -> float:
    """The largest error between the gradients of the compiled and of the eager step."""
    theirs = Compiled(cell, penalised, "float32", device)
    real, noise = theirs.X[: cell.batch], torch.randn(cell.batch, cell.latent, **theirs.on)
    errors = []
    for i, (loss, network) in enumerate(
        ((theirs.discriminator_loss, theirs.D), (theirs.generator_loss, theirs.G))
    ):
        expected = torch.autograd.grad(loss(real, noise), list(network.parameters()))
        found = theirs.gradients_of(i, real, noise).values()
        scale = max(float(e.abs().max()) for e in expected)
        errors += [float((a - b).abs().max()) / scale for a, b in zip(found, expected, strict=True)]
    if max(errors) > TOLERANCES["float32"]:
        raise AssertionError(f"{cell}: compiled gradients differ by {max(errors):.1e}")
    return max(errors)


def ours(cell: Cell, penalised: bool, at_once: bool, *, graph: bool = True) -> Any:
    """Steps of regan, from a graph or kernel by kernel."""
    os.environ["REGAN_CUDA_GRAPHS"] = str(int(graph))
    return Ours(cell, penalised, at_once, "float32", "cupy").steps


def synchronized(steps: Callable[[int], None]) -> Callable[[int], None]:
    """`steps`, until the device is done."""

    def run(n: int) -> None:
        steps(n)
        torch.cuda.synchronize()

    return run


def tables(tf32: bool, chunks: int, seconds: float) -> None:
    """One process: every cell with this precision of products."""
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    console = Console(width=140)
    if not tf32:
        pairs = [(cell, p) for cell in GRID[:2] for p in (False, True)]
        errors = (
            max(check(cell, p, "float32", "cupy", "cuda") for cell, p in pairs),
            max(check_compiled(cell, p, "cuda") for cell, p in pairs),
        )
        console.print("gradients agree: regan to {:.1e}, torch.compile to {:.1e}".format(*errors))
    for penalised in (False, True):
        title = "with R1 + R2" if penalised else "no gradient penalty"
        table = Table(title=f"{title}, {'TF32' if tf32 else 'float32'}, microseconds a step")
        names = ("eager", "compile", "captured", "in turn", "at once", "at once by kernels")
        for column in ("features, latent, width, batch", *names, "eager / at once"):
            table.add_column(column)
        table.add_column("compile / at once")
        for cell in GRID:
            given: tuple[Any, ...] = (cell, penalised)
            sides = {
                "eager": Theirs(*given, "float32", "cuda").steps,
                "compile": Compiled(*given, "float32", "cuda").steps,
                "captured": Captured(*given, "float32").steps,
                "in turn": ours(*given, False),
                "at once": ours(*given, True),
                "at once by kernels": ours(*given, True, graph=False),
            }
            timed = {name: synchronized(steps) for name, steps in sides.items()}
            rounds = list(measure(timed, chunks, seconds))
            middle = [f"{1e6 * float(np.median([r[n] for r in rounds])):.0f}" for n in names]
            ratios = [
                f"{float(np.median([r[n] / r['at once'] for r in rounds])):.2f}"
                for n in ("eager", "compile")
            ]
            table.add_row(str(cell), *middle, *ratios)
        console.print(table)


def rehearse() -> None:
    """What can be run without a device: gradients of regan, of torch and of torch.compile."""
    cell = GRID[0]
    for penalised in (False, True):
        error = check(cell, penalised, "float32"), check_compiled(cell, penalised, "cpu")
        Compiled(cell, penalised, "float32", "cpu").steps(2)
        print(f"gradients agree to {error[0]:.1e} (regan) and {error[1]:.1e} (torch.compile)")


@click.command()
@click.option("--chunks", default=9, show_default=True, help="Turns of each side.")
@click.option("--seconds", default=0.3, show_default=True, help="The length of a turn.")
@click.option("--dry-run", is_flag=True, help="Rehearse on a CPU.")
def main(chunks: int, seconds: float, dry_run: bool) -> None:
    """Compare, then time; float32 first, then TF32, each in a process of its own."""
    if dry_run:
        rehearse()
        return
    if not torch.cuda.is_available():
        raise click.ClickException("torch finds no CUDA device; --dry-run needs none")
    import cupy

    print(
        f"regan {regan.__version__}, cupy {cupy.__version__}, torch {torch.__version__} with CUDA "
        f"{torch.version.cuda}, python {platform.python_version()}, "
        f"{torch.cuda.get_device_name()}, weight decay {ALPHA}"
    )
    for tf32 in (False, True):
        # both libraries read it when they first multiply
        os.environ["CUPY_TF32"] = str(int(tf32))
        process = get_context("spawn").Process(target=tables, args=(tf32, chunks, seconds))
        process.start()
        process.join()
        if process.exitcode:
            raise click.ClickException(f"the process ended with {process.exitcode}")


if __name__ == "__main__":
    main()
