"""How many different values a column has, told from some of its rows."""

import numpy as np
import pytest

from regan.data.columns.drawn import Drawn, Tally

N = 100_000
VALUES = {
    "all differ": np.arange(N),
    "each twice": np.arange(N) // 2,
    "few": np.arange(N) % 900,
    "one often": np.maximum(np.arange(N) - N // 10, 0),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("dtype", [float, object])
def test_values_of_all_rows_are_estimated_from_a_sample(values, dtype):
    sample = np.random.default_rng(0).permutation(values)[:10_000].astype(dtype)
    sought = values[:: N // 500].astype(dtype)  # which say nothing of how often values occur
    is_sampled = np.arange(len(sample) + len(sought)) < len(sample)
    tally = Tally.of(np.concatenate([sample, sought]), Drawn(is_sampled, N, None))
    assert tally.n_cells == N
    assert tally.n_values == pytest.approx(len(np.unique(values)), rel=0.1)
    assert tally.words == f"{len(np.unique(sample))} different values in 10000 rows that were drawn"


def test_values_that_were_counted_are_not_estimated():
    values = np.array(["a", "b", "a", "c"], dtype=object)
    drawn = Drawn(np.array([True, True, True, False]), 50, 3)
    tally = Tally.of(values, drawn)
    assert (tally.n_values, tally.n_levels, tally.n_cells) == (3, 3, 50)
    assert tally.words == "3 different values in 50 rows"
    assert dict(zip(tally.values, tally.counts, strict=True)) == {"a": 2, "b": 1}
    assert Tally.of(values, None).words == "3 different values in 4 rows"
