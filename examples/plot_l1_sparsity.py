"""
Regularization: exact zeros and pruning
=======================================

You learn how to make a generator small: with a penalty that sets weights exactly to zero, and with
``prune``, which removes the units that are dead. An L1 penalty acts on single weights, a group
lasso on all weights that leave a unit. On a checkerboard more than nine in ten weights can go
without a loss of score, and the pruned network gives the same samples.
"""

# %%
# Two paths
# ---------
# The training set has 500 rows of a checkerboard. The generator has two hidden layers of 64 units
# each. Only the generator is penalized: a setting for one network is a pair ``(generator,
# discriminator)``. `regan.gan_path` trains the models of all strengths in one run. All other
# settings are the defaults.

import matplotlib.pyplot as plt
import numpy as np

from regan import RegularizedGAN, gan_path
from regan.datasets import make_checkerboard

X, _, _ = make_checkerboard(2_500, random_state=0)
train, unseen = X[:500], X[500:]


def follow(penalty, alphas):
    """By strength, GANs whose generators are under `penalty`; all train in one run."""
    gan = RegularizedGAN(penalty=(penalty, None), hidden_layer_sizes=(64, 64), random_state=0)
    return dict(zip(alphas, gan_path(train, estimator=gan, alphas=alphas), strict=True))


ALPHAS = (1e-3, 1e-2, 3e-2)
paths = {"L1": follow("l1", (0.0, *ALPHAS)), "group lasso": follow("group_lasso", ALPHAS)}
free = paths["L1"].pop(0.0)

# %%
# ``sparsity_`` counts, for each network, the weights that are exactly zero and the hidden units
# that are dead: no unit reads them, or no unit feeds them.
#
# The same number is not the same strength for both penalties. The group lasso counts all weights
# that leave a unit at once, and it does not act on the first layer.


def alive(gan):
    """The hidden units that are left."""
    return 128 - sum(gan.sparsity_["generator"].dead_units)


rows = [("none", 0.0, free)] + [(n, a, g) for n, path in paths.items() for a, g in path.items()]
measured = {
    (name, alpha): (100 * gan.sparsity_["generator"].zeros, alive(gan), gan.score(unseen))
    for name, alpha, gan in rows
}
print(f"{'penalty':<13}{'alpha':>8}{'zero weights':>15}{'units alive':>13}{'score':>8}")
for (name, alpha), (zeros, units, score) in measured.items():
    print(f"{name:<13}{alpha:>8.0e}{zeros:>13.1f} %{units:>13}{score:>8.2f}")

# %%
# The picture
# -----------
# The score on held-out rows is 1 for real rows.

STYLE = {"L1": ("tab:blue", "o", "-"), "group lasso": ("tab:orange", "s", "--")}
figure, panels = plt.subplots(1, 3, figsize=(10, 3.3), layout="constrained")
titles = ("weights that are zero, %", "hidden units alive, of 128", "score on held-out rows")
for axes, title, part in zip(panels, titles, range(3), strict=True):
    for name, (color, marker, line) in STYLE.items():
        found = [measured[name, alpha][part] for alpha in ALPHAS]
        axes.semilogx(ALPHAS, found, color=color, marker=marker, linestyle=line, label=name)
    without = measured["none", 0.0][part]
    axes.axhline(without, color="0.5", linewidth=1, linestyle=":", label="no penalty")
    axes.set(title=title, xlabel="alpha")
    axes.spines[["top", "right"]].set_visible(False)
panels[0].legend(frameon=False)
plt.show()

# %%
# At first the penalty removes weights that the generator does not need, and the score stays. Then
# it removes the generator: at the largest strength of L1 the score drops. L1 kills whole units as
# well, because a weight has no use if no unit reads what it feeds. This is one seed; differences of
# a few hundredths are chance.

# %%
# Pruning
# -------
# ``prune`` returns a copy without the dead units. A unit that no unit feeds is a constant, which
# moves to the biases of the next layer. So both networks compute the same up to rounding.

gan = paths["L1"][1e-2]
small = gan.prune()
difference = np.abs(gan.sample(1000, random_state=1) - small.sample(1000, random_state=1)).max()
for name, model in (("trained", gan), ("pruned", small)):
    widths = model.hidden_layer_sizes
    print(f"{name:8}hidden layers {widths}, {model.generator_.theta.size} parameters")
print(f"largest difference of 1,000 samples: {difference:.0e}")

# %%
# The second weight matrix of the generator, before and after. Black is a weight that is not zero.
# Rows are the units that it reads, columns the units that it feeds.

before, after = (
    [p["W"] for p in model.generator_.parameters if "W" in p][1] for model in (gan, small)
)
figure, panels = plt.subplots(1, 2, figsize=(8, 4.4), layout="constrained")
for axes, weights, title in zip(panels, (before, after), ("trained", "pruned"), strict=True):
    axes.imshow(weights != 0, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.set(title=f"{title}: {weights.shape[0]} x {weights.shape[1]}", anchor="N")
    axes.set(xlabel="unit of the second layer", ylabel="unit of the first layer")
plt.show()

# %%
# Training can go on from the smaller network: its widths are its hyper-parameters.

print(small.hidden_layer_sizes, small.partial_fit(train).n_iter_)

# %%
# The claim of this example: zeros are exact and grow with the strength. Without a penalty there are
# none. An L1 penalty sets more than nine in ten weights to zero at no loss of score, and too strong
# a penalty costs the score. The pruned network is much smaller and gives the same samples.

zeros = [measured["L1", alpha][0] for alpha in ALPHAS]
assert measured["none", 0.0][0] == 0
assert zeros == sorted(zeros)
assert measured["L1", 1e-2][0] > 90
assert measured["L1", 1e-2][2] > measured["none", 0.0][2] - 0.03
assert measured["L1", 3e-2][2] < measured["L1", 1e-2][2] - 0.2
assert small.generator_.theta.size < 0.4 * gan.generator_.theta.size
assert difference < 1e-5
