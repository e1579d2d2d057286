"""
Penalty, constraint, structure
==============================

There are three ways to make a network small. A penalty makes it pay for its weights, a constraint
puts it back into a set after every update, and a structure never gives it the weights at all. Here
they act on one generator with the same data, and at the same size: each constraint and each
structure is set to what the penalty before it ended with.
"""

# %%
# The three sizes of a network
# ----------------------------
# How large its weights are, how many of them are not zero, and how many units it has. Penalties
# come first, because where they end is known only afterwards.

import warnings

import matplotlib.pyplot as plt
import numpy as np

from regan import RegularizedGAN
from regan.constraints import L1Ball, L2Ball, MaxNonZero, MaxUnits
from regan.datasets import make_ring
from regan.metrics import mode_report
from regan.penalties import L1, L2, GroupLasso

warnings.filterwarnings("ignore", "generated rows are far")  # they are small on purpose

SIGMA = 0.02
X, _, centers = make_ring(10_000, sigma=SIGMA, random_state=0)


def fit(penalty=None, constraint=None, widths=(64, 64)):
    """A small GAN; everything but the generator stays as it is."""
    return RegularizedGAN(
        penalty=(penalty, None),
        constraint=(constraint, None),
        hidden_layer_sizes=widths,
        discriminator_hidden_layer_sizes=(64, 64),
        batch_size=64,
        frames=None,
        learning_rate_init=5e-3,
        max_iter=2000,
        random_state=0,
    ).fit(X)


def matrices(gan):
    """The generator's weights."""
    return [p["W"] for p in gan.generator_.parameters if "W" in p]


models = {"no regularizer": fit()}
models["L2 penalty"] = soft = fit(L2(1e-3))
radius = max(np.linalg.norm(W) for W in matrices(soft))
models["L2 ball"] = fit(constraint=L2Ball(float(radius)))

models["L1 penalty"] = soft = fit(L1(1e-4))
density = 1 - soft.sparsity_["generator"].zeros
models["at most so many weights"] = fit(constraint=MaxNonZero(density))
radius_1 = max(np.abs(W).sum() for W in matrices(soft))
models["L1 ball"] = fit(constraint=L1Ball(float(radius_1)))

models["group lasso"] = soft = fit(GroupLasso(3e-4))
width = 64 - min(soft.sparsity_["generator"].dead_units[1:])
models["at most so many units"] = fit(constraint=MaxUnits(width))
models["narrow layers"] = fit(widths=(width, width))

# %%
# What they end with
# ------------------
# The norm is that of all weights, zeros are exact, and parameters are counted after ``prune``,
# biases included. A row is of high quality if it lies within three standard deviations of a mode.

reports = {
    name: mode_report(gan.sample(10_000, random_state=1), centers, SIGMA)
    for name, gan in models.items()
}
print(f"{'':<25}{'norm':>6}{'zeros':>9}{'parameters':>12}{'high quality':>14}{'reverse KL':>12}")
for name, gan in models.items():
    norm = np.sqrt(sum((W**2).sum() for W in matrices(gan)))
    zeros = gan.sparsity_["generator"].zeros
    left = gan.prune().generator_.theta.size
    report = reports[name]
    print(
        f"{name:<25}{norm:>6.1f}{100 * zeros:>7.1f} %{left:>12}{100 * report.high_quality:>12.1f} %"
        f"{report.reverse_kl:>12.3f}"
    )
print(f"limits: norm {radius:.2f}, density {density:.3f}, sum {radius_1:.1f}, {width} units")

# %%
# The picture
# -----------
# One row for each kind of size, in grey the data.

GRID = (
    ("L2 penalty", "L2 ball", "no regularizer"),
    ("L1 penalty", "at most so many weights", "L1 ball"),
    ("group lasso", "at most so many units", "narrow layers"),
)
figure, panels = plt.subplots(3, 3, figsize=(8.4, 9), layout="constrained")
for axes, name in zip(panels.flat, np.ravel(GRID), strict=True):
    axes.scatter(*X[:2500].T, s=6, color="0.75", linewidth=0)
    rows = models[name].sample(2000, random_state=1)
    axes.scatter(*rows.T, s=3, color="tab:blue", alpha=0.5, linewidth=0)
    axes.set_title(f"{name}\n{100 * reports[name].high_quality:.0f} % of high quality", fontsize=10)
    axes.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=[], yticks=[])
plt.show()

# %%
# How to read it
# --------------
# - **Size of the weights.** Penalty and ball do much the same: small weights make a smooth
#   generator, which trains better here than a free one. The ball needs no trial: its limit is
#   what you get. The L1 ball limits the sum of absolute values instead. It does best of all, and
#   under Adam, whose steps are about equally long for all weights, it makes hardly any weight
#   zero.
# - **Number of weights.** At the same density the penalty is far ahead. It decides during
#   training which weights to keep; hard thresholding keeps the largest from the first update on,
#   and a weight that was small at the start hardly comes back within 2,000 updates.
# - **Number of units.** A group lasso pays for zeros with shrunken weights. If the number of
#   units is known, a limit and narrow layers get there without, and narrow layers take the least
#   time.
#
# A penalty explores, a constraint guarantees, a structure saves time. This is one seed, and
# differences of a few points between two panels are chance.

# %%
# The claim of this example: limits hold, whatever the gradient says; and at an equal number of
# weights the penalty keeps better ones.

assert all(np.linalg.norm(W) <= 1.001 * radius for W in matrices(models["L2 ball"]))
assert all(np.abs(W).sum() <= 1.001 * radius_1 for W in matrices(models["L1 ball"]))
assert models["at most so many weights"].sparsity_["generator"].zeros >= 1 - density
assert min(models["at most so many units"].sparsity_["generator"].dead_units) >= 64 - width
assert reports["L1 penalty"].high_quality > reports["at most so many weights"].high_quality
