"""Figures over all experiments of one setting, or of one beside Optuna's."""

import math
import statistics

from outcome import value_at
from scipy.stats import t as student_t


def mean(values):
    return statistics.fmean(values)


def interval_of(values):
    """(mean, half the width of its 95 % interval by Student's t)."""
    if len(set(values)) == 1:
        return values[0], 0.0
    width = student_t.ppf(0.975, len(values) - 1) * statistics.stdev(values)
    return mean(values), width / math.sqrt(len(values))


def outcomes(answers):
    return [answer.outcome for answer in answers]


def steps_share(answers):
    return mean([o.steps / o.all_steps for o in outcomes(answers)])


def mean_best(answers):
    return mean([o.best for o in outcomes(answers)])


def mean_regret(answers):
    return mean([o.regret for o in outcomes(answers)])


def worst_regret(answers):
    return max(o.regret for o in outcomes(answers))


def mean_cut(answers):
    return mean([o.cut for o in outcomes(answers)])


def wrong_share(answers):
    """Of all cuts; None where nothing was cut."""
    cut = sum(o.cut for o in outcomes(answers))
    return sum(o.wrong for o in outcomes(answers)) / cut if cut else None


def top_kept(answers):
    return mean([o.top_kept for o in outcomes(answers)])


def winners_kept(answers):
    return sum(o.winner_kept for o in outcomes(answers))


def same_cuts(one):
    return sum(ours.cuts == optunas.cuts for ours, optunas in zip(one.ours, one.optunas))


def gain(experiment, value, other):
    """How much better `value` is."""
    return value - other if experiment.maximize else other - value


def gains(table, one, at_equal_steps):
    """How much better ours ended than Optuna's, by experiment. At equal steps: after as many as the
    one of the two took that took fewer."""
    found = []
    for experiment, ours, optunas in zip(
        table.experiments, outcomes(one.ours), outcomes(one.optunas)
    ):
        steps = min(ours.steps, optunas.steps) if at_equal_steps else len(experiment.rows)
        found.append(gain(experiment, value_at(ours, steps), value_at(optunas, steps)))
    return found


def regret_without(table, answers):
    """Mean regret of the same sweep without a policy, ended after as many steps."""
    return mean(
        [
            gain(experiment, without.best, value_at(without, with_policy.steps))
            for experiment, without, with_policy in zip(
                table.experiments, outcomes(table.compared[0].ours), outcomes(answers)
            )
        ]
    )
