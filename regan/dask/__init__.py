"""Models trained on Dask clusters, in the manner of XGBoost's and LightGBM's estimators there.

Needs ``dask[distributed,dataframe]``: ``pip install '.[dask]'`` in regan's repository.
"""

from regan.dask.estimators import DaskRegularizedGAN, DaskRegularizedVAE

__all__ = ["DaskRegularizedGAN", "DaskRegularizedVAE"]
