"""Trains the models whose validation losses are the tables of tests/data/tuning.

    train_tables.py --digits digits.csv.gz --out FOLDER [--only NAME...]

Each table is a whole grid of hyperparameters of one model on one data set: the data are split once,
the model of each point of the grid is trained once on one part, and its loss on the other part is
kept to four digits; 5 where it has diverged or is worse. Needs numpy, scipy and scikit-learn, whose
package also has the small data sets (UCI: wine, breast cancer Wisconsin; diabetes of Efron et al.).
The format is described in table.h.
"""

import argparse
import itertools
import json
import os
import sys
import warnings

import numpy as np
from sklearn import datasets, ensemble, kernel_ridge, linear_model, neighbors, neural_network
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "evidence"))
import train_curves  # noqa: E402

WORST = 5.0  # what is worse than guessing is worth no more digits
SEED = 20


def log_loss(shares, answers):
    return float(-np.log(np.maximum(shares[np.arange(len(answers)), answers], 1e-7)).mean())


def squared_error(found, answers):
    """As a share of the variance."""
    return float(((found - answers) ** 2).mean() / answers.var())


def grid(low, high, count):
    return [float(f"{value:.3g}") for value in np.geomspace(low, high, count)]


# Parameters of a space, each with the values that its places stand for.


def words(name, values):
    return {"name": name, "kind": "choice", "entries": [{"value": v} for v in values]}, values


def numbers(name, values):
    """A choice of numbers, as users write it."""
    return words(name, values)


def places(name, values):
    """An integer that counts the values: for those whose order matters to every sampler."""
    return {"name": name, "kind": "randint", "upper": len(values)}, values


def integers(name, low, high):
    space = {"name": name, "kind": "quniform", "min": low, "max": high, "q": 1, "integral": True}
    return space, list(range(low, high + 1))


def points(parameters):
    """Every combination, the last parameter fastest."""
    names = [space["name"] for space, _ in parameters]
    for values in itertools.product(*(values for _, values in parameters)):
        yield dict(zip(names, values))


def tree(name, branches):
    """One choice whose entries have parameters of their own; branches is {word: parameters}."""
    entries = [
        {"members": [{"name": "name", "value": word}] + [space for space, _ in parameters]}
        for word, parameters in branches.items()
    ]
    space = [{"name": name, "kind": "choice", "entries": entries}]
    return space, (
        {name: word, **point}
        for word, parameters in branches.items()
        for point in points(parameters)
    )


def flat(parameters):
    return [space for space, _ in parameters], points(parameters)


# The data: (what to learn from, answers, what to judge by, answers).


def split(data, answers):
    order = np.random.default_rng(SEED).permutation(len(answers))
    cut = len(order) * 3 // 5
    scaler = StandardScaler().fit(data[order[:cut]])
    data = scaler.transform(data)
    return data[order[:cut]], answers[order[:cut]], data[order[cut:]], answers[order[cut:]]


def table_digits_network(options):
    """Neural networks as those of docs/evidence.md, nine epochs."""
    images = train_curves.load(options.digits)
    train_curves.EPOCHS = 9
    space, all_points = flat([
        places("learning_rate", grid(1e-3, 3, 10)),
        numbers("batch_size", [16, 32, 64]),
        places("momentum", [0.0, 0.5, 0.8, 0.95]),
        numbers("hidden_units", [8, 16, 32, 64]),
        words("activation", ["relu", "tanh"]),
        words("schedule", ["constant", "cosine"]),
    ])  # fmt: skip

    def losses():
        for index, point in enumerate(all_points):
            params = {**point, "l2": 1e-4, "hidden_layers": 1}
            rng = np.random.default_rng([SEED, index])
            for _, loss, _ in train_curves.train(params, images, rng):
                last = loss
            yield last

    return "handwritten digits, cross entropy of a small network", space, losses()


