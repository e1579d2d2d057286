"""
Exact zeros: L1, group lasso, pruning
=====================================

An L1 penalty makes single weights exactly zero, a group lasso all weights that leave a hidden unit.
This page follows the generator along the strengths of both, and then removes what is dead: the
smaller network gives the same samples.
"""

# %%
# Two paths
# ---------
# Eight narrow Gaussians on a ring, a generator of 32 inputs and two hidden layers of 64 units.
# Only the generator is penalised: a setting for one network is a pair ``(generator,
# discriminator)``. Without local frames the networks have all of the work to do.

import matplotlib.pyplot as plt
import numpy as np

from regan import RegularizedGAN, gan_path
from regan.datasets import make_ring
from regan.metrics import mode_report

SIGMA = 0.02
X, _, centers = make_ring(10_000, sigma=SIGMA, random_state=0)


def follow(penalty, alphas):
    """By strength, small GANs whose generators are under `penalty`; all train in one run."""
    gan = RegularizedGAN(
        penalty=(penalty, None),
        frames=None,
        hidden_layer_sizes=(64, 64),
        batch_size=64,
        learning_rate_init=5e-3,
        max_iter=2000,
        random_state=0,
    )
    return dict(zip(alphas, gan_path(X, estimator=gan, alphas=alphas), strict=True))


ALPHAS = (1e-5, 1e-4, 3e-4, 1e-3)
paths = {"L1": follow("l1", (0.0, *ALPHAS)), "group lasso": follow("group_lasso", ALPHAS)}
free = paths["L1"].pop(0.0)

# %%
# ``sparsity_`` counts, for each network, the weights that are exactly zero and the hidden units
# that are dead: nothing reads them, or nothing feeds them. A row is of high quality if it lies
# within three standard deviations of a mode.
#
# One number is not one strength: the group lasso counts all of a unit's outgoing weights at once,
# and it leaves the first layer alone.


def high_quality(gan):
    """The share of generated rows near a mode."""
    return mode_report(gan.sample(10_000, random_state=1), centers, SIGMA).high_quality


def alive(gan):
    """The hidden units that are left."""
    return 128 - sum(gan.sparsity_["generator"].dead_units)


print(f"{'penalty':<13}{'alpha':>8}{'zero weights':>15}{'units alive':>13}{'high quality':>15}")
rows = [("none", 0, free)] + [(n, a, g) for n, path in paths.items() for a, g in path.items()]
for name, alpha, gan in rows:
    zeros = gan.sparsity_["generator"].zeros
    print(
        f"{name:<13}{alpha:>8.0e}{100 * zeros:>13.1f} %{alive(gan):>13}"
        f"{100 * high_quality(gan):>13.1f} %"
    )

# %%
# The picture
# -----------

STYLE = {"L1": ("tab:blue", "o", "-"), "group lasso": ("tab:orange", "s", "--")}
figure, panels = plt.subplots(1, 3, figsize=(10, 3.3), layout="constrained")
for name, path in paths.items():
    color, marker, line = STYLE[name]
    alphas, gans = list(path), list(path.values())
    shares = [100 * gan.sparsity_["generator"].zeros for gan in gans]
    for axes, values in zip(
        panels,
        (shares, [alive(gan) for gan in gans], [100 * high_quality(gan) for gan in gans]),
        strict=True,
    ):
        axes.semilogx(alphas, values, color=color, marker=marker, linestyle=line, label=name)
without = (0, alive(free), 100 * high_quality(free))
titles = ("weights at zero, %", "hidden units alive, of 128", "high quality, %")
for axes, title, value in zip(panels, titles, without, strict=True):
    axes.axhline(value, color="0.5", linewidth=1, linestyle=":", label="no penalty")
    axes.set(title=title, xlabel="alpha", ylim=(-4, None))
    axes.spines[["top", "right"]].set_visible(False)
panels[0].legend(frameon=False)
plt.show()

# %%
# Zeros come first, harm later: more than half of the weights can go before samples get worse, and
# then they get worse fast. L1 removes whole units as well, since a weight is worth little if
# nothing reads what it feeds. This is one seed; differences of a few points are chance.

# %%
# Pruning
# -------
# ``prune`` returns a copy without the dead units. A unit that nothing feeds is a constant, which
# moves to the next biases, so both networks compute the same up to rounding.

gan = paths["L1"][1e-4]
small = gan.prune()
difference = np.abs(gan.sample(1000, random_state=1) - small.sample(1000, random_state=1)).max()
for name, model in (("trained", gan), ("pruned", small)):
    widths = [p["W"].shape[1] for p in model.generator_.parameters[:-1] if "W" in p]
    print(f"{name:8}hidden layers {widths}, {model.generator_.theta.size} parameters")
print(f"largest difference of 1,000 samples: {difference:.0e}")

# %%
# The second weight matrix of the generator, before and after. Black is a weight that acts, white
# a zero: rows are the units it reads, columns the units it feeds.

before, after = (
    [p["W"] for p in model.generator_.parameters if "W" in p][1] for model in (gan, small)
)
shapes = [weights.shape for weights in (before, after)]
figure, panels = plt.subplots(
    1, 2, figsize=(8, 4.6), width_ratios=[n for _, n in shapes], layout="constrained"
)
for axes, weights, title in zip(panels, (before, after), ("trained", "pruned"), strict=True):
    axes.imshow(weights != 0, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.set(title=f"{title}: {weights.shape[0]} x {weights.shape[1]}", anchor="N")
    axes.set(xlabel="unit of the second layer", ylabel="unit of the first layer")
plt.show()

# %%
# Training can go on from the smaller network: its widths are its hyper-parameters.

print(small.hidden_layer_sizes, small.partial_fit(X).n_iter_)

# %%
# The claim of this example: zeros are exact and grow with the strength; without a penalty there
# are none; the pruned network is smaller and gives the same samples.

zeros = [gan.sparsity_["generator"].zeros for gan in paths["L1"].values()]
assert free.sparsity_["generator"].zeros == 0
assert zeros == sorted(zeros)
assert zeros[-1] > 0.8
assert gan.prune().generator_.theta.size < 0.6 * gan.generator_.theta.size
assert difference < 1e-5
