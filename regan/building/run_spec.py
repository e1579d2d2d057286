"""The specification of a run: how a model trains, whatever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from regan.building.framing import check_frames
from regan.building.settings import Settings
from regan.control.early_stopping import EarlyStopping, resolve_early_stopping
from regan.data.labels import BALANCED, check_conditional
from regan.training.callbacks import Callback, FunctionCallback
from regan.training.progress import ProgressBar
from regan.validation import check_bool, check_choice, check_int, check_real


@dataclass(frozen=True)
class RunSpec:
    """Specification of training: updates, batches, averages, and what steers them.

    Attributes
    ----------
    backend : str or None
    dtype : str
    batch_size, max_iter : int
    n_discriminator_steps : int
    ema_decay : float
    conditional : bool or "balanced"
    frames : int, "auto" or None
    masked : bool
        Whether rows are completed as well as made.
    early_stopping : EarlyStopping or None
    callbacks : tuple of Callback
        The user's, and the progress bar.
    standardize, random_state : object
        As they were given.
    """

    backend: str | None
    dtype: str
    batch_size: int
    max_iter: int
    n_discriminator_steps: int
    ema_decay: float
    conditional: bool | str
    frames: int | str | None
    masked: bool
    early_stopping: EarlyStopping | None
    callbacks: tuple[Callback, ...]
    standardize: Any
    random_state: Any

    @property
    def balanced(self) -> bool:
        """Whether minibatches have every class equally often."""
        return self.conditional == BALANCED

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """From all settings."""
        given = settings.values
        steps = given.get("n_discriminator_steps", 1)
        decay = settings["ema_decay"]
        return cls(
            settings["backend"],
            check_choice(settings["dtype"], "dtype", ("float32", "float64")),
            check_int(settings["batch_size"], "batch_size", minimum=1),
            check_int(settings["max_iter"], "max_iter", minimum=1),
            check_int(steps, "n_discriminator_steps", minimum=0),
            check_real(decay, "ema_decay", minimum=0, maximum=1, open_maximum=True),
            check_conditional(given.get("conditional", False)),
            check_frames(given.get("frames")),
            check_bool(given.get("masked", False), "masked"),
            resolve_early_stopping(given.get("early_stopping", False)),
            tuple(_callbacks(settings)),
            settings["standardize"],
            settings["random_state"],
        )


def _callbacks(settings: Settings) -> list[Callback]:
    setting, verbose = settings["callbacks"], settings["verbose"]
    callbacks: list[Callback] = []
    if not isinstance(setting, (list, tuple, type(None))):
        raise TypeError(f"callbacks must be a list, got {setting!r}")
    for callback in setting or ():
        usable = isinstance(callback, Callback) or callable(callback)
        if not usable or isinstance(callback, type):
            raise TypeError(f"callbacks must hold Callback objects or callables, got {callback!r}")
        own = isinstance(callback, Callback)
        callbacks.append(callback if own else FunctionCallback(callback))
    verbose = int(verbose) if isinstance(verbose, bool) else verbose
    if check_int(verbose, "verbose", minimum=0):
        callbacks.append(ProgressBar())
    return callbacks
