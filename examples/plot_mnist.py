"""
Images of handwritten digits
============================

You learn how to generate images of 28 x 28 pixels by class, and how to compare them with real
images and with simple models. The data are 5,000 images of MNIST. The GAN is not fitted to the
pixels, but to the distance of each pixel from the edge of the stroke. This makes its images sharp.
"""

# %%
# Distances in place of pixels
# ----------------------------
# A model of the pixels can only blend images, and a blend of two digits has gray ghosts of both.
# The signed distance of a pixel to the edge of the stroke is positive inside the stroke and
# negative outside. A blend of two such images of distances is again a stroke with a sharp edge.
# We take the mean over three gray levels, so that gray edges are kept. Distances above 4 pixels
# are cut.
#
# Distances are smooth, so 50 principal components are enough. They are divided by one number, which
# keeps their proportions. ``standardize=False`` makes the models use them as they are.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.ndimage import distance_transform_edt
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KernelDensity, KNeighborsClassifier, NearestNeighbors
from tables import mnist

from regan import RegularizedGAN, RegularizedGaussian, RegularizedMixture
from regan.metrics import precision_coverage, two_sample_score


def to_distances(images):
    """Signed distances (n, 784) of pixels from the edges of strokes."""
    found = np.zeros((len(images), 28, 28))
    for level in (64, 128, 192):
        for distances, inside in zip(found, images.reshape(-1, 28, 28) > level, strict=True):
            signed = distance_transform_edt(inside) - distance_transform_edt(~inside)
            distances += np.clip(signed - np.sign(signed) / 2, -4, 4) / 3
    return found.reshape(len(images), -1)


def to_images(distances):
    """Images (n, 784) with pixels from 0 to 255."""
    return np.clip(distances + 0.5, 0, 1) * 255


table = mnist()
X, y = table.drop(columns="digit").to_numpy(dtype=float), table["digit"].to_numpy()
train, test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
pca = PCA(50, random_state=0)
rows = pca.fit_transform(to_distances(train))
unit = rows.std()
rows /= unit


def draw(rows):
    """Images of principal components."""
    return to_images(pca.inverse_transform(rows * unit))


# %%
# Fit and sample
# --------------
# The GAN is conditional: it learns the digit of each image and generates images of given digits.
# A smaller `gamma` than the default lets the discriminator see finer structure. Three simple models
# of the same components are baselines: one normal distribution for each digit, a Gaussian mixture,
# and a kernel density for each digit.

gan = RegularizedGAN(
    conditional=True,
    standardize=False,
    frames=None,
    hidden_layer_sizes=(256, 256),
    gamma=0.1,
    max_iter=4000,
    random_state=0,
)
mixture = RegularizedMixture(
    n_components=150,
    covariance_type="diag",
    alpha=1.0,
    conditional=True,
    standardize=False,
    random_state=0,
)
gaussian = RegularizedGaussian(conditional=True, standardize=False, random_state=0)


def sample_kernels(width):
    """Rows of the digits `y_train` from a kernel density for each digit."""
    made = np.empty_like(rows)
    for digit in range(10):
        own = y_train == digit
        density = KernelDensity(bandwidth=width).fit(rows[own])
        made[own] = density.sample(own.sum(), random_state=1)
    return made


images = {"real images": train, "real images, 50 components": draw(rows)}
for name, model in (("GAN", gan), ("mixture", mixture), ("Gaussian", gaussian)):
    made = model.fit(rows, y_train).sample(len(rows), y=y_train, random_state=1)
    images[name] = draw(made)
images["kernel density"] = draw(sample_kernels(0.3))

# %%
# The images
# ----------
# Each panel has 12 images of each digit. They are the first ones; none is chosen.


def mosaic(images):
    """The first 12 images of each digit as one image."""
    tiles = np.stack([images[y_train == digit][:12] for digit in range(10)])
    return tiles.reshape(10, 12, 28, 28).transpose(0, 2, 1, 3).reshape(280, 336)


figure, panels = plt.subplots(2, 2, figsize=(9.5, 8.3), layout="constrained")
figure.get_layout_engine().set(wspace=0.04, hspace=0.04)
for axes, name in zip(panels.flat, ("real images", "GAN", "mixture", "Gaussian"), strict=True):
    axes.imshow(mosaic(images[name]), cmap="gray_r")
    axes.set_title(name)
    axes.set_axis_off()
plt.show()

# %%
# Scores
# ------
# All measures compare generated images with 1,500 held-out images, pixel by pixel:
#
# - *Score*, *precision* and *coverage* compare the distributions (:doc:`../guide/evaluating`).
# - *Recognized* is the share of generated images whose digit is found by a classifier that was
#   trained on real images.
# - *Training* is the accuracy on held-out images of a classifier that was trained on generated
#   images.
# - *Nearer* is the share of generated images that are nearer to one of 1,500 training images than
#   to any held-out image. It is 0.5 without memorization. Copies of training images have 0.71,
#   because there are 3,500 of them.
#
# *Real images* show what chance leaves of each measure. *Real images, 50 components* show what the
# distances and the components lose.

classifier = KNeighborsClassifier(5).fit(train, y_train)
scale = train.std()  # one number: pixels are on one scale


def nearest(images, made):
    """The distance of each generated image to the nearest of `images`."""
    return NearestNeighbors(n_neighbors=1).fit(images).kneighbors(made)[0]


def measure(made):
    """The row of the table for images of the digits `y_train`."""
    some = slice(len(test))
    shares = precision_coverage(test, made[some])
    return {
        "score": two_sample_score(test / scale, made[some] / scale),
        "precision": shares.precision,
        "coverage": shares.coverage,
        "recognized": (classifier.predict(made[some]) == y_train[some]).mean(),
        "training": KNeighborsClassifier(5).fit(made, y_train).score(test, y_test),
        "nearer": (nearest(train[some], made) < nearest(test, made)).mean(),
    }


results = pd.DataFrame({name: measure(made) for name, made in images.items()}).T
results.loc["real images", "recognized"] = classifier.score(test, y_test)
print(results.round(2).to_string())

# %%
# How to read it
# --------------
# The GAN is near the floor: its score is that of real images after 50 components, less a few
# hundredths. Its images are a little too typical, because their precision is above that of real
# images. Some strokes are broken.
#
# The mixture and the Gaussian mix the parts of different digits. The kernel density has almost the
# score of the GAN, but it repeats training images with noise: the share of images that are nearer
# to a training image is that of copies. The GAN is far from that.
#
# Generated images do not replace real images as a training set. A classifier that is trained on
# images of the GAN is less accurate on held-out images than a classifier of real images.
#
# The claim of this example: the GAN is better than the mixture and the Gaussian by each measure of
# quality. Its score is close to that of real images with the same components, it does not repeat
# the training set, and real images remain the better training set.

gan, floor = results.loc["GAN"], results.loc["real images, 50 components"]
for name in ("mixture", "Gaussian"):
    assert gan["score"] > results["score"][name] + 0.05
    assert gan["recognized"] > results["recognized"][name] + 0.03
    assert gan["training"] > results["training"][name]
assert gan["score"] > floor["score"] - 0.08
assert gan["nearer"] < results["nearer"]["kernel density"] - 0.05
assert gan["training"] < results["training"]["real images"]
