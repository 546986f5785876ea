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
    wrong_top: int  # than the TOP-th best of the kept
    winner_kept: bool
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
    kept = [best for trial, best in enumerate(bests) if trial not in cuts and not math.isnan(best)]
    kept.sort(reverse=experiment.maximize)
    kept += [math.nan] * TOP

    def count_better(bar):
        return sum(experiment.better(bests[trial], bar) for trial in cuts)

    return Outcome(
        steps=len(by_step),
        all_steps=len(experiment.rows),
        best=by_step[-1],
        regret=abs(best_of_all - by_step[-1]),
        cut=len(cuts),
        wrong=count_better(kept[0]),
        wrong_top=count_better(kept[TOP - 1]),
        winner_kept=bests.index(best_of_all) not in cuts,
        best_by_step=by_step,
    )


def value_at(outcome, steps):
    """The best value known after `steps` reports: at its end, if it had fewer."""
    return outcome.best_by_step[min(steps, outcome.steps) - 1]
