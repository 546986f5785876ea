"""Writes docs/samplers/quality.md from what `sampler_quality` and peers.py have measured.

    page.py --quality FILE... [--peers FILE] --speed FILE... --version TEXT --out FILE

Each --quality holds some of the samplers; of --peers, where it is given, only the records of peers
count, and no others.
"""

import argparse
import datetime
import json
import math
import os

FEWEST_SEEDS = 5  # quartiles of fewer say nothing of an error
FAMILIES = ["continuous", "mixed", "conditional", "noisy", "discrete", "table"]
# A sampler that proposes what another one does, to the byte: measured once. A test compares their
# proposals (Bayesian.ProposesWhatGpDoes).
SAME_AS = {"bayesian": "gp"}
HELD_OUT = "heldout"  # a family of its own, and in no figure of all

# (ours, peers of which the best one is the goal, trials); a peer is a library and a kind, whichever
# version was measured.
GOALS = [
    ("tpe", [("optuna", 5, "tpe")], 100),
    ("gp", [("optuna", 5, "gp")], 100),
    ("bayesian", [("optuna", 5, "gp")], 100),
    ("cmaes", [("pycma", 0, ""), ("cmaes", 0, ""), ("optuna", 5, "cmaes")], 100),
    ("cmaes", [("pycma", 0, ""), ("cmaes", 0, ""), ("optuna", 5, "cmaes")], 200),
    ("auto", None, 100),
]

TOP = """# How good the samplers are

Written by `scripts/bench-samplers` on {date} with {version}. Not to be edited by hand.

**The problems.** {problems} of them: textbook functions of 2 to 20 parameters whose best point
was moved off the centre, mixed spaces (integers, steps, logarithms, categories), trees of
conditional parameters, noisy ones, discrete ones, and tables of real trainings
([`tests/data/tuning`](../../tests/data/tuning/README.md)). `tests/bench/samplers` has them all.

**The score.** A run's regret after N trials is by how much the true value of its best trial is
above the best there is. A score is the median regret over the seeds, divided by the median regret
of random search over {reference} other seeds: **1 is random search, 0.1 is a tenth of its
regret.** Scores below a millionth, and in finite spaces below a hundredth (the best point was
found), count as that much. The score of several problems is their geometric mean. ± is its
standard error from the spread over the seeds.

**The runs.** {seeds} seeds, where a table says no other number. With 8 and 64 trials at once, each lasts 1 to 4 hours by a simulated
clock, the same for every sampler, and N counts trials that have ended. `bayesian` proposes what `gp` does
(a test compares them), so it was measured once, as `gp`.

**The peers** ran on the same problems through the same program: those of Debian 12 in the same
command, newer ones from a checkout, once ([`tests/data/peers`](../../tests/data/peers)); a record
is refused as soon as its problem changes. Their options are the defaults, but what the name says.
"""


def merged(own_files, peers_file):
    """One measurement of all: the rows of our samplers, then those of the peers."""
    parts = []
    for path in [*own_files, *([peers_file] if peers_file else [])]:
        with open(path) as file:
            parts.append(json.load(file))
    whole = dict(parts[-1], rows=[], notes=[], stale=parts[-1]["stale"])
    for part in parts:
        if part["checkpoints"] != whole["checkpoints"] or part["problems"] != whole["problems"]:
            raise SystemExit("the measurements are not of one program and one set of problems")
        is_of_peers = peers_file is not None and part is parts[-1]
        whole["rows"] += [row for row in part["rows"]
                          if peers_file is None or is_peer(row["sampler"]) == is_of_peers]  # fmt: skip
        whole["notes"] += [note for note in part["notes"] if note not in whole["notes"]]
    return whole


