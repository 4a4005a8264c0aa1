#!/usr/bin/env python3
# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# check_tests: fails when a test file is in no list, and so is never run.
"""Checks the lists of tests of the project at ROOT, or checks itself.

usage: check_tests.py ROOT | --self-test
"""

import re
import sys

import source_tree

LISTS = "tests/CMakeLists.txt"
# Every test file is in tests, whose lists name it from there.
FOLDER = "tests/"


def listed_in(text):
    """Returns the words of a CMake file, without its comments."""
    return set(re.sub(r"#.*", "", text).replace("(", " ").replace(")", " ")
               .split())


def check(tree):
    """Returns the complaints about test files of `tree` that are not run."""
    listed = listed_in(tree.get(LISTS, ""))
    complaints = []
    for path in tree:
        if not path.endswith("_test.cc"):
            continue
        if not path.startswith(FOLDER):
            complaints.append(f"{path}:1: tests are under {FOLDER}")
        elif path.removeprefix(FOLDER) not in listed:
            complaints.append(f"{path}:1: not listed in {LISTS}")
    return complaints


def self_test_cases():
    """Yields (name, tree, what the complaint contains or None)."""
    lists = ("eddy_add_test_binary(unit THREADED\n  unit/a_test.cc\n"
             "  unit/b_test.cc)\n# unit/c_test.cc\n")
    good = {LISTS: lists, "tests/unit/a_test.cc": "",
            "tests/unit/b_test.cc": "", "tests/support/helper.cc": "",
            "tests/support/server_test.h": ""}
    yield "all are listed", good, None
    for name, path, expected in (
            ("not listed", "tests/unit/d_test.cc", f"not listed in {LISTS}"),
            ("in a comment", "tests/unit/c_test.cc", "not listed"),
            ("part of a name", "tests/a_test.cc", "not listed"),
            ("elsewhere", "src/unit/a_test.cc", "tests are under")):
        yield name, {**good, path: ""}, expected
    yield "no lists", {"tests/unit/a_test.cc": ""}, "not listed"


if __name__ == "__main__":
    sys.exit(source_tree.run(check, self_test_cases(),
                             (*source_tree.SUFFIXES, "CMakeLists.txt")))
