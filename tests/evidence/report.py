"""The page of documentation. Every number in it is computed from what was measured; sentences that
draw a conclusion stand in advice.py, beside the condition under which they are true."""

import advice
from measures import (
    gains,
    interval_of,
    mean_best,
    mean_cut,
    mean_regret,
    regret_without,
    same_cuts,
    steps_share,
    top_kept,
    winners_kept,
    worst_regret,
    wrong_share,
)
from outcome import TOP

HEAD = """\
# Evidence: what each policy does to real learning curves

Written by `scripts/evidence` with {version} and Optuna {optuna}: one command, about two
minutes on two cores after the build. Run it again after any change to a policy: the same code
writes the same page, and `scripts/evidence --check` compares instead of writing. Not to be edited
by hand: every number comes from that run.

**The curves.** {trials} real networks, trained once for {epochs} epochs each, their accuracy and
their loss after every epoch kept in [`tests/data/curves`](../tests/data/curves/README.md): learning
rates from far too small to far too large, {diverged} of the networks diverged to NaN.

**The experiments.** The table is dealt out {partitions} times at random into sweeps of {size} trials
in random order, {count} sweeps in all. Four workers take the trials in turn and report as fast as
the recorded training did. Each policy is asked about the same reports in the same order, ours by
`sweepjob whatif --curves`, Optuna's by `trial.report` and `should_prune`; a trial it cuts reports no
more. As in `whatif`, only the curves are re-decided: which trials there are, and when their reports
come, stays as it was.

**The columns.** All are means over the {count} sweeps unless they say otherwise.

- *steps*: the share of all epochs that was still trained.
- *best*: the best value that anyone reported before it was cut. *Regret*: how much worse that is
  than the best of the whole sweep.
- *no policy*: the regret of the same sweep without a policy that ends after as many steps: what the
  steps would have bought if trials were simply not started.
- *winner*: in how many sweeps the trial with the best value was not cut.
- *best five*: how many of the five trials with the best values were not cut.
- *wrong*: of all cuts, the [wrong ones](whatif.md#what-a-wrong-cut-is): of trials that end better
  than the best trial that was kept.

"""

BESIDE = """\
## Beside Optuna's pruners

Optuna {optuna} at equal trials, over the same sweeps. *Same*: in how many sweeps both cut the same
trials at the same reports. *Better by*: how much better the best value is with ours, mean and 95 %
interval (Student's t over the {count} sweeps, paired; sweeps of different deals share trials, so
true intervals are somewhat wider); positive is better. *Equal trials*: at the end of the sweep.
*Equal steps*: after as many steps as the one took that took fewer.

"""


def in_markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def percent(share):
    return "-" if share is None else f"{share:.1%}"


def policy_table(table):
    rows = [["policy", "steps", "best", "regret", "at worst", "no policy", "winner",
             "best five", "cut", "wrong"]]  # fmt: skip
    for one in table.compared:
        rows.append(
            [
                f"`{one.setting.ours}`",
                percent(steps_share(one.ours)),
                f"{mean_best(one.ours):.4f}",
                f"{mean_regret(one.ours):.4f}",
                f"{worst_regret(one.ours):.4f}",
                f"{regret_without(table, one.ours):.4f}",
                f"{winners_kept(one.ours)} of {len(one.ours)}",
                f"{top_kept(one.ours):.1f} of {TOP}",
                f"{mean_cut(one.ours):.1f}",
                percent(wrong_share(one.ours)),
            ]
        )
    return in_markdown(rows)


def signed(values):
    middle, half = interval_of(values)
    return "0" if middle == half == 0 else f"{middle:+.4f} ± {half:.4f}"


def paired_table(table, nearest):
    rows = [["ours", "Optuna's", "same", "steps", "regret", "winner", "wrong",
             "better by, equal trials", "equal steps"]]  # fmt: skip
    for one in table.compared[1:]:
        if not one.optunas or one.setting.nearest != nearest:
            continue
        both = (one.ours, one.optunas)
        rows.append(
            [
                f"`{one.setting.ours}`",
                f"`{one.setting.optunas}`",
                f"{same_cuts(one)} of {len(one.ours)}",
                " : ".join(percent(steps_share(answers)) for answers in both),
                " : ".join(f"{mean_regret(answers):.4f}" for answers in both),
                " : ".join(str(winners_kept(answers)) for answers in both),
                " : ".join(percent(wrong_share(answers)) for answers in both),
                signed(gains(table, one, at_equal_steps=False)),
                signed(gains(table, one, at_equal_steps=True)),
            ]
        )
    return in_markdown(rows)


def page(tables, finite, version, optuna, trials, diverged, partitions):
    first = tables[0].experiments[0]
    facts = {
        "version": version,
        "optuna": optuna,
        "trials": trials,
        "epochs": len(first.curves[0]),
        "diverged": diverged,
        "partitions": partitions,
        "size": len(first.curves),
        "count": len(tables[0].experiments),
    }
    text = HEAD.format(**facts)
    for table in tables:
        goal = "maximise" if table.maximize else "minimise"
        text += f"## Validation {table.name}, to {goal}\n\n{policy_table(table)}\n"
    text += advice.when_to_use_which(tables)
    text += BESIDE.format(**facts)
    for table in tables:
        text += f"Rules that both have, {table.name}; ours left of the colon:\n\n"
        text += paired_table(table, nearest=False) + "\n"
        text += f"What one would take in place of Optuna's, {table.name}:\n\n"
        text += paired_table(table, nearest=True) + "\n"
    return text + advice.beside_optuna(tables, finite)
