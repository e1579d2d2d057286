import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from regan.building import framing
from regan.data.encoded_rows import EncodedRows
from regan.data.numbers import pieces
from regan.data.scaling import ColumnScaler
from regan.data.unscaled_rows import UnscaledRows
from regan.mixtures import local_frames
from regan.mixtures.local_frames import LocalFrames, learn_by_class, learn_frames


def modes(n=600, seed=0):
    """Rows of three narrow modes, two thirds of which are the first's, and their modes."""
    rng = np.random.default_rng(seed)
    centres, which = (
        np.array([[-2.0, 0], [2, 1], [0, -2]]),
        rng.choice(3, n, p=[2 / 3, 1 / 6, 1 / 6]),
    )
    shapes = np.array([[[0.3, 0], [0.2, 0.1]], [[0.1, 0], [0, 0.3]], [[0.2, 0.1], [0, 0.2]]])
    return centres[which] + np.einsum("ni,nij->nj", rng.normal(size=(n, 2)), shapes[which]), which


def frames_of(rows, k=3, classes=None, n_classes=0):
    return learn_frames(rows, k, classes, n_classes, 0)


def test_a_way_in_and_back():
    rows, _ = modes()
    frames = frames_of(rows)
    u, components = frames.enter(rows, np.random.default_rng(0))
    np.testing.assert_allclose(frames.leave(u, components), rows, atol=1e-12)


def test_many_rows_enter_as_few_do(monkeypatch):
    rows, _ = modes()
    rows[:, 1] = rows[:, 1].round(1)  # ties
    frames = frames_of(rows)
    given = UnscaledRows(ColumnScaler.learn(rows, "standard"), rows)
    u, components = frames.enter_rows(given, np.random.default_rng(0))
    monkeypatch.setattr(local_frames, "LEARNT_ROWS", 100)
    monkeypatch.setattr(pieces, "_NUMBERS", 60)
    for dtype, off in (("float64", 0), ("float32", 1e-4)):
        found, mine = frames.enter_rows(given, np.random.default_rng(0), dtype)
        np.testing.assert_array_equal(mine, components)
        np.testing.assert_allclose(found, u, rtol=0, atol=off)
        assert found.dtype == dtype


def test_frames_of_many_rows_are_those_of_some(monkeypatch):
    rows, which = modes()
    monkeypatch.setattr(framing, "LEARNT_ROWS", 300)
    given = UnscaledRows(ColumnScaler.learn(rows, "standard"), rows)
    labels = EncodedRows(np.empty((600, 0)), which[:, None], (3,))
    found = framing.learn_coordinates(3, given.scaler, (given, labels), 0).frames
    some = np.random.default_rng([0, 27]).choice(600, 300, replace=False)
    expected = frames_of(given[some].scaled(), 3, which[some], 3)
    for name, array in expected.export().items():
        np.testing.assert_array_equal(found.export()[name], array)


def test_each_component_is_white_in_its_frame():
    rows, which = modes(3000)
    u, components = frames_of(rows).enter(rows, np.random.default_rng(0))
    for k in range(3):
        mine = u[components == k]
        np.testing.assert_allclose(mine.mean(axis=0), 0, atol=0.02)
        np.testing.assert_allclose(np.cov(mine.T), np.eye(2), atol=0.05)
        assert len(np.unique(which[components == k])) == 1


def test_densities_are_those_of_the_mixture():
    rows, _ = modes()
    frames = frames_of(rows)
    for k in range(3):
        other = multivariate_normal(frames.means[k], frames.covariances[k])
        np.testing.assert_allclose(frames.log_densities(rows)[:, k], other.logpdf(rows), rtol=1e-9)


def test_components_are_drawn_from_their_posterior():
    rows = np.zeros((4000, 1))
    mixture = GaussianMixture(2).fit([[-1.0], [-1.1], [1.0], [1.1]])
    mixture.means_, mixture.covariances_ = np.array([[-1.0], [1.0]]), np.array([[[1.0]], [[4.0]]])
    mixture.weights_ = np.array([0.5, 0.5])
    frames = LocalFrames(mixture.means_, mixture.covariances_, mixture.weights_, np.empty((0, 2)))
    densities = np.exp(frames.log_densities(rows[:1]))[0]
    share = frames.assign(rows, np.random.default_rng(0)).mean()
    assert abs(share - densities[1] / densities.sum()) < 0.03


def test_shares_are_those_of_the_rows_in_each_class():
    rows, which = modes()
    classes = (which > 0).astype(np.int64)
    frames = frames_of(rows, classes=classes, n_classes=3)
    first = int(np.argmax(frames.weights))
    np.testing.assert_allclose(frames.shares[0], np.eye(3)[first])
    assert frames.shares[1, first] == 0
    np.testing.assert_allclose(frames.shares[2], frames.weights)  # a class without rows
    drawn = frames.draw(3000, np.random.default_rng(0), np.ones(3000, dtype=np.int64))
    counts = np.bincount(drawn, minlength=3) / 3000
    np.testing.assert_allclose(counts, frames.shares[1], atol=0.03)