def table_digits_neighbours(options):
    """k nearest neighbours after a scaling and a principal component analysis."""
    pixels, digits, validation, answers = train_curves.load(options.digits)
    metrics = {"manhattan": 1, "euclidean": 2, "chebyshev": np.inf}
    space, all_points = flat([
        words("scaling", ["none", "standard", "root"]),
        places("components", [2, 4, 6, 9, 13, 19, 28, 45]),
        words("metric", list(metrics)),
        integers("neighbours", 1, 20),
        words("weights", ["uniform", "distance"]),
    ])  # fmt: skip
    known = {}

    def near(point):
        key = (point["scaling"], point["components"], point["metric"])
        if key not in known:
            known.clear()
            learn, judge = pixels, validation
            if key[0] == "root":
                learn, judge = np.sqrt(learn), np.sqrt(judge)
            if key[0] == "standard":
                scaler = StandardScaler().fit(learn)
                learn, judge = scaler.transform(learn), scaler.transform(judge)
            parts = PCA(key[1], svd_solver="full").fit(learn)
            p = metrics[key[2]]
            model = neighbors.NearestNeighbors(
                n_neighbors=20, metric="chebyshev" if p == np.inf else "minkowski", p=min(p, 2)
            ).fit(parts.transform(learn))
            known[key] = model.kneighbors(parts.transform(judge))
        return known[key]

    def losses():
        for point in all_points:
            distances, indices = (part[:, : point["neighbours"]] for part in near(point))
            weights = np.ones_like(distances)
            if point["weights"] == "distance":
                weights = 1 / np.maximum(distances, 1e-9)
            shares = np.zeros((len(answers), 10))
            for column in range(point["neighbours"]):
                shares[np.arange(len(answers)), digits[indices[:, column]]] += weights[:, column]
            shares /= shares.sum(axis=1, keepdims=True)
            wanted = np.eye(10)[answers]
            yield ((shares - wanted) ** 2).sum(axis=1).mean()

    return "handwritten digits, Brier score of k nearest neighbours", space, losses()


def table_digits_softmax(options):
    """A linear classifier, trained by stochastic gradient descent."""
    pixels, digits, validation, answers = train_curves.load(options.digits)
    space, all_points = flat([
        words("penalty", ["l1", "l2", "elasticnet"]),
        places("alpha", grid(1e-6, 1e-1, 9)),
        places("rate", grid(1e-3, 10, 9)),
        words("schedule", ["constant", "invscaling", "adaptive"]),
        numbers("epochs", [2, 5, 12]),
    ])  # fmt: skip

    def losses():
        for point in all_points:
            model = linear_model.SGDClassifier(
                loss="log_loss", penalty=point["penalty"], alpha=point["alpha"], eta0=point["rate"],
                learning_rate=point["schedule"], max_iter=point["epochs"], tol=None,
                random_state=SEED,
            )  # fmt: skip
            model.fit(pixels, digits)
            yield log_loss(model.predict_proba(validation), answers)

    return "handwritten digits, cross entropy of a linear classifier", space, losses()


def table_cancer_boosting(_):
    """Gradient boosting of trees; the losses after fewer rounds are those on the way."""
    data = datasets.load_breast_cancer()
    learn, learn_answers, judge, answers = split(data.data, data.target)
    rounds = [5, 10, 20, 50, 100, 200]
    parameters = [
        places("learning_rate", grid(1e-2, 1, 8)),
        integers("max_depth", 1, 5),
        numbers("subsample", [0.4, 0.7, 1.0]),
        numbers("min_samples_leaf", [1, 4, 16]),
    ]
    space, all_points = flat(parameters)

    def losses():
        for point in all_points:
            model = ensemble.GradientBoostingClassifier(
                n_estimators=rounds[-1], max_features=6, random_state=SEED, **point
            )
            model.fit(learn, learn_answers)
            stages = [log_loss(shares, answers) for shares in model.staged_predict_proba(judge)]
            yield from (stages[count - 1] for count in rounds)

    return (
        "breast cancer Wisconsin, cross entropy of boosted trees",
        space + [numbers("n_estimators", rounds)[0]],
        losses(),
    )


