"""A search on a cluster: here two processes of this machine."""

import joblib
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, KFold

from regan import RegularizedGAN

search = GridSearchCV(
    RegularizedGAN(hidden_layer_sizes=16, max_iter=100, random_state=0),
    {"gamma": [0.1, 1.0, 100.0]},
    cv=KFold(3, shuffle=True, random_state=0),
)


def main():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        return search.fit(load_iris().data)


if __name__ == "__main__":  # workers import this file as well
    main()
    print(search.best_params_, search.best_score_)
