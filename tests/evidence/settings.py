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
    slacks = (0.02, 0.1, 0.3) if maximize else (0.1, 0.5, 2.0)
    bound = "lower: 0.5" if maximize else "upper: 1.5"
    optunas_bound = bound.replace(": ", "=")
    return [
        Setting("none", "NopPruner()"),
        *(Setting(f"{{type: bandit, slack_factor: {s}, delay_evaluation: 3}}") for s in slacks),
        Setting(f"{{type: bandit, slack_factor: {slacks[1]}, delay_evaluation: 9}}"),
        Setting("{type: median_stopping}", "MedianPruner()", nearest=True),
        Setting("{type: median_stopping, delay_evaluation: 5}"),
        Setting("{type: truncation_selection, truncation_percentage: 20, evaluation_interval: 3}"),
        Setting("{type: truncation_selection, truncation_percentage: 50, evaluation_interval: 3}"),
        Setting("{type: medianstop}", "MedianPruner()", nearest=True),
        *(
            [Setting("{type: curvefitting, epoch_num: 27, start_step: 6, gap: 3}")]
            if maximize
            else []
        ),
        Setting("{type: optuna_median}", "MedianPruner()"),
        Setting("{type: optuna_median, n_warmup_steps: 5}", "MedianPruner(n_warmup_steps=5)"),
        Setting("{type: percentile, percentile: 25}", "PercentilePruner(25.0)"),
        Setting("{type: percentile, percentile: 75}", "PercentilePruner(75.0)"),
        Setting(
            f"{{type: threshold, {bound}, n_warmup_steps: 5}}",
            f"ThresholdPruner({optunas_bound}, n_warmup_steps=5)",
        ),
        Setting(
            "{type: patient, patience: 3, wrapped: {type: optuna_median}}",
            "PatientPruner(MedianPruner(), patience=3)",
        ),
        Setting("{type: optuna_sha, min_resource: 1, reduction_factor: 3}",
                "SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)"),
        Setting("{type: optuna_sha, min_resource: 3, reduction_factor: 3}",
                "SuccessiveHalvingPruner(min_resource=3, reduction_factor=3)"),
        Setting("{type: asha, grace_period: 1, reduction_factor: 3, max_resource: 27}",
                "SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)", nearest=True),
        Setting("{type: asha, grace_period: 3, reduction_factor: 3, max_resource: 27}",
                "SuccessiveHalvingPruner(min_resource=3, reduction_factor=3)", nearest=True),
        Setting(
            "{type: optuna_hyperband, max_resource: 27, study_name: evidence}",
            "HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3)",
        ),
        Setting(
            "{type: asha, grace_period: 1, reduction_factor: 3, max_resource: 27, brackets: 3}",
            "HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3)",
            nearest=True,
        ),
        Setting("{type: wandb_hyperband, min_iter: 3}",
                "HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3)",
                nearest=True),
        Setting("{type: bounded, min_trials: 10, min_intervals: 3, policy: {type: optuna_median}}"),
    ]  # fmt: skip
