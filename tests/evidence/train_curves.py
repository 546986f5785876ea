"""Trains some hundred small neural networks on handwritten digits and keeps their learning curves.

    train_curves.py --data digits.csv.gz --out FOLDER [--trials 360] [--seed 20]

It writes `digits_accuracy.csv` and `digits_loss.csv` (trial,interval,value,seconds: what
`sweepjob whatif --curves` reads) and `digits_params.csv`. The configurations are drawn at random
from the ranges of SPACE, far too small and far too large learning rates among them: what a sweep
meets in life, networks that diverge included, whose values are nan from then on, as a script that
does not check would print them. Needs numpy and nothing else. Values depend on the seed alone
(and, in the last digits, on the BLAS); seconds are processor time, and differ each time.
"""

import argparse
import csv
import os
import time

import numpy as np

PIXELS, CLASSES, PIXEL_MAX = 64, 10, 16
VALIDATION_IMAGES = 597  # the last third, not a random one: the file goes writer by writer
EPOCHS = 27  # 3 * 3 * 3: rungs at 1, 3, 9

COLUMNS = [
    "trial", "learning_rate", "batch_size", "momentum", "l2", "hidden_units", "hidden_layers",
    "activation", "schedule",
]  # fmt: skip


def draw(rng):
    """One configuration of the space."""
    return {
        "learning_rate": float(np.exp(rng.uniform(np.log(5e-4), np.log(20.0)))),
        "batch_size": int(rng.choice([8, 16, 32, 64])),
        "momentum": float(rng.uniform(0.0, 0.95)),
        "l2": float(np.exp(rng.uniform(np.log(1e-6), np.log(3e-2)))),
        "hidden_units": int(rng.choice([4, 8, 16, 32, 64])),
        "hidden_layers": int(rng.choice([1, 2])),
        "activation": str(rng.choice(["relu", "tanh"])),
        "schedule": str(rng.choice(["constant", "cosine", "warmup"])),
    }


def load(path):
    """Returns (training pixels, digits, validation pixels, digits) in the order of the file."""
    table = np.loadtxt(path, delimiter=",")
    pixels = (table[:, :PIXELS] / PIXEL_MAX).astype(np.float32)
    digits = table[:, PIXELS].astype(int)
    last = len(table) - VALIDATION_IMAGES
    return pixels[:last], digits[:last], pixels[last:], digits[last:]


def learning_rate_at(params, epoch):
    """Constant, falling to zero (the gains come late), or rising first (the start is slow)."""
    rate = params["learning_rate"]
    if params["schedule"] == "cosine":
        return rate * 0.5 * (1 + np.cos(np.pi * (epoch - 1) / EPOCHS))
    if params["schedule"] == "warmup":
        return rate * min(1.0, epoch / 8)
    return rate


class Network:
    """Dense layers, softmax at the end; stochastic gradient descent with momentum and L2 decay."""

    def __init__(self, params, rng):
        sizes = [PIXELS] + [params["hidden_units"]] * params["hidden_layers"] + [CLASSES]
        self.weights = [
            (rng.uniform(-1, 1, (inputs, units)) / np.sqrt(inputs)).astype(np.float32)
            for inputs, units in zip(sizes, sizes[1:])
        ]
        self.biases = [np.zeros(units, np.float32) for units in sizes[1:]]
        self.speeds = [np.zeros_like(w) for w in self.weights + self.biases]
        self.params = params
        self.relu = params["activation"] == "relu"

    def forward(self, pixels):
        """Returns the activations of every layer and the probabilities of the digits."""
        layers = [pixels]
        for weights, biases in zip(self.weights[:-1], self.biases[:-1]):
            sums = layers[-1] @ weights + biases
            layers.append(np.maximum(sums, 0) if self.relu else np.tanh(sums))
        scores = layers[-1] @ self.weights[-1] + self.biases[-1]
        powers = np.exp(scores)  # as a textbook writes softmax: scores too large are nan for ever
        return layers, powers / powers.sum(axis=1, keepdims=True)

    def learn(self, pixels, digits, rate):
        layers, errors = self.forward(pixels)
        errors[np.arange(len(digits)), digits] -= 1
        errors /= len(digits)
        slopes, shifts = [], []
        for at in range(len(self.weights) - 1, -1, -1):
            slopes.insert(0, layers[at].T @ errors + self.params["l2"] * self.weights[at])
            shifts.insert(0, errors.sum(axis=0))
            inner = layers[at] > 0 if self.relu else 1 - layers[at] ** 2
            if at > 0:
                errors = (errors @ self.weights[at].T) * inner
        for value, speed, slope in zip(self.weights + self.biases, self.speeds, slopes + shifts):
            speed *= self.params["momentum"]
            speed -= rate * slope
            value += speed

    def judge(self, pixels, digits):
        """Returns (accuracy, mean cross entropy); nan twice once it has diverged."""
        _, powers = self.forward(pixels)
        loss = -np.log(np.maximum(powers[np.arange(len(digits)), digits], 1e-30)).mean()
        if np.isnan(loss):
            return np.nan, np.nan
        return (powers.argmax(axis=1) == digits).mean(), loss


def train(params, images, rng):
    """Yields (accuracy, loss, seconds since the start) after each epoch."""
    pixels, digits, validation, answers = images
    network = Network(params, rng)
    start = time.process_time()
    for epoch in range(1, EPOCHS + 1):
        order = rng.permutation(len(digits))
        rate = learning_rate_at(params, epoch)
        for at in range(0, len(order), params["batch_size"]):
            batch = order[at : at + params["batch_size"]]
            network.learn(pixels[batch], digits[batch], rate)
        yield *network.judge(validation, answers), time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="digits.csv.gz")
    parser.add_argument("--out", required=True, help="the folder for the three files")
    parser.add_argument("--trials", type=int, default=360)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()

    images = load(options.data)
    np.seterr(all="ignore")  # a network that diverges is wanted, not an error
    opened = {
        name: open(os.path.join(options.out, f"digits_{name}.csv"), "w", newline="")
        for name in ("accuracy", "loss", "params")
    }
    files = {name: csv.writer(file, lineterminator="\n") for name, file in opened.items()}
    for name in ("accuracy", "loss"):
        files[name].writerow(["trial", "interval", "value", "seconds"])
    files["params"].writerow(COLUMNS)
    for trial in range(options.trials):
        rng = np.random.default_rng([options.seed, trial])
        params = draw(rng)
        files["params"].writerow(
            [trial] + [f"{v:.6g}" if isinstance(v, float) else v for v in params.values()]
        )
        for epoch, (accuracy, loss, seconds) in enumerate(train(params, images, rng), 1):
            files["accuracy"].writerow([trial, epoch, f"{accuracy:.4f}", f"{seconds:.3f}"])
            files["loss"].writerow([trial, epoch, f"{loss:.5g}", f"{seconds:.3f}"])
    for file in opened.values():
        file.close()


if __name__ == "__main__":
    main()
