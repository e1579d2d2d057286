import numpy as np
import pytest
from sklearn.decomposition import PCA

from regan.mixtures.principal_frames import learn_principal
from regan.mixtures.selection import choose_diagonal


def rows(n=600, seed=0):
    """Two clusters in the first three of eight directions, and little in the others."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    inside = rng.normal(size=(n, 8)) * [2, 1, 1, 0.1, 0.1, 0.05, 0.05, 0.01]
    inside[:, 0] += np.where(rng.random(n) < 0.3, 8, -3)
    return inside @ axes + 5


def learnt(X, k="auto", share=0.99, most=64, classes=None, n_classes=0):
    return learn_principal(X, k, classes, n_classes, 0, share, most)


def test_coordinates_are_principal_components_in_one_unit():
    X = rows()
    frames = learnt(X)
    u, _ = frames.enter(X, np.random.default_rng(0))
    expected = PCA(3).fit(X).transform(X)
    assert frames.n_coordinates == 3
    assert (u * u).mean() == pytest.approx(1, abs=0.01)
    ratio = np.abs(expected) / np.abs(u)
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-6)


def test_the_way_back_is_the_projection():
    X = rows()
    frames = learnt(X)
    pca = PCA(3).fit(X)
    u, components = frames.enter(X, np.random.default_rng(0))
    expected = pca.inverse_transform(pca.transform(X))
    np.testing.assert_allclose(frames.leave(u, components), expected, atol=1e-8)
    whole = learnt(X, share=1.0)
    u, components = whole.enter(X, np.random.default_rng(0))
    np.testing.assert_allclose(whole.leave(u, components), X, atol=1e-8)


def test_clusters_are_components_with_their_shares():
    X = rows(1000)
    classes = (np.arange(1000) % 2).astype(np.int64)
    frames = learnt(X, classes=classes, n_classes=2)
    assert frames.n_components == 2
    np.testing.assert_allclose(sorted(frames.weights), [0.3, 0.7], atol=0.05)
    assert frames.shares.shape == (2, 2)
    made = frames.sample(
        frames.draw(4000, np.random.default_rng(1), None), np.random.default_rng(2)
    )
    np.testing.assert_allclose(made.mean(axis=0), X.mean(axis=0), atol=0.25)
    np.testing.assert_allclose(made.std(axis=0), X.std(axis=0), atol=0.25)


def test_at_most_so_many_coordinates():
    assert learnt(rows(), share=1.0, most=2).n_coordinates == 2
    assert learnt(rows(6), k=1, share=1.0).n_coordinates <= 6


def test_few_rows_have_one_component():
    assert choose_diagonal(rows(150), 0).n_components == 1
    with pytest.raises(ValueError, match="frames=40 is more components than 30 rows"):
        learnt(rows(30), k=40)
