"""Lets samplers of other libraries look for the minima of the problems of `sampler_quality`.

    peers.py --program build/bench/sampler_quality --peers optuna_tpe,optuna_cmaes --runs FILE
             [--objectives NAME,...] [--seeds 20] [--pending 1,8,64] [--trials 200] [--jobs 2]
    peers.py --runs FILE... --records FOLDER
    peers.py --program build/bench/sampler_quality --peers optuna_tpe --speed FILE

The first form adds runs to FILE, one JSON object a line, and leaves out those that it holds
already: what was cut short goes on. The second makes a record of each peer for `sampler_quality
--beside`. The third measures what one more trial costs, as `sampler_quality --speed` does. The
libraries are those that Python finds: their versions become part of the peer's name. Who is
asked, who ends when and what a value is, says `sampler_quality --serve`: see serve.h.
"""

import argparse
import collections
import json
import math
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
import warnings


class Program:
    """Answers of `sampler_quality --serve`."""

    def __init__(self, path, tables=None):
        command = [path, "--serve"] + (["--tables", tables] if tables else [])
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise ValueError(f"{request}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Optuna:
    """Ask and tell of a study; a parameter below a choice has its whole path for a name."""

    def __init__(self, kind, space, seed, trials):
        import optuna

        self.optuna = optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = optuna.samplers
        makers = {
            "random": lambda: samplers.RandomSampler(seed=seed),
            "qmc": lambda: samplers.QMCSampler(seed=seed, scramble=True),
            "tpe": lambda: samplers.TPESampler(seed=seed),
            "tpe_univariate": lambda: samplers.TPESampler(seed=seed, multivariate=False),
            "tpe_multivariate": lambda: samplers.TPESampler(seed=seed, multivariate=True),
            "tpe_group": lambda: samplers.TPESampler(seed=seed, multivariate=True, group=True),
            "tpe_liar": lambda: samplers.TPESampler(seed=seed, constant_liar=True),
            "gp": lambda: samplers.GPSampler(seed=seed),
            "cmaes": lambda: samplers.CmaEsSampler(seed=seed),
            "cmaes_margin": lambda: samplers.CmaEsSampler(seed=seed, with_margin=True),
        }
        self.study = optuna.create_study(sampler=makers[kind]())
        self.space = space
        self.live = {}

    @staticmethod
    def version():
        import optuna

        return "optuna " + ".".join(optuna.__version__.split(".")[:2])

    def know(self, points, values):
        """The trials of a history, as if they had been asked and told."""
        float_in_cube = self.optuna.distributions.FloatDistribution(0, 1)
        names = [one["name"] for one in self.space]
        self.study.add_trials([
            self.optuna.trial.create_trial(
                params=dict(zip(names, point)), value=value,
                distributions={name: float_in_cube for name in names},
            )
            for point, value in zip(points, values)
        ])  # fmt: skip

    def propose(self, trial):
        self.live[trial] = self.study.ask()
        return {"params": suggest_all(self.live[trial], self.space, "")}

    def tell(self, trial, value):
        self.study.tell(self.live.pop(trial), value)


def suggest_all(trial, parameters, prefix):
    return {one["name"]: suggest(trial, one, prefix + one["name"]) for one in parameters}


def suggest(trial, one, name):
    kind = one["kind"]
    if kind == "uniform":
        return trial.suggest_float(name, one["min"], one["max"])
    if kind == "loguniform":
        return trial.suggest_float(name, math.exp(one["min"]), math.exp(one["max"]), log=True)
    if kind == "randint":
        return trial.suggest_int(name, 0, one["upper"] - 1)
    if kind == "quniform" and one.get("integral"):
        return trial.suggest_int(name, int(one["min"]), int(one["max"]), step=int(one["q"]))
    if kind == "quniform":
        return trial.suggest_float(name, one["min"], one["max"], step=one["q"])
    if kind == "qloguniform" and one["q"] == 1:
        low, high = round(math.exp(one["min"])), round(math.exp(one["max"]))
        return trial.suggest_int(name, low, high, log=True)
    if kind != "choice":
        raise ValueError(f"{name}: no peer has {kind}")
    entries = one["entries"]
    if all("value" in entry for entry in entries):
        return trial.suggest_categorical(name, [entry["value"] for entry in entries])
    taken = trial.suggest_categorical(name, list(range(len(entries))))
    return {
        member["name"]: member["value"]
        if "value" in member
        else suggest(trial, member, f"{name}[{taken}].{member['name']}")
        for member in entries[taken].get("members", [])
    }


def dimensions(parameters):
    """Of the unit cube that `sampler_quality` maps to the space, nested parameters included."""
    count = 0
    for one in parameters:
        count += 1
        for entry in one.get("entries", []):
            count += dimensions([m for m in entry.get("members", []) if "kind" in m])
    return count


class Generations:
    """What pycma and cmaes share: whole generations in the unit cube, [0, 1] in each dimension.

    A trial outside the order of its generation is not known to these libraries, so they run
    sequentially only.
    """

    sequential = True

    def __init__(self):
        self.waiting, self.told, self.live = [], [], {}

    def propose(self, trial):
        if not self.waiting:
            self.waiting = list(self.generation())
        self.live[trial] = self.waiting.pop(0)
        return {"point": [min(1.0, max(0.0, float(u))) for u in self.live[trial]]}

    def tell(self, trial, value):
        self.told.append((self.live.pop(trial), value))
        if not self.waiting and not self.live:
            self.learn(self.told)
            self.told = []


class Pycma(Generations):
    def __init__(self, kind, space, seed, trials):
        super().__init__()
        import cma

        options = {"bounds": [0, 1], "seed": seed, "verbose": -9}
        self.strategy = cma.CMAEvolutionStrategy([0.5] * dimensions(space), 0.25, options)

    @staticmethod
    def version():
        import cma

        return "pycma " + ".".join(cma.__version__.split(".")[:2])

    def generation(self):
        return self.strategy.ask()

    def learn(self, told):
        self.strategy.tell([point for point, _ in told], [value for _, value in told])


class Cmaes(Generations):
    def __init__(self, kind, space, seed, trials):
        super().__init__()
        import cmaes
        import numpy

        count = dimensions(space)
        bounds = numpy.array([[0.0, 1.0]] * count)
        self.strategy = cmaes.CMA(numpy.full(count, 0.5), 0.25, bounds=bounds, seed=seed)

    @staticmethod
    def version():
        import cmaes

        return "cmaes " + ".".join(cmaes.__version__.split(".")[:2])

    def generation(self):
        return [self.strategy.ask() for _ in range(self.strategy.population_size)]

    def learn(self, told):
        self.strategy.tell(told)


class Uniform:
    """No library at all: a check of this file and the program where none is installed."""

    def __init__(self, kind, space, seed, trials):
        import random

        self.random = random.Random(seed)
        self.count = dimensions(space)

    @staticmethod
    def version():
        return "python"

    def propose(self, trial):
        return {"point": [self.random.random() for _ in range(self.count)]}

    def tell(self, trial, value):
        pass


LIBRARIES = {"optuna": Optuna, "pycma": Pycma, "cmaes": Cmaes, "python": Uniform}


def library_of(peer):
    """optuna_tpe_multivariate -> (Optuna, "tpe_multivariate"); pycma -> (Pycma, "")."""
    library, _, kind = peer.partition("_")
    return LIBRARIES[library], kind


def label_of(peer):
    library, kind = library_of(peer)
    return f"{library.version()} {kind}".strip()


def run(program, peer, problem, seed, pending, trials):
    """One run; returns the regrets at the checkpoints."""
    library, kind = library_of(peer)
    sampler = library(kind, problem["space"], seed, trials)
    begin = {"problem": problem["name"], "seed": seed, "pending": pending, "trials": trials}
    answer = program.ask(begin=begin)
    while "regrets" not in answer:
        answer = program.ask(**sampler.propose(answer["ask"]))
        for trial, value in answer["tell"]:
            sampler.tell(trial, value)
    return answer["regrets"]


worker_program = None


def start_worker(path, tables):
    global worker_program
    worker_program = Program(path, tables)
    warnings.simplefilter("ignore")


def work(task):
    peer, problem, pending, seed, trials = task
    row = {
        "sampler": label_of(peer), "problem": problem["name"], "pending": pending, "seed": seed,
        "fingerprint": problem["fingerprint"], "trials": trials,
    }  # fmt: skip
    try:
        return {**row, "regrets": run(worker_program, peer, problem, seed, pending, trials)}
    except Exception as error:  # a library that gives up is a result, and says why
        return {**row, "error": f"{type(error).__name__}: {error}"[:300]}


def key_of(row):
    names = ("sampler", "problem", "fingerprint", "pending", "seed", "trials")
    return tuple(row[name] for name in names)


def read_runs(paths):
    rows = {}
    for path in paths:
        if os.path.exists(path):
            with open(path) as file:
                for line in file:
                    row = json.loads(line)
                    rows[key_of(row)] = row
    return rows


def wanted_problems(program, names):
    problems = program.ask(list=True)["problems"]
    chosen = [
        one for one in problems
        if set(names) & {one["name"], one["family"]}
        or ("all" in names and one["family"] != "heldout")
    ]  # fmt: skip
    if not chosen:
        sys.exit(f"peers.py: no problem or family is among {names}")
    return chosen


def make_runs(options):
    program = Program(options.program, options.tables)
    problems = wanted_problems(program, options.objectives)
    program.close()
    known = read_runs(options.runs)
    tasks = []
    for seed in range(1, options.seeds + 1):  # a run that is cut short has fewer seeds of all
        for pending in options.pending:
            for problem in problems:
                for peer in options.peers:
                    if pending > 1 and getattr(library_of(peer)[0], "sequential", False):
                        continue
                    row = {"sampler": label_of(peer), "problem": problem["name"],
                           "fingerprint": problem["fingerprint"], "pending": pending,
                           "seed": seed, "trials": options.trials}  # fmt: skip
                    if key_of(row) not in known:
                        tasks.append((peer, problem, pending, seed, options.trials))
    start = (options.program, options.tables)
    with multiprocessing.Pool(options.jobs, start_worker, start) as pool:
        with open(options.runs[0], "a") as file:
            for row in pool.imap_unordered(work, tasks):
                file.write(json.dumps(row) + "\n")
                file.flush()


def cost(peer, history, longest=1.0, most_rounds=20):
    """(milliseconds of the first ask, mean of those after it), as in speed.h."""
    library, kind = library_of(peer)
    finished = len(history["values"])
    asks = min(max(finished // 10, 5), 200)
    firsts, means = [], []
    while not firsts or (len(firsts) < most_rounds and sum(firsts) + asks * sum(means) < longest):
        sampler = library(kind, history["space"], 1, finished + 1 + asks)
        sampler.know(history["points"], history["values"])

        def step(trial):
            params = sampler.propose(trial)["params"]
            value = sum((u - 0.3 - 0.02 * i) ** 2 for i, u in enumerate(params.values()))
            sampler.tell(trial, value)

        start = time.process_time()
        step(0)
        firsts.append(time.process_time() - start)
        start = time.process_time()
        for trial in range(1, asks + 1):
            step(trial)
        means.append((time.process_time() - start) / asks)
    return 1e3 * sum(firsts) / len(firsts), 1e3 * sum(means) / len(means)


TOO_LONG_MS = 3000  # ten times as many trials would take minutes an ask


def measure_speed(options):
    warnings.simplefilter("ignore")
    program = Program(options.program, options.tables)
    rows = []
    for peer in options.peers:
        if not hasattr(library_of(peer)[0], "know"):
            continue
        for dimensions in options.dimensions:
            ms = 0
            for finished in options.finished:
                if ms > TOO_LONG_MS:
                    continue
                history = program.ask(history={"dimensions": dimensions, "count": finished})
                first, ms = cost(peer, history)
                rows.append({"sampler": label_of(peer), "dimensions": dimensions,
                             "finished": finished, "ms": float(f"{ms:.4g}"),
                             "first_ms": float(f"{first:.4g}")})  # fmt: skip
                print(f"{label_of(peer):24} {dimensions:3} {finished:6} {ms:10.4g}", flush=True)
    program.close()
    if os.path.exists(options.speed):
        with open(options.speed) as file:
            new = {row["sampler"] for row in rows}
            rows += [row for row in json.load(file) if row["sampler"] not in new]
    with open(options.speed, "w") as file:
        file.write("[" + ",\n".join(json.dumps(row) for row in rows) + "]\n")


def quartiles(values):
    values = sorted(values)
    if len(values) == 1:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def make_records(options):
    """The median and the quartiles of the regrets, a file for each peer."""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    refusals = collections.defaultdict(dict)
    checkpoints = [20, 50, 100, 200]
    for row in read_runs(options.runs).values():
        if "error" in row:
            refusals[row["sampler"]][row["problem"]] = row["error"]
            continue
        reached = [i for i, at in enumerate(checkpoints) if at <= row["trials"]]
        group = (row["problem"], row["fingerprint"], row["pending"])
        groups[row["sampler"]][group].append([row["regrets"][i] for i in reached])
    for sampler, rows in groups.items():
        lines = []
        for (problem, fingerprint, pending), runs in sorted(rows.items()):
            reached = max(len(one) for one in runs)
            runs = [one for one in runs if len(one) == reached]
            regret = [[float(f"{q:.4g}") for q in quartiles(column)] for column in zip(*runs)]
            lines.append({"problem": problem, "fingerprint": fingerprint, "pending": pending,
                          "seeds": len(runs), "regret": regret})  # fmt: skip
        path = os.path.join(options.records, sampler.replace(" ", "-") + ".json")
        with open(path, "w") as file:
            head = {"sampler": sampler, "checkpoints": checkpoints, "refused": refusals[sampler]}
            file.write(json.dumps(head)[:-1] + ', "rows": [\n')
            file.write(",\n".join(json.dumps(line, separators=(",", ":")) for line in lines))
            file.write("\n]}\n")
        print(path)


def by_commas(convert):
    return lambda text: [convert(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", help="sampler_quality")
    parser.add_argument("--tables", help="the folder of the tables, if not the program's own")
    parser.add_argument("--peers", type=by_commas(str), default=[])
    parser.add_argument("--objectives", type=by_commas(str), default=["all"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--pending", type=by_commas(int), default=[1])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--runs", nargs="+", default=[])
    parser.add_argument("--speed", help="measure the cost of one more trial, into this file")
    parser.add_argument("--finished", type=by_commas(int), default=[10, 100, 1000, 10000])
    parser.add_argument("--dimensions", type=by_commas(int), default=[5, 20])
    parser.add_argument("--records", help="a folder for the records")
    options = parser.parse_args()
    if options.speed:
        return measure_speed(options)
    if options.peers:
        make_runs(options)
    if options.records:
        make_records(options)


if __name__ == "__main__":
    main()