def test_a_flat_direction_is_noise_inside_and_constant_outside():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    rows = np.c_[x, x, rng.normal(size=500)]  # the second column is the first
    frames = frames_of(rows, 1)
    u, components = frames.enter(rows, rng)
    np.testing.assert_allclose(np.cov(u.T), np.eye(3), atol=0.15)
    made = frames.leave(rng.normal(size=(100, 3)), np.zeros(100, dtype=np.int64))
    np.testing.assert_allclose(made[:, 0], made[:, 1], atol=1e-3)
    np.testing.assert_allclose(frames.leave(u, components), rows, atol=1e-2)


def test_columns_of_one_value_pass_as_they_are_behind_the_others():
    rows = np.insert(modes()[0], 1, 0.0, axis=1)
    frames, plain = frames_of(rows), frames_of(rows[:, [0, 2]])
    later = rows + [0, 7.0, 0]
    np.testing.assert_array_equal(frames.log_densities(later), plain.log_densities(rows[:, [0, 2]]))
    u, components = frames.enter(later, np.random.default_rng(0))
    np.testing.assert_array_equal(u[:, 2], 7)
    np.testing.assert_allclose(frames.leave(u, components), later, atol=1e-12)
    assert not frames.covariances[:, 1].any()


def test_what_varies_most_comes_first():
    rows = np.random.default_rng(0).normal(size=(500, 3)) * [0.1, 1, 0.5]
    frames = frames_of(rows, 1)
    u, _ = frames.enter(rows, np.random.default_rng(0))
    near = abs(np.corrcoef(rows.T, u.T)[:3, 3:])
    assert near.argmax(axis=0).tolist() == [1, 2, 0]


def test_an_atom_is_a_component_and_comes_back_as_it_is():
    rng = np.random.default_rng(0)
    zero = rng.random(1000) < 0.5
    rows = np.c_[np.where(zero, -1.0, rng.normal(1, 0.5, 1000)), rng.normal(size=1000)]
    frames = frames_of(rows, "auto")
    u, _ = frames.enter(rows, rng)
    made = frames.leave(rng.normal(size=(4000, 2)), frames.draw(4000, rng, None))
    assert np.isfinite(u).all()
    assert abs(u).max() < 10
    assert abs((abs(made[:, 0] + 1) < 0.01).mean() - zero.mean()) < 0.04


@pytest.mark.parametrize("n", [1, 2, 999, 5000])
def test_a_row_does_not_depend_on_those_beside_it(n):
    rows, _ = modes()
    frames = frames_of(rows)
    rng = np.random.default_rng(0)
    u, components = rng.normal(size=(5000, 2)), rng.integers(0, 3, 5000)
    np.testing.assert_array_equal(
        frames.leave(u, components)[:n], frames.leave(u[:n], components[:n])
    )


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    d=st.integers(1, 6),
    n=st.integers(60, 200),
    kind=st.sampled_from(["integers", "duplicates", "one value", "heavy", "tiny"]),
)
def test_odd_rows_stay_finite(seed, d, n, kind):
    rng = np.random.default_rng(seed)
    rows = {
        "integers": rng.integers(0, 9, (n, d)),
        "duplicates": np.repeat(rng.normal(size=(5, d)), n, axis=0),
        "one value": np.c_[np.zeros((n, d)), rng.normal(size=n)],
        "heavy": rng.standard_t(1.5, (n, d)),
        "tiny": np.c_[rng.normal(size=(n, d)), 1e-9 * rng.normal(size=n)],
    }[kind].astype(float)
    frames = frames_of(rows, "auto")
    u, components = frames.enter(rows, rng)
    assert np.isfinite(u).all()
    assert np.isfinite(frames.leave(u, components)).all()
    np.testing.assert_allclose(frames.weights.sum(), 1)


def test_frames_of_classes_share_their_axes():
    """Where there are 5 rows for each column that varies, and in each class."""
    rows, which = modes(60)
    rows = np.column_stack([rows, np.full(60, 2.0)])
    frames = learn_by_class(rows, which, 3, 0)
    own = np.array([rows[which == k].mean(axis=0) for k in range(3)])
    np.testing.assert_allclose(frames.means, own)
    apart = rows[:, :2] - own[which, :2]
    within = np.tile(apart.T @ apart / 57, (3, 1, 1))
    np.testing.assert_allclose(frames.covariances[:, :2, :2], within, atol=1e-5)
    assert not frames.covariances[:, 2].any()
    few = np.flatnonzero(which == 2)[4:]
    assert learn_by_class(np.delete(rows, few, 0), np.delete(which, few), 3, 0) is None
    assert learn_by_class(np.tile(rows[:, :2], 7), which, 3, 0) is None
