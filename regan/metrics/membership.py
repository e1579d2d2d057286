"""Membership inference attacks, which find out the rows that a generator was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom
from sklearn.utils import check_random_state

from regan.metrics.detection import Detection, detected
from regan.metrics.nearest import nearest
from regan.metrics.samples import as_samples
from regan.metrics.tables import Printed, findings
from regan.metrics.unseen import check_unseen
from regan.typing import RandomState, TableLike
from regan.validation import check_int

LEAST_HELD_OUT = 8
_NEIGHBORS = 5
_NEARER = 3.0
_ERRORS = 3.0
_CHANCE = 5e-3
_DIGITS = 6


@dataclass(frozen=True)
class Attack(Detection):
    """One membership inference attack, with two controls.

    Attributes
    ----------
    auc, std_error, true_positives : float
        See `Detection`.
    fresh : Detection
        The same attack on one half of the held-out rows against the other half: .5 and .01, up to
        chance.
    copies : Detection
        The same attack on a generator that repeats training rows, with as many rows as there are
        generated ones: the upper limit.
    """

    fresh: Detection
    copies: Detection


@dataclass(frozen=True, repr=False)
class Membership(Printed):
    """Result of the membership inference attacks of `membership`.

    It prints as its warnings and a table.

    Attributes
    ----------
    distance, density : Attack
    n_repeated : int
        The number of training rows that are nearly repeated.
    n_expected : float
        The number expected of as many fresh rows, estimated from the held-out rows.
    p_value : float
        The probability of at least `n_repeated` training rows if these did not differ from fresh
        rows.
    n_train, n_holdout : int
        The numbers of training rows and of held-out rows that were compared.
    """

    distance: Attack
    density: Attack
    n_repeated: int
    n_expected: float
    p_value: float
    n_train: int
    n_holdout: int

    @property
    def is_repeated(self) -> bool:
        """Whether significantly many rows are nearly repeated: `p_value` is at most 1 in 200."""
        return bool(self.n_repeated and self.p_value <= _CHANCE)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Significant findings in words: beyond three standard errors, or 1 in 200."""
        told = []
        if self.is_repeated:
            told.append(
                f"{self.n_repeated} of {self.n_train} training rows are nearly repeated: a "
                "generated row is three times as near to them as any other real row. Of as many "
                f"fresh rows, {self.n_expected:.1f} would be expected"
            )
        n, h = self.n_train, self.n_holdout
        by_chance = float(np.sqrt((n + h + 1) / (12 * n * h)))  # of equal distributions
        for word, attack in (("distance to", self.distance), ("density of", self.density)):
            if attack.auc - 0.5 > _ERRORS * max(attack.std_error, by_chance):
                told.append(
                    f"The {word} generated rows identifies training rows: AUC {attack.auc:.2f}, "
                    f"where fresh rows have .5 and copies {attack.copies.auc:.2f}"
                )
        return tuple(told)

    def _sentences(self) -> list[str]:
        repeated = (
            f"{self.n_repeated} of {self.n_train} training rows are nearly repeated. Of as many "
            f"fresh rows, {self.n_expected:.1f} would be expected."
        )
        return findings(self.warnings) + [repeated] * (not self.is_repeated)

    def _header(self) -> list[str]:
        return ["attack by", "AUC", "standard error", "true positives"]

    def _lines(self) -> list[list[str]]:
        attacks = (("distance", self.distance), ("density", self.density))
        found = [
            (f"{word}, {kind}", each)
            for word, attack in attacks
            for kind, each in (
                ("training rows", attack),
                ("fresh rows", attack.fresh),
                ("copies", attack.copies),
            )
        ]
        return [
            [word, f"{each.auc:.3f}", f"{each.std_error:.3f}", f"{each.true_positives:.3f}"]
            for word, each in found
        ]


