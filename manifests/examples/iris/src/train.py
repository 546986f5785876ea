"""Softmax regression on Fisher's irises, with Python's standard library alone.

Prints one JSON object per epoch: the second way in which a script may report its metrics on stdout.
"""

import argparse
import csv
import json
import math
import os
import random

FEATURES, KINDS = 4, 3


def load(path):
    """Returns [([four features around 0, and a constant 1], kind)]."""
    with open(path, newline="") as file:
        rows = [list(map(float, row)) for row in list(csv.reader(file))[1:]]
    columns = list(zip(*rows))[:FEATURES]
    means = [sum(column) / len(column) for column in columns]
    return [
        ([value - mean for value, mean in zip(row, means)] + [1.0], int(row[FEATURES]))
        for row in rows
    ]


def probabilities(weights, flower):
    scores = [sum(w * x for w, x in zip(row, flower)) for row in weights]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def train_epoch(weights, flowers, options):
    for start in range(0, len(flowers), options.batch_size):
        batch = flowers[start : start + options.batch_size]
        gradient = [[0.0] * (FEATURES + 1) for _ in range(KINDS)]
        for flower, kind in batch:
            for k, p in enumerate(probabilities(weights, flower)):
                for i, x in enumerate(flower):
                    gradient[k][i] += (p - (k == kind)) * x / len(batch)
        for row, slopes in zip(weights, gradient):
            row[:] = [
                w - options.learning_rate * (g + options.l2 * w) for w, g in zip(row, slopes)
            ]


def evaluate(weights, flowers):
    """Returns (mean cross-entropy, share of right answers)."""
    loss, right = 0.0, 0
    for flower, kind in flowers:
        p = probabilities(weights, flower)
        loss -= math.log(max(p[kind], 1e-300))
        right += p[kind] == max(p)
    return loss / len(flowers), right / len(flowers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="iris.csv")
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--batch-size", type=int, default=10)
    parser.add_argument("--l2", type=float, default=0.0)
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args()

    flowers = load(options.data)
    rng = random.Random(1)
    rng.shuffle(flowers)
    training, validation = flowers[:100], flowers[100:]
    weights = [[0.0] * (FEATURES + 1) for _ in range(KINDS)]
    for epoch in range(1, options.epochs + 1):
        rng.shuffle(training)
        train_epoch(weights, training, options)
        loss, accuracy = evaluate(weights, validation)
        report = {"epoch": epoch, "val_loss": round(loss, 5), "val_accuracy": accuracy}
        print(json.dumps(report), flush=True)

    os.makedirs("outputs", exist_ok=True)
    with open(os.path.join("outputs", "weights.json"), "w") as file:
        json.dump(weights, file)


if __name__ == "__main__":
    main()
