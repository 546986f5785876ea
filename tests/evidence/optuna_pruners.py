"""Optuna's pruners over the same reports, in the same order, through its own public interface."""

import math
import warnings

import optuna
from optuna.pruners import (  # noqa: F401: named in the text that is evaluated
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.ERROR)
VERSION = optuna.__version__


def cuts_of(experiment, pruner_text):
    """Returns {trial: interval} for `pruner_text`, such as "MedianPruner()", the step being the
    interval. A trial begins with the first report of its worker; it completes with its best value,
    as a sweep's trial does, and fails if it never had a number."""
    warnings.simplefilter("ignore")  # experimental classes; means of nothing but nan
    study = optuna.create_study(
        study_name=STUDY_NAME,
        direction="maximize" if experiment.maximize else "minimize",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=eval(pruner_text),
    )
    trials, cuts = [], {}
    for row in experiment.rows:
        while len(trials) <= row.trial:
            trials.append(study.ask())
        if row.trial in cuts:
            continue
        trial = trials[row.trial]
        trial.report(row.value, row.interval)
        if trial.should_prune():
            cuts[row.trial] = row.interval
            study.tell(trial, state=TrialState.PRUNED)
        elif row.interval == len(experiment.curves[row.trial]):
            best = experiment.bests[row.trial]
            if math.isnan(best):
                study.tell(trial, state=TrialState.FAIL)
            else:
                study.tell(trial, best)
    return cuts


STUDY_NAME = "evidence"  # decides the brackets of HyperbandPruner
