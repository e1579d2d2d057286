"""
Regularization: all methods compared
====================================

You see what each regularizer of regan gains by itself, and what it costs, on four data sets. All
fits would take an hour, so this page plots the records of a study.
"""

# %%
# The study
# ---------
# A setting is one change to one of three bases, at the default budget:
#
# - *default*: all defaults of :class:`~regan.RegularizedGAN`. The networks train in the frames of a
#   Gaussian mixture, which represents modes and their shares.
# - *no frames*: the defaults with ``frames=None``. Here modes can be lost.
# - *plain*: the non-saturating loss without any penalty, without frames.
#
# ``python benchmarks/studies/regularizers.py run`` makes the records.
# ``benchmarks/studies/regularizers_cases.py`` has the strength of every setting. The full tables
# are in :doc:`../guide/choosing`.

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import regan

study = json.loads(
    (Path(regan.__file__).parents[1] / "docs" / "data" / "regularizers.json").read_text()
)
fits = [dict(zip(study["columns"], row, strict=True)) for row in study["fits"]]
there = {record["data"] for record in fits}
data_sets = [name for name in study["about"]["rows"] if name in there]
family = {record["name"]: record["family"] for record in fits}
families = list(dict.fromkeys(family.values()))
names = sorted(family, key=lambda name: families.index(family[name]))
print(f"{len(fits)} fits, seeds {sorted({record['seed'] for record in fits})}")
print(", ".join(f"{study['about']['rows'][data]:,} rows of {data}" for data in data_sets))
print(", ".join(f"{name} {version}" for name, version in study["about"]["versions"].items()))


def values(metric, base, data, name):
    """The results of one setting, an array with one value for each seed."""
    key = (base, data, name)
    found = [r.get(metric) for r in fits if (r["base"], r["data"], r["name"]) == key]
    return np.array([value for value in found if value is not None], dtype=float)


def error(found):
    """The standard error of a mean."""
    return found.std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else 0.0


# %%
# Modes and quality on the ring
# -----------------------------
# The ring has eight clusters. A row is of high quality if it lies within three standard deviations
# of a cluster's center; 98.9 % of real rows do. A cluster is *covered* if it has at least a quarter
# of its due share of rows. A good setting is in the upper right corner.

STYLE = {
    "default": ("tab:green", "D"),
    "no frames": ("tab:blue", "o"),
    "plain": ("tab:orange", "s"),
}
NOTED = {
    "default": (),
    "no frames": ("latent mixture, G", "no gradient penalty", "spectral norm, D", "L1 ball"),
    "plain": ("latent mixture, G", "R1 + R2", "spectral norm, D", "dropout 0.1, G"),
}
shown = [base for base in STYLE if len(values("covered", base, "ring", "none"))]
figure, panels = plt.subplots(1, len(shown), figsize=(10.5, 4.2), sharex=True, sharey=True)
figure.set_layout_engine("constrained")
for axes, base in zip(panels, shown, strict=True):
    color, marker = STYLE[base]
    for name in names:
        covered = values("covered", base, "ring", name)
        if not len(covered):
            continue
        at = covered.mean(), 100 * values("high_quality", base, "ring", name).mean()
        noted = name in ("none", *NOTED[base])
        axes.plot(*at, marker, color=color, alpha=1 if noted else 0.35, markersize=7)
        if noted:
            right = at[0] > 4
            offset, side = ((-9, -12), "right") if right else ((9, -3), "left")
            text = "no change" if name == "none" else name
            axes.annotate(text, at, xytext=offset, textcoords="offset points", ha=side)
    axes.set(title=base, xlabel="clusters covered, of 8", xlim=(-0.4, 8.4), ylim=(-4, 104))
    axes.spines[["top", "right"]].set_visible(False)
panels[0].set_ylabel("rows of high quality, %")
plt.show()

# %%
# The score of held-out rows
# --------------------------
# The score compares generated rows with real rows that were not used for training
# (:meth:`~regan.RegularizedGAN.score`): other real rows score 1, and rows that have nothing in
# common with them below 0. Bars are standard errors over the seeds. Dotted lines are the bases
# themselves. Points at the left edge are at 0 or below.

