"""Asks every policy of settings.py, ours and Optuna's, about the same recorded learning curves, and
writes what came of it as a page of documentation.

    evidence.py --program build/release/sweepjob --curves tests/data/curves --out docs/evidence.md

`scripts/evidence` prepares what this needs and runs it.
"""

import argparse
import math
import multiprocessing
import os
import random
import tempfile
from dataclasses import dataclass

import optuna_pruners
import report
import sweepjob
from experiments import make_experiment, read_curves
from outcome import Outcome, outcome_of
from settings import Setting, settings_for

TRIALS = 60  # of an experiment
PARTITIONS = 4  # the table is dealt out so often, each time into experiments that share no trial
SEED = 7


@dataclass(frozen=True)
class Answer:
    """What became of one policy in one experiment."""

    cuts: dict  # {trial: interval}
    outcome: Outcome


@dataclass(frozen=True)
class Compared:
    """One setting over all experiments, in their order."""

    setting: Setting
    ours: list
    optunas: list  # empty where it has no such rule


@dataclass(frozen=True)
class Table:
    name: str
    maximize: bool
    experiments: list
    compared: list


def make_experiments(table, metric, maximize, folder):
    """Returns [(experiment, the path of its table)]."""
    made = []
    for partition in range(PARTITIONS):
        order = random.Random(f"{SEED}/{partition}").sample(range(len(table)), len(table))
        for first in range(0, len(order) - TRIALS + 1, TRIALS):
            chosen = [table[trial] for trial in order[first : first + TRIALS]]
            name = f"{metric}-{len(made)}"
            experiment = make_experiment(name, chosen, maximize)
            path = os.path.join(folder, name + ".csv")
            experiment.write_csv(path)
            made.append((experiment, path))
    return made


def is_nan(point):
    value, _ = point
    return math.isnan(value)


def ask_ours(job):
    program, experiment, path, policy = job
    document = sweepjob.what_if(program, path, experiment.maximize, policy)
    cuts = sweepjob.cuts_of(document)
    outcome = outcome_of(experiment, cuts)
    sweepjob.check(document, outcome, policy, experiment.name)
    return Answer(cuts, outcome)


def ask_optuna(job):
    experiment, pruner = job
    cuts = optuna_pruners.cuts_of(experiment, pruner)
    return Answer(cuts, outcome_of(experiment, cuts))


def run_table(pool, program, table, metric, maximize, settings, scratch):
    made = make_experiments(table, metric, maximize, scratch)
    pruners = list(dict.fromkeys(s.optunas for s in settings if s.optunas))
    ours = pool.map(
        ask_ours, [(program, e, path, s.ours) for s in settings for e, path in made], chunksize=4
    )
    optunas = pool.map(ask_optuna, [(e, p) for p in pruners for e, _ in made], chunksize=4)
    count = len(made)
    of_pruner = {p: optunas[at * count :][:count] for at, p in enumerate(pruners)}
    compared = [
        Compared(s, ours[at * count :][:count], of_pruner.get(s.optunas, []))
        for at, s in enumerate(settings)
    ]
    return Table(metric, maximize, [experiment for experiment, _ in made], compared)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the sweepjob to ask")
    parser.add_argument("--curves", required=True, help="the folder of the kept tables")
    parser.add_argument("--out", required=True, help="the page to write")
    options = parser.parse_args()
    curves = {
        metric: read_curves(os.path.join(options.curves, f"digits_{metric}.csv"))
        for metric in ("accuracy", "loss")
    }
    with tempfile.TemporaryDirectory() as scratch, multiprocessing.Pool() as pool:
        tables, finite = [], []
        for metric, maximize in (("accuracy", True), ("loss", False)):
            settings = settings_for(maximize)
            run = (pool, options.program)
            tables.append(run_table(*run, curves[metric], metric, maximize, settings, scratch))
            whole = [curve for curve in curves[metric] if not any(map(is_nan, curve))]
            both = [s for s in settings if s.optunas and not s.nearest]
            finite.append(run_table(*run, whole, metric, maximize, both, scratch))
    page = report.page(
        tables,
        finite,
        version=sweepjob.version(options.program),
        optuna=optuna_pruners.VERSION,
        trials=len(curves["loss"]),
        diverged=sum(is_nan(curve[-1]) for curve in curves["loss"]),
        partitions=PARTITIONS,
    )
    with open(options.out + ".tmp", "w") as file:
        file.write(page)
    os.replace(options.out + ".tmp", options.out)


if __name__ == "__main__":
    main()