def membership(
    train: TableLike,
    fake: TableLike,
    holdout: TableLike,
    *,
    n_neighbors: int = _NEIGHBORS,
    max_rows: int | None = None,
    random_state: RandomState = 0,
) -> Membership:
    r"""Membership inference attack: how well generated rows identify training rows.

    An attacker has generated rows and knows a further row, and wants to find out whether the
    generator was fitted on this row. The attack *by distance* scores a row higher if the nearest
    generated row is nearer. The attack *by density* scores a row higher if generated rows are
    denser around it than other rows of the same distribution, the reference rows:

    .. math::

        \text{score}(x) = \log r_k(x) - \log d_1(x),

    with the distance :math:`d_1` to the nearest generated row and the distance :math:`r_k` to the
    k-th nearest reference row. The score grows with the ratio of the two densities in
    nearest-neighbor estimates. Rows in dense regions are near generated rows even if the generator
    was not fitted on them; the second attack takes this into account.

    Training rows and rows of `holdout` are scored. The area under the ROC curve (AUC) measures how
    well these scores separate the two kinds of rows. It is .5 without memorization, whatever the
    numbers of rows, and 1 at most.

    Parameters
    ----------
    train : array-like of shape (n, D), with n >= 2
        The rows that the generator was fitted on.
    fake : array-like of shape (m, D)
        More generated rows reveal more: take as many as you will release.
    holdout : array-like of shape (h, D), with h >= 8
        Held-out rows of the same distribution.
    n_neighbors : int, default=5
        The k of the attack by density.
    max_rows : int, default=None
        The largest number of rows of `train`, and of `holdout`, to compare; None takes all.
    random_state : int, RandomState or None, default=0
        Chooses these rows, and the halves of `holdout`.

    Returns
    -------
    Membership
        - `distance` and `density`: each attack with its `auc`, `std_error` and `true_positives` at
          1 % false positives, and the same for two controls, `fresh` and `copies`.
        - `n_repeated`: the number of training rows that are nearly repeated; `n_expected` is the
          number for as many fresh rows.
        - `warnings`: the significant findings in words.

    Notes
    -----
    The reference rows are one half of `holdout`, for training rows and for the other half alike.
    Then the two halves are exchanged. So training rows and held-out rows are compared with equally
    many reference rows, and no row is its own reference.

    A row is *nearly repeated* if the nearest generated row is less than a third as far away as the
    nearest other real row, of `train` or `holdout`. So a row that occurs twice does not count. With
    few columns, near repetitions happen by chance; the held-out rows measure how often. `p_value`
    is that of Fisher's exact test.

    With fewer than 99 held-out rows (198 for the density), 1 % of these are less than one row. Then
    `true_positives` is less than 1 even for copies; without memorization, it is still .01.

    References
    ----------
    Chen et al., 2020 (arXiv:1909.03935), for the distance; van Breugel et al., 2023
    (arXiv:2302.12580), for the ratio of densities; Carlini et al., 2022 (arXiv:2112.03570), for
    true positives at few false ones; Gu et al., 2023 (arXiv:2310.02664), for a third of the
    distance; DeLong et al., 1988, for the standard error.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import membership
    >>> X, Y, Z = np.random.default_rng(0).normal(size=(3, 100, 5))
    >>> honest = membership(X, Z, Y)
    >>> abs(honest.distance.auc - 0.5) < 3 * honest.distance.std_error
    True
    >>> membership(X, np.vstack([Z, X[:12] + 1e-3]), Y).n_repeated
    12
    """
    if holdout is None:
        raise TypeError(
            "membership needs held-out rows, which the model was not fitted on, got holdout=None"
        )
    known, made, fresh = as_samples(train, fake, holdout)
    n_neighbors = check_int(n_neighbors, "n_neighbors", minimum=1)
    if max_rows is not None:
        check_int(max_rows, "max_rows", minimum=LEAST_HELD_OUT)
    if len(known) < 2 or len(fresh) < LEAST_HELD_OUT:
        raise ValueError(
            f"membership needs at least 2 training rows and {LEAST_HELD_OUT} held-out rows, got "
            f"{len(known)} and {len(fresh)}"
        )
    check_unseen(known, made, fresh)
    return membership_of(known, made, fresh, n_neighbors, max_rows, random_state)


