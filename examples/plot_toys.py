"""
Moons, a roll, a checkerboard, blobs
====================================

What one tries first on a generative model: data in two columns, where everything that goes wrong
can be seen. Each is shown beside samples of the mixture whose local frames
`regan.RegularizedGAN` plays in, and beside those of the GAN.
"""

# %%
# The data
# --------
# Each comes with a test: is a row where real ones can be? On the two curves that is within three
# standard deviations of the noise, for blobs within three of a centre's, and on the checkerboard
# inside a dark cell.

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial import KDTree
from sklearn.datasets import make_blobs, make_moons, make_swiss_roll

from regan import RegularizedGAN
from regan.datasets import make_checkerboard
from regan.metrics import energy_distance

N = 6_000
t = np.linspace(0, np.pi, 2_000)
arcs = np.r_[np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]]
t = 1.5 * np.pi * (1 + 2 * np.linspace(0, 1, 4_000))
roll = np.c_[t * np.cos(t), t * np.sin(t)]
checkerboard, _, cells = make_checkerboard(N, random_state=0)
blobs, _, middles = make_blobs(
    N, centers=5, center_box=(-14, 14), random_state=2, return_centers=True
)
data = {  # rows, points that tell where real rows are, how far from them, and in which norm
    "moons": (make_moons(N, noise=0.05, random_state=0)[0], arcs, 0.15, 2),
    "swiss roll": (make_swiss_roll(N, noise=0.3, random_state=0)[0][:, [0, 2]], roll, 0.9, 2),
    "checkerboard": (checkerboard, cells, 0.5, np.inf),
    "blobs": (blobs, middles, 3.0, 2),
}

# %%
# Fits
# ----
# Half of the rows train the model, half are there to compare with. The defaults take more updates
# than this.

settings = {"max_iter": 800, "random_state": 0}
pictures, inside = {}, {}
for name, (X, points, reach, norm) in data.items():
    unseen = X[N // 2 :]
    gan = RegularizedGAN(**settings).fit(X[: N // 2])
    pictures[name] = {
        "real": unseen,
        "mixture alone": gan.frames_.sample(N // 2, random_state=1),
        "default": gan.sample(N // 2, random_state=1),
    }
    tree = KDTree(points)
    inside[name] = {
        which: float((tree.query(rows, p=norm)[0] <= reach).mean())
        for which, rows in pictures[name].items()
    }

print(f"{'rows where real ones can be':30}{'real':>8}{'mixture alone':>16}{'default':>10}")
for name, shares in inside.items():
    real, mixture, default = (100 * share for share in shares.values())
    print(f"{name:30}{real:6.1f} %{mixture:14.1f} %{default:8.1f} %")

# %%
# The pictures
# ------------

figure, panels = plt.subplots(4, 3, figsize=(8.4, 11.2), layout="constrained")
for across, (name, samples) in zip(panels, pictures.items(), strict=True):
    margin = 0.08 * np.ptp(samples["real"], axis=0)
    low, high = samples["real"].min(axis=0) - margin, samples["real"].max(axis=0) + margin
    window = dict(zip(("xlim", "ylim"), zip(low, high, strict=True), strict=True))
    for axes, (which, rows), color in zip(
        across, samples.items(), ("0.25", "tab:blue", "tab:red"), strict=True
    ):
        axes.scatter(*rows.T, s=2, color=color, alpha=0.5, linewidth=0)
        axes.set(xticks=[], yticks=[], aspect="equal", **window)
        axes.set_title(which if name == "moons" else "")
    across[0].set_ylabel(name)
plt.show()