figure, panels = plt.subplots(
    1, len(data_sets), figsize=(10.5, 12.5), sharey=True, layout="constrained"
)
for axes, data in zip(panels, data_sets, strict=True):
    for shift, base in ((-0.25, "default"), (0, "no frames"), (0.25, "plain")):
        color, marker = STYLE[base]
        if not len(values("score", base, data, "none")):
            continue
        axes.axvline(max(0, values("score", base, data, "none").mean()), color=color, lw=1, ls=":")
        for row, name in enumerate(names):
            x = values("score", base, data, name)
            if len(x):
                bar = error(x) if x.mean() > 0 else 0
                axes.errorbar(
                    max(0, x.mean()),
                    row + shift,
                    xerr=bar,
                    color=color,
                    marker=marker,
                    markersize=4,
                    linewidth=1,
                    label=base if row == 0 else None,
                )
    edges = [row for row in range(1, len(names)) if family[names[row]] != family[names[row - 1]]]
    for top, bottom in zip([0, *edges][1::2], [*edges, len(names)][1::2], strict=False):
        axes.axhspan(top - 0.5, bottom - 0.5, color="0.95", linewidth=0, zorder=0)
    axes.set_title(data, fontsize=10)
    axes.set(xlim=(-0.03, 1.03), ylim=(len(names) - 0.5, -0.5), xticks=np.linspace(0, 1, 5))
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
shown = {
    text: handle
    for axes in panels
    for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)
}
figure.legend(shown.values(), shown, loc="outside upper right", ncols=3)
plt.show()

# %%
# Clear differences
# -----------------
# A setting helps or hurts clearly if its mean score differs from that of the base by more than
# three standard errors of the difference. Of this many comparisons a few are clear by chance.


def clear(base, data):
    """The settings that help clearly, and those that hurt, the largest difference first."""
    bare = values("score", base, data, "none")
    helps, hurts = {}, {}
    for name in names:
        own = values("score", base, data, name)
        if name != "none" and len(own):
            more = own.mean() - bare.mean()
            if abs(more) > 3 * np.hypot(error(own), error(bare)):
                (helps if more > 0 else hurts)[name] = more
    return sorted(helps, key=helps.get, reverse=True), sorted(hurts, key=hurts.get)


found = {}
for base in STYLE:
    for data in data_sets:
        bare = values("score", base, data, "none")
        if len(bare):
            found[base, data] = helps, hurts = clear(base, data)
            print(f"\n{base}, {data}: score {bare.mean():.2f} ± {error(bare):.2f}")
            print(f"  {len(helps)} help: {'; '.join(helps[:6]) or 'none'}")
            print(f"  {len(hurts)} hurt: {'; '.join(hurts[:6]) or 'none'}")

# %%
# Soft and hard limits
# --------------------
# A gradient penalty is a soft limit on the discriminator's slope, the mean of its gradient norms on
# the data. A constraint on its weights is a hard limit on their size. Both are added here to the
# plain base.

SOFT = ("R1 + R2", "R1 + R2, 10 gamma", "R1", "R2", "WGAN-GP", "DRAGAN", "Roth")
HARD = ("spectral norm, D", "weight clipping, D", "max-norm, D", "unit norm, D")
RIGHT = {"xytext": (7, -3), "textcoords": "offset points"}
ABOVE = {"xytext": (0, 7), "textcoords": "offset points", "ha": "center"}
BELOW = {"xytext": (0, -15), "textcoords": "offset points", "ha": "center"}
BESIDE = {
    "R1 + R2": ABOVE,
    "R2": BELOW,
    "R1": ABOVE,
    "Roth": ABOVE,
    "WGAN-GP": ABOVE,
    "DRAGAN": BELOW,
    "unit norm, D": ABOVE,
}

figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
for group, kind, color, marker in (
    (("none",), "no change", "black", "D"),
    (SOFT, "penalty", "tab:blue", "o"),
    (HARD, "constraint", "tab:red", "s"),
):
    for number, name in enumerate(group):
        at = values("slope", "plain", "ring", name).mean()
        scores = values("score", "plain", "ring", name)
        bar = error(scores)
        text = kind if number == 0 else None
        axes.errorbar(at, scores.mean(), yerr=bar, color=color, marker=marker, ls="", label=text)
        if name != "none":
            axes.annotate(name, (at, scores.mean()), **BESIDE.get(name, RIGHT), fontsize=8.5)
