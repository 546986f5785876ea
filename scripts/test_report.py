"""Reads ctest's JUnit reports, given as NAME=FILE; prints failures, skips and one closing line.

Every ctest entry is one GoogleTest case. A report that is missing or cannot be read counts as one
failure: a suite that did not build or did not run has not passed. Exits 1 when anything failed.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

# A test's output may hold bytes that XML does not allow.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FAILURE_LINES = 80


def skip_reason(output):
    """GoogleTest prints `FILE:LINE: Skipped`, then the reason, up to an empty or bracketed line."""
    match = re.search(r": Skipped\n(.*?)\n(?:\n|\[)", output, re.DOTALL)
    reason = " ".join(match.group(1).split()) if match else ""
    return reason or "no reason given"


def read_cases(path):
    """Yields (name, outcome, text) where outcome is passed, failed or skipped."""
    with open(path, "rb") as file:
        text = NOT_XML.sub("?", file.read().decode("utf-8", errors="replace"))
    for case in ElementTree.fromstring(text).iter("testcase"):
        name = case.get("name", "?")
        output = case.findtext("system-out") or ""
        status = case.get("status")
        if status == "run":
            yield name, "passed", ""
        elif status == "disabled":
            yield name, "skipped", "disabled in the source"
        elif status == "notrun" and "[  SKIPPED ]" in output:
            yield name, "skipped", skip_reason(output)
        else:
            failure = case.find("failure")
            reason = failure.get("message", "") if failure is not None else status or ""
            yield name, "failed", f"{output.rstrip()}\n({reason or 'did not run'})"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for argument in sys.argv[1:]:
        suite, path = argument.split("=", 1)
        try:
            cases = list(read_cases(path))
        except (OSError, ElementTree.ParseError) as error:
            cases = [(suite, "failed", f"no report of this suite: {error}")]
        for name, outcome, text in cases:
            counts[outcome] += 1
            if outcome == "skipped":
                print(f"SKIPPED ({suite}) {name}: {text}")
            elif outcome == "failed":
                print(f"FAILED ({suite}) {name}")
                for line in text.splitlines()[-FAILURE_LINES:]:
                    print(f"    {line}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    sys.exit(1 if counts["failed"] or not sum(counts.values()) else 0)


if __name__ == "__main__":
    main()