def table_diabetes_forest(_):
    """A forest of regression trees; one of fewer trees is the first ones of it."""
    data = datasets.load_diabetes()
    learn, learn_answers, judge, answers = split(data.data, data.target)
    trees = [4, 16, 64]
    space, all_points = flat([
        integers("max_depth", 2, 11),
        places("min_samples_leaf", [1, 2, 4, 8, 16, 32]),
        places("max_features", [1, 2, 3, 5, 7, 10]),
        words("sampling", ["bootstrap", "all"]),
    ])  # fmt: skip

    def losses():
        for point in all_points:
            model = ensemble.RandomForestRegressor(
                n_estimators=trees[-1], max_depth=point["max_depth"],
                min_samples_leaf=point["min_samples_leaf"], max_features=point["max_features"],
                bootstrap=point["sampling"] == "bootstrap", random_state=SEED,
            )  # fmt: skip
            model.fit(learn, learn_answers)
            found = np.array([tree.predict(judge) for tree in model.estimators_])
            yield from (squared_error(found[:count].mean(axis=0), answers) for count in trees)

    return (
        "diabetes, squared error of a random forest",
        space + [numbers("trees", trees)[0]],
        losses(),
    )


def table_diabetes_kernel(_):
    """Kernel ridge regression: each kernel has parameters of its own."""
    data = datasets.load_diabetes()
    learn, learn_answers, judge, answers = split(data.data, data.target)
    middle = learn_answers.mean()
    alphas, gammas = grid(1e-4, 1e3, 15), grid(1e-5, 10, 16)
    space, all_points = tree("kernel", {
        "linear": [places("alpha", alphas)],
        "polynomial": [places("alpha", alphas[::2]), places("gamma", gammas[::2]),
                       integers("degree", 2, 4), numbers("coef0", [0.1, 1.0, 10.0])],
        "rbf": [places("alpha", alphas), places("gamma", gammas)],
        "laplacian": [places("alpha", alphas), places("gamma", gammas)],
    })  # fmt: skip

    def losses():
        for point in all_points:
            model = kernel_ridge.KernelRidge(**point)
            model.fit(learn, learn_answers - middle)
            yield squared_error(model.predict(judge) + middle, answers)

    return "diabetes, squared error of kernel ridge regression", space, losses()


def table_wine_network(_):
    """A neural network: each solver has parameters of its own."""
    data = datasets.load_wine()
    learn, learn_answers, judge, answers = split(data.data, data.target)
    rates, decays = grid(1e-4, 1, 8), grid(1e-5, 10, 6)
    both = [numbers("hidden_units", [3, 8, 24]), words("activation", ["tanh", "relu", "logistic"])]
    space, all_points = tree("solver", {
        "adam": [places("rate", rates), places("alpha", decays), *both],
        "lbfgs": [places("alpha", decays), *both],
        "sgd": [places("rate", rates), places("alpha", decays[::2]),
                places("momentum", [0.0, 0.5, 0.9, 0.97]), *both],
    })  # fmt: skip

    def losses():
        for point in all_points:
            model = neural_network.MLPClassifier(
                hidden_layer_sizes=(point["hidden_units"],), activation=point["activation"],
                solver=point["solver"], alpha=point["alpha"], batch_size=20, max_iter=25,
                learning_rate_init=point.get("rate", 1e-3), momentum=point.get("momentum", 0.9),
                random_state=SEED,
            )  # fmt: skip
            model.fit(learn, learn_answers)
            yield log_loss(model.predict_proba(judge), answers)

    return "wine, cross entropy of a small network", space, losses()


def main():
    found = {name[6:]: run for name, run in globals().items() if name.startswith("table_")}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--digits", required=True, help="digits.csv.gz")
    parser.add_argument("--out", required=True, help="the folder of the tables")
    parser.add_argument("--only", nargs="*", default=sorted(found))
    options = parser.parse_args()
    np.seterr(all="ignore")  # models that diverge are wanted
    warnings.simplefilter("ignore")  # and so are those that have not converged
    for name in options.only:
        source, space, losses = found[name](options)
        header = {"name": name, "source": source, "space": space}
        with open(os.path.join(options.out, name + ".table"), "w") as file:
            file.write(json.dumps(header, separators=(",", ":")) + "\n")
            for place, loss in enumerate(losses, 1):
                bounded = min(loss, WORST) if np.isfinite(loss) else WORST
                file.write(f"{bounded:.4g}" + ("\n" if place % 12 == 0 else " "))
            file.write("\n")
        print(name, flush=True)


if __name__ == "__main__":
    main()
