"""The policies that are compared, each at several settings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """`ours` is what stands under early_termination; `optunas` the same rule there, if it has it.
    `nearest`: not the same rule, but what one would take in its place."""

    ours: str
    optunas: str = ""
    nearest: bool = False


def settings_for(maximize):
    """On both tables, but for the bounds and slacks, which are in the metric's own unit."""
    return [
        Setting("none", "NopPruner()"),
        *azures(maximize),
        *nnis(maximize),
        *optunas_averages(maximize),
        *halvings(),
        *combinations(maximize),
    ]


def azures(maximize):
    truncation = "{{type: truncation_selection, truncation_percentage: {}, evaluation_interval: 3}}"
    slacks = (0.02, 0.1, 0.3) if maximize else (0.1, 0.5, 2.0)
    return [
        *(Setting(f"{{type: bandit, slack_factor: {s}, delay_evaluation: 3}}") for s in slacks),
        Setting(f"{{type: bandit, slack_factor: {slacks[1]}, delay_evaluation: 9}}"),
        Setting("{type: median_stopping}", "MedianPruner()", nearest=True),
        Setting("{type: median_stopping, delay_evaluation: 5}"),
        Setting("{type: median_stopping, delay_evaluation: 9}"),
        *(Setting(truncation.format(percentage)) for percentage in (20, 50, 80)),
    ]


def nnis(maximize):
    # A prediction takes milliseconds, so few are asked for; its rule maximizes only.
    fitting = [
        "{type: curvefitting, epoch_num: 27, start_step: 6, gap: 3}",
        "{type: curvefitting, epoch_num: 27, start_step: 12, gap: 5}",
        "{type: curvefitting, epoch_num: 27, start_step: 6, gap: 6, threshold: 0.8}",
    ]
    return [
        Setting("{type: medianstop}", "MedianPruner()", nearest=True),
        Setting("{type: medianstop, start_step: 5}",
                "MedianPruner(n_warmup_steps=5)", nearest=True),
        Setting("{type: medianstop, start_step: 9}"),
        *(Setting(ours) for ours in fitting if maximize),
    ]  # fmt: skip


def optunas_averages(maximize):
    bound, values = ("lower", (0.3, 0.5, 0.8)) if maximize else ("upper", (2.2, 1.5, 0.7))
    return [
        Setting("{type: optuna_median}", "MedianPruner()"),
        *(
            Setting(
                f"{{type: optuna_median, n_warmup_steps: {n}}}",
                f"MedianPruner(n_warmup_steps={n})",
            )
            for n in (5, 9)
        ),
        Setting("{type: percentile, percentile: 25}", "PercentilePruner(25.0)"),
        Setting("{type: percentile, percentile: 25, n_warmup_steps: 5}",
                "PercentilePruner(25.0, n_warmup_steps=5)"),
        Setting("{type: percentile, percentile: 75}", "PercentilePruner(75.0)"),
        *(
            Setting(
                f"{{type: threshold, {bound}: {value}, n_warmup_steps: 5}}",
                f"ThresholdPruner({bound}={value}, n_warmup_steps=5)",
            )
            for value in values
        ),
        *(
            Setting(
                f"{{type: patient, patience: {n}, wrapped: {{type: optuna_median}}}}",
                f"PatientPruner(MedianPruner(), patience={n})",
            )
            for n in (1, 3)
        ),
        Setting("{type: patient, patience: 3}", "PatientPruner(None, patience=3)"),
        *(
            Setting(f"{{type: wilcoxon, p_threshold: {p}, n_startup_steps: {n}}}")
            for p, n in ((0.1, 2), (0.1, 9), (0.001, 2))
        ),
    ]  # fmt: skip


def halvings():
    optunas_hyperband = "HyperbandPruner(min_resource={}, max_resource=27, reduction_factor={})"
    found = []
    for low, factor in ((1, 3), (3, 3), (1, 2)):
        sha = f"SuccessiveHalvingPruner(min_resource={low}, reduction_factor={factor})"
        found += [
            Setting(f"{{type: optuna_sha, min_resource: {low}, reduction_factor: {factor}}}", sha),
            Setting(f"{{type: asha, grace_period: {low}, reduction_factor: {factor}, "
                    "max_resource: 27}", sha, nearest=True),
        ]  # fmt: skip
    for low, factor in ((1, 3), (3, 3), (1, 2)):
        options = "max_resource: 27, study_name: evidence"
        if (low, factor) != (1, 3):
            options = f"min_resource: {low}, reduction_factor: {factor}, " + options
        found.append(
            Setting(
                f"{{type: optuna_hyperband, {options}}}", optunas_hyperband.format(low, factor)
            )
        )
    beside = optunas_hyperband.format(1, 3)
    return [
        *found,
        Setting(
            "{type: asha, grace_period: 1, reduction_factor: 3, max_resource: 27, brackets: 3}",
            beside,
            nearest=True,
        ),
        Setting("{type: wandb_hyperband, min_iter: 3}", beside, nearest=True),
        Setting("{type: wandb_hyperband, min_iter: 1}", beside, nearest=True),
        Setting("{type: wandb_hyperband, min_iter: 3, eta: 2}"),
        Setting("{type: wandb_hyperband, min_iter: 3, strict: true}"),
    ]


# Of policies that stand by themselves as well, so that the rows can be compared.
def pairs_for(maximize):
    bound = "lower: 0.5" if maximize else "upper: 1.5"
    return [
        ("{type: optuna_median}", f"{{type: threshold, {bound}, n_warmup_steps: 5}}"),
        ("{type: median_stopping}", "{type: percentile, percentile: 25}"),
        ("{type: median_stopping}", "{type: optuna_sha, min_resource: 3, reduction_factor: 3}"),
    ]


def combined(kind, pair):
    return f"{{type: {kind}, policies: [{', '.join(pair)}]}}"


def combinations(maximize):
    slack = 0.1 if maximize else 0.5
    bounded = [
        "{type: optuna_median}",
        "{type: optuna_sha, min_resource: 3, reduction_factor: 3}",
        f"{{type: bandit, slack_factor: {slack}}}",
    ]
    return [
        *(Setting(combined(kind, pair)) for kind in ("any", "all") for pair in pairs_for(maximize)),
        *(
            Setting(f"{{type: bounded, min_trials: 10, min_intervals: 3, policy: {policy}}}")
            for policy in bounded
        ),
    ]
