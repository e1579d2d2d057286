"""Two searches on a cluster: here two processes of this machine."""

import joblib
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, KFold

from regan import RegularizedGAN, RegularizedGANCV

gan = RegularizedGAN(frames=None, hidden_layer_sizes=16, max_iter=30, random_state=0)
gammas = [0.1, 1.0, 100.0]
folds = KFold(3, shuffle=True, random_state=0)
searches = [
    GridSearchCV(gan, {"gamma": gammas}, cv=folds),  # a task for each fit
    RegularizedGANCV(gan, alphas=None, gammas=gammas, cv=folds),  # one for each worker
]


def main():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        return [search.fit(load_iris().data) for search in searches]


if __name__ == "__main__":  # workers import this file as well
    for search in main():
        print(search.best_params_, search.best_score_)