class Scores:
    """What is known of every sampler: (problem, pending, trials) -> (score, error)."""

    def __init__(self, quality):
        self.checkpoints = quality["checkpoints"]
        self.family = {one["name"]: one["family"] for one in quality["problems"]}
        self.of = {}
        self.seeds = {}
        for row in quality["rows"]:
            known = self.of.setdefault(row["sampler"], {})
            self.seeds.setdefault((row["sampler"], row["pending"]), set()).add(row["seeds"])
            for trials, score, error in zip(self.checkpoints, row["score"], row["error"]):
                known[row["problem"], row["pending"], trials] = (score, error)

        for name, measured in SAME_AS.items():
            if measured not in self.of or name in self.of:
                continue
            self.of[name] = self.of[measured]
            for (sampler, pending), seeds in list(self.seeds.items()):
                if sampler == measured:
                    self.seeds[name, pending] = seeds

    def problems(self, samplers, pending, trials, family=None):
        """Those that all of the samplers took, of one family or of all that are not held out."""
        return [
            name for name in self.of_family(family)
            if all((name, pending, trials) in self.of[sampler] for sampler in samplers)
        ]  # fmt: skip

    def of_family(self, family=None):
        return [name for name, own in self.family.items()
                if own == family or (family is None and own != HELD_OUT)]  # fmt: skip

    def mean(self, sampler, problems, pending, trials):
        """(geometric mean, standard error of its logarithm; none of too few seeds)."""
        known = [self.of[sampler][name, pending, trials] for name in problems]
        logs = sum(math.log(score) for score, _ in known) / len(known)
        error = math.sqrt(sum(error**2 for _, error in known)) / len(known)
        few = min(self.seeds[sampler, pending]) < FEWEST_SEEDS
        return math.exp(logs), math.nan if few else error


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def number(value):
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def with_error(mean):
    return number(mean[0]) + ("" if math.isnan(mean[1]) else f" ± {100 * mean[1]:.0f} %")


def is_peer(label):
    return " " in label


def matches(label, wanted):
    library, newest, kind = wanted
    words = label.split(" ", 2)
    version = float(words[1].split(".")[0]) if len(words) > 1 and words[1][0].isdigit() else -1
    return words[0] == library and version >= newest and " ".join(words[2:]) == kind


def compare(scores, ours, peer, trials, family):
    problems = scores.problems([ours, peer], 1, trials, family)
    if not problems:
        return None
    mine = scores.mean(ours, problems, 1, trials)
    theirs = scores.mean(peer, problems, 1, trials)
    behind = []
    for name in problems:
        a, a_error = scores.of[ours][name, 1, trials]
        b, b_error = scores.of[peer][name, 1, trials]
        if math.log(a / b) > 2 * math.hypot(a_error, b_error) and a > 1.05 * b:
            behind.append(name)
    return problems, mine, theirs, behind


def goals(scores, family=None):
    rows, notes = [], []
    for ours, wanted, trials in GOALS:
        peers = [p for p in scores.of if is_peer(p) and (
            wanted is None or any(matches(p, one) for one in wanted))]  # fmt: skip
        if ours not in scores.of or not peers:
            why = "no such sampler yet" if ours not in scores.of else "no record of the peer"
            rows.append([f"`{ours}`", str(trials), "-", "-", "-", "-", why])
            continue
        found = [(compare(scores, ours, peer, trials, family), peer) for peer in peers]
        found = [(one, peer) for one, peer in found if one]
        for (problems, mine, theirs, behind), peer in found:
            ratio, spread = mine[0] / theirs[0], math.hypot(mine[1], theirs[1])
            met = "yes" if ratio <= 1 else "within the error" if ratio <= 1 + spread else "**no**"
            if math.isnan(spread):
                met += ", few seeds"
                behind = []
            rows.append([f"`{ours}`", str(trials), peer, str(len(problems)), with_error(mine),
                         with_error(theirs), met])  # fmt: skip
            if behind:
                notes.append(f"- `{ours}` is behind {peer} after {trials} trials, by more than the "
                             f"spread over the seeds, on: {', '.join(behind)}")  # fmt: skip
    head = ["ours", "N", "peer", "problems", "ours", "theirs", "at or below"]
    return table(head, rows) + (notes + [""] if notes else [])


