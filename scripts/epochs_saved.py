"""Reads `sweepjob show NAME -o json` on stdin; prints what the early-termination policy saved.

A completed trial shows how many epochs a trial has when nobody cuts it: one interval is one report
of the primary metric, and these examples report once an epoch.
"""

import json
import sys


def main():
    trials = json.load(sys.stdin)["trials"]
    lengths = [trial["intervals"] for trial in trials if trial["status"] == "Completed"]
    cut = [trial for trial in trials if trial["status"] == "Canceled"]
    if not lengths:
        print("No trial ran to its end.")
        return
    full = max(lengths)
    saved = sum(full - trial["intervals"] for trial in cut)
    print(
        f"{len(cut)} of {len(trials)} trials were cut, which saved {saved} of "
        f"{full * len(trials)} epochs."
    )


if __name__ == "__main__":
    main()
