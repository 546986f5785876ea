"""What a policy's cuts came to in an experiment. The definitions are those of `sweepjob whatif`."""

import math
from dataclasses import dataclass


TOP = 5


@dataclass(frozen=True)
class Outcome:
    steps: int  # reports before the cuts
    all_steps: int
    best: float  # of all that was reported before the cuts
    regret: float  # how much worse that is than the best of all
    cut: int
    wrong: int  # cut trials that would have ended better than the best of the kept trials
    winner_kept: bool
    top_kept: int  # of the TOP trials with the best values
    best_by_step: list  # the best value known after so many reports, in the order of arrival


def best_by_step(experiment, cuts):
    best, found = math.nan, []
    for row in experiment.rows:
        if row.interval > cuts.get(row.trial, row.interval):
            continue
        if experiment.better(row.value, best):
            best = row.value
        found.append(best)
    return found


def outcome_of(experiment, cuts):
    """`cuts` is {trial: the interval at which it was cut}."""
    bests = experiment.bests
    by_step = best_by_step(experiment, cuts)
    best_of_all = experiment.best(bests)
    best_of_kept = experiment.best([b for trial, b in enumerate(bests) if trial not in cuts])
    numbers = [trial for trial, best in enumerate(bests) if not math.isnan(best)]
    numbers.sort(key=bests.__getitem__, reverse=experiment.maximize)
    return Outcome(
        steps=len(by_step),
        all_steps=len(experiment.rows),
        best=by_step[-1],
        regret=abs(best_of_all - by_step[-1]),
        cut=len(cuts),
        wrong=sum(experiment.better(bests[trial], best_of_kept) for trial in cuts),
        winner_kept=numbers[0] not in cuts,
        top_kept=sum(trial not in cuts for trial in numbers[:TOP]),
        best_by_step=by_step,
    )


def value_at(outcome, steps):
    """The best value known after `steps` reports: at its end, if it had fewer."""
    return outcome.best_by_step[min(steps, outcome.steps) - 1]