def held_out(scores):
    problems = scores.of_family(HELD_OUT)
    if not problems:
        return []
    lines = ["## Problems that no setting was chosen on", "",
             f"{len(problems)} more of the same kinds but the tables (`heldout.cc` there), chosen "
             "before any sampler had been measured",
             "on them. No setting was picked by their scores; they were asked once, whether one change "
             "(gp's prior of",
             "the length scales, as its paper has it) loses anything. No other figure on this page "
             "counts them.", ""]  # fmt: skip
    lines += goals(scores, HELD_OUT)
    head = ["sampler", *(f"N = {n}" for n in scores.checkpoints), "problems", "seeds"]
    rows = []
    for sampler in scores.of:
        found = [scores.problems([sampler], 1, n, HELD_OUT) for n in scores.checkpoints]
        if not any(found):
            continue
        cells = [with_error(scores.mean(sampler, some, 1, n)) if some else "-"
                 for n, some in zip(scores.checkpoints, found)]  # fmt: skip
        seeds = sorted(scores.seeds[sampler, 1])
        rows.append([name_of(sampler), *cells, str(max(map(len, found))), span(seeds)])
    return lines + table(head, rows) + per_problem(scores, 100, HELD_OUT)


def name_of(sampler):
    return sampler if is_peer(sampler) else f"`{sampler}`"


def span(numbers):
    return "-".join(map(str, sorted({numbers[0], numbers[-1]})))


def means(scores, pending):
    lines = [f"### {'Sequential' if pending == 1 else f'{pending} trials at once'}", ""]
    head = ["sampler", *(f"N = {n}" for n in scores.checkpoints), "problems", "seeds",
            *(f"{family}, N = 100" for family in FAMILIES)]  # fmt: skip
    rows = []
    for sampler in scores.of:
        row = [name_of(sampler)]
        for trials in scores.checkpoints:
            problems = scores.problems([sampler], pending, trials)
            mean = scores.mean(sampler, problems, pending, trials) if problems else None
            row.append(number(mean[0]) if mean else "-")
        problems = scores.problems([sampler], pending, 100)
        if not problems:
            continue
        seeds = sorted(scores.seeds[sampler, pending])
        row += [str(len(problems)), span(seeds)]
        for family in FAMILIES:
            some = scores.problems([sampler], pending, 100, family)
            row.append(number(scores.mean(sampler, some, pending, 100)[0]) if some else "-")
        rows.append(row)
    return lines + (table(head, rows) if rows else ["Not measured.", ""])


def per_problem(scores, trials, family=None):
    samplers = [one for one in scores.of if scores.problems([one], 1, trials, family)]
    head = ["problem", *map(name_of, samplers)]
    rows = []
    for name in scores.of_family(family):
        row = [name]
        for sampler in samplers:
            score = scores.of[sampler].get((name, 1, trials))
            row.append(number(score[0]) if score else "-")
        rows.append(row)
    return table(head, rows)


