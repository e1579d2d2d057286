"""
Regularization: penalty, constraint or structure
================================================

You see three ways to make a network small, and what each is good for. A penalty adds a cost for
large weights. A constraint puts the weights back into a set after every update. A structure has
fewer units from the start. All three act on the generator, on the same data and at the same size:
each constraint and each structure gets the size with which the penalty before it ended.
"""

# %%
# The three sizes of a network
# ----------------------------
# They are the norm of its weights, the number of weights that are not zero, and the number of
# units. Penalties come first, because their result is known only after training.
#
# The data are eight clusters on a ring. These fits have ``frames=None`` and few updates. With the
# default frames far smaller networks are enough for data like these (:doc:`plot_l1_sparsity`).

import warnings

import matplotlib.pyplot as plt
import numpy as np

from regan import RegularizedGAN
from regan.constraints import L1Ball, L2Ball, MaxNonZero, MaxUnits
from regan.datasets import make_ring
from regan.metrics import mode_report
from regan.penalties import L1, L2, GroupLasso

warnings.filterwarnings("ignore", "generated rows differ much")  # few updates, on purpose

SIGMA = 0.05
X, _, centers = make_ring(5_000, sigma=SIGMA, random_state=0)


def fit(penalty=None, constraint=None, widths=(64, 64)):
    """A small GAN; only the generator differs."""
    return RegularizedGAN(
        penalty=(penalty, None),
        constraint=(constraint, None),
        hidden_layer_sizes=widths,
        discriminator_hidden_layer_sizes=(64, 64),
        batch_size=64,
        frames=None,
        learning_rate_init=5e-3,
        n_discriminator_steps=1,
        max_iter=1200,
        random_state=0,
    ).fit(X)


def matrices(gan):
    """The generator's weights."""
    return [p["W"] for p in gan.generator_.parameters if "W" in p]


models = {"no regularizer": fit()}
models["L2 penalty"] = soft = fit(L2(1e-3))
radius = max(np.linalg.norm(W) for W in matrices(soft))
models["L2 ball"] = fit(constraint=L2Ball(float(radius)))

models["L1 penalty"] = soft = fit(L1(3e-4))
density = 1 - soft.sparsity_["generator"].zeros
models["limit on non-zero weights"] = fit(constraint=MaxNonZero(density))
radius_1 = max(np.abs(W).sum() for W in matrices(soft))
models["L1 ball"] = fit(constraint=L1Ball(float(radius_1)))

models["group lasso"] = soft = fit(GroupLasso(1e-3))
width = 64 - min(soft.sparsity_["generator"].dead_units[1:])
models["limit on units"] = fit(constraint=MaxUnits(width))
models["narrow layers"] = fit(widths=(width, width))

# %%
# The results
# -----------
# The norm is that of all weights. Parameters are counted after ``prune``, biases included. A row is
# of high quality if it lies within three standard deviations of a cluster's center; 98.9 % of real
# rows do.

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
# Each row of panels is one kind of size: norm, weights, units. Gray points are the data.

GRID = (
    ("L2 penalty", "L2 ball", "no regularizer"),
    ("L1 penalty", "limit on non-zero weights", "L1 ball"),
    ("group lasso", "limit on units", "narrow layers"),
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
# - **Norm of the weights.** Penalty and ball do much the same. Small weights make a smooth
#   generator, which trains better here than one without a limit. A ball needs no trial, because
#   you set the result itself. The L1 ball limits the sum of absolute values instead. Under Adam,
#   whose steps are about equally long for all weights, it sets hardly any weight to zero.
# - **Number of weights.** At the same density the penalty is far better. It decides during training
#   which weights to keep. Hard thresholding keeps the weights that are largest at the first update,
#   and a small weight hardly comes back within 1,200 updates.
# - **Number of units.** A group lasso shrinks the weights that it keeps. If you know the number of
#   units, a limit or narrow layers reach it without this bias. Narrow layers take the least time.
#
# In short: a penalty finds the size, a constraint guarantees it, and a structure saves time. This
# is one seed, and differences of a few points between two panels are chance.
# :doc:`plot_regularizers` compares soft and hard limits on both networks with five seeds and the
# default budget. There too, norm balls make the clusters narrower, and an L1 penalty keeps better
# weights than a limit on their number. An L2 penalty of 0.01, ten times the one here, leaves no
# cluster.

# %%
# The claim of this example: limits hold, whatever the gradient is. At an equal number of weights
# the penalty keeps better ones. A small norm improves the samples.

assert all(np.linalg.norm(W) <= 1.001 * radius for W in matrices(models["L2 ball"]))
assert all(np.abs(W).sum() <= 1.001 * radius_1 for W in matrices(models["L1 ball"]))
assert models["limit on non-zero weights"].sparsity_["generator"].zeros >= 1 - density
assert min(models["limit on units"].sparsity_["generator"].dead_units) >= 64 - width
quality = {name: report.high_quality for name, report in reports.items()}
assert quality["L1 penalty"] > quality["limit on non-zero weights"] + 0.05
assert quality["L2 penalty"] > quality["no regularizer"] + 0.05
assert quality["L2 ball"] > quality["no regularizer"] + 0.05
