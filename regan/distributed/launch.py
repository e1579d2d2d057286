"""How many ranks a launcher has started, by what it leaves in the environment."""

from __future__ import annotations

import os

_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
_STEP = "SLURM_STEP_NUM_TASKS"
_OF_STEP = ("PMIX_RANK", "PMI_RANK")


def launched_ranks() -> int:
    """Ranks of the MPI program that this process belongs to; 1 outside of any.

    mpiexec of MPICH, Open MPI and MVAPICH say it, and srun where it starts MPI programs. What a
    batch system has reserved is no sign.
    """
    counts = [os.environ.get(name, "") for name in _SIZES]
    if any(name in os.environ for name in _OF_STEP):
        counts.append(os.environ.get(_STEP, ""))
    return max((int(count) for count in counts if count.isdecimal()), default=1)
