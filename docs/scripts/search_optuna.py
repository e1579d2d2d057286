"""A search in which every candidate learns from those before it."""

from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna_integration import OptunaSearchCV
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold

from regan import RegularizedGAN


def main():
    search = OptunaSearchCV(
        RegularizedGAN(hidden_layer_sizes=16, max_iter=30, random_state=0),
        {
            "gamma": FloatDistribution(1e-2, 1e2, log=True),
            "penalty": CategoricalDistribution(["l1", "l2", None]),
        },
        cv=KFold(3, shuffle=True, random_state=0),
        n_trials=4,
        random_state=0,
    )
    return search.fit(load_iris().data)


if __name__ == "__main__":
    search = main()
    print(search.best_params_, search.best_score_)
