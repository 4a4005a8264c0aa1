#!/usr/bin/env python3
# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# count_results: how many tests passed, failed and were skipped.
"""Counts the results of a run of ctest.

usage: count_results.py JUNIT FOLDER

JUNIT is what ctest wrote. A test of ctest that left its own report in FOLDER,
as NAME.xml, counts as the tests in that report, any other one as itself.
Prints "PASSED FAILED SKIPPED".
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter


def result_of_ctest(case):
    """Returns how a test of ctest went."""
    if case.get("status") == "run":
        return "passed"
    skipped = case.find("skipped")
    # A program that is gone counts as skipped there; here it has failed.
    asked = skipped is not None and skipped.get("message",
                                                "").startswith("SKIP_")
    return "skipped" if asked or case.get("status") == "disabled" else "failed"


def results_of_gtest(report):
    """Yields how each test of a report of GoogleTest went."""
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None:
            yield "failed"
        elif case.get("result") == "completed":
            yield "passed"
        else:
            yield "skipped"


def main(junit, folder):
    """Prints the counts."""
    counts = Counter()
    for case in ElementTree.parse(junit).iter("testcase"):
        result = result_of_ctest(case)
        report = pathlib.Path(folder, case.get("name") + ".xml")
        if not report.exists():
            counts[result] += 1
            continue
        results = Counter(results_of_gtest(report))
        # A program can fail after its last test: at exit, say.
        if result == "failed" and not results["failed"]:
            results["failed"] = 1
        counts += results
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main(*sys.argv[1:])
