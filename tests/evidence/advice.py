"""What the figures say, in words. Each sentence stands beside the condition under which it is true;
when one no longer holds the run ends, and the sentence is to be written anew."""

import textwrap

from measures import (
    gains,
    interval_of,
    mean_regret,
    regret_without,
    same_cuts,
    steps_share,
    top_kept,
    winners_kept,
)
from settings import combined, pairs_for


def said(holds, sentence):
    if not holds:
        raise SystemExit(f"advice.py: no longer true, write it anew: {sentence}")
    return textwrap.fill(
        "- " + sentence, 110, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def found(tables, start):
    """The settings whose text starts so, in both tables, first those of the first."""
    return [
        (table, one)
        for table in tables
        for one in table.compared
        if one.setting.ours.startswith(start)
    ]


def joined(texts):
    *before, last = texts
    return ", ".join(before) + " and " + last if before else last


def shares(ones):
    return joined(f"{steps_share(one.ours):.0%}" for _, one in ones)


def winners(ones):
    kept = sum(winners_kept(one.ours) for _, one in ones)
    return f"{kept} of {sum(len(one.ours) for _, one in ones)}"


def regrets(ones):
    return joined(f"{mean_regret(one.ours):.4f}" for _, one in ones)


def all_winners(ones):
    return all(winners_kept(one.ours) == len(one.ours) for _, one in ones)


def all_below(ones, steps):
    return all(steps_share(one.ours) < steps for _, one in ones)


def winners_lost(ones):
    return sum(len(one.ours) - winners_kept(one.ours) for _, one in ones)


def exactly(tables, text):
    return [(table, one) for table, one in found(tables, text) if one.setting.ours == text]


def when_to_use_which(tables):
    median = found(tables, "{type: median_stopping}")
    median_late = found(tables, "{type: median_stopping, delay_evaluation: 5")
    asha_1 = found(tables, "{type: asha, grace_period: 1, reduction_factor: 3, max_resource: 27}")
    asha_3 = found(tables, "{type: asha, grace_period: 3")
    wide = [
        *found(tables[:1], "{type: bandit, slack_factor: 0.3"),
        *found(tables[1:], "{type: bandit, slack_factor: 2.0"),
    ]
    narrow = [
        *found(tables[:1], "{type: bandit, slack_factor: 0.02"),
        *found(tables[1:], "{type: bandit, slack_factor: 0.1"),
    ]
    startup = found(tables, "{type: optuna_median}")
    warmed = found(tables, "{type: optuna_median, n_warmup_steps: 5}")
    return f"""\
## When to use which

{beside_fewer_trials(tables)}
{said(all_winners(median_late) and min(winners_kept(o.ours) for _, o in median) >= 20,
         f"**A safe start is `median_stopping`.** From the first epoch on it took {shares(median)} "
         f"of the steps and kept the winner in {winners(median)} sweeps; with `delay_evaluation: 5` "
         f"{shares(median_late)}, and it never lost one. It needs no number in the metric's unit.")}
{said(all_winners(wide) and max(winners_kept(o.ours) for _, o in narrow) < 20,
         f"**`bandit` stands and falls with its slack**, which is in the metric's own unit: wide "
         f"(`{wide[0][1].setting.ours}` for accuracy, `{wide[1][1].setting.ours}` for loss) it took "
         f"{shares(wide)} and lost no winner; narrow (0.02 and 0.1) it took {shares(narrow)} and "
         f"kept the winner in {winners(narrow)}. Try it on an earlier sweep with `whatif --grid`.")}
{said(all(steps_share(a.ours) < steps_share(b.ours) and mean_regret(a.ours) > mean_regret(b.ours)
             for (_, a), (_, b) in zip(asha_1, asha_3)),
         f"**`asha` when steps are dear.** With `grace_period: 1` it took {shares(asha_1)} at a "
         f"regret of {regrets(asha_1)}; with 3, {shares(asha_3)} at {regrets(asha_3)}. A first rung "
         f"after one epoch judges how a trial starts, and some of the best start slowly.")}
{said(all(winners_kept(b.ours) > winners_kept(a.ours) and steps_share(b.ours) > steps_share(a.ours)
             for (_, a), (_, b) in zip(startup, warmed)),
         f"**Waiting some epochs is the cheapest insurance**: `optuna_median` kept the winner in "
         f"{winners(startup)} sweeps at {shares(startup)} of the steps, with five epochs of warm-up "
         f"in {winners(warmed)} at {shares(warmed)}.")}
{for_some_metrics(tables)}
{together(tables)}

"""


def beside_fewer_trials(tables):
    behind = [
        (table, one)
        for table in tables
        for one in table.compared[1:]
        if mean_regret(one.ours) > regret_without(table, one.ours)
    ]
    named = ", ".join(f"`{one.setting.ours}` ({table.name})" for table, one in behind)
    expected = ("{type: curvefitting", "{type: patient, patience: 3}")
    return said(
        behind and all(one.setting.ours.startswith(expected) for _, one in behind),
        "**Nearly all beat starting fewer trials**: the regret is at most that of the sweep that "
        f"ends after as many steps without a policy. Only these lost more: {named}.",
    )


def for_some_metrics(tables):
    """Of the policies that are made for curves of one kind."""
    patient = [o for o in found(tables, "{type: patient") if "wrapped" in o[1].setting.ours]
    alone = exactly(tables, "{type: patient, patience: 3}")
    mild = [o for v in ("lower: 0.3", "lower: 0.5", "upper: 2.2", "upper: 1.5")
            for o in found(tables, f"{{type: threshold, {v},")]  # fmt: skip
    tight = [o for v in ("lower: 0.8", "upper: 0.7")
             for o in found(tables, f"{{type: threshold, {v},")]  # fmt: skip
    fitting = [
        o for o in found(tables, "{type: curvefitting") if "threshold" not in o[1].setting.ours
    ]
    lenient = found(tables, "{type: curvefitting, epoch_num: 27, start_step: 6, gap: 6, thr")
    wilcoxon = found(tables, "{type: wilcoxon")
    return "\n".join(
        [
            said(
                all_winners(patient) and all(steps_share(o.ours) > 0.7 for _, o in patient)
                and not any(winners_kept(o.ours) for _, o in alone),
                "`patient` is for metrics that fall back and recover. These curves seldom do: "
                f"around `optuna_median` it lost no winner but took {shares(patient)}. Alone it "
                "ends whoever pauses, and on a plateau all do, the best too: with `patience: 3` it "
                f"took {shares(alone)} and let no winner run to its end, at a regret of "
                f"{regrets(alone)}.",
            ),
            said(
                all_winners(mild) and all_below(tight, 0.4) and winners_lost(tight) > 5,
                f"`threshold` took {shares(mild)} at its two milder bounds and lost no winner, "
                "because whoever set them knew these curves; at the tightest it took "
                f"{shares(tight)} and kept the winner in {winners(tight)}. Without such knowledge "
                "use it for what is plainly broken.",
            ),
            said(
                all(top_kept(o.ours) < 2.5 and mean_regret(o.ours) > 0.001 for _, o in fitting)
                and winners_kept(lenient[0][1].ours) > winners_kept(fitting[0][1].ours),
                "`curvefitting` keeps who is predicted to end above 0.95 of the best, and it "
                "predicts too low where curves are flat: NNI's rule lets families whose fit fails "
                "stay as they are by default, at 0.6 or so, and count like those that fit. It took "
                f"{shares(fitting)} and kept the winner in only {winners(fitting)}; with "
                f"`threshold: 0.8` {shares(lenient)} and {winners(lenient)}. Try the threshold with "
                "`whatif`.",
            ),
            said(
                all_below(wilcoxon, 0.6) and winners_lost(wilcoxon) > 30,
                "`wilcoxon` is here for completeness: it is for values that are independent of "
                "each other, such as those of folds, and epochs are not. Taken as instances they "
                "show significant differences too soon, and the slow starters go: it kept the "
                f"winner in {winners(wilcoxon)}, at {shares(wilcoxon)} of the steps.",
            ),
        ]
    )


def together(tables):
    """Of the combinations, beside the policies that they are made of."""
    rows, milder, stricter = [], [], []
    for table in tables:
        for pair in pairs_for(table.maximize):
            parts = [one for text in pair for _, one in exactly([table], text)]
            least, most = (pick(steps_share(o.ours) for o in parts) for pick in (min, max))
            stricter += exactly([table], combined("any", pair))
            milder += exactly([table], combined("all", pair))
            rows.append(
                steps_share(stricter[-1][1].ours) < least
                and steps_share(milder[-1][1].ours) > most
            )
    return said(
        all(rows) and all_winners(milder) and winners_lost(stricter) > 10,
        f"**`all` is mild and `any` strict**: of two policies `all` took more steps than either "
        f"alone ({shares(milder)}) and lost no winner; `any` took fewer than either "
        f"({shares(stricter)}) and kept the winner in {winners(stricter)}. `any` is for a safety "
        "net that seldom strikes beside a policy that compares.",
    )


def is_decided(values, sign=0):
    """Whether the interval lies on one side of 0, or on this one."""
    middle, half = interval_of(values)
    return (abs(middle) if sign == 0 else sign * middle) > half


def decided(tables, at_equal_steps, sign):
    """Whose interval lies wholly on one side, as list items."""
    lines = []
    for table in tables:
        for one in table.compared:
            if not one.optunas:
                continue
            values = gains(table, one, at_equal_steps)
            if is_decided(values, sign):
                middle, half = interval_of(values)
                steps = "equal steps" if at_equal_steps else "equal trials"
                lines.append(
                    f"  - `{one.setting.ours}` beside `{one.setting.optunas}`, {table.name}, "
                    f"{steps}: {middle:+.4f} ± {half:.4f}"
                )
    return lines


def beside_optuna(tables, finite):
    """`finite`: the same-rule settings over sweeps in which no network diverges."""
    rules = [(t, o) for t in tables for o in t.compared[1:] if o.optunas and not o.setting.nearest]
    worse = [
        one
        for table, one in rules
        for equal_steps in (False, True)
        if is_decided(gains(table, one, equal_steps), sign=-1)
    ]
    alike = sum(same_cuts(one) for table in finite for one in table.compared[1:])
    asked = sum(len(one.ours) for table in finite for one in table.compared[1:])
    nni = found(tables, "{type: medianstop}")
    asha = [(t, o) for t, o in found(tables, "{type: asha") if "brackets" not in o.setting.ours]
    better, behind = (
        decided(tables, False, sign) + decided(tables, True, sign) for sign in (1, -1)
    )
    return f"""\
What that says:

{said(not worse, "**Of the rules that both have, none of ours is worse**, at equal trials or at "
         "equal steps: no interval lies below 0.")}
{said(alike == asked, f"**Where no network diverges both make the same cuts**: over "
         f"{len(finite[0].experiments)} sweeps of the other networks, each rule that both have, both "
         f"metrics, in {alike} of {asked} cases. All differences above come from NaN:")}
  - `patient`: to Optuna a trial whose last values are all NaN does not stagnate, so that it runs to
    its end; to ours NaN is worse than any number.
  - `optuna_sha` and `optuna_hyperband`: Optuna prunes NaN even where a rung has no number yet; here
    a trial is stopped as soon as somebody has one.
- Where the 95 % interval lies above 0, ours ended better:
{chr(10).join(better) or "  - nowhere"}
- Where it lies below 0, Optuna's did:
{chr(10).join(behind) or "  - nowhere"}
{said(all(steps_share(o.ours) < steps_share(o.optunas) for _, o in nni),
      "`medianstop` is NNI's rule: its running averages lag behind, but it begins with the first "
      f"trial that completes, where Optuna's waits for five. So it takes fewer steps ({shares(nni)}) "
      "and loses more.")}
{said(all(steps_share(o.ours) > steps_share(o.optunas) for _, o in asha)
      and all(mean_regret(o.ours) <= mean_regret(o.optunas) for _, o in asha)
      and not any(is_decided(gains(table, o, True)) for table, o in asha),
      "`asha` and Optuna's successive halving differ in who stays in a rung: those not worse than "
      "the quantile, interpolated, or the floor(n/3) best and at least one. The second is the "
      "stricter while few have come: fewer steps, more regret, and at equal steps no difference is "
      "shown.")}
- Optuna's WilcoxonPruner is not beside ours: 3.1 has none.
"""