axes.set(xscale="log", xlabel="mean slope of D", ylabel="score on the ring", title="plain")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False, loc="lower right")
plt.show()

# %%
# Stability
# ---------
# No value was ever infinite or NaN unless the first line says so. Gradient norms are the largest
# and the smallest of a training run relative to its median, and the median over the runs.

print(f"{sum(record['diverged'] for record in fits):.0f} of {len(fits)} runs diverged")
STEADY = ("none", "no gradient penalty", "R1 + R2, 10 gamma", "R1 + R2, other schedule")
print(f"\n{'':<38}{'generator':>18}{'discriminator':>18}")
for base in STYLE:
    for name in STEADY:
        own = [record for record in fits if (record["base"], record["name"]) == (base, name)]
        if not own:
            continue
        pairs = [
            ", ".join(
                format(np.median([r[f"{net}_{end}"] for r in own]), digits)
                for end, digits in (("largest", ".3g"), ("smallest", ".2f"))
            )
            for net in ("generator", "discriminator")
        ]
        print(f"{base + ': ' + name:<38}{pairs[0]:>18}{pairs[1]:>18}")

# %%
# What stands out
# ---------------
# - **With all defaults, nothing helps clearly.** The frames represent the clusters of the ring and
#   of the grid already: all settings are about as good as real rows, even without a gradient
#   penalty. On the digits many settings hurt: strong penalties, an L1 ball, row matching, dropout
#   in the discriminator.
# - **Without frames, the gradient penalty matters most on the ring.** Without it, training covers
#   two or three of eight clusters on either base. All gradient penalties of the default strength
#   are about equally good there. On the digits, R1 + R2 is clearly better than most others. On the
#   grid, the budget is too small for 25 clusters, with a gradient penalty or without.
# - **Separate noise helps most.** With a latent mixture the generator does not have to connect the
#   clusters. Nothing else comes near on the ring and the grid without frames. Smooth data have no
#   such gaps: on the digits, a latent mixture hurts.
# - **A soft limit on the slope is better than a hard one.** A gradient penalty limits the slope on
#   the data. A constraint limits the weights, and the slope only by way of them. Unit norm does as
#   well as a penalty. Weight clipping and spectral norm make the discriminator flat and cover few
#   clusters or none.
# - **Hard limits carry over better.** An L2 penalty of 0.01 helps the plain base. With a gradient
#   penalty, where gradients are smaller, it leaves no cluster. A norm ball does no harm on either
#   base of the ring. But an L1 ball that suits the ring ruins the digits, which need larger
#   weights.
# - **Quality alone misleads.** The plain base has as many rows of high quality as the base with the
#   default penalties, but they lie in two of eight clusters. Read it together with the clusters
#   covered.
# - **Steady gradients alone mislead too.** Without a gradient penalty the largest gradient norm is
#   nearer to the median than with one, where norms decrease from the first update on.
#
# To use one of them in practice, begin with the defaults: frames and a gradient penalty.

# %%
# The claim of this example: without frames, each gradient penalty covers more clusters than the
# plain base, and a latent mixture covers all of them on both bases. No constraint on the
# discriminator's weights is better than R1 + R2. With all defaults, nothing helps clearly.


def mean(metric, base, name):
    """The mean over the seeds, on the ring."""
    return values(metric, base, "ring", name).mean()


assert mean("covered", "plain", "none") < 4
assert mean("high_quality", "plain", "none") > mean("high_quality", "plain", "R1 + R2")
for name in ("R1", "R2", "R1 + R2", "R1 + R2, other schedule", "WGAN-GP", "Roth"):
    assert mean("covered", "plain", name) > mean("covered", "plain", "none") + 2
assert mean("covered", "no frames", "no gradient penalty") < 4
assert all(mean("covered", base, "latent mixture, G") == 8 for base in ("no frames", "plain"))
assert max(mean("score", "plain", name) for name in HARD) < mean("score", "plain", "R1 + R2") + 0.01
assert not any(helps for (base, _), (helps, _) in found.items() if base == "default")
assert not any(record["diverged"] for record in fits)
