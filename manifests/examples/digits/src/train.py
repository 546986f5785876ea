"""Trains a small neural network to read handwritten digits, with Python's standard library alone.

An ordinary training script: options on the command line, one line of metrics per epoch on stdout,
the model in ./outputs. It knows nothing of sweeps, except that it saves a checkpoint after every
epoch where $SWEEPJOB_CHECKPOINT_DIR names a folder, and goes on from one that it finds there.
"""

import argparse
import csv
import gzip
import json
import math
import os
import random
from operator import mul

PIXELS, CLASSES, PIXEL_MAX = 64, 10, 16
VALIDATION_IMAGES = 597  # the last third, not a random one: the file goes writer by writer


def load(path):
    """Returns [(pixels scaled to 0..1, digit)] in the order of the file."""
    with gzip.open(path, "rt", newline="") as file:
        rows = [[int(float(cell)) for cell in row] for row in csv.reader(file)]
    return [([p / PIXEL_MAX for p in row[:PIXELS]], row[PIXELS]) for row in rows]


def init_layer(rng, inputs, units):
    """One row of weights per unit, the bias last (inputs get a constant 1 appended)."""
    scale = 1 / math.sqrt(inputs)
    return [[rng.uniform(-scale, scale) for _ in range(inputs)] + [0.0] for _ in range(units)]


def forward(model, pixels):
    """Returns (hidden activations with the constant 1, class scores)."""
    hidden = [max(0.0, sum(map(mul, row, pixels))) for row in model["hidden"]]
    hidden.append(1.0)
    return hidden, [sum(map(mul, row, hidden)) for row in model["output"]]


def softmax(scores):
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def add_gradients(model, gradients, pixels, digit):
    """Back-propagates one image into `gradients`; returns its cross-entropy loss."""
    hidden, scores = forward(model, pixels)
    probabilities = softmax(scores)
    errors = list(probabilities)
    errors[digit] -= 1.0
    columns = list(zip(*model["output"]))
    for row, error in zip(gradients["output"], errors):
        row[:] = [g + error * h for g, h in zip(row, hidden)]
    for unit, row in enumerate(gradients["hidden"]):
        if hidden[unit] > 0.0:
            error = sum(map(mul, errors, columns[unit]))
            row[:] = [g + error * p for g, p in zip(row, pixels)]
    return -math.log(max(probabilities[digit], 1e-300))


def update(model, velocity, gradients, options, batch_size):
    """Stochastic gradient descent with momentum and L2 decay (not on the biases)."""
    rate = options.learning_rate / batch_size
    decay = options.learning_rate * options.l2
    for layer in model:
        for weights, speeds, gradient in zip(model[layer], velocity[layer], gradients[layer]):
            bias = weights[-1]
            speeds[:] = [
                options.momentum * v - rate * g - decay * w
                for v, g, w in zip(speeds, gradient, weights)
            ]
            speeds[-1] += decay * bias
            weights[:] = [w + v for w, v in zip(weights, speeds)]


def train_epoch(model, velocity, images, options):
    """One pass over the images; returns the mean loss."""
    total = 0.0
    for start in range(0, len(images), options.batch_size):
        batch = images[start : start + options.batch_size]
        gradients = zeros_like(model)
        for pixels, digit in batch:
            total += add_gradients(model, gradients, pixels, digit)
        update(model, velocity, gradients, options, len(batch))
    return total / len(images)


def accuracy(model, images):
    right = 0
    for pixels, digit in images:
        _, scores = forward(model, pixels)
        right += scores[digit] == max(scores)
    return right / len(images)


def zeros_like(model):
    return {layer: [[0.0] * len(row) for row in rows] for layer, rows in model.items()}


def write_json(path, content):
    """Whole or not at all: a process killed half way leaves the previous file in place."""
    with open(path + ".tmp", "w") as file:
        json.dump(content, file)
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="digits.csv.gz")
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--l2", type=float, default=0.0)
    parser.add_argument("--hidden-units", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    images = [(pixels + [1.0], digit) for pixels, digit in load(options.data)]
    training, validation = images[:-VALIDATION_IMAGES], images[-VALIDATION_IMAGES:]
    rng = random.Random(options.seed)
    model = {
        "hidden": init_layer(rng, PIXELS, options.hidden_units),
        "output": init_layer(rng, options.hidden_units, CLASSES),
    }
    velocity = zeros_like(model)

    folder = os.environ.get("SWEEPJOB_CHECKPOINT_DIR")
    checkpoint = os.path.join(folder, "checkpoint.json") if folder else None
    first_epoch = 1
    if checkpoint and os.path.exists(checkpoint):
        with open(checkpoint) as file:
            saved = json.load(file)
        first_epoch, model, velocity = saved["epoch"] + 1, saved["model"], saved["velocity"]
        print(f"going on after epoch {saved['epoch']}", flush=True)

    for epoch in range(first_epoch, options.epochs + 1):
        # Seeded by the epoch, so that a run that goes on shuffles as if it had never stopped.
        order = random.Random(f"{options.seed}/{epoch}").sample(training, len(training))
        loss = train_epoch(model, velocity, order, options)
        score = accuracy(model, validation)
        if checkpoint:
            write_json(checkpoint, {"epoch": epoch, "model": model, "velocity": velocity})
        print(f"epoch={epoch} loss={loss:.4f} val_accuracy={score:.4f}", flush=True)

    os.makedirs("outputs", exist_ok=True)
    write_json(os.path.join("outputs", "model.json"), model)


if __name__ == "__main__":
    main()