def membership_of(
    train: np.ndarray,
    fake: np.ndarray,
    holdout: np.ndarray,
    n_neighbors: int = _NEIGHBORS,
    max_rows: int | None = None,
    random_state: RandomState = 0,
) -> Membership:
    """As `membership`, of rows that need no checks."""
    rng = check_random_state(random_state)
    train, holdout = (rows[np.lexsort(rows.T)] for rows in (train, holdout))
    tested, held = (rng.permutation(len(rows))[:max_rows] for rows in (train, holdout))
    members, others = train[tested], holdout[held]
    copied = train[rng.permutation(len(train))[: len(fake)]]
    halves = np.arange(len(others)) % 2
    radii = _radii(members, others, halves, n_neighbors)
    found, of_copies = (
        _attacks([_logs(nearest(rows, made)[:, 0]) for rows in (members, others)], *radii, halves)
        for made in (fake, copied)
    )
    distance, density = (
        Attack(one.auc, one.std_error, one.true_positives, fresh, copies)
        for (one, fresh), (copies, _) in zip(found, of_copies, strict=True)
    )
    real, at = np.concatenate([train, holdout]), np.concatenate([tested, len(train) + held])
    gaps = nearest(real[at], real, itself=at)[:, 0]
    repeated = nearest(real[at], fake)[:, 0] * _NEARER < gaps
    n, h = len(members), len(others)
    n_repeated, n_fresh = int(repeated[:n].sum()), int(repeated[n:].sum())
    chance = hypergeom.sf(n_repeated - 1, n + h, n_repeated + n_fresh, n)
    expected, chance = n * n_fresh / h, float(min(chance, 1.0))
    return Membership(distance, density, n_repeated, expected, chance, n, h)


def _radii(
    members: np.ndarray, others: np.ndarray, halves: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the distances to the k-th nearest rows of reference.

    Of members (2, n), beside either half of the others as reference, and of these (h,), each beside
    the half that it is not in.
    """
    parts = [others[halves == half] for half in (0, 1)]
    of_members = np.stack([nearest(members, part, k)[:, -1] for part in parts])
    of_others = np.empty(len(others))
    for half in (0, 1):
        of_others[halves == half] = nearest(parts[half], parts[1 - half], k)[:, -1]
    return _logs(of_members), _logs(of_others)


def _attacks(
    logs: list[np.ndarray],
    radii_of_members: np.ndarray,
    radii_of_others: np.ndarray,
    halves: np.ndarray,
) -> list[tuple[Detection, Detection]]:
    """What each attack finds of members, and of one half of the others among the other half.

    logs : of the distances of both to generated rows, (n,) and (h,).
    """
    members, others = logs
    fresh = np.arange(len(others)) // 2 % 2 == 0  # as many of each half
    by_distance = (
        detected([-members], [-others], same_rows=True),
        detected([-others[fresh]], [-others[~fresh]], same_rows=True),
    )
    of_members = [_ratio(radii, members) for radii in radii_of_members[::-1]]
    of_others = _ratio(radii_of_others, others)
    folds = [halves == half for half in (0, 1)]
    by_density = (
        detected(of_members, [of_others[fold] for fold in folds], same_rows=True),
        detected(
            [of_others[fold & fresh] for fold in folds],
            [of_others[fold & ~fresh] for fold in folds],
            same_rows=False,
        ),
    )
    return [by_distance, by_density]


def _logs(distances: np.ndarray) -> np.ndarray:
    """Logarithms to so many digits that what is equal but for rounding is equal."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.round(np.log(distances), _DIGITS))


def _ratio(radii: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Their difference; 0 where both distances are."""
    with np.errstate(invalid="ignore"):
        ratio = radii - distances
    return np.where(np.isnan(ratio), 0.0, ratio)
