# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# source_tree: reads the C++ files of the project and blanks what is not code.
"""What the checks beside it share.

A tree is a dict from a path, relative to the root and with slashes, to the
text of the file. The checks take trees, so that their self tests need no files.
A check returns complaints, one string each: "path:line: what is wrong".
"""

import pathlib
import re
import sys

FOLDERS = ("include", "src", "tests", "bench", "examples")
SUFFIXES = (".h", ".cc", ".h.in")

_LITERALS_AND_COMMENTS = re.compile(
    r"""
      //(?:\\\n|[^\n])*                               # to the end of the line
    | /\*.*?\*/
    | \bu?8?[LUu]?R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"     # raw string
    | "(?:\\.|[^"\\\n])*"
    | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'             # not 1'000
    """,
    re.VERBOSE | re.DOTALL)


def read_tree(root, suffixes=SUFFIXES):
    """Reads the project's files at `root` whose names end so."""
    root = pathlib.Path(root)
    tree = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.name.endswith(suffixes) and path.is_file():
                name = path.relative_to(root).as_posix()
                tree[name] = path.read_text(encoding="utf-8")
    return tree


def code_of(text):
    """Returns `text` with comments and literals blanked, line for line.

    A literal keeps its quotes, so that it still reads as an expression.
    """

    def blank(match):
        found = match.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return '"' + re.sub(r"[^\n]", " ", found[1:-1]) + '"'

    # An include's path is no literal: its quotes are not touched.
    lines = text.split("\n")
    kept = {i: line for i, line in enumerate(lines)
            if re.match(r"\s*#\s*include\b", line)}
    for i in kept:
        lines[i] = ""
    blanked = _LITERALS_AND_COMMENTS.sub(blank, "\n".join(lines)).split("\n")
    for i, line in kept.items():
        blanked[i] = line
    return "\n".join(blanked)


def run(check, cases, suffixes=SUFFIXES):
    """The main function of a check: with --self-test, or with a root.

    cases: triples of a name, a tree and what the one complaint about it must
    contain; None says that there must be no complaint.
    """
    if sys.argv[1:] == ["--self-test"]:
        return _self_test(check, cases)
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} ROOT | --self-test", file=sys.stderr)
        return 2
    tree = read_tree(sys.argv[1], suffixes)
    complaints = check(tree) if tree else [f"{sys.argv[1]}: no sources here"]
    for complaint in complaints:
        print(complaint)
    print(f"{len(tree)} files, {len(complaints)} complaints")
    return 1 if complaints else 0


def _self_test(check, cases):
    number, failures = 0, 0
    for name, tree, expected in cases:
        number += 1
        complaints = check(tree)
        if expected is None:
            passed = not complaints
        else:
            passed = len(complaints) == 1 and expected in complaints[0]
        if not passed:
            failures += 1
            print(f"FAILED {name}: expected {expected!r}, got {complaints}")
    print(f"{number} cases, {failures} failures")
    return 1 if failures or not number else 0
