"""Experiments made of recorded learning curves: which trials, in which order, on how many workers.

An experiment is some trials of the kept table in some order on WORKERS workers: each free worker
takes the next trial and reports as fast as the recorded training did. So every policy, ours or
another's, is asked about the same reports in the same order.
"""

import csv
import math
from dataclasses import dataclass
from functools import cached_property

WORKERS = 4


@dataclass(frozen=True)
class Row:
    seconds: float
    trial: int
    interval: int
    value: float


@dataclass(frozen=True)
class Experiment:
    name: str
    maximize: bool
    curves: list  # of each trial, its values
    rows: list  # of all trials, in the order of arrival

    def better(self, value, than):
        """nan is worse than any number."""
        if math.isnan(value) or math.isnan(than):
            return math.isnan(than) and not math.isnan(value)
        return value > than if self.maximize else value < than

    def best(self, values):
        found = math.nan
        for value in values:
            if self.better(value, found):
                found = value
        return found

    @cached_property
    def bests(self):
        """Of each trial, the best value of its whole curve."""
        return [self.best(curve) for curve in self.curves]

    def write_csv(self, path):
        """What `sweepjob whatif --curves` reads."""
        with open(path, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["trial", "interval", "value", "seconds"])
            for row in self.rows:
                writer.writerow([row.trial, row.interval, repr(row.value), f"{row.seconds:.6f}"])


def read_curves(path):
    """Returns [[(value, seconds since the trial's start), ...], ...] by trial."""
    curves = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            curve = curves.setdefault(int(row["trial"]), [])
            assert int(row["interval"]) == len(curve) + 1, row
            curve.append((float(row["value"]), float(row["seconds"])))
    return [curves[trial] for trial in sorted(curves)]


def make_experiment(name, chosen, maximize):
    """The chosen trials' curves, in this order, as WORKERS run them."""
    free_at = [0.0] * WORKERS
    rows = []
    for trial, curve in enumerate(chosen):
        worker = free_at.index(min(free_at))
        start = free_at[worker]
        for interval, (value, seconds) in enumerate(curve, 1):
            rows.append(Row(round(start + seconds, 6), trial, interval, value))
        free_at[worker] = rows[-1].seconds
    rows.sort(key=lambda row: (row.seconds, row.trial, row.interval))
    return Experiment(name, maximize, [[value for value, _ in curve] for curve in chosen], rows)