def milliseconds(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def speed(rows):
    lines = ["## Processor milliseconds of one more trial", "",
             "Ask and tell, the mean of those that follow the first ask after n finished trials were",
             "read; reals only. In brackets that first ask, where it takes twice as long; with n = 10",
             "that of a Python library loads it.",
             ""]  # fmt: skip
    sizes = sorted({(row["dimensions"], row["finished"]) for row in rows})
    head = ["sampler", *(f"{d} D, n = {n:,}" for d, n in sizes)]
    known = {}
    for row in rows:
        known.setdefault(row["sampler"], {})[row["dimensions"], row["finished"]] = row
    body = []
    for sampler, cells in known.items():
        line = [name_of(sampler)]
        for size in sizes:
            cell = cells.get(size)
            text = milliseconds(cell["ms"]) if cell else "-"
            if cell and cell["first_ms"] > 2 * cell["ms"] and cell["first_ms"] > 0.1:
                text += f" ({milliseconds(cell['first_ms'])})"
            line.append(text)
        body.append(line)
    return lines + table(head, body)


# (ours, the peer's kind, finished trials, times quicker).
SPEED_GOALS = [("tpe", "tpe", 1000, 30), ("gp", "gp", 100, 10)]
# (ours, finished trials, at most so many milliseconds).
COST_GOALS = [("gp", 1000, 1000), ("random", 10000, 0.02), ("random:rule=sobol", 10000, 0.02),
              ("qmc", 10000, 0.02)]  # fmt: skip


def speed_goals(rows):
    known = {(row["sampler"], row["dimensions"], row["finished"]): row["ms"] for row in rows}
    dimensions = sorted({row["dimensions"] for row in rows})
    body = []
    for ours, kind, finished, times in SPEED_GOALS:
        for peer in sorted({name for name, _, _ in known if matches(name, ("optuna", 5, kind))}):
            for count in dimensions:
                mine = known.get((ours, count, finished))
                theirs = known.get((peer, count, finished))
                if mine and theirs:
                    body.append([f"`{ours}`, {count} D, n = {finished:,}",
                                 f"{milliseconds(mine)} ms", f"{milliseconds(theirs)} ms, {peer}",
                                 f"{times} times quicker", f"{theirs / mine:.0f} times"])  # fmt: skip
    for ours, finished, most in COST_GOALS:
        for count in dimensions:
            mine = known.get((ours, count, finished))
            if mine:
                body.append([f"`{ours}`, {count} D, n = {finished:,}",
                             f"{milliseconds(mine)} ms", "-", f"{most:g} ms", "yes" if mine <= most else "**no**"])  # fmt: skip
    return table(["figure", "ours", "peer", "goal", "met"], body) if body else []


def notes_of(quality):
    """One line for what a sampler says of several problems."""
    lines, refused = [], {}
    for note in quality["notes"]:
        ours, found, rest = note.partition(" does not take ")
        if found:
            problem, _, why = rest.partition(": ")
            refused.setdefault((ours, why), []).append(problem)
        else:
            lines.append(f"- {note}")
    for (ours, why), problems in refused.items():
        what = ", ".join(problems) if len(problems) <= 4 else f"{len(problems)} problems"
        lines.append(f"- {ours} does not take {what}: {why}")
    return lines + [f"- stale, measured for another version of its problem: {one}"
                    for one in quality["stale"]]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quality", nargs="+", required=True)
    parser.add_argument("--peers")
    parser.add_argument("--speed", nargs="+", default=[])
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    quality = merged(options.quality, options.peers)
    costs = []
    for path in filter(os.path.exists, options.speed):
        with open(path) as file:
            costs += json.load(file)
    scores = Scores(quality)
    own = [row["seeds"] for row in quality["rows"] if not is_peer(row["sampler"])]
    lines = TOP.format(
        date=datetime.date.today(), version=options.version, problems=len(scores.of_family()),
        reference=quality["reference_seeds"], seeds=max(own, default=0),
    ).splitlines() + [""]  # fmt: skip
    lines += ["## Goals", "", "Geometric means over the problems that both took, sequentially.", ""]
    lines += goals(scores)
    lines += held_out(scores)
    lines += ["## Geometric means", ""]
    for pending in sorted({row["pending"] for row in quality["rows"]}):
        lines += means(scores, pending)
    lines += ["## Every problem, N = 100, sequential", ""] + per_problem(scores, 100)
    if costs:
        lines += speed(costs) + speed_goals(costs)
    if quality["notes"] or quality["stale"]:
        lines += ["## Left out", ""]
        lines += notes_of(quality)
    with open(options.out, "w") as file:
        file.write("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
