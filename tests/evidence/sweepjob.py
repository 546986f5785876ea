"""`sweepjob whatif` over an experiment's table."""

import json
import math
import subprocess


def what_if(program, csv_path, maximize, policy):
    """Returns what it prints as JSON."""
    goal = "maximize" if maximize else "minimize"
    command = [program, "whatif", "--curves", csv_path, "--goal", goal, "--policy", policy]
    done = subprocess.run([*command, "-o", "json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def cuts_of(document):
    """Returns {trial: the interval at which it would be cut}."""
    return {cut["trial"]: cut["interval"] for cut in document["cuts"]}


def check(document, outcome, policy, name):
    """Its own figures are those that are computed from its cuts, or this is the end."""
    result = document["result"]
    figures = {
        "cut": outcome.cut,
        "reports_saved": outcome.all_steps - outcome.steps,
        "winner_survives": outcome.winner_kept,
        "wrong": outcome.wrong,
    }
    differ = {key: value for key, value in figures.items() if result[key] != value}
    if differ or not math.isclose(result["regret"], outcome.regret, abs_tol=1e-12):
        raise SystemExit(f"{policy} over {name}: whatif says {result}, its cuts say {differ}")


def version(program):
    done = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()
