"""Reads what ctest left in build folders; prints failures, skips and one closing line.

Arguments are SUITE=FOLDER; a folder holds junit.xml and ctest.log (ctest's own output). Every ctest
entry is one GoogleTest case. A report that is missing or cannot be read counts as one failure: a
suite that did not build or did not run has not passed. Exits 1 when anything failed.
"""

import os
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


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read().decode("utf-8", errors="replace")


def failure_reasons(log):
    """Timeout, Subprocess aborted, SEGFAULT ...: only ctest's closing list says so."""
    return dict(re.findall(r"^\s+\d+ - (.*) \((.*)\)$", log, re.MULTILINE))


def read_cases(folder):
    """Yields (name, outcome, text) where outcome is passed, failed or skipped."""
    reasons = failure_reasons(read(folder, "ctest.log"))
    text = NOT_XML.sub("?", read(folder, "junit.xml"))
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
            yield name, "failed", f"{output.rstrip()}\n({reasons.get(name, status)})"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for argument in sys.argv[1:]:
        suite, folder = argument.split("=", 1)
        try:
            cases = list(read_cases(folder))
        except FileNotFoundError:
            cases = [(suite, "failed", "it was not built or not run: see above")]
        except (OSError, ElementTree.ParseError) as error:
            cases = [(suite, "failed", f"its report cannot be read: {error}")]
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
